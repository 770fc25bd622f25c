"""How many visitors until something gives way? And many screens, and a burst of twenty times.

The site is filled step by step. At each step, with everybody there, some seconds are measured:
how fresh the live view is, and what each process takes. It ends at the first budget that breaks.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bench.figure import Figure
from proof.compared import quantiles
from proof.counted import lost
from proof.freshness import SITE, Probe
from proof.gauge import Spent, between, load_average, read
from proof.herd import Order
from proof.herding import Herding
from tests.stack import Stack, stack, wait_for

STEPS = (1_000, 5_000, 10_000, 20_000, 30_000, 50_000, 75_000, 100_000, 150_000)
VISITORS = STEPS[-1]
SECONDS = 25.0
SETTLE = 10.0
"""After a step has been reached: the last who came are no longer news."""
PROMISED = 10_000
"""Visitors up to which a broken budget is a failure; beyond, it is where the proof ends."""
FRESH = 1.0
"""Seconds from acknowledged to told, p99."""
BEHIND = 500
"""Beacons that may be on their way at once; beyond that, and beyond a second's worth, nobody keeps
up, and the delays of those who were answered say nothing."""
MEMORY = 1_500.0
"""MB in all processes of Hozir together."""
SCREENS = 99
"""Beside the one that the probe has: together as many as a site may have."""
OPENED = 30.0
"""Until the screens have all of their snapshots: what each more takes is measured after that."""
FEW = 1_000
BURST, BURST_SECONDS = 20.0, 10.0
LOG_BYTES = 8 * 1024**3
"""So that at the end the log still holds all that is counted."""
PROCESSES = ("ingest", "pipeline", "web")


class Step(NamedTuple):
    """What was measured with so many visitors."""

    visitors: int
    beacons: float
    """Acknowledged in a second."""
    fresh: tuple[float, float, float]
    """p50, p95, p99 in seconds."""
    spent: Spent
    load: float
    unanswered: int
    """Beacons that the door had not answered at the end."""

    @property
    def memory(self) -> float:
        """MB of all of Hozir."""
        return sum(mb for name, mb in self.spent.memory.items() if name != "herd")

    @property
    def broken(self) -> str:
        """Which budget is broken; empty if none is."""
        if self.unanswered > max(BEHIND, self.beacons):
            return f"{self.unanswered:,} beacons unanswered: the door or the herd is behind"
        if self.fresh[2] > FRESH:
            return f"freshness: p99 {self.fresh[2]:.1f} s"
        return f"memory: {self.memory:,.0f} MB" if self.memory > MEMORY else ""


def prove(visitors: int = VISITORS, seconds: float = SECONDS) -> list[Figure]:
    """Ramp up to so many visitors, measuring each step for so long; then screens and a burst."""
    with filled() as (system, herd, probe):
        steps, why = ramp(system, herd, probe, visitors, seconds)
        missing = lost(system, herd, probe)
    some = [*_of_ramp(steps, why, visitors), *missing]
    with filled() as (system, herd, probe):
        some += _before_screens(system, herd, probe, min(FEW, visitors), seconds)
        some += _burst(herd, probe, min(FEW, visitors))
        some += lost(system, herd, probe)
    return some


def ramp(
    system: Stack, herd: Herding, probe: Probe, most: int, seconds: float
) -> tuple[list[Step], str]:
    """Return what was measured at each step, and what ended it."""
    steps: list[Step] = []
    for visitors in [step for step in STEPS if step < most] + [most]:
        here = steps[-1].visitors if steps else 0
        # What cannot be reached in thrice the time is the herd's end, not Hozir's; both are told.
        if not herd.grow(visitors, 20 + 3 * (visitors - here) / 1_000):
            return steps, f"the herd came to {herd.last.visitors:,} of {visitors:,} only"
        time.sleep(SETTLE)
        steps.append(measured(system, herd, probe, seconds))
        print(steps[-1], flush=True)
        if steps[-1].broken:
            return steps, steps[-1].broken
    return steps, ""


def measured(system: Stack, herd: Herding, probe: Probe, seconds: float) -> Step:
    """Measure for so long."""
    pids = _pids(system) | {"herd": herd.pid}
    began, first, sent = time.time(), read(pids), herd.last
    time.sleep(seconds)
    last, until, then = read(pids), time.time(), herd.last
    time.sleep(2 * FRESH)  # the last samples may still come in time
    beacons = (then.acknowledged - sent.acknowledged) / (then.at - sent.at)
    fresh = quantiles(probe.delays(began, until))
    return Step(then.visitors, beacons, fresh, between(first, last), load_average(), then.waiting)


def _of_ramp(steps: list[Step], why: str, most: int) -> list[Figure]:
    some = []
    for step in steps:
        promised = step.visitors <= PROMISED
        cores, memory = step.spent.cores, step.spent.memory
        of = f"{step.visitors:,} visitors"
        work = f"{step.beacons:,.0f} beacons/s acknowledged"
        taken = ", ".join(f"{name} {share:.0%}" for name, share in cores.items())
        beside = f"of a core: {taken}; load {step.load:.1f}"
        own = sum(share for name, share in cores.items() if name != "herd")
        each = ", ".join(f"{name} {mb:,.0f}" for name, mb in memory.items() if name != "herd")
        some += [
            Figure(f"{of}: acknowledged to told, p50", step.fresh[0] * 1000, "ms", work, beside),
            Figure(
                f"{of}: acknowledged to told, p99",
                step.fresh[2] * 1000,
                "ms",
                work,
                at_most=FRESH * 1000 if promised else None,
            ),
            Figure(f"{of}: CPU for a visitor and minute", own * 60_000 / step.visitors, "ms", work),
            Figure(
                f"{of}: memory in all",
                step.memory,
                "MB",
                each,
                at_most=MEMORY if promised else None,
            ),
        ]
    held = [step for step in steps if not step.broken]
    if len(steps) > 1:
        first, last = steps[0], steps[-1]
        more = last.visitors - first.visitors
        work = f"{first.visitors:,} to {last.visitors:,} visitors"
        for name in (*PROCESSES, "herd"):
            grown = (last.spent.memory[name] - first.spent.memory[name]) * 1024 / more
            cpu = (last.spent.cores[name] - first.spent.cores[name]) * 60_000 / more
            some += [
                Figure(f"{name}: memory for one more visitor", grown, "KB", work),
                Figure(f"{name}: CPU for one more visitor and minute", cpu, "ms", work),
            ]
    some.append(
        Figure(
            "visitors within every budget",
            max((step.visitors for step in held), default=0),
            "",
            why or "nothing broke",
            f"asked for up to {most:,}",
            at_least=min(PROMISED, most),
        )
    )
    return some


def _before_screens(
    system: Stack, herd: Herding, probe: Probe, visitors: int, seconds: float
) -> list[Figure]:
    herd.grow(visitors, 60)
    time.sleep(SETTLE)
    alone = measured(system, herd, probe, seconds)
    with system.client() as client:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    url = f"{system.web.replace('http', 'ws')}/api/v1/live?site={SITE}&pieces=1"
    with subprocess.Popen(
        [sys.executable, "-m", "proof.audience", str(SCREENS), url, cookie],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as audience:
        assert audience.stdout is not None
        asked = time.monotonic()
        ready = audience.stdout.readline().strip() == "ready"
        opened = time.monotonic() - asked
        assert ready, "the screens did not open"
        time.sleep(OPENED)
        crowded = measured(system, herd, probe, seconds)
        told, _ = audience.communicate()
        lasted = time.monotonic() - asked
    frames, gone = map(int, told.split())
    print(alone, crowded, sep="\n", flush=True)
    work = f"{visitors:,} visitors, {frames / lasted:,.0f} frames/s"
    web = f"web {crowded.spent.cores['web']:.0%} of a core, {alone.spent.cores['web']:.0%} without"
    memory = crowded.spent.memory["web"] - alone.spent.memory["web"]
    of = f"{SCREENS + 1} dashboards"
    return [
        Figure(f"{of}: until all have the first of their snapshot", opened, "s", work),
        Figure(
            f"{of}: acknowledged to told, p99",
            crowded.fresh[2] * 1000,
            "ms",
            work,
            f"{alone.fresh[2] * 1000:.0f} ms with one; {web}; load {crowded.load:.1f}",
            at_most=FRESH * 1000,
        ),
        Figure(f"{of}: memory of web for each more", memory * 1024 / SCREENS, "KB", work),
        Figure(f"{of}: screens let go", gone, "", work, at_most=0),
    ]


def _burst(herd: Herding, probe: Probe, visitors: int) -> list[Figure]:
    time.sleep(SETTLE)
    before = herd.last
    time.sleep(10)
    usual = (herd.last.acknowledged - before.acknowledged) / (herd.last.at - before.at)
    began, first = time.time(), herd.last
    herd.order(Order(visitors=visitors, haste=BURST))
    time.sleep(BURST_SECONDS)
    herd.order(Order(visitors=visitors))
    over, last = time.time(), herd.last
    wait_for(lambda: herd.last.waiting < 128, 120, "for what was sent in the burst")
    time.sleep(20)
    until = time.time()
    seconds = range(int(over - began), int(until - began) - 2)
    worst = [max(probe.delays(began + at, began + at + 1), default=0.0) for at in seconds]
    stale = [at for at, delay in zip(seconds, worst, strict=True) if delay > FRESH]
    rate = (last.acknowledged - first.acknowledged) / (last.at - first.at)
    fresh = quantiles(probe.delays(began, over))
    work = f"{visitors:,} visitors, {usual:,.0f} beacons/s, then {rate:,.0f}/s for 10 s"
    of = f"burst of {BURST:g} times"
    return [
        Figure(f"{of}: acknowledged to told meanwhile, p99", fresh[2] * 1000, "ms", work),
        Figure(
            f"{of}: seconds after it until fresh again",
            stale[-1] + 1 - (over - began) if stale else 0.0,
            "s",
            work,
            f"the herd was {herd.latest:.1f} s late at the most",
        ),
    ]


def _pids(system: Stack) -> dict[str, int]:
    pids = {"up": system.process.pid}
    for name in PROCESSES:
        pid = system.pid(name)
        assert pid is not None, f"{name} is down"
        pids[name] = pid
    return pids


@contextmanager
def filled() -> Iterator[tuple[Stack, Herding, Probe]]:
    """Run the system with a herd beside it that nobody is in yet, and a probe."""
    with (
        tempfile.TemporaryDirectory() as folder,
        stack(Path(folder), HOZIR_LOG_BYTES=str(LOG_BYTES), HOZIR_SITE_RATE="0") as system,
        Herding(system.ingest, SITE) as herd,
        Probe(system) as probe,
    ):
        yield system, herd, probe
