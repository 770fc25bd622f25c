"""What was so beside what was told of it: pure functions of two lists of moments."""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

ALLOWED = 1.0
"""Seconds beyond the documented time until who is shown counts as a ghost, and for which the page
before may still be shown: the log ticks four times a second, a screen is told ten times."""


class Moment(NamedTuple):
    """From here on a visitor is on a page, or gone."""

    at: float
    path: str | None
    """None: gone."""
    within: float = 0.0
    """Gone: after so many seconds, as documented, nobody may show them."""


class Said(NamedTuple):
    """What a screen was told of a visitor."""

    at: float
    online: bool
    path: str | None


@dataclass
class Findings:
    """What came of the comparison. Delays in seconds."""

    joins: list[float] = field(default_factory=list)
    backs: list[float] = field(default_factory=list)
    """From the moment that somebody who was gone could be reached again."""
    pages: list[float] = field(default_factory=list)
    leaves: list[float] = field(default_factory=list)
    beyond: list[float] = field(default_factory=list)
    """Delays of leaving, less the documented time; below 0 is earlier."""
    unseen: int = 0
    """Came, and were never shown."""
    ghosts: int = 0
    flickers: int = 0
    """Said to be gone while they were there."""
    wrong_pages: int = 0
    """Frames with a page that the visitor was not on."""

    def add(self, other: Findings) -> None:
        """Take over what was found of others."""
        for name in ("joins", "backs", "pages", "leaves", "beyond"):
            getattr(self, name).extend(getattr(other, name))
        for name in ("unseen", "ghosts", "flickers", "wrong_pages"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def compare(truth: list[Moment], told: list[Said], allowed: float = ALLOWED) -> Findings:
    """Compare one visitor's life with what was told of it."""
    found = Findings()
    ends = [moment.at for moment in truth[1:]] + [float("inf")]
    before: Moment | None = None
    for moment, end in zip(truth, ends, strict=True):
        if moment.path is None:
            _left(moment, end, told, allowed, found)
        elif before is None or before.path is None:
            _came(moment, end, told, found.joins if before is None else found.backs, found)
        elif before.path != moment.path:
            # A page left within the time that a screen may take need not have been shown.
            delay = _first(moment.at, end, told, True, moment.path)
            if delay is not None:
                found.pages.append(delay)
            elif end - moment.at > allowed:
                found.wrong_pages += 1
        before = moment
    online = False
    for said in told:
        was = _true_at(truth, said.at)
        if online and not said.online and was is not None and was.path is not None:
            found.flickers += 1
        elif said.online and not _could_be_on(truth, said, allowed):
            found.wrong_pages += 1
        online = said.online
    return found


def _came(
    moment: Moment, end: float, told: list[Said], delays: list[float], found: Findings
) -> None:
    delay = _first(moment.at, end, told, True)
    if delay is None:
        found.unseen += 1
    else:
        delays.append(delay)


def _left(moment: Moment, end: float, told: list[Said], allowed: float, found: Findings) -> None:
    shown = [said for said in told if said.at <= moment.at]
    if shown and not shown[-1].online:
        return  # said to be gone before they went, and counted as that
    delay = _first(moment.at, end, told, False)
    if delay is not None:
        found.leaves.append(delay)
        found.beyond.append(delay - moment.within)
    # Who comes back before the documented time need not have been shown as gone.
    until = end - moment.at if delay is None else delay
    if until > moment.within + allowed:
        found.ghosts += 1


def _first(
    at: float, end: float, told: list[Said], online: bool, path: str | None = None
) -> float | None:
    """Return how long after `at` they are first said to be so, before `end`."""
    for said in told[bisect.bisect_left(told, at, key=lambda said: said.at) :]:
        if said.at >= end:
            return None
        if said.online == online and path in (None, said.path):
            return said.at - at
    return None


def _true_at(truth: list[Moment], at: float) -> Moment | None:
    index = bisect.bisect_right(truth, at, key=lambda moment: moment.at)
    return truth[index - 1] if index else None


def _could_be_on(truth: list[Moment], said: Said, allowed: float) -> bool:
    """Whether they were on that page within the time that a screen may take."""
    first = bisect.bisect_right(truth, said.at - allowed, key=lambda moment: moment.at)
    last = bisect.bisect_right(truth, said.at, key=lambda moment: moment.at)
    some = truth[max(0, first - 1) : last]
    # Who has gone is shown on the page that they were on, until the documented time.
    gone = [moment for moment in some if moment.path is None]
    if gone:
        some += [moment for moment in truth[:last] if moment.path is not None][-1:]
    return any(moment.path == said.path for moment in some)


def quantiles(values: Iterable[float]) -> tuple[float, float, float]:
    """Return p50, p95 and p99."""
    ordered = sorted(values)
    if not ordered:
        raise ValueError("nothing was measured")
    top = len(ordered) - 1
    return (ordered[round(0.5 * top)], ordered[round(0.95 * top)], ordered[round(0.99 * top)])
