"""`hozir simulate`: believable visitors, sent through the door as a browser would send them.

Every beacon says by a header that it is generated; the door refuses it for a site that is not
marked for such visitors, unless it is forced.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from hozir.contract.errors import Misconfigured
from hozir.simulator.door import Door
from hozir.simulator.outbox import Acknowledged, Tally
from hozir.simulator.people import Person, make_person
from hozir.simulator.tab import HEARTBEAT
from hozir.simulator.visit import Visit

COMES_BACK = 0.2
REMEMBERED = 200
DRAIN = 60.0
"""Seconds that beacons in the queues have at the end to reach a door that is away."""
DRAIN_WHEN_STOPPED = 3.0
SILENCE_BEFORE_WARNING = 5.0

_HINTS = {
    "unknown_site": "the door knows no site of this key",
    "simulated_traffic": "this site is for real visitors; --into-real-site overrules it",
}


class Totals(msgspec.Struct, frozen=True):
    """What a simulation sent. What is neither acknowledged nor refused did not arrive in time."""

    beacons: int
    acknowledged: int
    refused: int
    page_views: int
    """In acknowledged beacons."""
    sessions: int
    """Claimed ids in acknowledged beacons."""


async def simulate(
    url: str,
    site_key: str,
    visitors: int,
    seconds: float | None,
    seed: int,
    force: bool = False,
    on_ack: Callable[[Acknowledged], None] | None = None,
    pace: float = 1.0,
) -> Totals:
    """Keep `visitors` people on a site for `seconds`, or until cancelled.

    `url` is the door's, without a path. `pace` divides heartbeats, reading times and waits.
    `on_ack` gets each beacon that the door answered with 2xx. At the end everybody leaves, and
    what is still queued is sent. Raises Misconfigured if the door cannot take any of it.
    """
    if visitors < 1 or pace <= 0:
        raise Misconfigured("there must be at least one visitor, and the pace must be above 0")
    door = Door(url)
    tally = Tally(door, f"/e/{site_key}", "force" if force else "1", pace, on_ack)
    crowd = _Crowd(tally, seed)
    slots = [asyncio.create_task(crowd.keep_one(number, visitors)) for number in range(visitors)]
    patience = DRAIN
    try:
        await _until(tally, seconds, slots)
    except asyncio.CancelledError:
        patience = DRAIN_WHEN_STOPPED
        raise
    finally:
        await _cancel(slots)
        for visit in crowd.visits:
            visit.leave()
        if not tally.acknowledged:
            patience = min(patience, DRAIN_WHEN_STOPPED)
        if tally.sending and not tally.hopeless.is_set():
            # The leaves of the same turn have made their tasks by now.
            await asyncio.wait(tally.sending, timeout=patience)
        tally.closed = True
        await _cancel(list(tally.sending))
        await door.close()
    if tally.hopeless.is_set():
        raise Misconfigured(next(_HINTS[reason] for reason in tally.refused if reason in _HINTS))
    return _totals(tally)


def _totals(tally: Tally) -> Totals:
    return Totals(
        beacons=tally.beacons,
        acknowledged=tally.acknowledged,
        refused=sum(tally.refused.values()),
        page_views=tally.page_views,
        sessions=len(tally.sessions),
    )


class _Crowd:
    """Keeps the slots filled: one who leaves is followed by another, or comes back."""

    def __init__(self, tally: Tally, seed: int) -> None:
        self._tally = tally
        self._seed = seed
        self._gone: deque[Person] = deque(maxlen=REMEMBERED)
        self.visits: set[Visit] = set()

    async def keep_one(self, number: int, visitors: int) -> None:
        """Fill one slot for ever."""
        rng = random.Random(f"{self._seed}/{number}")
        # Spread over one heartbeat, so that heartbeats do not come all at once.
        await asyncio.sleep(HEARTBEAT / self._tally.pace * number / visitors)
        while True:
            back = self._gone and rng.random() < COMES_BACK
            person = self._gone.popleft() if back else make_person(rng)
            visit = Visit(person, self._tally, rng)
            self.visits.add(visit)
            await visit.run()
            self.visits.discard(visit)
            self._gone.append(person)
            await asyncio.sleep(rng.expovariate(1.0) * 2.0 / self._tally.pace)


async def _until(tally: Tally, seconds: float | None, slots: list[asyncio.Task[None]]) -> None:
    """Return when the time is over or nothing can be hoped for; raise what a slot raised."""
    hopeless = asyncio.create_task(tally.hopeless.wait())
    try:
        done, _ = await asyncio.wait(
            [hopeless, *slots], timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            task.result()
    finally:
        await _cancel([hopeless])


async def _cancel(tasks: Sequence[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `hozir simulate` takes."""
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="address of ingest")
    parser.add_argument("--site", default="simulated", help="site_key that they visit")
    parser.add_argument("--visitors", type=int, default=50, help="how many are there at once")
    parser.add_argument("--seconds", type=float, help="how long; without it until Ctrl-C")
    parser.add_argument("--seed", type=int, help="the same seed does the same; random without it")
    parser.add_argument("--pace", type=float, default=1.0, help="how much faster than people")
    parser.add_argument(
        "--into-real-site", action="store_true", help="send even to a site for real visitors"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run `hozir simulate`; return the exit code. Raises Misconfigured."""
    seed = arguments.seed if arguments.seed is not None else random.SystemRandom().getrandbits(32)
    print(
        f"{arguments.visitors} visitors to site {arguments.site} at {arguments.url}, seed {seed};"
        " Ctrl-C ends it",
        flush=True,
    )
    with contextlib.suppress(KeyboardInterrupt):
        totals = asyncio.run(_run(arguments, seed))
        print(
            f"{totals.beacons} beacons, {totals.acknowledged} acknowledged, "
            f"{totals.refused} refused; {totals.sessions} sessions, "
            f"{totals.page_views} page views"
        )
        return 0 if totals.acknowledged else 1
    return 0


async def _run(arguments: argparse.Namespace, seed: int) -> Totals:
    heard = asyncio.Event()
    warning = asyncio.create_task(_warn(heard, arguments.url))
    try:
        return await simulate(
            arguments.url,
            arguments.site,
            arguments.visitors,
            arguments.seconds,
            seed,
            force=arguments.into_real_site,
            on_ack=lambda _: heard.set(),
            pace=arguments.pace,
        )
    finally:
        await _cancel([warning])


async def _warn(heard: asyncio.Event, url: str) -> None:
    try:
        async with asyncio.timeout(SILENCE_BEFORE_WARNING):
            await heard.wait()
    except TimeoutError:
        print(f"hozir: {url} takes nothing yet; trying on", file=sys.stderr, flush=True)
