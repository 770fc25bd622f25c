"""Which days a report is about."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problem import Problem
from api.report_range import (
    MOST_DAYS,
    Granularity,
    Span,
    before,
    hours_of,
    midnight,
    read_range,
    step_after,
)

HOUR = 3_600_000
TASHKENT = "Asia/Tashkent"


def ms(*parts: int) -> int:
    return round(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type,misc]


NOON = ms(2026, 11, 21, 7)
"""Saturday, twelve o'clock in Tashkent."""


def asked(
    name: str = "", first: str = "", last: str = "", granularity: str = "", **more: object
) -> Span:
    values = {"timezone": TASHKENT, "now": NOON} | more
    return read_range(name, first, last, granularity, **values)  # type: ignore[arg-type]


def days(span: Span) -> tuple[str, str]:
    return span.first.isoformat(), span.last.isoformat()


@pytest.mark.parametrize(
    ("name", "first", "last", "step"),
    [
        ("", "2026-11-21", "2026-11-21", "hour"),
        ("today", "2026-11-21", "2026-11-21", "hour"),
        ("yesterday", "2026-11-20", "2026-11-20", "hour"),
        ("7d", "2026-11-15", "2026-11-21", "day"),
        ("30d", "2026-10-23", "2026-11-21", "day"),
        ("90d", "2026-08-24", "2026-11-21", "day"),
    ],
)
def test_a_range_is_local_days_up_to_today(name: str, first: str, last: str, step: str) -> None:
    span = asked(name)
    assert days(span) == (first, last)
    assert span.granularity == step


def test_a_day_begins_at_the_sites_midnight() -> None:
    span = asked("today")
    assert (span.start, span.end) == (ms(2026, 11, 20, 19), ms(2026, 11, 21, 19))
    assert span.until == NOON, "it still lasts"
    assert asked("yesterday").until == asked("yesterday").end
    late = asked("today", now=ms(2026, 11, 21, 20))
    assert days(late) == ("2026-11-22", "2026-11-22")


def test_days_of_ones_own_need_no_name_and_go_up_to_today() -> None:
    assert days(asked("", "2026-11-01", "2026-11-03")) == ("2026-11-01", "2026-11-03")
    assert days(asked("custom", "2026-11-01")) == ("2026-11-01", "2026-11-21")
    assert asked("custom", "2026-01-01", "2026-11-21").granularity == "week"


def test_today_is_compared_with_yesterday_up_to_the_same_time() -> None:
    earlier = before(asked("today"))
    assert days(earlier) == ("2026-11-20", "2026-11-20")
    assert earlier.until == NOON - 24 * HOUR
    assert earlier.end == asked("today").start


def test_a_period_that_is_over_is_compared_with_all_of_the_one_before() -> None:
    earlier = before(asked("", "2026-11-08", "2026-11-14"))
    assert days(earlier) == ("2026-11-01", "2026-11-07")
    assert earlier.until == earlier.end
    week = before(asked("7d"))
    assert days(week) == ("2026-11-08", "2026-11-14")
    assert week.until == NOON - 7 * 24 * HOUR


def test_the_same_time_is_that_of_the_clock_when_summer_time_ends() -> None:
    # Berlin turned its clocks back in the morning of 25 October 2026.
    noon = ms(2026, 10, 25, 11)
    span = asked("today", timezone="Europe/Berlin", now=noon)
    assert span.end - span.start == 25 * HOUR
    assert before(span).until == ms(2026, 10, 24, 10), "twelve by the clock there too"


def test_a_midnight_that_clocks_skip_is_the_moment_when_they_do() -> None:
    # In Beirut the day began at one o'clock.
    assert midnight(date(2026, 3, 29), "Asia/Beirut") == ms(2026, 3, 28, 22)


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("bad_range", {"name": "forever"}),
        ("bad_range", {"name": "custom"}),
        ("bad_range", {"last": "2026-11-01"}),
        ("bad_range", {"name": "7d", "first": "2026-11-01"}),
        ("bad_range", {"first": "2026-11-02", "last": "2026-11-01"}),
        ("bad_range", {"first": "2026-13-01"}),
        ("bad_range", {"first": "2026-1-1"}),
        ("bad_range", {"first": "0001-01-01", "last": "0001-01-01"}),
        ("bad_range", {"first": "9999-12-31", "last": "9999-12-31"}),
        ("bad_range", {"first": "2025-01-01", "last": "2026-02-05"}),
        ("bad_range", {"timezone": "Mars/Olympus"}),
        ("bad_range", {"timezone": "../etc/passwd"}),
        ("bad_range", {"timezone": ""}),
        ("bad_granularity", {"granularity": "second"}),
        ("bad_granularity", {"granularity": "quarter", "first": "2026-10-01"}),
        ("bad_granularity", {"granularity": "hour", "first": "2026-01-01"}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    reason: str, values: dict[str, object]
) -> None:
    with pytest.raises(Problem) as told:
        asked(**values)  # type: ignore[arg-type]
    assert (told.value.status, told.value.reason) == (400, reason)


@given(
    st.dates(date(2001, 1, 1), date(2098, 1, 1)),
    st.integers(1, MOST_DAYS),
    st.sampled_from([TASHKENT, "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "UTC"]),
    st.integers(ms(2001, 1, 1), ms(2098, 1, 1)),
)
def test_the_period_before_ends_where_a_period_begins_and_is_never_ahead_of_it(
    first: date, length: int, timezone: str, now: int
) -> None:
    last = first + timedelta(days=length - 1)
    span = asked("", first.isoformat(), last.isoformat(), timezone=timezone, now=now)
    earlier = before(span)
    assert earlier.days == span.days == length
    assert earlier.end == span.start
    assert span.start <= span.until <= span.end
    assert earlier.start <= earlier.until <= earlier.end
    assert (earlier.until == earlier.end) or span.until < span.end


def test_levels_have_steps_of_their_own() -> None:
    assert asked("yesterday", levels=True).granularity == "minute"
    assert asked("7d", levels=True).granularity == "quarter"
    assert asked("90d", levels=True).granularity == "hour"
    assert asked("7d", granularity="day", levels=True).granularity == "day"
    for levels, step in ((True, "week"), (False, "minute")):
        with pytest.raises(Problem):
            asked("today", granularity=step, levels=levels)


@pytest.mark.parametrize(
    ("step", "end"),
    [
        ("minute", ms(2026, 11, 21, 7, 8)),
        ("quarter", ms(2026, 11, 21, 7, 15)),
        ("hour", ms(2026, 11, 21, 8)),
        ("day", ms(2026, 11, 21, 19)),
        ("week", ms(2026, 11, 22, 19)),
        ("month", ms(2026, 11, 30, 19)),
    ],
)
def test_a_step_ends_where_the_next_one_begins(step: Granularity, end: int) -> None:
    assert step_after(ms(2026, 11, 21, 7, 7, 30), step, TASHKENT) == end
    assert step_after(end, step, TASHKENT) > end


def test_the_hours_of_a_weekday_are_those_of_the_span() -> None:
    span = asked("", "2026-11-01", "2026-11-21")
    mondays = hours_of(span, 1, 9)
    assert [begin for begin, _ in mondays] == [
        ms(2026, 11, 16, 4),
        ms(2026, 11, 9, 4),
        ms(2026, 11, 2, 4),
    ]
    assert all(end - begin == HOUR for begin, end in mondays)
