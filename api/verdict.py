"""Is presence true? One word out of a closed set, and what makes it so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from api.sketch import percentile
from api.truth import GRACE_MS, Slot
from api.way import Step

JOIN_GOAL_MS = 100
LEAVE_GOAL_MS = 6_000
"""The grace, and a second."""
GHOST_GOAL = 0.01
PART = 0.95
"""Of 100 visitors, 95 must be within a goal."""
_LIVE_WAY = ("door", "forward", "pipeline", "screens")

Word = Literal["true", "late", "unknown", "nobody"]
Goal = Literal["join", "leave", "ghosts"]


@dataclass(frozen=True)
class Measured:
    """The three figures of a window; None where nobody came, or left."""

    join_ms: float | None
    leave_ms: float | None
    ghosts: float | None

    def beyond(self) -> list[Goal]:
        """Return the goals that are missed."""
        missed: list[Goal] = []
        if self.join_ms is not None and self.join_ms > JOIN_GOAL_MS:
            missed.append("join")
        if self.leave_ms is not None and self.leave_ms > LEAVE_GOAL_MS:
            missed.append("leave")
        if self.ghosts is not None and self.ghosts >= GHOST_GOAL:
            missed.append("ghosts")
        return missed


@dataclass(frozen=True)
class Verdict:
    """What the page says first."""

    word: Word
    beyond: list[Goal]
    """The goals that are missed, where presence is late."""
    step: str
    """The first step of the live way that is not ready, where nothing can be learnt."""
    since: int | None
    """From when on nothing could be learnt."""


def leave_ms(seen: Slot, part: float) -> float | None:
    """Return how long those took who said farewell, the grace in it."""
    late = percentile(seen.late, part)
    return None if late is None else GRACE_MS + late


def measured(seen: Slot) -> Measured:
    """Return the figures that have goals."""
    return Measured(
        percentile(seen.join, PART),
        leave_ms(seen, PART),
        seen.ghosts / seen.leaves if seen.leaves else None,
    )


def verdict(figures: Measured, steps: Sequence[Step], behind_ms: int, now: int) -> Verdict:
    """Return the word for what was measured. `behind_ms`: for how long nothing could be learnt."""
    if behind_ms:
        stuck = next((one.name for one in steps if one.name in _LIVE_WAY and not one.ready), "")
        return Verdict("unknown", [], stuck, now - behind_ms)
    missed = figures.beyond()
    if missed:
        return Verdict("late", missed, "", None)
    if figures == Measured(None, None, None):
        return Verdict("nobody", [], "", None)
    return Verdict("true", [], "", None)
