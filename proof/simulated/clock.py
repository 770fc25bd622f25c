"""Simulated time: what is to be done when, one thing at a time, in an order that the seed gives."""

from __future__ import annotations

import heapq
from collections.abc import Callable

T0 = 1_800_000_000_000
"""The wall clock at the beginning, in milliseconds."""


class Killed(BaseException):
    """The process that runs now is dead. No `except Exception` of it may live on."""


class Life:
    """One life of one process: what it still had to do dies with it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True


class Call:
    """Something to be done later, unless it is cancelled."""

    __slots__ = ("cancelled", "life", "what")

    def __init__(self, life: Life, what: Callable[[], None]) -> None:
        self.life = life
        self.what = what
        self.cancelled = False

    def cancel(self) -> None:
        """Do not do it."""
        self.cancelled = True


class Clock:
    """Two clocks, as a machine has them: one that only goes forward, and one that may be set."""

    def __init__(self) -> None:
        self._now = 0
        self._calls: list[tuple[int, int, Call]] = []
        self._count = 0
        self.set_by = 0
        """Milliseconds by which the wall clock is wrong."""

    def time(self) -> float:
        """Return seconds that only go forward."""
        return self._now / 1_000_000

    def wall(self) -> int:
        """Return milliseconds since 1970, as the machine believes."""
        return T0 + self._now // 1_000 + self.set_by

    def call_later(self, seconds: float, life: Life, what: Callable[[], None]) -> Call:
        """Do something in `seconds`, if `life` lasts so long."""
        self._count += 1
        call = Call(life, what)
        heapq.heappush(self._calls, (self._now + int(seconds * 1_000_000), self._count, call))
        return call

    def run(self, seconds: float, killed: Callable[[Life], None]) -> None:
        """Do what is to be done within `seconds`; `killed` is told of who dies of it."""
        until = self._now + int(seconds * 1_000_000)
        while self._calls and self._calls[0][0] <= until:
            self._now, _, call = heapq.heappop(self._calls)
            if call.cancelled or not call.life.alive:
                continue
            try:
                call.what()
            except Killed:
                killed(call.life)
        self._now = until
