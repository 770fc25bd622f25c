"""A moment of the past as the API tells it: who was there, and where."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from api.facts import Facts
from api.live_view import Live
from api.places import Place, by_city, present_place
from api.present import present_visitor, timestamp
from warehouse.moments import Level, Read, Stood, peak

_OF_NOW = ("contacted", "chatting", "conversation_id")
"""What is told of visitors now and is not known of the past."""


def read_moment(text: str, timezone: str) -> int:
    """Return an ISO 8601 moment in milliseconds; without an offset it is a site's own time.

    Raises ValueError for anything else.
    """
    # A `+` that nobody encoded arrives as a space.
    told = datetime.fromisoformat(text.strip().replace(" ", "+") if "T" in text else text.strip())
    zoned = told if told.tzinfo else told.replace(tzinfo=ZoneInfo(timezone))
    return _milliseconds(zoned)


def day_bounds(day: date, timezone: str) -> tuple[int, int]:
    """Return when a day of a time zone begins and ends, in milliseconds.

    Raises ValueError for a day that no visitor can have come on.
    """
    zone = ZoneInfo(timezone)
    if day == date.max:
        raise ValueError("out of bounds")
    begins = _milliseconds(datetime.combine(day, time(), zone))
    return begins, _milliseconds(datetime.combine(day + timedelta(days=1), time(), zone))


def day_of(at: int, timezone: str) -> date:
    """Return the day on which a moment lies."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(timezone)).date()


def tell_moment(
    at: int,
    stood: Sequence[Stood],
    read: Sequence[Read],
    language: str,
    facts: Callable[[str], Facts],
) -> dict[str, Any]:
    """Return who was online at a moment. `read` are those who are told one by one."""
    presences = [one.session.presence for one in stood]
    cities = cities_of(stood)
    return {
        "at": timestamp(at),
        "online": len(stood),
        "active": presences.count("active"),
        "away": presences.count("away"),
        "visitors": [_visitor(one, at, language, facts) for one in read],
        "cities": [present_place(place, language) for place in cities],
        "unplaced": len(stood) - sum(place.online for place in cities),
    }


def tell_day(
    levels: Sequence[Level], begins: int, ends: int, first: int | None, now: int, timezone: str
) -> dict[str, Any]:
    """Return a day's curve: the most visitors at once in each minute that has begun.

    `reached` tells after how many milliseconds of its minute each number was first there.
    """
    highest = peak(levels)
    return {
        "day": day_of(begins, timezone).isoformat(),
        "timezone": timezone,
        "from": timestamp(begins),
        "to": timestamp(ends),
        "now": timestamp(now),
        "online": [level.online for level in levels],
        "reached": [level.reached - level.at for level in levels],
        "peak": highest and {"at": timestamp(highest.reached), "online": highest.online},
        "first_day": None if first is None else day_of(first, timezone).isoformat(),
        "last_day": day_of(now, timezone).isoformat(),
    }


def cities_of(stood: Sequence[Stood]) -> list[Place]:
    """Gather visitors by city the world over, the most visited first."""
    lives = [Live(one.session, 0, None, {}) for one in stood]
    codes = {
        one.session.dimensions.country
        for one in stood
        if one.session.dimensions is not None and one.session.dimensions.country
    }
    places = [place for code in codes for place in by_city(lives, [], code)]
    return sorted(places, key=lambda place: (-place.online, place.key))


def _milliseconds(at: datetime) -> int:
    try:
        found = round(at.timestamp() * 1000)
    except OverflowError as error:
        raise ValueError("out of bounds") from error
    if found < 0:
        raise ValueError("out of bounds")
    return found


def _visitor(one: Read, at: int, language: str, facts: Callable[[str], Facts]) -> dict[str, Any]:
    live = Live(one.session, 0, one.page, {page.number: page for page in one.pages})
    told = present_visitor(
        one.session,
        one.page,
        live.shown_pages(),
        now=at,
        language=language,
        facts=facts(one.session.visitor_id),
    )
    for name in _OF_NOW:
        del told[name]
    # Which tabs were open is not kept.
    told["session"]["tabs"] = None
    return told
