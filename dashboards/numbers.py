"""Figures in words: how each unit is written in each language, and what a change is called.

`value` writes one figure, `change` compares it with the one before. Unknown is a dash, never 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dashboards.texts import Language, number, say

UNKNOWN = "–"
_GAP = "\u00a0"


@dataclass(frozen=True)
class Change:
    """What became of a figure."""

    text: str
    """How much, in words: `12%`, `21s`, `4 pp`, or that nothing changed."""
    way: Literal["up", "down", "flat"]
    good: bool | None
    """Whether that is better; None where neither is, or nothing changed."""
    before: str
    """The old figure with its word: `was 1,113`."""


def decimal(language: Language, figure: float, digits: int = 1) -> str:
    """Return a figure with `digits` behind the point, or the comma of the language."""
    whole, _, rest = f"{figure:.{digits}f}".partition(".")
    told = number(language, int(whole))
    if whole.startswith("-0"):
        told = f"-{told}"
    return f"{told}{'.' if language == 'en' else ','}{rest}" if rest else told


def share(language: Language, part: float, digits: int = 0) -> str:
    """Return a share (0 to 1) as percent: `12%`, in Russian `12 %`."""
    return decimal(language, part * 100, digits) + (f"{_GAP}%" if language == "ru" else "%")


def length(language: Language, seconds: float) -> str:
    """Return a length of time: `4s`, `5m 07s`, `1h 05m`; in Russian `5 м 07 с`."""
    total = max(0, round(seconds))
    hours, minutes = total // 3600, total // 60 % 60
    if hours:
        return (
            f"{_unit(language, number(language, hours), 'h')}{_GAP}{_pair(language, minutes, 'm')}"
        )
    if minutes:
        return f"{_unit(language, str(minutes), 'm')}{_GAP}{_pair(language, total % 60, 's')}"
    return _unit(language, str(total), "s")


def value(language: Language, unit: str, figure: float | None) -> str:
    """Return a figure of a unit in words; a dash for one that is not known."""
    if figure is None:
        return UNKNOWN
    if unit == "share":
        return share(language, figure, 1 if 0 < figure < 0.1 else 0)
    if unit == "seconds":
        return length(language, figure)
    if unit == "percent_depth":
        return share(language, figure / 100)
    if unit == "count":
        return number(language, round(figure))
    if unit == "days":
        return say(language, "numbers.in_days").replace("{n}", decimal(language, figure))
    return decimal(language, figure)


def change(
    language: Language, unit: str, better: str, now: float | None, before: float | None
) -> Change | None:
    """Return what became of a figure; None where there is nothing to compare.

    Counts change by percent, unless there were none; shares by points; all else by the difference.
    `better` is "more", "fewer" or "", as the metric says.
    """
    if now is None or before is None:
        return None
    was = say(language, "numbers.was").replace("{before}", value(language, unit, before))
    text = _difference(language, unit, now, before)
    if text is None:
        return Change(say(language, "numbers.same"), "flat", None, was)
    rose = now > before
    good = None if better not in ("more", "fewer") else rose == (better == "more")
    return Change(text, "up" if rose else "down", good, was)


def _difference(language: Language, unit: str, now: float, before: float) -> str | None:
    """Return how far apart two figures are; None where a reader would see no difference."""
    apart = abs(now - before)
    if unit in ("share", "percent_depth"):
        points = round(apart * (100 if unit == "share" else 1))
        told = number(language, points)
        return say(language, "numbers.points").replace("{n}", told) if points else None
    if unit == "seconds":
        return length(language, apart) if round(apart) else None
    if unit == "count":
        if not before:
            return number(language, round(apart)) if round(apart) else None
        return share(language, apart / before) if round(apart / before * 100) else None
    return value(language, unit, apart) if round(apart, 1) else None


def _unit(language: Language, told: str, unit: str) -> str:
    return f"{told}{say(language, 'live.unit_gap')}{say(language, f'live.unit_{unit}')}"


def _pair(language: Language, n: int, unit: str) -> str:
    return _unit(language, f"{n:02d}", unit)
