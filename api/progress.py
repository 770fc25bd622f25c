"""How far the pipeline has come, so that a screen never takes silence for everybody's staying.

Doors write ticks when nobody says anything, and the pipeline marks how far it has read them. When
no mark comes, the door, what lies between, or the pipeline is away: who is shown online may long
have gone, and whoever asks is told so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

from hozir.bus.log import Log
from hozir.clock import wall_clock
from hozir.contract.codec import decode_mark
from hozir.contract.errors import LogUnavailable, Unreadable
from hozir.contract.topics import EVENTS, PROGRESS

READER = "web"
LATE_MS = 15_000
"""Doors tick every ten seconds where nothing happens; what is younger than this is no delay."""
LOOK_SECONDS = 0.5
COMMIT_SECONDS = 60.0
LATEST = 100
"""Marks read at the start: enough for one of each pipeline."""


class Progress:
    """Follows topic `progress`. To be read by one thread; `behind_ms` may be asked from any."""

    def __init__(
        self,
        log: Log,
        clock: Callable[[], int] = wall_clock,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log = log
        self._clock = clock
        self._steady = steady
        # Until a mark says otherwise, all is known up to now.
        self._reached = dict.fromkeys(range(EVENTS.partitions), clock())
        self._slowest = clock()
        self._moved_at = steady()
        self._next: int | None = None
        self._look_at = self._commit_at = 0.0

    def read(self) -> dict[int, int]:
        """Return what newer marks say, to be given to `reach` when the changes up to here are
        taken. Raises LogUnavailable."""
        now = self._steady()
        if now < self._look_at:
            return {}
        self._look_at = now + LOOK_SECONDS
        if self._next is None:
            self._next = max(0, self._log.head(PROGRESS, 0) - LATEST)
        marks: dict[int, int] = {}
        while records := self._log.read(PROGRESS, 0, self._next, LATEST):
            self._next = records[-1].offset + 1
            for record in records:
                with suppress(Unreadable):  # a newer pipeline's, perhaps
                    marks |= decode_mark(record.value).clocks
        if now >= self._commit_at:
            self._commit_at = now + COMMIT_SECONDS
            with suppress(LogUnavailable):  # it only frees room
                self._log.commit(PROGRESS, 0, READER, self._next)
        return marks

    def reach(self, marks: dict[int, int]) -> None:
        """Take over what `read` returned."""
        self._reached |= marks
        slowest = min(self._reached.values())
        if slowest != self._slowest:
            self._slowest = slowest
            self._moved_at = self._steady()

    @property
    def behind_ms(self) -> int:
        """How long ago that was which is known of everybody; 0 while it is as good as now."""
        still = int((self._steady() - self._moved_at) * 1000)  # clocks may be set back
        behind = max(still, self._clock() - self._slowest)
        return behind if behind > LATE_MS else 0
