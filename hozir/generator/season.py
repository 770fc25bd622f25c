"""The shape of a month: how many come on which day and at which hour, and by which ways."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hozir.simulator.shop import WAYS, Way

HOURS = (
    1.4, 0.8, 0.4, 0.3, 0.3, 0.5, 1.1, 2.2, 3.6, 4.9, 5.7, 6.0,
    5.6, 5.0, 5.2, 5.4, 5.5, 5.7, 6.0, 6.7, 7.7, 7.6, 5.6, 3.1,
)  # fmt: skip
"""Visits by the hour of a working day: a morning at desks, and a longer evening at home."""
WEEKEND_HOURS = (
    1.9, 1.2, 0.6, 0.3, 0.3, 0.3, 0.6, 1.2, 2.2, 3.6, 4.9, 5.8,
    6.1, 5.8, 5.6, 5.6, 5.7, 5.9, 6.3, 6.8, 7.2, 6.9, 5.2, 3.2,
)  # fmt: skip
WEEKDAYS = (1.10, 1.13, 1.11, 1.07, 1.01, 0.83, 0.75)
"""Monday first; their mean is one."""
NOISE = 0.05
"""Sigma of what no reason explains, from day to day."""

CAMPAIGN_PART, SPREAD_PART = 0.4, 0.63
"""How far into the month the campaign starts and the post spreads: days 12 and 19 of 30."""
SPREAD_GAIN = 0.9
"""Visits that the post brings on its day, as a share of an ordinary one."""
SPREAD_HOUR = 11
SPREAD_FADES = 0.22
"""Share of the readers that each later hour loses."""

TELEGRAM = "https://t.me/"
CAMPAIGN = "kuz-aksiya"
POST = "/blog/choose-a-phone"
SPREAD = Way(1, TELEGRAM, POST)
BOOKMARK = Way(20, "", "/")

_CAMPAIGN_WAY = next(way for way in WAYS if CAMPAIGN in way.entry)
_TELEGRAM_WAY = Way(_CAMPAIGN_WAY.weight, TELEGRAM, "/")
_ORDINARY = tuple(way for way in WAYS if way is not _CAMPAIGN_WAY) + (_TELEGRAM_WAY,)
_WEIGHT = sum(way.weight for way in _ORDINARY)
_OF_RETURNING = {"email": 3, "": 2}
"""Who has been here knows the address, or reads the newsletter."""


@dataclass(frozen=True)
class Day:
    """One local day."""

    date: date
    visits: int
    """By people, those that the post brings left out."""
    spread: int
    """By people whom the post brings."""
    ways: tuple[Way, ...]
    hours: Sequence[float]

    def ways_of_returning(self) -> tuple[Way, ...]:
        """Return the ways by which people come again."""
        return tuple(
            way._replace(weight=way.weight * factor)
            for way in self.ways
            for factor in [
                _OF_RETURNING["email"] if "medium=email" in way.entry
                else _OF_RETURNING[""] if not way.referrer
                else 1
            ]
        )  # fmt: skip

    def moment(self, rng: random.Random) -> int:
        """Return a moment, in milliseconds from the day's midnight."""
        return within_hour(rng, rng.choices(range(24), self.hours)[0])

    def moment_of_spread(self, rng: random.Random) -> int:
        """Return when somebody follows the post, in milliseconds from the day's midnight."""
        later = int(rng.expovariate(1.0) / SPREAD_FADES)
        return within_hour(rng, min(23, SPREAD_HOUR + later))


def within_hour(rng: random.Random, hour: int) -> int:
    """Return a moment of an hour of the day, in milliseconds."""
    return hour * 3_600_000 + rng.randrange(3_600_000)


def campaign_day(days: int) -> int:
    """Return the day, counted from 1, on which the campaign starts."""
    return max(1, round(days * CAMPAIGN_PART))


def spread_day(days: int) -> int:
    """Return the day, counted from 1, on which the post spreads."""
    return max(1, round(days * SPREAD_PART))


def season(first: date, days: int, visits_per_day: float, rng: random.Random) -> list[Day]:
    """Return the days of a history. `visits_per_day` is the mean without campaign and post."""
    found = []
    for number in range(1, days + 1):
        today = first + timedelta(number - 1)
        running = number >= campaign_day(days)
        mean = visits_per_day * WEEKDAYS[today.weekday()] * rng.lognormvariate(0.0, NOISE)
        spread = mean * SPREAD_GAIN if number == spread_day(days) else 0.0
        if running:  # what it brings comes on top of what comes anyway
            mean *= 1 + _CAMPAIGN_WAY.weight / _WEIGHT
        found.append(
            Day(
                date=today,
                visits=_around(rng, mean),
                spread=_around(rng, spread),
                ways=_ORDINARY + ((_CAMPAIGN_WAY,) if running else ()),
                hours=WEEKEND_HOURS if today.weekday() >= 5 else HOURS,
            )
        )
    return found


def _around(rng: random.Random, mean: float) -> int:
    return max(0, round(rng.gauss(mean, mean**0.5))) if mean else 0
