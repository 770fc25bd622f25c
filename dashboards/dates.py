"""Days and hours in the words of a language."""

from __future__ import annotations

from datetime import date, datetime

from dashboards.texts import Language, say


def day(language: Language, at: date, this_year: int | None = None) -> str:
    """Return a day in short: `23 Feb`, with its year where that is not `this_year`."""
    months = say(language, "numbers.months_short").split()
    told = f"{at.day} {months[at.month - 1]}"
    return told if this_year in (None, at.year) else f"{told} {at.year}"


def whole_day(language: Language, at: date) -> str:
    """Return a day at length: `Tuesday, 24 February`."""
    weekdays = say(language, "numbers.weekdays").split()
    months = say(language, "numbers.months").split()
    return (
        say(language, "numbers.whole_day")
        .replace("{weekday}", weekdays[at.weekday()])
        .replace("{day}", str(at.day))
        .replace("{month}", months[at.month - 1])
    )


def weekday(language: Language, iso: int) -> str:
    """Return a weekday in short; 1 is Monday."""
    return say(language, "numbers.weekdays_short").split()[iso - 1]


def bucket(language: Language, at: datetime, granularity: str) -> str:
    """Return what stands under a point of a chart: `16:00`, `23 Feb`, `Feb 2026`."""
    if granularity in ("quarter", "hour"):
        return f"{at:%H:%M}"
    if granularity == "month":
        return f"{say(language, 'numbers.months_short').split()[at.month - 1]} {at.year}"
    return day(language, at.date())
