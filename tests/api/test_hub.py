"""What a screen is told: merged, paced, and never at the cost of another screen."""

from __future__ import annotations

import asyncio
import random
import threading
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api import subscriber as subscriber_module
from api.filters import read_filter
from api.hub import Hub, TooManySubscribers
from api.live_view import LiveView
from api.subscriber import Subscriber
from tests.factories import NOON, Visit, an_id


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


def a_hub(clock: Clock | None = None) -> Hub:
    return Hub(LiveView(), clock=clock or Clock())


def a_screen(hub: Hub, wanted: dict[str, Any] | None = None, limit: int = 100) -> Subscriber:
    screen = hub.subscribe("demo", read_filter(wanted or {}), "en", limit)
    screen.frames()
    return screen


def told(screen: Subscriber) -> list[dict[str, Any]]:
    return [msgspec.json.decode(frame) for frame in screen.frames()]


def events(screen: Subscriber) -> list[str]:
    return [frame["event"] for frame in told(screen)]


def test_a_snapshot_in_pieces_tells_everybody_once_as_they_are_by_then(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriber_module, "AT_FIRST", 2)
    monkeypatch.setattr(subscriber_module, "PIECE", 2)
    hub = a_hub()
    visits = {an_id("v", number): Visit(number) for number in range(1, 7)}
    for visit in visits.values():
        hub.apply(visit.opens())
    screen = hub.subscribe("demo", read_filter({}), "en", 100)
    screen.in_pieces = True
    (first,) = told(screen)
    at_first = [visitor["id"] for visitor in first["data"]["visitors"]]
    gone, moved, *_ = sorted(set(visits) - set(at_first))
    hub.apply(visits[gone].becomes("offline"))
    hub.apply(visits[moved].reads("/pricing"))
    pieces = [frame for _ in range(3) for frame in told(screen)]
    assert [frame["event"] for frame in pieces] == ["more", "more"]
    rest = {v["id"]: v for frame in pieces for v in frame["data"]["visitors"]}
    assert set(rest) == set(visits) - {*at_first, gone}
    assert rest[moved]["current_page"]["url"] == "/pricing"


def test_the_first_frame_is_a_snapshot_and_seq_counts_from_one() -> None:
    hub = a_hub()
    hub.apply(Visit().opens())
    screen = hub.subscribe("demo", read_filter({}), "en", 100)
    (frame,) = told(screen)
    assert (frame["event"], frame["seq"]) == ("snapshot", 1)
    assert [v["id"] for v in frame["data"]["visitors"]] == [an_id("v", 1)]
    assert frame["data"]["counts"] == {"online": 1, "active": 1, "away": 0, "matching": 1}
    assert frame["data"]["truncated"] is False


def test_a_snapshot_beyond_its_limit_says_so() -> None:
    hub = a_hub()
    for n in range(3):
        hub.apply(Visit(n).opens())
    (frame,) = told(hub.subscribe("demo", read_filter({}), "en", 2))
    assert len(frame["data"]["visitors"]) == 2
    assert frame["data"]["truncated"] is True
    assert frame["data"]["counts"]["matching"] == 3


def test_online_and_page_change_are_one_online_with_the_newest_visitor() -> None:
    hub, visit = a_hub(), Visit()
    screen = a_screen(hub)
    for change in (visit.opens(), visit.reads("/pricing"), visit.does("click")):
        hub.apply(change)
    (frame,) = told(screen)
    assert frame["event"] == "visitor.online"
    assert frame["data"]["current_page"] == "/pricing"
    assert frame["data"]["visitor"]["session"]["interactions"] == 1


def test_page_changes_are_one_from_the_first_to_the_last() -> None:
    hub, visit = a_hub(), Visit()
    hub.apply(visit.opens())
    screen = a_screen(hub)
    for change in (visit.reads("/features"), visit.reads("/pricing"), visit.becomes("away")):
        hub.apply(change)
    (frame,) = told(screen)
    assert frame["event"] == "visitor.page_change"
    assert (frame["data"]["from_url"], frame["data"]["to_url"]) == ("/", "/pricing")
    assert frame["data"]["visitor"]["presence"] == "away"


def test_offline_overrides_and_who_came_and_went_unseen_is_not_told() -> None:
    hub, known, passing = a_hub(), Visit(1), Visit(2)
    hub.apply(known.opens())
    screen = a_screen(hub)
    for change in (known.reads("/x"), known.becomes("offline"), passing.opens()):
        hub.apply(change)
    hub.apply(passing.becomes("offline"))
    (frame,) = told(screen)
    assert frame["event"] == "visitor.offline"
    assert frame["data"]["visitor_id"] == an_id("v", 1)
    assert frame["data"]["reason"] == "left"
    assert frame["data"]["counts"]["online"] == 0


def test_who_leaves_and_comes_back_between_two_frames_is_online_and_may_leave_again() -> None:
    hub, visit = a_hub(), Visit()
    hub.apply(visit.opens())
    screen = a_screen(hub)
    hub.apply(visit.becomes("offline"))
    hub.apply(visit.becomes("active"))
    assert events(screen) == ["visitor.online"]
    for presence in ("offline", "active", "offline"):
        hub.apply(visit.becomes(presence))  # type: ignore[arg-type]
    assert events(screen) == ["visitor.offline"]


def test_who_no_longer_matches_disappears_and_the_counts_go_on() -> None:
    hub, visit, other = a_hub(), Visit(1), Visit(2)
    screen = a_screen(hub, {"page_url": "/pricing"})
    hub.apply(visit.opens())
    (frame,) = told(screen)
    assert frame["event"] == "counts"
    assert frame["data"]["counts"] == {"online": 1, "active": 1, "away": 0, "matching": 0}
    hub.apply(visit.reads("/pricing"))
    assert events(screen) == ["visitor.online"]
    hub.apply(visit.reads("/blog"))
    (frame,) = told(screen)
    assert (frame["event"], frame["data"]["reason"]) == ("visitor.offline", "filtered")
    hub.apply(other.opens())
    assert events(screen) == ["counts"]
    assert events(screen) == []


def test_time_alone_moves_visitors_in_and_out_of_a_duration() -> None:
    clock, visit = Clock(), Visit()
    hub = a_hub(clock)
    hub.apply(visit.opens())
    short, long = a_screen(hub, {"duration": "<1min"}), a_screen(hub, {"duration": "1-5min"})
    clock.now += 60_000
    hub.sweep()
    assert events(short) == ["visitor.offline"]
    assert events(long) == ["visitor.online"]
    hub.sweep()
    assert events(short) + events(long) == []


def test_a_screen_that_does_not_read_gets_a_gap_and_the_other_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subscriber_module, "WAITING_VISITORS", 10)
    hub = a_hub()
    slow, quick = a_screen(hub), a_screen(hub)
    got = 0
    for n in range(25):
        hub.apply(Visit(n).opens())
        got += len(told(quick))
    assert got == 25
    assert slow.gaps > 0
    before = slow.seq - slow.gaps
    assert told(slow)[0]["seq"] > before + 1
    slow.ask_snapshot()
    (frame,) = told(slow)
    assert len(frame["data"]["visitors"]) == 25


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5)), max_size=40),
    st.randoms(use_true_random=False),
)
def test_frames_lead_every_screen_to_what_a_snapshot_says(
    steps: list[tuple[int, int]], chance: random.Random
) -> None:
    """A screen that only follows frames shows what one that just came is shown."""
    hub = a_hub()
    screen = a_screen(hub, {"page_url": "/*"} if chance.random() < 0.5 else {"page_url": "/a"})
    visits = [Visit(n, visitor=n // 2) for n in range(3)]
    cards: dict[str, Any] = {}

    def read() -> None:
        for frame in told(screen):
            data = frame["data"]
            if frame["event"] == "visitor.offline":
                cards.pop(data["visitor_id"], None)
            elif frame["event"] != "counts":
                cards[data["visitor_id"]] = data["visitor"]

    for who, what in steps:
        visit = visits[who]
        if visit.seq < 0:
            hub.apply(visit.opens())
        elif what == 0:
            hub.apply(visit.becomes("offline"))
        elif what == 1:
            hub.apply(visit.becomes("active"))
        elif what == 2:
            hub.apply(visit.does("click"))
        else:
            hub.apply(visit.reads("/a" if what == 3 else "/b"))
        if chance.random() < 0.3:
            read()
    read()
    screen.ask_snapshot()
    (snapshot,) = told(screen)
    assert cards == {visitor["id"]: visitor for visitor in snapshot["data"]["visitors"]}


def test_a_site_has_a_most_of_screens() -> None:
    hub = Hub(LiveView(), most=1)
    screen = a_screen(hub)
    with pytest.raises(TooManySubscribers):
        a_screen(hub)
    hub.unsubscribe(screen)
    a_screen(hub)


def test_a_site_has_a_hundred_screens_unless_told_otherwise() -> None:
    hub = a_hub()
    for _ in range(100):
        hub.take_seat("demo")
    with pytest.raises(TooManySubscribers):
        a_screen(hub)
    assert hub.subscribe("simulated", read_filter({}), "en", 1)


def test_changes_of_another_thread_arrive_in_order_in_the_loop() -> None:
    async def run() -> None:
        hub = a_hub()
        hub.start()
        visits = [Visit(n) for n in range(1200)]
        thread = threading.Thread(target=lambda: [hub.deliver([visit.opens()]) for visit in visits])
        thread.start()
        async with asyncio.timeout(10):
            while hub.view.count("demo").online < 1200:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        thread.join()
        await hub.stop()

    asyncio.run(run())
