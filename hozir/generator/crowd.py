"""Who comes: new people, those who come again, and programs."""

from __future__ import annotations

import heapq
import math
import random
from functools import cache

from hozir.generator.guest import Guest, make_guest
from hozir.generator.season import BOOKMARK, SPREAD, Day
from hozir.generator.temper import temper_of
from hozir.simulator.agents import AGENTS
from hozir.simulator.people import choose
from hozir.simulator.places import PLACES
from hozir.simulator.shop import Way

COMES_AGAIN = 0.30
"""Of the visits of people."""
KNOWN_BEFORE = 0.9
"""Where nobody of the history is due, the returning one was here before it began."""
BOTS = 0.06
DAY = 24 * 3_600_000
LATE = DAY
"""Who does not come again so long after it was meant does not come at all: otherwise more and more
would wait for their turn, and everybody came back after the same week."""
EVENING = range(18, 24)
OFFICE = range(9, 18)

_BROWSERS = tuple(agent for agent in AGENTS if not agent.bot)
_BOTS = tuple(agent for agent in AGENTS if agent.bot)
_HOSTING = tuple(place for place in PLACES if place.country in ("US", "DE", "FR"))
# A shop in Tashkent: most of its visitors are near.
_NEARNESS = {"UZ": 6.0, "KZ": 1.2, "RU": 0.8}
_NEAR = [place.weight * _NEARNESS.get(place.country, 0.5) for place in PLACES]


class Crowd:
    """Chooses who makes each visit. Visits are asked for in the order of time."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._due: list[tuple[int, int, Guest]] = []
        self._count = 0

    def person(self, at: int, hour: int, day: Day) -> tuple[Guest, Way]:
        """Return who comes on an ordinary way, and by which."""
        rng = self._rng
        if rng.random() >= COMES_AGAIN:
            return self._new(hour), choose(rng, day.ways)
        while self._due and self._due[0][0] < at - LATE:
            heapq.heappop(self._due)
        if self._due and self._due[0][0] <= at:
            guest = heapq.heappop(self._due)[2]
        else:
            earlier = 1 + int(rng.expovariate(0.5)) if rng.random() < KNOWN_BEFORE else 0
            guest = self._new(hour, earlier)
        ways = (*day.ways_of_returning(), BOOKMARK)
        return guest, choose(rng, ways)

    def reader(self, hour: int) -> tuple[Guest, Way]:
        """Return somebody who follows the post that spreads."""
        return self._new(hour, phones=4.0), SPREAD

    def bot(self) -> tuple[Guest, Way]:
        """Return a program."""
        rng = self._rng
        guest = make_guest(rng, choose(rng, _BOTS), choose(rng, _HOSTING))
        return guest, Way(1, "", rng.choice(("/", "/catalog", "/blog", "/pricing")))

    def left(self, guest: Guest, way: Way, at: int) -> None:
        """Note that a visit has ended; perhaps there will be another."""
        rng = self._rng
        if guest.person.agent.bot or rng.random() >= temper_of(guest, way).comes_again:
            return
        days = rng.lognormvariate(math.log(2.6), 1.0)
        self._count += 1
        heapq.heappush(self._due, (at + int(max(0.15, days) * DAY), self._count, guest))

    def _new(self, hour: int, earlier: int = 0, phones: float = 1.0) -> Guest:
        (agent,) = self._rng.choices(_BROWSERS, _browser_weights(hour, phones))
        (place,) = self._rng.choices(PLACES, _NEAR)
        return make_guest(self._rng, agent, place, earlier)


@cache
def _browser_weights(hour: int, phones: float) -> tuple[float, ...]:
    """Return the weights of an hour: at work desks, in the evening phones."""
    factor = phones * (1.9 if hour in EVENING else 0.8 if hour in OFFICE else 1.3)
    return tuple(
        agent.weight * (factor if agent.touch and "Mobile" in agent.user_agent else 1.0)
        for agent in _BROWSERS
    )
