"""From events to sessions: the rules, as pure functions of what the log says.

`advance` folds one batch of events in; `lapse` lets time pass. Both append their conclusions to
`out`. They read no clock: the same log gives the same changes, cut into batches however it may be.
"""

from __future__ import annotations

from typing import Any, Literal, cast

import msgspec

from hozir.contract.change import Change, ChangeKind, Fact, PageView, Presence, Session
from hozir.contract.event import Event, EventBatch
from hozir.contract.ids import concluded_session_id
from pipeline.identity import identified
from pipeline.presence import (
    LEAVE_GRACE,
    LEAVING_SHOWN,
    MINUTE,
    SECOND,
    SILENCE,
    Tab,
    is_open,
    presence_of,
)

SESSION_GAP = 30 * MINUTE
"""A session ends when its visitor was last there so long ago."""
SESSION_LENGTH = 24 * 60 * MINUTE
"""No session is longer; what comes later begins another."""
TABS_KEPT = 32
PAGES_KEPT = 8
"""Pages whose visible time may still grow, beside those that open tabs show."""


class OpenSession(msgspec.Struct, array_like=True, gc=False):
    """What the rules remember of a session that has not ended."""

    session_id: str
    site_key: str
    visitor_id: str
    claimed_id: str
    started_at: int
    last_seen_at: int
    last_activity_at: int
    presence: Presence
    presence_since: int
    left_at: int | None = None
    """When the last tab left, until somebody comes back."""
    seq: int = 0
    pages_viewed: int = 0
    interactions: int = 0
    visible: int = 0
    current: int = 0
    """Number of the page that the visitor is on; 0 if unknown."""
    tabs: list[Tab] = []
    pages: list[PageView] = []
    untold: set[int] = set()
    """Numbers of pages that changed since a change carried them."""
    identity: dict[str, Any] = {}
    knows_dimensions: bool = False
    """Dimensions are told on and not kept: they are half of a session's bytes."""
    silence: int = SILENCE
    """Two heartbeats of its site: without a sign of life for so long, the visitor is gone."""


def key_of(batch: EventBatch) -> str:
    """Return the key under which a batch's session is remembered: ids of two sites may agree."""
    return f"{batch.site_key}\n{batch.session_id}"


def due_at(state: OpenSession) -> int:
    """Return the moment after which `lapse` has something to conclude, if nothing comes."""
    if state.presence == "offline":
        return state.last_seen_at + SESSION_GAP
    if state.left_at is None:
        return state.last_seen_at + state.silence
    return state.left_at + (LEAVE_GRACE if state.presence == "leaving" else LEAVING_SHOWN)


def lapse(state: OpenSession, at: int, out: list[Change]) -> OpenSession | None:
    """Let time pass up to `at`. Returns None when the session has ended."""
    while (due := due_at(state)) < at:
        if state.presence == "offline":
            _end(state, due, out)
            return None
        if state.left_at is not None and state.presence != "leaving":
            _become(state, "leaving", due, out)
        else:
            _become(state, "offline", due, out)
    return state


def advance(
    state: OpenSession | None, batch: EventBatch, at: int, out: list[Change]
) -> OpenSession | None:
    """Fold in a batch that arrived at `at`. Returns the session, None if there is none open."""
    if state is not None:
        state = lapse(state, at, out)
    if state is not None and at - state.started_at > SESSION_LENGTH:
        _end(state, at, out)
        state = None
    if state is None and all(event.kind == "leave" for event in batch.events):
        return None  # a farewell to nobody: the session ended before
    if state is not None and batch.n == 0:
        _observe(state, batch, at, out)
        return state
    opened = state is None
    if state is None:
        state = _open(batch, at)
    tab = _tab(state, batch.tab_id)
    if not tab.take(batch.n):
        return state
    state.last_seen_at = tab.last_seen = at
    state.silence = 2 * SECOND * batch.heartbeat_seconds
    told = len(out)
    if opened:
        _open_with(state, tab, batch, at, out)
    else:
        for event in batch.events:
            _fold(state, tab, event, at, out)
    if batch.dimensions is not None and not state.knows_dimensions and len(out) > told:
        out[told].session.dimensions = batch.dimensions
        state.knows_dimensions = True
    return state


def _observe(state: OpenSession, batch: EventBatch, at: int, out: list[Change]) -> None:
    """Fold in what the door saw of a tab. It has no number, and is no sign of life."""
    for tab in state.tabs:
        if tab.tab_id == batch.tab_id and tab.open:
            for event in batch.events:
                if event.kind == "leave":
                    _fold(state, tab, event, at, out)


def finish(state: OpenSession, at: int, out: list[Change]) -> OpenSession | None:
    """End a session because somebody of the team says so. Returns None when it has ended."""
    if lapse(state, at, out) is None:
        return None
    if state.session_id == concluded_session_id(state.site_key, state.claimed_id, at):
        # Begun in this very millisecond: the next session of the browser would get the same name.
        return state
    _end(state, at, out)
    return None


def _open(batch: EventBatch, at: int) -> OpenSession:
    started_at = min(at, *(event.at for event in batch.events))
    return OpenSession(
        session_id=concluded_session_id(batch.site_key, batch.session_id, at),
        site_key=batch.site_key,
        visitor_id=batch.visitor_id,
        claimed_id=batch.session_id,
        started_at=started_at,
        last_seen_at=at,
        last_activity_at=at,
        presence="active",
        presence_since=started_at,
    )


def _open_with(state: OpenSession, tab: Tab, batch: EventBatch, at: int, out: list[Change]) -> None:
    """Say `opened` once, with the first page in it, then go on with the rest."""
    first, *rest = batch.events
    _alive(tab, first, at)
    if first.kind == "page_view":
        _add_page(state, tab, first, at)
    state.presence = presence_of(state.tabs, at, state.silence) if tab.open else "active"
    _conclude(state, "opened", at, out)
    for event in rest if first.kind in ("page_view", "heartbeat", "visibility") else batch.events:
        _fold(state, tab, event, at, out)


def _fold(state: OpenSession, tab: Tab, event: Event, at: int, out: list[Change]) -> None:
    _measure(state, tab, event, at)
    if event.kind == "leave":
        if event.view < tab.view:
            return  # the page before says farewell; the tab shows the next one already
        tab.open = False
        if not any(is_open(other, at, state.silence) for other in state.tabs):
            state.left_at = at if state.left_at is None else state.left_at
        else:
            _settle_presence(state, at, out)
            _follow_open_tab(state, at, out)
        return
    _alive(tab, event, at)
    state.left_at = None
    _settle_presence(state, at, out)
    if event.kind == "page_view":
        from_path = _current_path(state)
        _add_page(state, tab, event, at)
        _conclude(state, "page_view", at, out, from_path=from_path)
    elif event.kind == "visibility" and not event.hidden:
        state.last_activity_at = at
        _turn_to(state, tab.page, at, out)
    elif event.kind in ("interaction", "custom", "identify"):
        _note(state, tab, event, at, out)


def _alive(tab: Tab, event: Event, at: int) -> None:
    if event.kind == "leave":
        return
    tab.open = True
    if event.kind in ("page_view", "heartbeat", "visibility"):
        tab.hidden = event.hidden
        tab.input_at = max(tab.input_at, at - event.idle)
    else:
        tab.input_at = at


def _settle_presence(state: OpenSession, at: int, out: list[Change]) -> None:
    presence = presence_of(state.tabs, at, state.silence)
    if presence != state.presence:
        _become(state, presence, at, out)


def _become(state: OpenSession, presence: Presence, at: int, out: list[Change]) -> None:
    state.presence = presence
    state.presence_since = at
    if presence == "offline":
        state.left_at = None
        for tab in state.tabs:
            tab.open = False
    _conclude(state, "presence", at, out)


def _add_page(state: OpenSession, tab: Tab, event: Event, at: int) -> None:
    state.pages_viewed += 1
    state.last_activity_at = at
    if (before := _page(state, tab.page)) is not None:
        before.url = before.path = before.title = ""  # told, and not current again
    state.current = tab.page = state.pages_viewed
    tab.view = max(tab.view, event.view)
    state.untold.add(state.current)
    state.pages.append(
        PageView(
            number=state.current,
            tab_id=tab.tab_id,
            view=event.view,
            url=event.url,
            path=event.path,
            title=event.title,
            at=max(min(event.at, at), state.started_at),
        )
    )


def _turn_to(state: OpenSession, number: int, at: int, out: list[Change]) -> None:
    """Make another page that is open the one that the visitor is on."""
    if number in (0, state.current) or _page(state, number) is None:
        return
    from_path = _current_path(state)
    state.current = number
    _conclude(state, "page_view", at, out, from_path=from_path)


def _follow_open_tab(state: OpenSession, at: int, out: list[Change]) -> None:
    """When the tab that showed the current page has gone, the newest page still open is it."""
    shown = [tab.page for tab in state.tabs if is_open(tab, at, state.silence)]
    if state.current not in shown:
        _turn_to(state, max(shown), at, out)


def _measure(state: OpenSession, tab: Tab, event: Event, at: int) -> None:
    """Take over visible time and scroll depth. A late word on an earlier page is as welcome."""
    if event.kind == "page_view":
        return
    for page in reversed(state.pages):
        if page.view == event.view and page.tab_id == tab.tab_id:
            # A page cannot have been seen for longer than it has been there; a second for the
            # rounding of two clocks.
            visible = min(event.visible, at - page.at + SECOND)
            if visible > page.visible or event.scroll > page.scroll:
                state.visible += max(0, visible - page.visible)
                page.visible = max(page.visible, visible)
                page.scroll = max(page.scroll, event.scroll)
                state.untold.add(page.number)
            return


def _note(state: OpenSession, tab: Tab, event: Event, at: int, out: list[Change]) -> None:
    kind = cast(Literal["interaction", "custom", "identify"], event.kind)
    state.last_activity_at = at
    page = _page(state, tab.page)
    if kind == "interaction":
        state.interactions += 1
        if page is not None:
            page.interactions += 1
            state.untold.add(page.number)
    elif kind == "identify":
        state.identity = identified(state.identity, event.props)
    fact = Fact(
        kind=kind,
        at=min(event.at, at),
        name=event.name,
        target=event.target,
        path=page.path if page else "",
        props=event.props,
    )
    _conclude(state, kind, at, out, fact=fact)


def _end(state: OpenSession, at: int, out: list[Change]) -> None:
    last = max(state.pages, key=lambda page: page.number, default=None)
    if last is not None:
        last.exit = True
        state.untold.add(last.number)
    if state.presence != "offline":
        state.presence, state.presence_since = "offline", at
    _conclude(state, "ended", at, out, ended_at=state.last_seen_at)


def _conclude(
    state: OpenSession,
    kind: ChangeKind,
    at: int,
    out: list[Change],
    *,
    from_path: str = "",
    fact: Fact | None = None,
    ended_at: int | None = None,
) -> None:
    current = _page(state, state.current)
    state.untold.discard(state.current)
    session = Session(
        session_id=state.session_id,
        site_key=state.site_key,
        visitor_id=state.visitor_id,
        started_at=state.started_at,
        last_seen_at=state.last_seen_at,
        last_activity_at=state.last_activity_at,
        presence=state.presence,
        presence_since=state.presence_since,
        tabs=sum(1 for tab in state.tabs if is_open(tab, state.last_seen_at, state.silence)),
        pages_viewed=state.pages_viewed,
        interactions=state.interactions,
        visible=state.visible,
        identity=state.identity,
        ended_at=ended_at,
    )
    out.append(
        Change(
            kind=kind,
            seq=state.seq,
            at=at,
            session=session,
            page=None if current is None else msgspec.structs.replace(current),
            from_path=from_path,
            settled=[
                msgspec.structs.replace(page) for page in state.pages if page.number in state.untold
            ]
            if state.untold
            else [],
            fact=fact,
        )
    )
    state.seq += 1
    state.untold.clear()
    if len(state.pages) > PAGES_KEPT:
        _forget_page(state)


def _forget_page(state: OpenSession) -> None:
    """Let go of the oldest page that no open tab shows."""
    shown = {tab.page for tab in state.tabs if tab.open}
    for page in state.pages:
        if page.number not in shown and page.number != state.current:
            state.pages.remove(page)
            return


def _tab(state: OpenSession, tab_id: str) -> Tab:
    for tab in state.tabs:
        if tab.tab_id == tab_id:
            return tab
    if len(state.tabs) >= TABS_KEPT:
        state.tabs.remove(min(state.tabs, key=lambda tab: (tab.open, tab.last_seen)))
    state.tabs.append(tab := Tab(tab_id))
    return tab


def _current_path(state: OpenSession) -> str:
    page = _page(state, state.current)
    return page.path if page else ""


def _page(state: OpenSession, number: int) -> PageView | None:
    for page in reversed(state.pages):
        if page.number == number:
            return page
    return None
