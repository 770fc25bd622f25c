"""The door: its own code, from the bytes of a request to the answer, on a simulated loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import lru_cache
from typing import Any, cast

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.site import Chat, Site
from hozir.contract.topics import CHANGES, EVENTS
from ingest.appender import Appender
from ingest.beacons import PREFIX, Beacons
from ingest.geo import GeoReader
from ingest.limits import Limits, RateLimit
from ingest.metrics import Metrics
from ingest.sites import SiteDirectory
from ingest.waiting import Waiting
from proof.simulated.clock import Clock, Life
from proof.simulated.faults import Faults
from proof.simulated.log import SimulatedLog
from proof.simulated.loop import SimulatedLoop
from proof.simulated.visitors import ADDRESS

SITES = {
    key: Site(key, key, domains=["shop.example"], chat=Chat(enabled=False))
    for key in ("demo", "shop")
}
AGENT = "Mozilla/5.0 (Linux; Android 13) AppleWebKit/537.36 Chrome/120.0 Mobile Safari/537.36"
HEADERS = [(b"origin", b"https://shop.example"), (b"user-agent", AGENT.encode())]
NO_LIMIT = RateLimit(0, 1)


@lru_cache
def _shared() -> tuple[GeoReader, Metrics]:
    # Both keep nothing that the next life of a door would miss, and take long to make.
    return GeoReader(), Metrics()


class Door:
    """One life of the ingest process."""

    def __init__(self, clock: Clock, life: Life, faults: Faults, log: SimulatedLog) -> None:
        self._log = log
        loop = SimulatedLoop(clock, life, faults.disk_seconds)
        self._loop = cast(asyncio.AbstractEventLoop, loop)
        self._tasks: set[asyncio.Task[None]] = set()
        geo, metrics = _shared()
        asyncio.events._set_running_loop(self._loop)
        try:
            self._appender = Appender(cast(EmbeddedLog, log), metrics)
        finally:
            asyncio.events._set_running_loop(None)
        self._beacons = Beacons(
            appender=self._appender,
            sites=cast(SiteDirectory, SITES),
            geo=geo,
            proxies=(),
            limits=Limits(visitor=NO_LIMIT, address=NO_LIMIT, site=NO_LIMIT),
            waiting=Waiting(),
            metrics=metrics,
            clock=clock.wall,
        )
        if faults.drops_read:
            self._drop(clock, life)

    def take(self, site: str, body: bytes, answer: Callable[[int], None]) -> None:
        """Serve one request."""
        task = asyncio.Task(self._serve(site, body, answer), loop=self._loop)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def die(self) -> None:
        """Leave every request where it is."""
        for task in self._tasks:
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            cast(Any, task.get_coro()).close()

    async def _serve(self, site: str, body: bytes, answer: Callable[[int], None]) -> None:
        scope = {
            "type": "http",
            "method": "POST",
            "path": PREFIX + site,
            "headers": HEADERS,
            "client": (ADDRESS, 50_000),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                answer(message["status"])

        await self._beacons(scope, receive, send)

    def _drop(self, clock: Clock, life: Life) -> None:
        for topic in (EVENTS, CHANGES):
            self._log.drop_read(topic, -1)
        clock.call_later(3, life, lambda: self._drop(clock, life))
