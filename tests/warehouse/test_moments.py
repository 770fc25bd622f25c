"""Who was online at a moment: as a plain reading of the changes says, and as the live view says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from api.live_view import LiveView
from hozir.contract.change import Change
from hozir.contract.event import Dimensions, Event
from pipeline.sessions import OpenSession, advance, finish, lapse
from tests.batches import (
    MINUTE,
    SECOND,
    T0,
    a_batch,
    as_told,
    click,
    heartbeat,
    leave,
    page_view,
    visibility,
)
from tests.factories import NOON, Visit, an_id
from warehouse.connection import Connection, open_warehouse
from warehouse.moments import (
    Level,
    concurrency,
    first_visit,
    online_at,
    pages_at,
    peak,
)
from warehouse.writer import Writer

TABLES = ("live_sessions", "live_page_views", "sessions", "page_views", "events", "presence")
SESSIONS = 4
"""Of two visitors, two each."""
GAPS = [0, 1, 300, 1_001, 5_001, 30_000, 60_001, 5 * MINUTE, 31 * MINUTE, 5 * 60 * MINUTE]


@st.composite
def histories(draw: st.DrawFn) -> list[Change]:
    """Changes as the rules conclude them, in the order in which the log has them."""
    states: dict[int, OpenSession | None] = dict.fromkeys(range(SESSIONS))
    numbers: dict[tuple[int, int], int] = defaultdict(int)
    told: list[Change] = []
    at = T0
    for _ in range(draw(st.integers(1, 25))):
        at += draw(st.sampled_from(GAPS))
        for number, state in states.items():
            if state is not None:
                states[number] = lapse(state, at, told)
        number, tab = draw(st.integers(0, SESSIONS - 1)), draw(st.integers(1, 2))
        state = states[number]
        kind = draw(
            st.sampled_from(["page", "page", "beat", "leave", "hide", "show", "click", "end"])
        )
        if kind == "end":
            if state is not None:
                states[number] = finish(state, at, told)
            continue
        numbers[number, tab] += 1
        n = numbers[number, tab]
        late = draw(st.sampled_from([0, 0, 0, 700, 10 * MINUTE]))
        events: dict[str, list[Event]] = {
            "page": [page_view(f"/{n}", at - late, view=n)],
            "beat": [heartbeat(at, view=n, visible=20_000)],
            "leave": [leave(at, view=n)],
            "hide": [visibility(True, at, view=n), visibility(False, at, view=n)],
            "show": [visibility(draw(st.booleans()), at, view=n)],
            "click": [click(at)],
        }
        batch = a_batch(*events[kind], n=n, tab=tab, session=number, visitor=number % 2)
        states[number] = advance(state, batch, at, told)
    return as_told(told)


@cache
def warehouse() -> Connection:
    return open_warehouse(None)


def written(changes: Iterable[Change]) -> Connection:
    """Return a warehouse of these changes alone: the same again and again, which is quicker."""
    connection = warehouse()
    for table in TABLES:
        connection.execute(f"DELETE FROM {table}")
    Writer(connection).apply(list(changes), {})
    return connection


def plain(changes: Iterable[Change], at: int) -> dict[str, tuple[str, str]]:
    """Return (session, presence) by visitor, one change after the other."""
    states: dict[str, tuple[int, str, str]] = {}
    for change in changes:
        session = change.session
        since = session.started_at if change.seq == 0 else change.at
        if since <= at:
            states[session.session_id] = session.started_at, session.visitor_id, session.presence
    found: dict[str, tuple[int, str, str]] = {}
    for session_id, (started_at, visitor_id, presence) in states.items():
        if presence != "offline":
            best = found.get(visitor_id, (-1, "", ""))
            found[visitor_id] = max(best, (started_at, session_id, presence))
    return {visitor: (session_id, told) for visitor, (_, session_id, told) in found.items()}


def moments_of(changes: Iterable[Change]) -> list[int]:
    """Return every moment at which anything may have changed, and those around it."""
    known = {one for change in changes for one in (change.at, change.session.started_at)}
    return sorted({at + near for at in known for near in (-1, 0, 1)})


@settings(max_examples=25, deadline=None)
@given(histories(), st.data())
def test_every_moment_is_told_as_a_plain_reading_of_the_changes_says(
    changes: list[Change], data: st.DataObject
) -> None:
    connection = written(changes)
    turns = st.sampled_from(moments_of(changes) or [T0])
    for at in data.draw(st.lists(turns, min_size=6, max_size=6)):
        stood = {
            one.session.visitor_id: (one.session.session_id, one.session.presence)
            for one in online_at(connection, "demo", at)
        }
        assert stood == plain(changes, at)


@settings(max_examples=25, deadline=None)
@given(histories(), st.data())
def test_now_is_told_as_the_live_view_tells_it(changes: list[Change], data: st.DataObject) -> None:
    """At the last change, whichever it is: who, how, on which page, after how many."""
    changes = changes[: data.draw(st.integers(1, max(1, len(changes))))]
    view = LiveView()
    for change in changes:
        view.apply(change)
    if not changes:
        return
    at = max(change.at for change in changes)
    connection = written(changes)
    stood = online_at(connection, "demo", at)
    shown = view.online("demo")
    assert [one.session.session_id for one in stood] == [one.session.session_id for one in shown]
    for ours, theirs in zip(pages_at(connection, "demo", stood, at), shown, strict=True):
        mine, live = ours.session, theirs.session
        assert (mine.presence, mine.started_at, mine.presence_since) == (
            live.presence,
            live.started_at,
            live.presence_since,
        )
        assert (mine.pages_viewed, mine.interactions) == (live.pages_viewed, live.interactions)
        assert ours.page is not None or theirs.page is None
        if ours.page is not None and theirs.page is not None:
            assert (ours.page.number, ours.page.path) == (theirs.page.number, theirs.page.path)
        assert [one.path for one in ours.pages] == [
            theirs.pages[number].path for number in sorted(theirs.pages)
        ]


@settings(max_examples=25, deadline=None)
@given(histories(), st.integers(-90, 90), st.sampled_from([1, 15]))
def test_the_most_at_once_are_those_of_the_fullest_moment_of_each_minute(
    changes: list[Change], offset: int, minutes: int
) -> None:
    start = T0 - T0 % MINUTE + offset * MINUTE
    end = start + 3 * 60 * MINUTE
    width = minutes * MINUTE
    turns = moments_of(changes)
    levels = concurrency(written(changes), "demo", start, end, minutes=minutes)
    assert [level.at for level in levels] == list(range(start, end, width))
    for level in levels:
        inside = [level.at, *(at for at in turns if level.at < at < level.at + width)]
        sizes = [len(plain(changes, at)) for at in inside]
        assert level.online == max(sizes)
        assert level.reached == inside[sizes.index(max(sizes))]


def told(*visits: Visit) -> Connection:
    changes = [change for visit in visits for change in visit.changes]
    return written(sorted(changes, key=lambda change: (change.at, change.seq)))


def test_a_visitor_stands_on_the_page_of_that_moment_with_the_pages_before() -> None:
    visit = Visit(1)
    visit.opens()  # NOON
    visit.reads("/pricing")  # 10 s later
    visit.does("click")  # 11 s
    visit.reads("/cart")  # 21 s
    visit.identifies(name="Dilnoza")
    visit.becomes("away", 60_000)
    visit.becomes("offline", 60_000)
    visit.ends()
    connection = told(visit)
    for after, path, pages, clicks in ((0, "/", 1, 0), (15_000, "/pricing", 2, 1)):
        at = NOON + after
        (read,) = pages_at(connection, "demo", online_at(connection, "demo", at), at)
        assert read.page is not None
        assert (read.page.path, read.session.pages_viewed) == (path, pages)
        assert (read.session.interactions, read.session.presence) == (clicks, "active")
        assert read.session.identity == {"name": "Dilnoza"}, "names are as known now"
        assert read.session.visible <= after
        assert read.session.ended_at is None
    (stood,) = online_at(connection, "demo", NOON + 90_000)
    assert (stood.session.presence, stood.session.presence_since) == ("away", NOON + 82_000)
    assert online_at(connection, "demo", NOON - 1) == []
    assert online_at(connection, "demo", NOON + 3 * MINUTE) == []


def test_two_visits_of_one_visitor_count_once_and_the_later_is_shown() -> None:
    first, second = Visit(1, visitor=7), Visit(2, visitor=7, started_at=NOON + MINUTE)
    first.opens()
    second.opens()
    connection = told(first, second)
    (stood,) = online_at(connection, "demo", NOON + 2 * MINUTE)
    assert stood.session.session_id == an_id("s", 2)
    levels = concurrency(connection, "demo", NOON, NOON + 3 * MINUTE)
    assert [level.online for level in levels] == [1, 1, 1]


def test_who_has_been_there_all_day_is_there_still() -> None:
    visit = Visit(1)
    visit.opens()
    visit.becomes("away", 23 * 60 * MINUTE)
    visit.becomes("offline", 60 * MINUTE)
    connection = told(visit)
    late = NOON + 24 * 60 * MINUTE - SECOND
    assert [one.session.presence for one in online_at(connection, "demo", late)] == ["away"]
    assert concurrency(connection, "demo", late, late + MINUTE)[0].online == 1
    assert online_at(connection, "demo", late + SECOND) == []


def test_sites_and_bots_are_told_apart() -> None:
    bot = Dimensions(bot="user-agent list: GPTBot")
    there, elsewhere = Visit(1, dimensions=bot), Visit(2, site_key="other")
    there.opens()
    elsewhere.opens()
    connection = told(there, elsewhere)
    at = NOON + SECOND
    assert len(online_at(connection, "demo", at)) == 1
    assert online_at(connection, "demo", at, bots=False) == []
    assert [one.online for one in concurrency(connection, "demo", at, at + MINUTE)] == [1]
    assert [one.online for one in concurrency(connection, "demo", at, at + 1, bots=False)] == [0]
    assert [one.session.site_key for one in online_at(connection, "other", at)] == ["other"]


def test_the_peak_is_the_first_of_the_highest() -> None:
    levels = [Level(0, 1, 5), Level(60, 3, 70), Level(120, 3, 120), Level(180, 0, 180)]
    assert peak(levels) == levels[1]
    assert peak([Level(0, 0, 0)]) is None
    assert peak([]) is None


def test_a_warehouse_without_visitors_has_no_first_visit() -> None:
    connection = open_warehouse(None)
    assert first_visit(connection, "demo") is None
    assert concurrency(connection, "demo", NOON, NOON) == []
    assert pages_at(connection, "demo", [], NOON) == []
    Writer(connection).apply([Visit(1).opens()], {})
    assert first_visit(connection, "demo") == NOON
    assert first_visit(connection, "other") is None
