"""Tens of thousands of visitors in one process: `python -m proof.herd URL SITE`.

The simulator's people, pages and ways, but a visitor is a small record and no task, and beacons go
over raw connections that are kept: a beacon costs a fraction of what it costs the simulator. Each
line of standard input is an `Order`; it tells a `Report` a second on standard output.
"""

from __future__ import annotations

import asyncio
import heapq
import random
import sys
import time
from uuid import uuid4

import msgspec
import uvloop

from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import encode
from hozir.simulator.people import Person, choose, make_person
from hozir.simulator.shop import HOST, PAGES, WAYS
from hozir.simulator.tab import HEARTBEAT
from hozir.simulator.visit import BOUNCES, GOES_ON, SPREAD, VANISHES
from proof.posting import Poster

ARRIVALS = 1_000
"""People who come in a second, at most, while the herd grows."""
TURN = 0.4
"""Median seconds from leaving a page to the next."""
LOOK = 0.02


class Order(msgspec.Struct):
    """What the herd is to do from now on."""

    visitors: int = 0
    haste: float = 1.0
    """How much faster than people everybody acts."""
    stop: bool = False
    """Everybody stands still and says nothing more; what was sent is waited for."""


class Report(msgspec.Struct):
    """What has come of it so far."""

    at: float
    visitors: int
    sent: int
    acknowledged: int
    page_views: int
    """In acknowledged beacons."""
    refused: int
    waiting: int
    """Beacons that nothing has been answered to."""
    late: float
    """Seconds that the herd itself is behind its own clock."""
    stopped: bool = False


class Sheep(msgspec.Struct):
    """One visitor, in one tab."""

    person: Person
    headers: str
    tab_id: str
    path: str
    came_by: str
    n: int = 0
    view: int = 0
    opened: float = 0.0
    turns: float = 0.0
    """When this page is done with, by the herd's clock."""
    between: bool = False
    """Has left a page, and the next has not opened."""


class Herd:
    """Keeps a number of visitors on a site."""

    def __init__(self, poster: Poster, site: str, seed: int) -> None:
        self._poster, self._path = poster, f"/e/{site}"
        self._rng = random.Random(seed)
        self._due: list[tuple[float, int, Sheep]] = []
        self._count = 0
        self._order = Order()
        self._now = self._real = time.monotonic()
        self.visitors = 0
        self.late = 0.0
        self.page_views = 0

    def obey(self, order: Order) -> None:
        """Do so from now on."""
        self._order = order

    def step(self) -> None:
        """Do all that is due."""
        real = time.monotonic()
        passed = real - self._real
        self._real = real
        self._now += passed * self._order.haste
        self.late = max(0.0, passed - 2 * LOOK)
        for _ in range(min(self._order.visitors - self.visitors, int(ARRIVALS * passed) + 1)):
            self.visitors += 1
            self._come()
        while self._due and self._due[0][0] <= self._now:
            self._act(heapq.heappop(self._due)[2])

    def _come(self) -> None:
        rng = self._rng
        person = make_person(rng)
        person.arrive()
        way = choose(rng, WAYS)
        headers = (
            f"User-Agent: {person.agent.user_agent}\r\nX-Forwarded-For: {person.address}\r\n"
            f"Accept-Language: {person.language}\r\nX-Hozir-Simulated: 1\r\n"
        )
        sheep = Sheep(person, headers, f"t_{uuid4()}", way.entry, way.referrer)
        self._open(sheep)

    def _act(self, sheep: Sheep) -> None:
        rng = self._rng
        if sheep.between:
            self._open(sheep)
        elif self._now < sheep.turns:
            self._say(sheep, self._measured(sheep, "heartbeat"))
            self._wait(sheep)
        elif rng.random() < (GOES_ON if sheep.view > 1 else 1 - BOUNCES):
            self._say(sheep, self._measured(sheep, "leave"))
            path = sheep.path.partition("?")[0]
            sheep.path, sheep.came_by = rng.choice(PAGES[path].links), HOST + path
            sheep.between = True
            self._at(self._now + rng.lognormvariate(0, SPREAD) * TURN, sheep)
        else:
            if rng.random() >= VANISHES:
                self._say(sheep, self._measured(sheep, "leave"))
            if self.visitors <= self._order.visitors:
                self._come()
            else:
                self.visitors -= 1

    def _open(self, sheep: Sheep) -> None:
        page = PAGES[sheep.path.partition("?")[0]]
        sheep.between = False
        sheep.view += 1
        sheep.opened = self._now
        sheep.turns = self._now + page.reading * self._rng.lognormvariate(0, SPREAD)
        url = HOST + sheep.path
        view = ClaimedEvent("page_view", view=sheep.view, url=url, title=page.title)
        self._say(sheep, view, sheep.person.context(sheep.came_by))
        self._wait(sheep)

    def _wait(self, sheep: Sheep) -> None:
        self._at(min(sheep.turns, self._now + HEARTBEAT), sheep)

    def _at(self, due: float, sheep: Sheep) -> None:
        self._count += 1
        heapq.heappush(self._due, (due, self._count, sheep))

    def _measured(self, sheep: Sheep, kind: str) -> ClaimedEvent:
        visible = int((self._now - sheep.opened) * 1000)
        return ClaimedEvent(
            kind,  # type: ignore[arg-type]
            view=sheep.view,
            visible=visible,
            scroll=min(100, 20 + visible // 500),
            idle=visible % 9_000,
        )

    def _say(self, sheep: Sheep, event: ClaimedEvent, context: Context | None = None) -> None:
        sheep.n += 1
        person = sheep.person
        beacon = Beacon(
            person.visitor_id, person.session_id, sheep.tab_id, sheep.n, [event], context
        )
        is_page = event.kind == "page_view"
        self._poster.post(self._path, encode(beacon), sheep.headers, self._taken, is_page)

    def _taken(self, is_page: bool) -> None:
        self.page_views += is_page


async def _run(url: str, site: str) -> None:
    poster = Poster(url)
    await poster.start()
    herd = Herd(poster, site, seed=1)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    order = Order()

    async def listen() -> None:
        nonlocal order
        async for line in reader:
            order = msgspec.json.decode(line, type=Order)
            herd.obey(order)
            if order.stop:
                poster.drop()

    listening = asyncio.create_task(listen())
    told = 0.0
    while not (order.stop and poster.waiting == 0):
        if not order.stop:
            herd.step()
        if time.monotonic() - told >= 1:
            told = time.monotonic()
            _tell(herd, poster)
        await asyncio.sleep(LOOK)
    listening.cancel()
    _tell(herd, poster, stopped=True)
    poster.close()


def _tell(herd: Herd, poster: Poster, *, stopped: bool = False) -> None:
    report = Report(
        time.time(),
        herd.visitors,
        poster.sent,
        poster.acknowledged,
        herd.page_views,
        poster.refused,
        poster.waiting,
        herd.late,
        stopped,
    )
    print(msgspec.json.encode(report).decode(), flush=True)


if __name__ == "__main__":
    uvloop.run(_run(*sys.argv[1:3]))
