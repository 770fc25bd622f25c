"""Alive, and ready: what every process says of itself, with a reason out of a closed set.

Alive is what a new start would cure; ready is whether the work gets done now.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import asdict, dataclass
from typing import Any

from hozir.clock import wall_clock
from hozir.contract.errors import HozirError, LogFull

STOPPED = "stopped"
DISK_FULL = "disk_full"
LOG_FULL = "log_full"
LOG_AWAY = "log_away"
STARTING = "starting"
BEHIND = "behind"
REASONS = {
    STOPPED: "a part of the process has ended; start it again",
    DISK_FULL: "the disk takes nothing more",
    LOG_FULL: "a file of the log has reached its bound",
    LOG_AWAY: "the log, or what is written to, does not answer",
    STARTING: "it has not yet looked at its work, or the door knows no site yet",
    BEHIND: "what it has not dealt with is older than a minute",
}
"""Why a process may not be ready, the gravest first."""
BEHIND_MS = 60_000


@dataclass(frozen=True)
class Health:
    """What `/livez` and `/healthz` say."""

    live: bool
    ready: bool
    reason: str
    """One of REASONS; empty when ready."""

    def told(self) -> dict[str, Any]:
        """Return it as the pages show it."""
        return asdict(self)


def judge(
    *, live: bool = True, problem: HozirError | None = None, lag_ms: int | None = None
) -> Health:
    """Return how a process is. `lag_ms` is None before it has first looked at its work."""
    reason = ""
    if not live:
        reason = STOPPED
    elif problem is not None:
        reason = _reason_of(problem)
    elif lag_ms is None:
        reason = STARTING
    elif lag_ms > BEHIND_MS:
        reason = BEHIND
    return Health(live, not reason, reason)


class Lag:
    """How far behind a step is: what came before the oldest of its moments is dealt with.

    At rest it shows how long ago the step last looked, so a step that is stuck shows too, with
    nothing waiting. Safe to use from several threads.
    """

    def __init__(self, clock: Callable[[], int] = wall_clock) -> None:
        self._clock = clock
        self._until: dict[Hashable, int] = {}

    def reached(self, part: Hashable, at: int) -> None:
        """Say that one part of the step's work is done up to a moment, in milliseconds."""
        self._until[part] = at

    def ms(self) -> int | None:
        """Return the lag in milliseconds; None before anything was reached."""
        moments = list(self._until.values())
        return max(0, self._clock() - min(moments)) if moments else None


def _reason_of(problem: HozirError) -> str:
    if isinstance(problem, LogFull):
        return LOG_FULL
    # What SQLite, DuckDB and the system call it.
    told = str(problem).lower()
    if "disk is full" in told or "no space left" in told:
        return DISK_FULL
    return LOG_AWAY
