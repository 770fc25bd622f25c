"""The keeper: forgets each day what is too old, and visitors who asked for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any

from sqlalchemy import delete, select

from api.accounts import Accounts, Erasure, SiteRow, utc_now, write_audit
from api.facts import NOTHING
from api.hub import Hub
from api.sites import site_of
from warehouse.connection import Connection
from warehouse.retention import erase_visitor, forget_older

EVERY_SECONDS = 3_600.0
"""How often erasures are finished."""
FIRST_SECONDS = 60.0
DAY_MS = 24 * 3_600_000
ERASED_AGAIN = timedelta(hours=26)
"""A visit that was running when it was to be erased has ended after 24 hours."""

_log = logging.getLogger(__name__)


class Keeper:
    """Runs beside the event loop, one job at a time."""

    def __init__(
        self, accounts: Accounts, warehouse: Connection, hub: Hub, clock: Callable[[], int]
    ) -> None:
        self._accounts = accounts
        self._warehouse = warehouse
        self._hub = hub
        self._clock = clock
        self._forgot_at = 0
        self._stopping = False
        self._alone = threading.Lock()

    async def run(self) -> None:
        """Work until cancelled. The first time not at once: starting is for the screens."""
        await asyncio.sleep(FIRST_SECONDS)
        while True:
            try:
                await asyncio.to_thread(self.work)
            except Exception:
                # Tomorrow is another day; the reason is in the log.
                _log.exception("what is too old could not be forgotten")
            await asyncio.sleep(EVERY_SECONDS)

    def stop(self) -> None:
        """Begin nothing more, and wait for what is being done."""
        self._stopping = True
        with self._alone:
            pass

    def work(self) -> None:
        """Finish erasures, and once a day forget what is too old."""
        with self._alone:
            if self._stopping:
                return
            self._finish_erasures()
            now = self._clock()
            if now - self._forgot_at >= DAY_MS:
                self._forget(now)
                self._forgot_at = now

    def erase(self, user_id: int, site_key: str, visitor_id: str) -> dict[str, int]:
        """Erase a visitor now, and what may still come of a visit that is running later.

        Returns how many rows went of which table. The note comes first, so that a crash between
        the two only delays it.
        """
        with self._alone:
            asked_at = utc_now()
            with self._accounts.open() as store:
                store.merge(Erasure(site_key=site_key, visitor_id=visitor_id, asked_at=asked_at))
                write_audit(store, user_id, "visitor_erased", visitor_id, site=site_key)
            return self._erase(site_key, visitor_id, self._clock())

    def _erase(self, site_key: str, visitor_id: str, until_ms: int) -> dict[str, int]:
        gone = erase_visitor(self._warehouse, site_key, visitor_id, until_ms)
        if gone:
            self._hub.tell_facts(site_key, visitor_id, lambda facts: NOTHING)
        return gone

    def _finish_erasures(self) -> None:
        with self._accounts.open() as store:
            due = store.scalars(select(Erasure)).all()
        for one in due:
            asked_ms = int(one.asked_at.replace(tzinfo=UTC).timestamp() * 1000)
            self._erase(one.site_key, one.visitor_id, asked_ms)
        with self._accounts.open() as store:
            store.execute(delete(Erasure).where(Erasure.asked_at < utc_now() - ERASED_AGAIN))

    def _forget(self, now: int) -> None:
        with self._accounts.open() as store:
            sites = [site_of(row) for row in store.scalars(select(SiteRow))]
        for site in sites:
            before = now - site.retention_days * DAY_MS
            gone: dict[str, Any] = forget_older(
                self._warehouse, site.site_key, before, go_on=lambda: not self._stopping
            )
            if gone:
                with self._accounts.open() as store:
                    write_audit(
                        store,
                        None,
                        "retention",
                        site.site_key,
                        site=site.site_key,
                        days=site.retention_days,
                        rows=gone,
                    )
