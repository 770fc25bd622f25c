"""What changed, and what most of the change is made of: the rules of the overview's sentence.

Pure: figures of reports in, keys of texts with what fills them out. A hole named `amount` or `what`
is what the eye should find.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboards import numbers, values
from dashboards.texts import Language, say

Row = Mapping[str, Any]

FEW = 20
"""Below so many visitors a percent says more than there is: the difference is told as a number."""
_PARTS = (
    (0.29, ""),
    (0.42, "third"),
    (0.58, "half"),
    (0.71, "two_thirds"),
    (0.85, "three_quarters"),
    (0.97, "almost_all"),
)
_LEAST_APART = 5
"""Visitors; of a smaller change nothing is a telling part."""
_SIDES = {
    "conversations": ("count", "more"),
    "first_response_seconds": ("seconds", "fewer"),
    "bounce_rate": ("share", "fewer"),
    "visible_seconds": ("seconds", "more"),
}
"""What else is worth a sentence: unit, and which way is better."""
_WORSE, _BETTER = 0.05, 0.1
"""From which change on a side is told, for the worse and for the better."""


@dataclass(frozen=True)
class Phrase:
    """A text, and what fills its holes."""

    key: str
    holes: Mapping[str, str] = field(default_factory=dict)


def visitors(language: Language, overview: Row, than: str) -> Phrase | None:
    """Return what became of the visitors; None where there is nothing to compare with.

    `than` is the period before in words, as they follow "than".
    """
    now, before = overview.get("visitors") or 0, overview.get("visitors_before")
    if not before:
        return None
    apart = abs(now - before)
    if not apart or (before >= FEW and round(apart / before * 100) == 0):
        return Phrase("overview.same", {"than": than})
    told = (
        numbers.share(language, apart / before)
        if before >= FEW
        else numbers.value(language, "count", apart)
    )
    way = "overview.amount_more" if now > before else "overview.amount_fewer"
    return Phrase(
        "overview.changed", {"amount": say(language, way).replace("{n}", told), "than": than}
    )


def made_of(language: Language, overview: Row, parts: Mapping[str, Sequence[Row]]) -> Phrase | None:
    """Return what most of the change in visitors is made of.

    `parts` are the rows of reports by their dimension, the more telling dimension first. The value
    that changed most the same way is named, if it makes up about a third of the change or more.
    """
    apart = (overview.get("visitors") or 0) - (overview.get("visitors_before") or 0)
    if abs(apart) < _LEAST_APART:
        return None
    for dimension, rows in parts.items():
        told = [(_apart(row) / apart, row) for row in rows if row.get(dimension)]
        share, row = max(told, key=lambda one: one[0], default=(0.0, {}))
        part = next((name for below, name in _PARTS if share < below), "all")
        if part:
            grown = f"overview.growth_{part}" if apart > 0 else f"overview.fall_{part}"
            return Phrase(grown, {"what": values.name(language, dimension, row)})
    return None


def beside(language: Language, overview: Row) -> Phrase | None:
    """Return the other figure that changed most: for the worse, or else for the better."""
    worst: tuple[float, str] = (_WORSE, "")
    best: tuple[float, str] = (_BETTER, "")
    for name, (unit, better) in _SIDES.items():
        now, before = overview.get(name), overview.get(f"{name}_before")
        if now is None or not before or (unit == "count" and before < FEW // 2):
            continue
        if unit == "share" and abs(now - before) < 0.02:
            continue
        change = now / before - 1
        if (change > 0) == (better == "more"):
            best = max(best, (abs(change), name))
        else:
            worst = max(worst, (abs(change), name))
    name = worst[1] or best[1]
    if not name:
        return None
    unit = _SIDES[name][0]
    now, before = overview[name], overview[f"{name}_before"]
    told, was = numbers.value(language, unit, now), numbers.value(language, unit, before)
    if told == was:
        return None
    return Phrase(
        f"overview.also_{name}_{'up' if now > before else 'down'}", {"now": told, "before": was}
    )


def by_device(language: Language, rows: Sequence[Row]) -> Phrase | None:
    """Return how much shorter visits are on phones, or on computers, if by a half or more."""
    known = {row.get("device"): row for row in rows if (row.get("visitors") or 0) >= FEW}
    phone, computer = (known.get(one, {}).get("session_seconds") for one in ("mobile", "desktop"))
    if not phone or not computer or max(phone, computer) < 1.5 * min(phone, computer):
        return None
    shorter, longer = sorted((phone, computer))
    key = "overview.phones_shorter" if phone < computer else "overview.computers_shorter"
    return Phrase(
        key,
        {
            "now": numbers.length(language, shorter),
            "before": numbers.length(language, longer),
        },
    )


def _apart(row: Row) -> float:
    return float((row.get("visitors") or 0) - (row.get("visitors_before") or 0))
