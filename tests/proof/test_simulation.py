"""The whole chain, simulated: nothing that the design promises is broken by any schedule."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from proof.simulated.checked import differences
from proof.simulated.planted import BUGS, Planted
from proof.simulation import found_by, run

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 1000, 100))
def test_no_schedule_breaks_an_invariant(first: int) -> None:
    outcomes = {seed: run(seed).complaints for seed in range(first, first + 100)}
    assert {seed: complaints for seed, complaints in outcomes.items() if complaints} == {}


@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.name)
def test_a_planted_bug_is_found(bug: Planted) -> None:
    assert found_by(bug) is not None


@pytest.mark.slow
def test_schedules_hold_accidents_of_every_kind() -> None:
    kinds: set[str] = set()
    for seed in range(40):
        world = run(seed).world
        kinds |= {death.split()[0] for death in world.faults.deaths}
        kinds |= {line.split()[1] for line in world.lines}
    assert {"start", "write", "written", "torn", "synced", "power", "clock", "answers"} <= kinds


@pytest.mark.parametrize("seed", [3, 11, 12])
def test_the_same_seed_gives_the_same_trace(seed: int) -> None:
    assert run(seed).world.lines == run(seed).world.lines


@pytest.mark.slow
def test_another_process_with_another_order_of_hashes_gives_the_same_trace() -> None:
    printed = [
        subprocess.run(
            [sys.executable, "-m", "proof.simulation", "11"],
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hashes, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            check=True,
        ).stdout
        for hashes in ("1", "2")
    ]
    assert printed[0] == printed[1]
    assert run(11).world.fingerprint.encode() in printed[0]


def test_different_seeds_give_different_traces() -> None:
    assert len({run(seed).world.fingerprint for seed in range(10)}) == 10


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(0, 100, 20))
def test_a_true_duckdb_holds_what_the_simulated_tables_hold(seed: int) -> None:
    world, complaints = run(seed)
    assert (complaints, differences(world)) == ([], [])
