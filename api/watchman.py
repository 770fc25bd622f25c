"""Looks at lag, disk, dead letters and the other processes, and has told what is not well."""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections import deque
from collections.abc import Callable, Sequence

import httpx

from api.alert_outlet import Send, Unsent
from api.alert_rules import Book, Notice, Patience, Reading, look
from hozir.bus.log import Log
from hozir.contract.errors import LogUnavailable
from hozir.contract.topics import DEAD_LETTERS
from hozir.health import Health
from hozir.settings import Settings

LOOK_SECONDS = 15.0
HOUR = 3600.0
ASK_SECONDS = 3.0
UNSENT_MOST = 100
"""Notices that wait for an outlet that does not take them; then the oldest goes."""

_log = logging.getLogger(__name__)


class Watchman:
    """`lag_ms` and `health` are of web itself, and are asked in the event loop."""

    def __init__(
        self,
        settings: Settings,
        log: Log,
        lag_ms: Callable[[], int | None],
        health: Callable[[], Health],
        outlets: Sequence[Send],
    ) -> None:
        self._settings = settings
        self._log = log
        self._lag_ms = lag_ms
        self._health = health
        self._outlets = [(send, deque[Notice](maxlen=UNSENT_MOST)) for send in outlets]
        self._patience = Patience(settings.alert_after, settings.alert_again_hours * HOUR)
        self._book: Book = {}
        self._letters: deque[tuple[float, int]] = deque()
        """Heads of topic `dead_letters` of the last hour, and the last one before."""

    async def run(self) -> None:
        """Work until cancelled; nothing to do when nobody wants to be told."""
        while self._outlets:
            try:
                lag, health = self._lag_ms(), self._health()
                await asyncio.to_thread(self.work, lag, health, time.time())
            except Exception:
                _log.exception("the watchman stumbled")
            await asyncio.sleep(LOOK_SECONDS)

    def work(self, lag_ms: int | None, health: Health, now: float) -> None:
        """Look once, and tell what is to be told. What could not be told waits for the next."""
        readings = [*self._own(lag_ms, health), *self._letters_of_the_hour(now), *self._others()]
        self._book, notices = look(self._book, readings, now, self._patience)
        for notice in notices:
            _log.warning("%s: %s: %s", notice.kind, notice.subject, notice.text)
        for send, waiting in self._outlets:
            waiting.extend(notices)
            try:
                while waiting:
                    send(waiting[0])
                    waiting.popleft()
            except Unsent as error:
                _log.warning("%d notices wait: %s", len(waiting), error)

    def _own(self, lag_ms: int | None, health: Health) -> list[Reading]:
        limit = self._settings.alert_lag_seconds
        free = shutil.disk_usage(self._settings.data).free
        readings = [
            Reading("web", not health.ready, health.reason or "ready"),
            Reading(
                "disk",
                free < self._settings.alert_disk_bytes,
                f"{free / 1e6:,.0f} MB free; the limit is"
                f" {self._settings.alert_disk_bytes / 1e6:,.0f} MB",
            ),
        ]
        if lag_ms is not None:
            text = f"screens and tables are {lag_ms / 1000:,.1f} s behind; the limit is {limit:g} s"
            readings.append(Reading("lag", lag_ms > 1000 * limit, text))
        return readings

    def _letters_of_the_hour(self, now: float) -> list[Reading]:
        try:
            head = self._log.head(DEAD_LETTERS, 0)
        except LogUnavailable:
            return []  # of which web's own health tells
        self._letters.append((now, head))
        while len(self._letters) > 1 and self._letters[1][0] <= now - HOUR:
            self._letters.popleft()
        come, limit = head - self._letters[0][1], self._settings.alert_dead_letters
        text = f"{come} records set aside within an hour; the limit is {limit}"
        return [Reading("dead_letters", come > limit, text)]

    def _others(self) -> list[Reading]:
        readings = []
        for name, address in watched(self._settings).items():
            reason = _reason(address)
            readings.append(Reading(name, bool(reason), reason or "ready"))
        return readings


def watched(settings: Settings) -> dict[str, str]:
    """Return the `/healthz` of each process that is watched besides web itself."""
    if settings.alert_watch:
        addresses = [part.strip() for part in settings.alert_watch.split(",")]
        return {address: address for address in addresses if address}
    ports = {"ingest": settings.ingest_port, "pipeline": settings.pipeline_port}
    if settings.on_kafka:
        ports["forward"] = settings.forward_port
    return {name: f"http://127.0.0.1:{port}/healthz" for name, port in ports.items() if port}


def _reason(address: str) -> str:
    """Return why a process is not ready; empty if it is."""
    try:
        answer = httpx.get(address, timeout=ASK_SECONDS, trust_env=False)
        return "" if answer.status_code == 200 else str(answer.json()["reason"])
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
        return "no answer"
