"""All deeds of a history, in the order of time."""

from __future__ import annotations

import heapq
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hozir.generator.crowd import BOTS, Crowd
from hozir.generator.deeds import Deed
from hozir.generator.guest import SECOND, Guest
from hozir.generator.season import Day, season
from hozir.generator.talk import Talk
from hozir.generator.visit import Visit
from hozir.simulator.shop import Way

AFTERWARDS = 31 * 60 * SECOND
"""After the last deed, until every session of a history has ended by itself."""


@dataclass(frozen=True)
class Plan:
    """What is to be generated. The same plan gives the same deeds."""

    site_key: str
    timezone: str
    heartbeat: int
    """Seconds."""
    first: date
    days: int
    visitors_per_day: float
    seed: int
    until: int
    """Nothing of the history is later, in milliseconds since 1970."""

    @property
    def start(self) -> int:
        """When it begins, in milliseconds since 1970."""
        return self.midnight(self.first)

    def midnight(self, day: date) -> int:
        """Return when a local day begins, in milliseconds since 1970."""
        moment = datetime.combine(day, time(), ZoneInfo(self.timezone))
        return int(moment.timestamp() * 1000)


def deeds(plan: Plan) -> Iterator[Deed]:
    """Yield everything that is done, by time. Whoever would still be there is left out."""
    rng = random.Random(plan.seed)
    days = season(plan.first, plan.days, plan.visitors_per_day, rng)
    month = _Month(plan, rng)
    for day in days:
        for arrival in month.arrivals(day):
            yield from month.upto(arrival.at)
            month.live(arrival, day)
    yield from month.upto(plan.until)


@dataclass(frozen=True, order=True)
class _Arrival:
    at: int
    number: int
    kind: str
    hour: int


class _Month:
    def __init__(self, plan: Plan, rng: random.Random) -> None:
        self._plan = plan
        self._rng = rng
        self._crowd = Crowd(rng)
        self._talk = Talk(plan.site_key, ZoneInfo(plan.timezone), rng)
        self._waiting: list[tuple[int, int, Deed]] = []
        self._count = 0
        self._last = plan.until - AFTERWARDS

    def arrivals(self, day: Day) -> list[_Arrival]:
        """Return who comes on a day, in order."""
        rng = self._rng
        moments = [("person", day.moment(rng)) for _ in range(day.visits)]
        moments += [("reader", day.moment_of_spread(rng)) for _ in range(day.spread)]
        bots = round(len(moments) * BOTS / (1 - BOTS))
        moments += [("bot", rng.randrange(24 * 3_600_000)) for _ in range(bots)]
        midnight = self._plan.midnight(day.date)
        next_midnight = self._plan.midnight(day.date + timedelta(1))
        return sorted(
            _Arrival(midnight + later, number, kind, later // 3_600_000)
            for number, (kind, later) in enumerate(moments)
            if midnight + later < next_midnight
        )

    def live(self, arrival: _Arrival, day: Day) -> None:
        """Let somebody come; what they do waits for its time."""
        if arrival.kind == "bot":
            guest, way = self._crowd.bot()
        elif arrival.kind == "reader":
            guest, way = self._crowd.reader(arrival.hour)
        else:
            guest, way = self._crowd.person(arrival.at, arrival.hour, day)
        self._visit(guest, way, arrival.at)

    def upto(self, at: int) -> Iterator[Deed]:
        """Yield what was done before a moment."""
        while self._waiting and self._waiting[0][0] < at:
            yield heapq.heappop(self._waiting)[2]

    def _visit(self, guest: Guest, way: Way, at: int) -> None:
        done: list[Deed] = []
        visit = Visit(guest, way, self._plan.heartbeat, self._rng, done.append)
        ended = visit.run(at)
        if not guest.person.agent.bot:
            done += self._said(guest, visit)
        self._crowd.left(guest, way, ended)
        if ended >= self._last:
            return
        for deed in done:
            if deed.at < self._plan.until:
                heapq.heappush(self._waiting, (deed.at, self._count, deed))
                self._count += 1

    def _said(self, guest: Guest, visit: Visit) -> Iterator[Deed]:
        wrote_at = visit.wrote_at
        stay = next(
            (one for one in visit.stays if wrote_at is not None and wrote_at <= one.ended),
            visit.stays[0],
        )
        yield from self._talk.greet(guest, stay)
        yield from self._talk.around(guest, stay, wrote_at)
