"""What processes take of the machine: CPU and resident memory, by name (Linux)."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import NamedTuple

from bench.memory import resident_mb

TICK = os.sysconf("SC_CLK_TCK")


class Reading(NamedTuple):
    """How much CPU each had taken by a moment, and the memory it had then."""

    at: float
    cpu: dict[str, float]
    """Seconds since each began."""
    memory: dict[str, float]
    """Resident, in MB."""


def read(pids: dict[str, int]) -> Reading:
    """Return what each process took so far."""
    return Reading(
        time.monotonic(),
        {name: cpu_seconds(pid) for name, pid in pids.items()},
        {name: resident_mb(pid) for name, pid in pids.items()},
    )


def cpu_seconds(pid: int) -> float:
    """Return the CPU that a process has taken, its ended children aside."""
    # The name in brackets may hold anything.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def load_average() -> float:
    """Return how many wanted to run, in the last minute, as `uptime` tells it."""
    return os.getloadavg()[0]


class Spent(NamedTuple):
    """What was taken between two readings."""

    seconds: float
    cores: dict[str, float]
    """Share of one core."""
    memory: dict[str, float]


def between(first: Reading, last: Reading) -> Spent:
    """Return what was taken between two readings."""
    seconds = last.at - first.at
    cores = {name: (last.cpu[name] - first.cpu[name]) / seconds for name in first.cpu}
    return Spent(seconds, cores, last.memory)
