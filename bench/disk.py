"""Bytes on disk per page view: in the warehouse for good, and in the log for its days."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from api.loader import Loader
from bench.figure import Figure
from bench.traffic import fill
from hozir.bus.embedded import EmbeddedLog
from hozir.clock import wall_clock
from hozir.contract.codec import TICK
from hozir.contract.topics import CHANGES, EVENTS
from warehouse.connection import open_warehouse
from warehouse.writer import Writer

SESSIONS = 40_000
MORE_EVENTS = 800_000
HOUR = 60 * 60 * 1_000


def measure() -> list[Figure]:
    """Run a log through pipeline and loader until every session has ended, and weigh the files."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = EmbeddedLog(folder / "log", fsync=False)
        events = fill(log, SESSIONS, MORE_EVENTS)
        later = EmbeddedLog(folder / "log", fsync=False, clock=lambda: wall_clock() + HOUR)
        later.append(EVENTS, [(partition, TICK) for partition in range(EVENTS.partitions)])
        subprocess.run([sys.executable, "-m", "bench.pipeline_run", "flow", name], check=True)
        seconds, applied = _load(folder, log)
        with open_warehouse(folder / "hozir.duckdb") as warehouse:
            warehouse.execute("CHECKPOINT")
            (views,) = warehouse.execute("SELECT count(*) FROM page_views").fetchall()[0]
            (live,) = warehouse.execute("SELECT count(*) FROM live_sessions").fetchall()[0]
        assert live == 0
        size = (folder / "hozir.duckdb").stat().st_size
        work = f"{views:,} page views in {SESSIONS:,} sessions, {events:,} events"
        return [
            Figure(
                "warehouse per page view",
                size / views,
                "bytes",
                work,
                "sessions, page views and presence together, after a checkpoint",
            ),
            Figure("events log per page view", log.used_bytes(EVENTS) / views, "bytes", work),
            Figure("changes log per page view", log.used_bytes(CHANGES) / views, "bytes", work),
            Figure("changes loaded", applied / seconds, "per second", f"{applied:,} changes"),
        ]


def _load(folder: Path, log: EmbeddedLog) -> tuple[float, int]:
    expected = sum(log.head(CHANGES, partition) for partition in range(CHANGES.partitions))
    with open_warehouse(folder / "hozir.duckdb") as warehouse:
        loader = Loader(log, Writer(warehouse))
        began = time.perf_counter()
        loader.start()
        while loader.applied < expected:
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        loader.stop()
    return seconds, expected
