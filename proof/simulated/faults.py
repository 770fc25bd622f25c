"""What goes wrong, drawn from the seed: deaths at any write, refusals, a network that plays tricks.

Each schedule has a temper of its own, so that some are calm where others are wild.
"""

from __future__ import annotations

from random import Random

from hozir.contract.topics import Topic
from proof.simulated.clock import Killed

LONGEST_TRAVEL = 5.0
"""Seconds for which the network may keep a copy of a beacon."""


class Faults:
    """Asked by all that may fail. After `stop` nothing does."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.on = True
        draw = random.choice
        self._dies_at_write = draw([0, 0.002, 0.01, 0.03])
        self._dies_torn = draw([0, 0, 0.003, 0.02])
        self._dies_at_start = draw([0, 0.1, 0.4])
        self._refuses = draw([0, 0, 0.005, 0.05])
        self._lost = draw([0, 0.02, 0.15])
        self._twice = draw([0, 0.05, 0.2])
        self._slow = draw([0.01, 0.05, 0.3])
        self.kills = draw([0, 1, 3, 8])
        """Deaths at moments of no meaning, beside those at writes and starts."""
        self.power_cuts = draw([0, 0, 1, 2])
        self.clock_steps = draw([0, 0, 1, 3])
        self.drops_read = draw([False, False, True])
        """Whether what was read is dropped at once, as in a log that is full."""
        self.deaths: dict[str, int] = {}

    def stop(self) -> None:
        """From now on all goes well."""
        self.on = False

    def stage(self, what: str, name: str) -> None:
        """Die here, perhaps. After half a frame there is no choice."""
        torn = what == "torn"
        chance = self._dies_at_start if what == "start" else self._dies_at_write / 3
        if torn or (self.on and chance and self.random.random() < chance):
            where = f"{what} {name}"
            self.deaths[where] = self.deaths.get(where, 0) + 1
            raise Killed(where)

    def tear(self, name: str, size: int) -> int | None:
        """Say after how many bytes of a frame its writer dies."""
        if self.on and self._dies_torn and self.random.random() < self._dies_torn:
            return self.random.randrange(size)
        return None

    def refuse(self, topic: Topic, count: int) -> int | None:
        """Say how many records get there before the log is unavailable."""
        if self.on and self._refuses and self.random.random() < self._refuses:
            return self.random.choice([0, self.random.randint(0, count)])
        return None

    def pace(self, limit: int) -> int:
        """Say how much a read brings: less than there is, as often as not."""
        return limit if not self.on or self.random.random() < 0.5 else self.random.randint(1, 40)

    def disk_seconds(self) -> float:
        """Say how long the disk takes to confirm."""
        if self.on and self.random.random() < 0.05:
            return self.random.uniform(0.05, 0.8)
        return self.random.uniform(0.0002, 0.01)

    def travel_seconds(self) -> list[float]:
        """Say when each copy of a beacon, or of an answer, arrives: none, one or two of them."""
        if not self.on:
            return [0.01]
        copies = 0 if self.random.random() < self._lost else 1
        copies += self.random.random() < self._twice
        return [
            self.random.uniform(0.2, LONGEST_TRAVEL)
            if self.random.random() < self._slow
            else self.random.uniform(0.005, 0.08)
            for _ in range(copies)
        ]
