"""Who is on the sites now: the newest conclusion about every session that has not ended.

One visitor is online once, however many sessions run: the latest one that is online is shown.
Owned by one thread; reads no clock.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import msgspec

from api.facts import NOTHING, Facts
from hozir.contract.change import Change, Fact, PageView, Session
from hozir.contract.event import Dimensions

EventKind = Literal["online", "offline", "page_change", "interaction", "presence"]

PAGES_KEPT = 24
ENDED_KEPT = 100_000
"""Ended sessions to remember, whose changes may come again after a crash of the pipeline."""


class Live(msgspec.Struct, gc=False):
    """A session that has not ended."""

    session: Session
    seq: int
    page: PageView | None
    pages: dict[int, PageView]

    @property
    def online(self) -> bool:
        """True unless the visitor has gone."""
        return self.session.presence != "offline"

    @property
    def bot(self) -> bool:
        """True if the visitor is held to be a bot."""
        return self.session.dimensions is not None and bool(self.session.dimensions.bot)

    def shown_pages(self) -> list[PageView]:
        """Return the latest pages, oldest first, the current one last."""
        current = self.page.number if self.page else 0
        others = [self.pages[n] for n in sorted(self.pages) if n != current]
        return [*others[-(PAGES_KEPT - 1) :], *((self.page,) if self.page else ())]


def live_from(session: Session, seq: int, page: PageView | None, pages: list[PageView]) -> Live:
    """Return a live session as it is read from the warehouse."""
    if session.dimensions is not None:
        session.dimensions = slim_dimensions(session.dimensions)
    kept = {one.number: slim_page(one) for one in pages}
    return Live(session, seq, page and kept.get(page.number, page), kept)


@dataclass(frozen=True)
class LiveEvent:
    """What a screen is told. `live` is the visitor's shown session as it was just after."""

    kind: EventKind
    live: Live
    at: int
    from_path: str = ""
    fact: Fact | None = None


@dataclass(frozen=True)
class Counts:
    """Visitors of a site, each once."""

    online: int = 0
    active: int = 0
    away: int = 0

    def plus(self, live: Live, sign: int) -> Counts:
        """Count a visitor in or out."""
        presence = live.session.presence
        return Counts(
            self.online + sign,
            self.active + sign * (presence == "active"),
            self.away + sign * (presence == "away"),
        )


class LiveView:
    """A mirror of the live sessions, kept by changes."""

    def __init__(self, live: Iterable[Live] = (), ended: Iterable[str] = ()) -> None:
        self._sessions: dict[str, Live] = {}
        self._of_visitor: dict[tuple[str, str], list[str]] = {}
        self._shown: dict[str, dict[str, Live]] = {}
        self._people: dict[str, Counts] = {}
        self._bots: dict[str, Counts] = {}
        self._ended: OrderedDict[str, None] = OrderedDict.fromkeys(ended)
        self._facts: dict[tuple[str, str], Facts] = {}
        for one in live:
            self._add(one)
            key = (one.session.site_key, one.session.visitor_id)
            self._show(key, self._choose(key))

    def __len__(self) -> int:
        return len(self._sessions)

    def online(self, site_key: str) -> list[Live]:
        """Return the visitors who are online, latest arrival first."""
        shown = self._shown.get(site_key, {}).values()
        return sorted(shown, key=lambda one: (-one.session.started_at, one.session.visitor_id))

    def count(self, site_key: str, *, bots: bool = True) -> Counts:
        """Return how many visitors are online."""
        people = self._people.get(site_key, Counts())
        if not bots:
            return people
        others = self._bots.get(site_key, Counts())
        return Counts(
            people.online + others.online, people.active + others.active, people.away + others.away
        )

    def find(self, site_key: str, visitor_id: str) -> Live | None:
        """Return the session of a visitor that is shown, or else the latest that has not ended.

        Safe from any thread.
        """
        if shown := self._shown.get(site_key, {}).get(visitor_id):
            return shown
        sessions = map(self._sessions.get, self.sessions_of(site_key, visitor_id))
        return max((one for one in sessions if one is not None), key=_latest, default=None)

    def session(self, session_id: str) -> Live | None:
        """Return a session that has not ended. Safe from any thread."""
        return self._sessions.get(session_id)

    def put_right(self, session: Session) -> Session:
        """Return a session as the warehouse has it, gone if it is known here to have ended.

        Who is not known to have gone has not: at times, as just after the start, many changes wait
        for the view that the warehouse has already. Safe from any thread.
        """
        if session.presence == "offline" or session.session_id not in self._ended:
            return session
        return msgspec.structs.replace(
            session, presence="offline", presence_since=session.last_seen_at, tabs=0
        )

    def facts(self, site_key: str, visitor_id: str) -> Facts:
        """Return what the team knows of a visitor. Safe from any thread."""
        return self._facts.get((site_key, visitor_id), NOTHING)

    def known(self, site_key: str) -> list[tuple[str, Facts]]:
        """Return what the team knows of the visitors of a site, by id. Safe from any thread."""
        facts = self._facts.copy()
        return [(visitor, known) for (site, visitor), known in facts.items() if site == site_key]

    def set_facts(self, site_key: str, visitor_id: str, facts: Facts) -> Live | None:
        """Take over what the team knows. Returns the session that is shown, if there is one."""
        key = (site_key, visitor_id)
        if facts == NOTHING:
            self._facts.pop(key, None)
        else:
            self._facts[key] = facts
        return self._shown.get(site_key, {}).get(visitor_id)

    def apply(self, change: Change) -> LiveEvent | None:
        """Take over a change. Returns what to tell; None if no screen shows a difference."""
        session_id = change.session.session_id
        live = self._sessions.get(session_id)
        if session_id in self._ended or (live is not None and change.seq <= live.seq):
            return None
        key = (change.session.site_key, change.session.visitor_id)
        before = self._shown.get(key[0], {}).get(key[1])
        after_live = _folded(live, change)
        if live is None:
            self._add(after_live)
        self._sessions[session_id] = after_live
        if change.kind == "ended":
            self._forget(key, session_id)
        after = self._choose(key)
        self._show(key, after)
        return _told(change, before, after, after_live)

    def drop(self, site_key: str, visitor_id: str) -> Live | None:
        """Forget a visitor's sessions, whatever is still told of them. Returns the one shown."""
        key = (site_key, visitor_id)
        shown = self._shown.get(site_key, {}).get(visitor_id)
        for session_id in list(self._of_visitor.get(key, ())):
            self._forget(key, session_id)
        self._show(key, None)
        return shown

    def sessions_of(self, site_key: str, visitor_id: str) -> list[str]:
        """Return the sessions of a visitor that have not ended. Safe from any thread."""
        return list(self._of_visitor.get((site_key, visitor_id), ()))

    def _add(self, live: Live) -> None:
        session = live.session
        self._sessions[session.session_id] = live
        self._of_visitor.setdefault((session.site_key, session.visitor_id), []).append(
            session.session_id
        )

    def _forget(self, key: tuple[str, str], session_id: str) -> None:
        # First of all, so that no thread finds it neither here nor there.
        self._ended[session_id] = None
        del self._sessions[session_id]
        self._of_visitor[key].remove(session_id)
        if not self._of_visitor[key]:
            del self._of_visitor[key]
        if len(self._ended) > ENDED_KEPT:
            self._ended.popitem(last=False)

    def _choose(self, key: tuple[str, str]) -> Live | None:
        sessions = (self._sessions[sid] for sid in self._of_visitor.get(key, ()))
        return max((one for one in sessions if one.online), key=_latest, default=None)

    def _show(self, key: tuple[str, str], live: Live | None) -> None:
        site_key, visitor_id = key
        shown = self._shown.setdefault(site_key, {})
        if (before := shown.pop(visitor_id, None)) is not None:
            self._tally(site_key, before, -1)
        if live is not None:
            shown[visitor_id] = live
            self._tally(site_key, live, 1)

    def _tally(self, site_key: str, live: Live, sign: int) -> None:
        counts = self._bots if live.bot else self._people
        counts[site_key] = counts.get(site_key, Counts()).plus(live, sign)


def _latest(live: Live) -> tuple[int, str]:
    return live.session.started_at, live.session.session_id


def slim_dimensions(dimensions: Dimensions) -> Dimensions:
    """Return the same, sharing the texts that thousands of visitors have in common."""
    texts = {
        name: sys.intern(value)
        for name in Dimensions.__struct_fields__
        if type(value := getattr(dimensions, name)) is str
    }
    return msgspec.structs.replace(dimensions, **texts)


def slim_page(page: PageView) -> PageView:
    """Return the page without what no screen shows, sharing the texts that others show too."""
    return msgspec.structs.replace(
        page, url="", tab_id="", path=sys.intern(page.path), title=sys.intern(page.title)
    )


def _folded(live: Live | None, change: Change) -> Live:
    """Return the session after a change. What was told before is kept; nothing is altered."""
    session = change.session
    if live is None:
        pages: dict[int, PageView] = {}
    else:
        pages = dict(live.pages)
    if session.dimensions is not None:
        session = msgspec.structs.replace(session, dimensions=slim_dimensions(session.dimensions))
    elif live is not None:
        session = msgspec.structs.replace(session, dimensions=live.session.dimensions)
    for page in (*change.settled, *((change.page,) if change.page else ())):
        told = pages.get(page.number)
        if told is not None and not page.path:
            page = msgspec.structs.replace(page, path=told.path, title=told.title)
        if page.path:
            pages[page.number] = slim_page(page)
    while len(pages) > PAGES_KEPT:
        kept = change.page.number if change.page else 0
        del pages[min(number for number in pages if number != kept)]
    if change.page is None:
        current = live.page if live else None
    else:
        current = pages.get(change.page.number, change.page)
    return Live(session, change.seq, current, pages)


def _told(
    change: Change, before: Live | None, after: Live | None, changed: Live
) -> LiveEvent | None:
    if after is None:
        if before is None:
            return None
        same = before.session.session_id == changed.session.session_id
        return LiveEvent("offline", changed if same else before, change.at)
    if before is None or before.session.session_id != after.session.session_id:
        return LiveEvent("online", after, change.at)
    if after.session.session_id != changed.session.session_id:
        return None  # a session of the same visitor that is not the one shown
    if change.kind == "page_view":
        return LiveEvent("page_change", after, change.at, from_path=change.from_path)
    if change.kind in ("interaction", "custom"):
        return LiveEvent("interaction", after, change.at, fact=change.fact)
    return LiveEvent("presence", after, change.at)
