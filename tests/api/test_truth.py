"""What counts as a delay, a ghost and a flicker, and what a percentile of many minutes is worth."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from api import sketch
from api.hub import Hub
from api.live_view import LiveView
from api.sketch import ERROR, LONGEST_MS, Sketch
from api.truth import DAY_MS, HOUR_MS, MINUTE_MS, SESSIONS_KEPT, Truth
from api.verdict import Measured, leave_ms, measured, verdict
from api.way import Step, StepName
from hozir.contract.change import Change, Presence
from tests.factories import NOON, a_change, a_session


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> int:
        return self.now


class Watched:
    """A hub whose screens are measured, and its clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.hub = Hub(LiveView(), clock=self.clock)
        self.truth = Truth(self.clock)
        self.truth.start(self.hub)
        self.seqs: dict[int, int] = {}

    def tell(self, change: Change, after: int = 0) -> Change:
        """Show a change so many milliseconds after it became so."""
        self.clock.now = change.at + after
        self.hub.apply(change)
        return change

    def comes(self, number: int, at: int, after: int = 0) -> Change:
        self.seqs[number] = 0
        return self.tell(a_change(session=a_session(number, last_seen_at=at)), after)

    def turns(self, number: int, presence: Presence, at: int, seen: int, after: int = 0) -> Change:
        self.seqs[number] = seq = self.seqs.get(number, 0) + 1
        session = a_session(number, presence=presence, presence_since=at, last_seen_at=seen)
        return self.tell(a_change("presence", seq, session, at=at), after)

    def leaves(self, number: int, at: int, after: int = 0) -> Change:
        """Say farewell at a moment, as the pipeline concludes it."""
        self.turns(number, "leaving", at + 1_000, at, after)
        return self.turns(number, "offline", at + 5_000, at, after)

    def whole(self, window: str = "15m") -> Any:
        return self.truth.over(window).whole


def test_delay_to_join_is_from_the_door_to_the_offer() -> None:
    here = Watched()
    for number, after in enumerate((40, 60, 4_000), 1):
        here.comes(number, NOON + number, after)
    seen = here.whole()
    assert seen.joins == 3
    assert sketch.percentile(seen.join, 0.5) == pytest.approx(60, rel=ERROR)
    assert sketch.percentile(seen.join, 0.95) == pytest.approx(4_000, rel=ERROR)


def test_delay_to_leave_is_from_the_farewell_to_the_offer() -> None:
    here = Watched()
    here.comes(1, NOON)
    here.leaves(1, NOON + 20_000, after=200)
    seen = here.whole()
    assert (seen.leaves, seen.silent, seen.ghosts) == (1, 0, 0)
    assert leave_ms(seen, 0.95) == pytest.approx(5_200, abs=200 * ERROR)


def test_closed_socket_is_measured_from_when_the_door_says_so() -> None:
    here = Watched()
    here.comes(1, NOON)
    # The door's word is no sign of life: the last one is half a minute ago.
    here.turns(1, "leaving", NOON + 31_000, seen=NOON)
    here.turns(1, "offline", NOON + 35_000, seen=NOON, after=300)
    seen = here.whole()
    assert (seen.leaves, seen.silent) == (1, 0)
    assert leave_ms(seen, 0.95) == pytest.approx(5_300, abs=300 * ERROR)


def test_who_falls_silent_is_counted_apart() -> None:
    here = Watched()
    here.comes(1, NOON)
    here.turns(1, "offline", NOON + 60_000, seen=NOON, after=100)
    seen = here.whole()
    assert (seen.leaves, seen.silent, seen.ghosts, seen.late) == (1, 1, 0, {})


@pytest.mark.parametrize(("after", "ghosts"), [(1_000, 0), (1_001, 1)])
def test_ghost_is_shown_more_than_a_second_too_long_whichever_way_they_went(
    after: int, ghosts: int
) -> None:
    here = Watched()
    here.comes(1, NOON)
    here.leaves(1, NOON + 10_000, after)
    here.comes(2, NOON)
    here.turns(2, "offline", NOON + 60_000, seen=NOON, after=after)
    assert (here.whole().leaves, here.whole().ghosts) == (2, 2 * ghosts)
    assert here.truth.ghosts == 2 * ghosts


@pytest.mark.parametrize(("pause", "flickers"), [(10_000, 1), (10_001, 0)])
def test_flicker_is_gone_and_back_within_ten_seconds(pause: int, flickers: int) -> None:
    here = Watched()
    here.comes(1, NOON)
    gone = here.leaves(1, NOON + 10_000)
    back = gone.at + pause
    here.turns(1, "active", back, seen=back)
    assert here.whole().flickers == flickers
    here.turns(1, "away", back + 1, seen=back + 1)
    assert here.whole().flickers == flickers, "once for each time that they were said to be gone"


def test_pause_between_two_pages_is_no_leave() -> None:
    here = Watched()
    here.comes(1, NOON)
    here.turns(1, "leaving", NOON + 2_000, seen=NOON + 1_000)
    here.turns(1, "active", NOON + 3_000, seen=NOON + 3_000)
    assert (here.whole().leaves, here.whole().flickers) == (0, 0)


def test_change_that_comes_again_counts_once() -> None:
    here = Watched()
    told = [here.comes(1, NOON, 50), here.leaves(1, NOON + 10_000, 100)]
    ended = here.tell(a_change("ended", 3, structs.replace(told[1].session, ended_at=NOON)))
    here.clock.now = NOON + 100_000
    for change in (*told, ended):
        here.hub.apply(change)
    seen = here.whole()
    assert (seen.joins, seen.leaves, seen.ghosts) == (1, 1, 0)


def test_what_became_so_before_web_ran_is_not_counted_and_what_it_missed_after_is() -> None:
    here = Watched()
    here.comes(1, NOON - 1, after=30_000)
    assert here.whole().joins == 0
    here.comes(2, NOON, after=30_000)
    assert sketch.percentile(here.whole().join, 0.5) == pytest.approx(30_000, rel=ERROR)
    here.turns(3, "offline", NOON - 1, seen=NOON - 60_001, after=30_000)
    assert here.whole().leaves == 0
    here.turns(4, "offline", NOON + 1, seen=NOON - 4_999, after=10)
    assert (here.whole().leaves, here.whole().silent) == (1, 0), "a farewell of just before"


def test_sessions_are_not_remembered_for_ever() -> None:
    here = Watched()
    for number in range(SESSIONS_KEPT + 10):
        session = structs.replace(a_session(1), session_id=f"s_{number}")
        here.truth.hear(a_change(session=session))
    assert len(here.truth._sessions) == SESSIONS_KEPT


def test_window_forgets_and_its_course_has_a_piece_for_each_part_of_it() -> None:
    here = Watched()
    here.comes(1, NOON, 10)
    here.leaves(1, NOON + 1_000)
    here.clock.now = NOON + 16 * MINUTE_MS
    assert here.whole("15m").joins == 0
    assert (here.whole("24h").joins, here.whole("7d").joins) == (1, 1)
    here.comes(2, NOON + 25 * HOUR_MS)
    assert (here.whole("24h").joins, here.whole("7d").joins) == (1, 2)
    here.comes(3, NOON + 8 * DAY_MS)
    assert here.whole("7d").joins == 1
    for window, pieces in (("15m", 15), ("24h", 24), ("7d", 28)):
        course = here.truth.over(window).course
        assert len(course) == pieces
        assert len({after - at for (at, _), (after, _) in pairwise(course)}) == 1
        assert sum(slot.joins for _, slot in course) == here.whole(window).joins
    assert len(here.truth._minutes._slots) + len(here.truth._hours._slots) <= 3


def test_measured_since_is_when_web_began_unless_the_window_begins_later() -> None:
    here = Watched()
    assert here.truth.over("7d").since == NOON
    here.clock.now = NOON + HOUR_MS
    assert here.truth.over("15m").since > NOON + 44 * MINUTE_MS
    assert here.truth.over("24h").since == NOON


def test_clock_that_is_set_back_loses_nothing() -> None:
    here = Watched()
    here.comes(1, NOON + HOUR_MS)
    here.comes(2, NOON + 1)
    assert here.whole("7d").joins == 2
    assert sum(slot.joins for _, slot in here.truth.over("7d").course) == 2


DELAYS = st.lists(st.floats(min_value=0, max_value=LONGEST_MS), min_size=1, max_size=200)


@given(DELAYS, st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_percentile_is_within_its_error(delays: list[float], part: float) -> None:
    counts: Sketch = {}
    for ms in delays:
        sketch.note(counts, ms)
    exact = sorted(delays)[max(1, math.ceil(part * len(delays))) - 1]
    found = sketch.percentile(counts, part)
    assert found is not None
    assert abs(found - exact) <= max(exact * ERROR * (1 + 1e-9), 1.0)


@given(st.lists(DELAYS, min_size=1, max_size=5), DELAYS)
def test_what_is_joined_is_as_if_counted_together(
    parts: list[list[float]], more: list[float]
) -> None:
    sketches: list[Sketch] = []
    for delays in [*parts, more]:
        sketches.append({})
        for ms in delays:
            sketch.note(sketches[-1], ms)
    once: Sketch = {}
    for ms in [ms for delays in [*parts, more] for ms in delays]:
        sketch.note(once, ms)
    assert sketch.joined(sketches) == once
    assert sum(sketch.bars(once, 25, 14)) == sketch.counted(once)


def test_a_week_of_all_delays_takes_few_counts() -> None:
    counts: Sketch = {}
    for ms in range(0, 10_000_000, 997):
        sketch.note(counts, ms)
    sketch.note(counts, 10 * LONGEST_MS)
    assert len(counts) < 250


def a_step(name: StepName, reason: str = "") -> Step:
    return Step(name, not reason, reason, 0)


STEPS = [a_step("door"), a_step("pipeline"), a_step("screens"), a_step("warehouse", "behind")]


def test_verdict_is_one_of_four_words() -> None:
    well = Measured(100, 6_000, 0.009)
    assert verdict(well, STEPS, 0, NOON).word == "true"
    assert verdict(Measured(90, None, None), STEPS, 0, NOON).word == "true"
    assert verdict(Measured(None, None, None), STEPS, 0, NOON).word == "nobody"
    late = verdict(Measured(101, 6_001, 0.01), STEPS, 0, NOON)
    assert (late.word, late.beyond) == ("late", ["join", "leave", "ghosts"])


def test_that_nothing_can_be_learnt_goes_before_all_else() -> None:
    told = verdict(Measured(9_000, None, 1.0), STEPS, 20_000, NOON)
    assert (told.word, told.beyond, told.since) == ("unknown", [], NOON - 20_000)
    assert told.step == "", "the warehouse lies beside the way to the screens"
    stuck = [a_step("door"), a_step("pipeline", "no_answer"), a_step("screens", "behind")]
    assert verdict(Measured(9, 9, 0), stuck, 20_000, NOON).step == "pipeline"


def test_figures_of_nothing_are_unknown_and_not_nought() -> None:
    here = Watched()
    assert measured(here.whole()) == Measured(None, None, None)
    here.comes(1, NOON, 10)
    assert measured(here.whole()).ghosts is None
