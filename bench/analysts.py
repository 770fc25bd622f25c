"""Ten analysts at once with heavy SQL over 10 million page views: do the screens still live?

A small run, that prints and writes nothing: `python -m bench.analysts SESSIONS`.
"""

from __future__ import annotations

import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hozir
from bench import live
from bench.figure import Figure, table
from bench.history import Size, fill
from bench.memory import resident_mb
from bench.reports import DAYS, PAGES_PER_SESSION, SESSIONS
from tests.stack import NO_LIMITS, Stack, stack, wait_for
from warehouse.connection import open_warehouse

ANALYSTS = 10
HEAVY = (
    "SELECT url, count(DISTINCT visitor_id) AS visitors, median(visible_ms) AS middle "
    "FROM visitor_page_views GROUP BY url ORDER BY visitors DESC",
    "SELECT country, device_type, referrer_source, count(DISTINCT visitor_id) AS visitors, "
    "quantile_cont(session_duration_seconds, [0.5, 0.95]) AS spread "
    "FROM visitor_sessions GROUP BY ALL ORDER BY visitors DESC",
    "SELECT one.url, two.url AS next, count(*) AS times FROM visitor_page_views AS one "
    "JOIN visitor_page_views AS two ON two.session_id = one.session_id "
    "AND two.number = one.number + 1 GROUP BY ALL ORDER BY times DESC LIMIT 100",
    "SELECT visitor_id, session_id, session_started_at, row_number() OVER "
    "(PARTITION BY visitor_id ORDER BY session_started_at) AS visit FROM visitor_sessions "
    "QUALIFY visit > 3 LIMIT 100000",
)


def measure(sessions: int = SESSIONS) -> list[Figure]:
    """Measure over so many sessions of another site, without analysts and with them."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = Size(sessions, PAGES_PER_SESSION, DAYS, time.time_ns() // 1_000_000)
        with open_warehouse(folder / "hozir.duckdb") as warehouse:
            fill(warehouse, size)
        with stack(folder, **NO_LIMITS) as system:
            load = subprocess.Popen(
                [sys.executable, "-m", "hozir.cli", "simulate", "--visitors", str(live.VISITORS)]
                + ["--url", system.ingest, "--site", live.SITE],
                stdout=subprocess.DEVNULL,
            )
            try:
                with system.client() as client:
                    wait_for(
                        lambda: live.online(client) >= 0.95 * live.VISITORS, 180, "for the crowd"
                    )
                quiet = _cuts(live.sample(system, 1_999_999))
                with _analysts(system) as spent:
                    busy = _cuts(live.sample(system, 2_999_999))
                pid = system.pid("web")
                memory = resident_mb(pid) if pid is not None else 0.0
            finally:
                load.send_signal(signal.SIGTERM)
                load.wait()
    work = (
        f"{live.SAMPLES} beacons, {live.VISITORS:,} online, {sessions * PAGES_PER_SESSION:,} page "
        f"views, {ANALYSTS} analysts"
    )
    return [
        Figure(
            f"beacon sent to card changed beside {ANALYSTS} analysts, p{percent}",
            busy[percent],
            "ms",
            work,
            f"without analysts {quiet[percent]:.0f} ms, in the same run",
            at_most=most,
        )
        for percent, most in ((50, None), (95, None), (99, 300))
    ] + [
        Figure(
            "a heavy statement, its waiting included, p50",
            statistics.median(spent),
            "s",
            work,
            f"{len(spent)} statements answered",
        ),
        Figure("memory of web", memory, "MB", work),
    ]


@contextmanager
def _analysts(system: Stack) -> Iterator[list[float]]:
    """Let them ask, one statement after the other, and yield how many seconds each took."""
    spent: list[float] = []
    failed: list[hozir.Problem] = []
    over = threading.Event()
    with system.client() as client:
        made = client.post("/api/v1/tokens", json={"name": "bench", "days": 1})
        made.raise_for_status()
        token = made.json()["data"]["token"]

    def ask(number: int) -> None:
        with hozir.connect(system.web, token, timeout=300) as desk:
            while not over.is_set():
                began = time.perf_counter()
                try:
                    desk.sql(HEAVY[number % len(HEAVY)])
                    spent.append(time.perf_counter() - began)
                except hozir.Problem as problem:
                    # Told to come back, or to ask for less: what the endpoint does under load.
                    failed.append(problem)
                number += 1

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(ANALYSTS)]
    for thread in threads:
        thread.start()
    wait_for(lambda: spent or failed, 120, "for the first answer")
    try:
        yield spent
    finally:
        over.set()
        for thread in threads:
            thread.join()
    if not spent:
        raise RuntimeError(f"no statement was answered: {failed[0]}")


def _cuts(delays: list[float]) -> dict[int, float]:
    cuts = statistics.quantiles(delays, n=100)
    return {percent: cuts[percent - 1] for percent in (50, 95, 99)}


if __name__ == "__main__":
    print(table(measure(int(sys.argv[1]))))
