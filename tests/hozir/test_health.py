"""Alive and ready: one rule for all processes, with a reason out of a closed set."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hozir.contract.errors import HozirError, LogFull, LogUnavailable
from hozir.health import BEHIND_MS, REASONS, Health, Lag, judge

PROBLEMS = st.sampled_from(
    [
        None,
        LogFull("events holds more than 5 bytes"),
        LogUnavailable("no Kafka broker answers"),
        LogUnavailable("database or disk is full"),
        HozirError("IO Error: No space left on device"),
    ]
)


@given(st.booleans(), PROBLEMS, st.none() | st.integers(0, 10 * BEHIND_MS))
def test_what_is_not_ready_has_a_reason_of_the_set_and_what_is_ready_has_none(
    live: bool, problem: HozirError | None, lag_ms: int | None
) -> None:
    health = judge(live=live, problem=problem, lag_ms=lag_ms)
    assert health.live == live
    assert health.ready == (health.reason == "")
    assert health.ready or health.reason in REASONS
    assert health.ready == (live and problem is None and lag_ms is not None and lag_ms <= BEHIND_MS)


@pytest.mark.parametrize(
    ("problem", "reason"),
    [
        (LogFull("full"), "log_full"),
        (LogUnavailable("database or disk is full"), "disk_full"),
        (HozirError("could not write: No space left on device"), "disk_full"),
        (LogUnavailable("Kafka: NoBrokersAvailable"), "log_away"),
    ],
)
def test_problem_has_its_reason(problem: HozirError, reason: str) -> None:
    assert judge(problem=problem, lag_ms=0) == Health(True, False, reason)


def test_the_gravest_reason_is_told() -> None:
    far = 2 * BEHIND_MS
    assert judge(live=False, problem=LogFull(""), lag_ms=None).reason == "stopped"
    assert judge(problem=LogFull(""), lag_ms=far).reason == "log_full"
    assert judge(lag_ms=None).reason == "starting"
    assert judge(lag_ms=far).reason == "behind"


def test_lag_is_that_of_the_part_that_is_furthest_behind() -> None:
    now = 1_000
    lag = Lag(lambda: now)
    assert lag.ms() is None
    lag.reached(0, 990)
    lag.reached(1, 400)
    assert lag.ms() == 600
    lag.reached(1, 1_005)  # by a clock that runs ahead
    assert lag.ms() == 10


def test_step_that_is_stuck_falls_behind_with_nothing_waiting() -> None:
    now = 1_000
    lag = Lag(lambda: now)
    lag.reached(0, now)
    now += 61_000
    assert judge(lag_ms=lag.ms()).reason == "behind"
