"""Which days a report is about, and which it is compared with: pure functions of the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from api.present import timestamp
from api.problem import Problem

RangeName = Literal["today", "yesterday", "7d", "30d", "90d", "custom"]
Granularity = Literal["minute", "quarter", "hour", "day", "week", "month"]
GRANULARITIES: tuple[Granularity, ...] = ("quarter", "hour", "day", "week", "month")
OF_LEVELS: tuple[Granularity, ...] = ("minute", "quarter", "hour", "day")
"""Of what is a level at each moment, and no sum of a step: concurrent visitors."""

MOST_DAYS = 400
FINEST: dict[Granularity, int] = {"minute": 2, "quarter": 31, "hour": 92}
"""The most days for which so fine a step may be asked: some 3,000 rows."""
_DAYS: dict[str, int] = {"today": 1, "yesterday": 1, "7d": 7, "30d": 30, "90d": 90}
_YEARS = range(2000, 2100)


@dataclass(frozen=True)
class Span:
    """Some local days in a row. Moments are in milliseconds since 1970."""

    first: date
    last: date
    """Included."""
    timezone: str
    granularity: Granularity
    until: int
    """Up to which moment it is told: its end, or now while it lasts."""

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> int:
        """Its first moment."""
        return midnight(self.first, self.timezone)

    @property
    def end(self) -> int:
        """The first moment after it."""
        return midnight(self.last + timedelta(days=1), self.timezone)

    def tell(self) -> dict[str, Any]:
        """Return it as the API does."""
        return {
            "from": self.first.isoformat(),
            "to": self.last.isoformat(),
            "timezone": self.timezone,
            "granularity": self.granularity,
            "until": timestamp(self.until),
        }


def read_range(
    name: str,
    first: str,
    last: str,
    granularity: str,
    *,
    timezone: str,
    now: int,
    levels: bool = False,
) -> Span:
    """Return the days that are asked for. Raises Problem for what makes no sense.

    `7d` are seven days with today as the last. `first` and `last` (`YYYY-MM-DD`) go with
    `custom`, and mean it; without `last` they go up to today. `levels` takes OF_LEVELS.
    """
    zone = _zone(timezone)
    today = datetime.fromtimestamp(now / 1000, zone).date()
    name = name or ("custom" if first or last else "today")
    if name == "custom":
        if not first:
            raise Problem(400, "bad_range", "from: say the first day, as 2026-01-31.")
        begin, finish = _day(first, "from"), _day(last, "to") if last else today
    elif name in _DAYS:
        if first or last:
            raise Problem(400, "bad_range", f"from and to do not go with range={name}.")
        finish = today - timedelta(days=name == "yesterday")
        begin = finish - timedelta(days=_DAYS[name] - 1)
    else:
        raise Problem(400, "bad_range", f"range: one of {', '.join(get_args(RangeName))}.")
    if begin > finish:
        raise Problem(400, "bad_range", "from lies after to.")
    days = (finish - begin).days + 1
    if days > MOST_DAYS:
        raise Problem(400, "bad_range", f"At most {MOST_DAYS} days at once.")
    end = midnight(finish + timedelta(days=1), timezone)
    start = midnight(begin, timezone)
    step = _granularity(granularity, days, OF_LEVELS if levels else GRANULARITIES)
    return Span(begin, finish, timezone, step, max(start, min(end, now)))


def before(span: Span) -> Span:
    """Return the period before, of the same length.

    While a period lasts, the one before is told up to the same time of its last day: so much of
    today against so much of yesterday.
    """
    days = timedelta(days=span.days)
    earlier = Span(span.first - days, span.last - days, span.timezone, span.granularity, 0)
    until = earlier.end
    if span.until < span.end:
        here = datetime.fromtimestamp(span.until / 1000, ZoneInfo(span.timezone))
        # A day that a country skipped has no such time.
        until = min(until, _moment(here.replace(tzinfo=None) - days, span.timezone))
    return Span(earlier.first, earlier.last, span.timezone, span.granularity, until)


def step_after(at: int, granularity: Granularity, timezone: str) -> int:
    """Return when the step ends that holds a moment."""
    local = datetime.fromtimestamp(at / 1000, ZoneInfo(timezone))
    if granularity in ("minute", "quarter", "hour"):
        minutes = {"minute": 1, "quarter": 15}.get(granularity, 60)
        past = timedelta(minutes=local.minute % minutes, seconds=local.second)
        return at - at % 1000 + round((timedelta(minutes=minutes) - past).total_seconds() * 1000)
    day = local.date()
    if granularity == "week":
        return midnight(day + timedelta(days=7 - day.weekday()), timezone)
    if granularity == "month":
        return midnight((day.replace(day=1) + timedelta(days=31)).replace(day=1), timezone)
    return midnight(day + timedelta(days=1), timezone)


def hours_of(span: Span, weekday: int, hour: int) -> list[tuple[int, int]]:
    """Return each such hour of a span, the latest first: Monday is 1."""
    found = []
    for ahead in range(span.days):
        day = span.first + timedelta(days=ahead)
        if day.isoweekday() == weekday:
            begin = _moment(datetime.combine(day, time(hour)), span.timezone)
            end = _moment(datetime.combine(day, time(hour)) + timedelta(hours=1), span.timezone)
            found.append((begin, end))
    return found[::-1]


def midnight(day: date, timezone: str) -> int:
    """Return when a day begins: where clocks skip midnight, when they do."""
    return _moment(datetime.combine(day, time()), timezone)


def _moment(local: datetime, timezone: str) -> int:
    moment = local.replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    return round(moment.timestamp() * 1000)


def _zone(name: str) -> ZoneInfo:
    if name not in _zones():
        raise Problem(400, "bad_range", "tz: an IANA time zone, as Asia/Tashkent.")
    return ZoneInfo(name)


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _day(text: str, name: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        day = None
    if day is None or len(text) != 10 or day.year not in _YEARS:
        raise Problem(400, "bad_range", f"{name}: a day, as 2026-01-31.")
    return day


def _granularity(text: str, days: int, steps: tuple[Granularity, ...]) -> Granularity:
    if not text:
        if steps is OF_LEVELS:
            return next(one for one in steps if days <= FINEST.get(one, MOST_DAYS))
        return "hour" if days == 1 else "day" if days <= 92 else "week"
    for step in steps:
        if step == text:
            most = FINEST.get(step, MOST_DAYS)
            if days > most:
                raise Problem(
                    400, "bad_granularity", f"granularity: {text} for {most} days at most."
                )
            return step
    raise Problem(400, "bad_granularity", f"granularity: one of {', '.join(steps)}.")
