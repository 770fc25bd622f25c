"""A snapshot of a gigabyte beside a running system: how long does the loader stand still?

A small run, that prints and writes nothing: `python -m bench.snapshot SESSIONS`.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx

from bench.figure import Figure, table
from bench.history import Size, fill
from bench.reports import DAYS, EACH, PAGES_PER_SESSION, changes_of_readers, metric_of
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.topics import CHANGES
from tests.stack import Stack, stack
from warehouse.connection import open_warehouse

SESSIONS = 3_000_000
CHANGES_PER_SECOND = 1_000
STEP = 0.02
"""Seconds between two additions to the log, and between two looks at what is loaded."""
QUIET = 10.0
"""Seconds that are measured without a snapshot."""
MOST = 60
"""Seconds for which there are changes to load."""
PATIENCE = 600


def measure(sessions: int = SESSIONS) -> list[Figure]:
    """Measure over a warehouse of so many sessions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with open_warehouse(folder / "hozir.duckdb") as warehouse:
            fill(warehouse, Size(sessions, PAGES_PER_SESSION, DAYS, time.time_ns() // 1_000_000))
        with stack(folder) as system, _loading(folder), system.client() as client:
            quiet = _longest_stop(system, lambda: time.sleep(QUIET))
            made: list[dict[str, float]] = []

            def copy() -> None:
                answer = client.post("/api/v1/snapshots", timeout=PATIENCE)
                made.append(answer.raise_for_status().json()["data"])

            busy = _longest_stop(system, copy)
    megabytes = made[0]["bytes"] / 1e6
    work = f"{megabytes:,.0f} MB, {CHANGES_PER_SECOND:,} changes a second meanwhile"
    return [
        Figure(
            "the longest time in which nothing was loaded, beside a snapshot",
            busy,
            "ms",
            work,
            f"without one {quiet:.0f} ms, in the same run",
            at_most=1000,
        ),
        Figure("a whole snapshot", made[0]["seconds"], "s", work),
    ]


@contextmanager
def _loading(folder: Path) -> Iterator[None]:
    """Append changes to the log, so many a second, until it is left."""
    over = threading.Event()
    records = changes_of_readers(CHANGES_PER_SECOND * MOST * EACH)
    log = EmbeddedLog(folder / "log", fsync=False)
    each = round(CHANGES_PER_SECOND * STEP)

    def add() -> None:
        began = time.monotonic()
        for turn, at in enumerate(range(0, len(records), each)):
            if over.is_set():
                return
            log.append(CHANGES, records[at : at + each])
            time.sleep(max(0.0, began + (turn + 1) * STEP - time.monotonic()))

    thread = threading.Thread(target=add)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _longest_stop(system: Stack, work: Callable[[], None]) -> float:
    """Return the longest time, in milliseconds, between two looks that saw more loaded."""
    seen: list[tuple[float, float]] = []
    over = threading.Event()

    def look() -> None:
        with httpx.Client() as client:
            while not over.is_set():
                loaded = metric_of(system, "hozir_loader_applied_total", client)
                if not seen or loaded > seen[-1][1]:
                    seen.append((time.perf_counter(), loaded))
                time.sleep(STEP)

    thread = threading.Thread(target=look)
    thread.start()
    work()
    over.set()
    thread.join()
    return max(later - sooner for (sooner, _), (later, _) in pairwise(seen)) * 1000


if __name__ == "__main__":
    print(table(measure(int(sys.argv[1]))))
