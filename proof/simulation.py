"""The whole chain in one process, over a simulated clock and disk, many schedules of accidents.

`python -m proof.simulation SEED` prints the trace of one schedule; the same seed gives the same.
"""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from typing import NamedTuple

from bench.figure import Figure
from proof.simulated.checked import differences
from proof.simulated.oracle import judge
from proof.simulated.planted import BUGS, Planted, plant
from proof.simulated.world import World

SECONDS = 15 * 60
SAID_EVERY = 30
"""Seconds between two words on how far it is."""
CHECKED_EVERY = 50
"""Seeds; one of so many is given to a true DuckDB as well."""


class Outcome(NamedTuple):
    """What came of one schedule."""

    world: World
    complaints: list[str]


def run(seed: int, bug: Planted | None = None) -> Outcome:
    """Run one schedule, perhaps with a bug planted, and judge it."""
    world = World(seed)
    try:
        with nullcontext() if bug is None else plant(bug, world):
            world.run()
        return Outcome(world, judge(world))
    except Exception as error:
        # No process may stumble over what another left behind, and nor may the oracle.
        return Outcome(world, [*world.complaints, f"{type(error).__name__}: {error}"])


def found_by(bug: Planted) -> int | None:
    """Return the first seed that finds a planted bug."""
    return next((seed for seed in range(bug.within) if run(seed, bug).complaints), None)


def prove() -> list[Figure]:
    """Run as many seeds as fit into a quarter of an hour, and look for each planted bug."""
    found = {bug: found_by(bug) for bug in BUGS}
    for bug, seed in found.items():
        print(f"{bug.name}: found by seed {seed}", flush=True)
    until = time.monotonic() + SECONDS
    said = 0.0
    seeds = deaths = beacons = checked = different = 0
    failed: list[int] = []
    while time.monotonic() < until:
        world, complaints = run(seeds)
        if complaints:
            failed.append(seeds)
            print(f"seed {seeds}: {complaints[0]}", flush=True)
        elif seeds % CHECKED_EVERY == 0:
            checked += 1
            different += bool(differences(world))
        seeds += 1
        deaths += world.deaths
        beacons += len(world.visitors.sent)
        if time.monotonic() - said > SAID_EVERY:
            said = time.monotonic()
            print(f"{seeds} seeds, {deaths} deaths, {len(failed)} failed", flush=True)
    work = f"{seeds} schedules, {beacons} beacons, {deaths} deaths of processes"
    return [
        Figure("schedules in which an invariant did not hold", len(failed), "", work, at_most=0),
        Figure(
            "planted bugs not found",
            list(found.values()).count(None),
            "",
            f"{len(BUGS)} bugs",
            f"the last by seed {max(seed or 0 for seed in found.values())}",
            at_most=0,
        ),
        Figure(
            "schedules whose tables a true DuckDB has otherwise",
            different,
            "",
            f"{checked} of the schedules",
            at_most=0,
        ),
    ]


def main(arguments: list[str]) -> int:
    """Print the trace of one seed; return 1 if something did not hold."""
    world, complaints = run(int(arguments[0]))
    print("\n".join(world.lines))
    print(f"trace {world.fingerprint}; {len(complaints)} complaints")
    print("\n".join(complaints))
    return int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
