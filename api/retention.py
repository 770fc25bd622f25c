"""The keeper: forgets each day what is too old, and visitors who asked for it."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import UTC, datetime, timedelta
from functools import partial

from sqlalchemy import delete, select

from api.accounts import Accounts, Erasure, SiteRow, utc_now, write_audit
from api.contacts import without_contact
from api.ending import end_session
from api.erased import Erased, Wish
from api.hub import Hub
from api.inbox_hub import InboxHub, facts_after, facts_without
from api.loader import Loader
from api.people import People
from api.sites import site_of
from hozir.bus.log import Log
from hozir.contract.errors import LogFull, LogUnavailable
from hozir.contract.site import Site
from warehouse.connection import Connection
from warehouse.conversation_reads import conversations_of
from warehouse.conversations import Conversation
from warehouse.gone import Gone
from warehouse.retention import erase_visitor, forget_older
from warehouse.soft_delete import bring_back, purge

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
        self,
        *,
        accounts: Accounts,
        warehouse: Connection,
        log: Log,
        hub: Hub,
        loader: Loader,
        inbox: InboxHub,
        people: People,
        erased: Erased,
        deleted_days: int,
    ) -> None:
        self._accounts = accounts
        self._deleted_days = deleted_days
        self._warehouse = warehouse
        self._bus = log
        self._hub = hub
        self._loader = loader
        self._inbox = inbox
        self._people = people
        self._erased = erased
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
            now = self._hub.clock()
            if now - self._forgot_at >= DAY_MS:
                self._forget(now)
                self._forgot_at = now

    def erase(self, user_id: int, site_key: str, visitor_id: str) -> dict[str, int]:
        """Erase a visitor, here and on every screen; a visit that is running ends.

        Whoever is still there comes back as somebody new. Returns how many rows went of which
        table. The note comes first, so that a crash between the two only delays it.
        """
        with self._alone:
            wish = Wish(site_key, visitor_id, self._hub.clock())
            asked_at = datetime.fromtimestamp(wish.asked_at / 1000, UTC).replace(tzinfo=None)
            with self._accounts.open() as store:
                store.merge(Erasure(site_key=site_key, visitor_id=visitor_id, asked_at=asked_at))
                write_audit(store, user_id, "visitor_erased", visitor_id, site=site_key)
            running = self._hub.view.sessions_of(site_key, visitor_id)
            self._erased.add(wish)
            self._hub.drop_visitor(site_key, visitor_id)
            self._people.forget(site_key, visitor_id)
            for session_id in running:
                self._end(site_key, visitor_id, session_id)
            self._loader.finish_writing()
            return self._erase(wish)

    def _end(self, site_key: str, visitor_id: str, session_id: str) -> None:
        try:
            end_session(self._bus, site_key, visitor_id, session_id)
        except (LogUnavailable, LogFull) as error:
            # Nothing of it is shown or kept; only coming back waits until it ends by itself.
            _log.warning("the visit of an erased visitor goes on: %s", error)

    def _erase(self, wish: Wish) -> dict[str, int]:
        gone = erase_visitor(self._warehouse, *wish)
        self._tell(wish.site_key, gone)
        if "contact_visitors" in gone.rows:
            self._hub.tell_facts(wish.site_key, wish.visitor_id, without_contact)
        return gone.rows

    def _tell(self, site_key: str, gone: Gone) -> None:
        """Let everybody forget who remembers it beside the warehouse."""
        for visitor_id in gone.persons:
            self._people.forget(site_key, visitor_id)
        if not gone.conversations:
            return
        self._inbox.forget(gone.conversations)
        ids = {one.conversation_id for one in gone.conversations}
        for visitor_id, newest in self._newest(site_key, gone).items():
            self._hub.tell_facts(site_key, visitor_id, partial(facts_without, ids, newest))

    def _welcome(self, site_key: str, back: Gone) -> None:
        """Let everybody know again of the conversations that came back."""
        self._inbox.remember(back.conversations)
        for visitor_id, newest in self._newest(site_key, back).items():
            if newest is not None:
                self._hub.tell_facts(site_key, visitor_id, partial(facts_after, newest))

    def _newest(self, site_key: str, of: Gone) -> dict[str, Conversation | None]:
        """Return the newest conversation that each of these visitors has now."""
        visitors = {one.visitor_id for one in of.conversations}
        left = conversations_of(self._warehouse, site_key, visitors)
        return {
            visitor_id: max(
                (one for one in left if one.visitor_id == visitor_id),
                key=lambda one: (one.opened_at, one.conversation_id),
                default=None,
            )
            for visitor_id in visitors
        }

    def _finish_erasures(self) -> None:
        for wish in wishes(self._accounts):
            self._erase(wish)
        oldest = utc_now() - ERASED_AGAIN
        with self._accounts.open() as store:
            store.execute(delete(Erasure).where(Erasure.asked_at < oldest))
        self._erased.forget_before(_milliseconds(oldest))

    def _forget(self, now: int) -> None:
        with self._accounts.open() as store:
            sites = [site_of(row) for row in store.scalars(select(SiteRow))]
        for site in sites:
            before = now - site.retention_days * DAY_MS
            back = bring_back(self._warehouse, site.site_key, before)
            if back:
                self._welcome(site.site_key, back)
                self._note("retention_undone", site, back)
            gone = forget_older(
                self._warehouse,
                site.site_key,
                before,
                put_away_at=now if self._deleted_days else None,
                go_on=lambda: not self._stopping,
            )
            if gone:
                self._tell(site.site_key, gone)
                self._note("retention", site, gone)
            purged = purge(self._warehouse, site.site_key, now - self._deleted_days * DAY_MS)
            if purged:
                self._note("retention_final", site, purged)

    def _note(self, action: str, site: Site, gone: Gone) -> None:
        key, days = site.site_key, site.retention_days
        with self._accounts.open() as store:
            write_audit(store, None, action, key, site=key, days=days, rows=gone.rows)


def wishes(accounts: Accounts) -> list[Wish]:
    """Return who was erased lately."""
    with accounts.open() as store:
        return [
            Wish(one.site_key, one.visitor_id, _milliseconds(one.asked_at))
            for one in store.scalars(select(Erasure))
        ]


def _milliseconds(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)
