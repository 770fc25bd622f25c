"""What a log of one partition says, read plainly: an oracle that shares no code with the rules.

It looks at the whole log at once, sorts every session's signs of life, and measures the gaps.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from hozir.contract.event import Event, EventBatch
from tests.batches import MINUTE, SECOND

Log = list[tuple[int, EventBatch | None]]
"""`(at, batch)`; None is a tick."""


class Seen(NamedTuple):
    """What the oracle says of one session."""

    started_at: int
    ended_at: int
    pages: list[str]
    offline: list[int]
    """Moments at which the visitor went offline."""


class _Sign(NamedTuple):
    at: int
    event: Event
    tab: str
    happened_at: int
    """When the earliest event of the same beacon did."""


def read_plainly(log: Log) -> list[Seen]:
    """Return the sessions of a log, sorted. A beacon counts once, an empty record not at all."""
    visits: dict[tuple[str, str], list[tuple[int, EventBatch]]] = defaultdict(list)
    for at, batch in log:
        if batch is not None:
            visits[batch.site_key, batch.session_id].append((at, batch))
    return sorted(seen for beacons in visits.values() for seen in _sessions(beacons))


def _sessions(beacons: list[tuple[int, EventBatch]]) -> list[Seen]:
    """Split at every gap of more than half an hour. A session begins with a sign of life."""
    sessions: list[list[_Sign]] = []
    taken: set[tuple[str, int]] = set()
    for at, beacon in beacons:
        if not sessions or at - sessions[-1][-1].at > 30 * MINUTE:
            if all(event.kind == "leave" for event in beacon.events):
                continue
            sessions.append([])
            taken = set()
        if (beacon.tab_id, beacon.n) in taken:
            continue
        taken.add((beacon.tab_id, beacon.n))
        happened_at = min(event.at for event in beacon.events)
        sessions[-1] += [_Sign(at, event, beacon.tab_id, happened_at) for event in beacon.events]
    return [
        Seen(
            started_at=min(session[0].at, session[0].happened_at),
            ended_at=session[-1].at,
            pages=[sign.event.path for sign in session if sign.event.kind == "page_view"],
            offline=_offline(session),
        )
        for session in sessions
    ]


def _offline(session: list[_Sign]) -> list[int]:
    """A gap makes a visitor offline if, at its start, no tab was open for 5 s, or for 60 s none
    was heard."""
    moments: list[int] = []
    left: int | None = None
    for index, sign in enumerate(session):
        until = session[index + 1].at if index + 1 < len(session) else 2**62
        open_tabs = _open_tabs(session, index)
        if open_tabs:
            left = None
        elif left is None:
            left = sign.at
        deadline = sign.at + 60 * SECOND if left is None else left + 5 * SECOND
        online_before = not moments or any(
            earlier.event.kind != "leave" and moments[-1] < earlier.at
            for earlier in session[: index + 1]
        )
        if deadline < until and online_before:
            moments.append(deadline)
    return moments


def _open_tabs(session: list[_Sign], index: int) -> set[str]:
    """Return the tabs whose newest word, up to a sign, is no farewell and not over a minute old.

    A farewell of an earlier page of the tab does not count, nor what was said before the visitor
    was last offline.
    """
    now = session[index].at
    state: dict[str, tuple[int, bool, int]] = {}
    for at, event, tab, _ in session[: index + 1]:
        _, was_open, view = state.get(tab, (0, False, 0))
        if event.kind == "leave":
            state[tab] = (at, was_open and event.view < view, view)
        else:
            newest = max(view, event.view) if event.kind == "page_view" else view
            state[tab] = (at, True, newest)
    return {tab for tab, (at, is_open, _) in state.items() if is_open and now - at <= 60 * SECOND}
