"""A site's own clock in SQL: the offsets of its time zone within a range, and the range's steps.

DuckDB's own time zones need an extension that asks for the network, and take six times as long.
A zone's offset changes a few times a year at most, so within a range it is a CASE of few branches.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from warehouse.asking import Granularity

US = 1_000
"""Microseconds of a millisecond."""
QUARTER_MS = 900_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEEK_DAYS = 7
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MONDAY = 3
"""Days from the Monday before 1970 to the first of January."""


class Span(NamedTuple):
    """A time in which a zone has one offset; until the next one begins."""

    start_ms: int
    offset_ms: int


class Step(NamedTuple):
    """A row of a series: the number that its rows share, and when it begins (UTC)."""

    slot: int
    at_ms: int


def zone(name: str) -> ZoneInfo:
    """Return a time zone. Raises KeyError if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise KeyError(name) from error


def spans(name: str, start_ms: int, end_ms: int) -> list[Span]:
    """Return the offsets that a zone has within a range."""
    place = zone(name)
    found = [Span(start_ms, _offset(place, start_ms))]
    low = start_ms
    while low < end_ms:
        high = min(low + DAY_MS, end_ms)
        if _offset(place, high) != found[-1].offset_ms:
            found.append(_change(place, low, high))
        low = high
    return found


def local_us(column: str, offsets: list[Span]) -> str:
    """Return SQL for a UTC TIMESTAMP on the local clock, in microseconds.

    DuckDB keeps microseconds: milliseconds would cost a division for each row.
    """
    return f"(epoch_us({column}) + {_offset_sql(column, offsets)})"


def slot(column: str, offsets: list[Span], granularity: Granularity) -> str:
    """Return SQL for the number that all moments of one step share."""
    local = local_us(column, offsets)
    if granularity in ("quarter", "hour"):
        # An hour that the clocks repeat is two steps.
        width = QUARTER_MS if granularity == "quarter" else HOUR_MS
        return f"(epoch_us({column}) - {local} % {width * US})"
    day = f"({local} // {DAY_MS * US})"
    if granularity == "day":
        return day
    if granularity == "week":
        return f"(({day} + {MONDAY}) // {WEEK_DAYS})"
    local_moment = f"make_timestamp({local})"
    return f"(year({local_moment}) * 12 + month({local_moment}))"


def steps(name: str, start_ms: int, end_ms: int, granularity: Granularity) -> list[Step]:
    """Return every step of a range, in order. The first begins with the range."""
    place = zone(name)
    found: dict[int, int] = {}
    if granularity in ("quarter", "hour"):
        width = QUARTER_MS if granularity == "quarter" else HOUR_MS
        moment = start_ms
        while moment < end_ms:
            begun = moment - (moment + _offset(place, moment)) % width
            found.setdefault(begun * US, max(begun, start_ms))
            moment = moment - moment % QUARTER_MS + QUARTER_MS
    else:
        day, last = _day(place, start_ms), _day(place, end_ms - 1)
        while day <= last:
            begun = max(_midnight(place, day), start_ms)
            found.setdefault(_number(day, granularity), begun)
            day += timedelta(days=1)
    return [Step(number, at) for number, at in found.items()]


def automatic(start_ms: int, end_ms: int) -> Granularity:
    """Return the granularity that fits a range: hours of a day, days of a quarter, or weeks."""
    length = end_ms - start_ms
    if length <= DAY_MS + 2 * HOUR_MS:
        return "hour"
    return "day" if length <= 93 * DAY_MS else "week"


def _offset(place: ZoneInfo, moment_ms: int) -> int:
    offset = datetime.fromtimestamp(moment_ms // 1000, place).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)


def _change(place: ZoneInfo, low: int, high: int) -> Span:
    """Return when the offset that holds at `high` began; it does not hold at `low`."""
    after = _offset(place, high)
    while high - low > 1000:
        middle = (low + high) // 2 // 1000 * 1000
        if middle <= low:
            break
        low, high = (low, middle) if _offset(place, middle) == after else (middle, high)
    return Span(high, after)


def _offset_sql(column: str, offsets: list[Span]) -> str:
    if len(offsets) == 1:
        return str(offsets[0].offset_ms * US)
    branches = "".join(
        f" WHEN {column} < make_timestamp_ms({after.start_ms}) THEN {before.offset_ms * US}"
        for before, after in pairwise(offsets)
    )
    return f"CASE{branches} ELSE {offsets[-1].offset_ms * US} END"


def _day(place: ZoneInfo, moment_ms: int) -> date:
    return datetime.fromtimestamp(moment_ms // 1000, place).date()


def _midnight(place: ZoneInfo, day: date) -> int:
    """Return when a local day begins; its midnight may not exist."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=place)
    moment = round(noon.timestamp() * 1000) - 14 * HOUR_MS
    while _day(place, moment) < day:
        moment += QUARTER_MS
    return moment


def _number(day: date, granularity: Granularity) -> int:
    if granularity == "month":
        return day.year * 12 + day.month
    days = (day - _EPOCH.date()).days
    return (days + MONDAY) // WEEK_DAYS if granularity == "week" else days
