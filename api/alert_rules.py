"""When something is told to whoever runs Hozir: rules alone, time is an argument.

A limit must be passed for a while before it is told, and kept for as long before it is told to be
well, so that what flickers disturbs nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["alert", "still", "well"]


@dataclass(frozen=True)
class Reading:
    """One look at one thing."""

    subject: str
    """What is looked at: `lag`, `disk`, `dead_letters`, or the name of a process."""
    bad: bool
    text: str
    """What was seen, for a person."""


@dataclass(frozen=True)
class Notice:
    """Something to be told."""

    kind: Kind
    subject: str
    text: str
    at: float
    """Seconds since 1970."""


@dataclass(frozen=True)
class Told:
    """What is known of a subject, and what was told of it."""

    bad: bool = False
    """What was told last."""
    told_at: float = 0.0
    other_since: float | None = None
    """Since when it has been other than it was told."""


@dataclass(frozen=True)
class Patience:
    """How soon and how often something is told, in seconds."""

    after: float
    again: float


Book = Mapping[str, Told]


def look(
    book: Book, readings: Iterable[Reading], now: float, patience: Patience
) -> tuple[Book, list[Notice]]:
    """Return what is known after some readings, and what is to be told.

    What was not read now stays as it is.
    """
    after = dict(book)
    notices = []
    for reading in readings:
        told, kind = _judge(after.get(reading.subject, Told()), reading.bad, now, patience)
        after[reading.subject] = told
        if kind is not None:
            notices.append(Notice(kind, reading.subject, reading.text, now))
    return after, notices


def _judge(told: Told, bad: bool, now: float, patience: Patience) -> tuple[Told, Kind | None]:
    if bad == told.bad:
        if bad and now - told.told_at >= patience.again:
            return replace(told, told_at=now, other_since=None), "still"
        return replace(told, other_since=None), None
    since = now if told.other_since is None else told.other_since
    if now - since < patience.after:
        return replace(told, other_since=since), None
    return Told(bad, now), "alert" if bad else "well"
