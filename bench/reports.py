"""Reports, a visitor's profile and SQL over 10 million page views; and web's memory meanwhile.

A small run, that prints and writes nothing: `python -m bench.reports SESSIONS`.
"""

from __future__ import annotations

import random
import shutil
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import httpx
import msgspec

import hozir
from bench.figure import Figure, table
from bench.history import DAY_MS, SITE, Size, fill
from bench.memory import resident_mb
from bench.traffic import batches
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.change import Change
from hozir.contract.codec import encode
from hozir.contract.ids import partition_of
from hozir.contract.topics import CHANGES
from pipeline.sessions import OpenSession, advance, key_of
from tests.stack import Stack, stack, wait_for
from warehouse.asking import Asked
from warehouse.connection import Connection, open_warehouse
from warehouse.profile import events, past
from warehouse.reports import fetch_page, query

SESSIONS = 2_000_000
PAGES_PER_SESSION = 5
DAYS = 90
TIMEZONE = "Asia/Tashkent"
OVERVIEW: dict[str, dict[str, Any]] = {
    "overview": {},
    "visitors": {"granularity": "day"},
    "pages": {"limit": 5},
    "sources": {"limit": 20},
    "countries": {"limit": 20},
    "devices": {"limit": 100},
    "hours": {},
}
"""What the Overview asks for, and how."""
RANGES = (7, 30, DAYS)
ROUNDS = 40
PROFILES = 100
SQL_ROWS = 100_000
SQL_ROUNDS = 15
CHANGES_PER_SECOND = 2_000
SECONDS = 30
EACH = 5
"""Pages that each visitor opens meanwhile, and so changes."""
ASKING = 2
"""Screens that ask for one report after the other meanwhile."""

_PLAIN_SCAN = "SELECT count(*), sum(visible_ms), max(happened_at) FROM page_views"
_SEARCH = (
    'SELECT session_id, visitor_id, url, title, "timestamp", visible_ms, scroll_depth '
    f"FROM visitor_page_views WHERE url LIKE '/katalog/1%' ORDER BY \"timestamp\" LIMIT {SQL_ROWS}"
)
_FIRST_ROWS = (
    'SELECT session_id, visitor_id, url, title, "timestamp", visible_ms, scroll_depth '
    f"FROM visitor_page_views LIMIT {SQL_ROWS}"
)


def measure(sessions: int = SESSIONS) -> list[Figure]:
    """Measure over so many sessions."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        size = Size(sessions, PAGES_PER_SESSION, DAYS, time.time_ns() // 1_000_000)
        with open_warehouse(folder / "hozir.duckdb") as warehouse:
            seconds = fill(warehouse, size)
        with open_warehouse(folder / "hozir.duckdb") as warehouse:
            (views,) = _one(warehouse, "SELECT count(*) FROM page_views")
            work = f"{views:,} page views in {sessions:,} sessions over {DAYS} days"
            bytes_each = (folder / "hozir.duckdb").stat().st_size / views
            figures = [
                Figure(
                    "warehouse per page view",
                    bytes_each,
                    "bytes",
                    work,
                    f"sessions, events and presence included; written by SQL in {seconds:.0f} s",
                ),
                *_overview(warehouse, size, work),
                _profile(warehouse, work),
            ]
        plain = folder / "plain.duckdb"
        shutil.copyfile(folder / "hozir.duckdb", plain)
        with stack(folder, HOZIR_SQL_SECONDS="120") as system:
            return figures + _sql(system, plain, work) + _memory(system, folder, work)


def _overview(warehouse: Connection, size: Size, work: str) -> list[Figure]:
    """Every question in each round, and the plain scan beside them: they share what disturbs."""
    scans: list[float] = []
    found: dict[tuple[str, int], list[float]] = {}
    for _ in range(ROUNDS):
        scans.append(_timed(lambda: warehouse.cursor().execute(_PLAIN_SCAN).fetchall()))
        for days in RANGES:
            asked = Asked((SITE,), size.until_ms - days * DAY_MS, size.until_ms, TIMEZONE)
            for report, how in OVERVIEW.items():
                told = query(report, asked, **how)
                spent = _timed(lambda told=told: fetch_page(warehouse, told))  # type: ignore[misc]
                found.setdefault((report, days), []).append(spent)
    scan = _p95(scans)
    figures = []
    for report in OVERVIEW:
        worst = max(RANGES, key=lambda days: _p95(found[report, days]))
        value = _p95(found[report, worst])
        figures.append(
            Figure(
                f"Overview, {report}, p95",
                value,
                "ms",
                f"{work}; {worst} days, the slowest of {', '.join(map(str, RANGES))}",
                f"a plain scan of all page views {scan:.1f} ms: {value / scan:.1f} times",
                at_most=150,
            )
        )
    return figures


def _profile(warehouse: Connection, work: str) -> Figure:
    dice = random.Random(4)
    ids = [
        visitor_id
        for (visitor_id,) in warehouse.execute(
            "SELECT DISTINCT visitor_id FROM sessions USING SAMPLE reservoir(2000 ROWS) "
            "REPEATABLE (4)"
        ).fetchall()
    ]
    spent, noops = [], []
    for visitor_id in dice.sample(sorted(ids), min(PROFILES, len(ids))):
        noops.append(_timed(lambda: warehouse.cursor().execute("SELECT 1").fetchall()))

        def look(visitor_id: str = visitor_id) -> None:
            past(warehouse, SITE, [visitor_id], pages=200, top=3)
            events(warehouse, SITE, [visitor_id])

        spent.append(_timed(look))
    return Figure(
        "one visitor's profile, p95",
        _p95(spent),
        "ms",
        f"{work}; {len(spent)} visitors",
        f"SELECT 1 {_p95(noops):.2f} ms",
        at_most=20,
    )


def _sql(system: Stack, plain: Path, work: str) -> list[Figure]:
    with _desk(system) as desk, duckdb.connect(str(plain), read_only=True) as beside:
        figures = []
        for what, statement, budget in (
            ("that looks for and sorts its rows", _SEARCH, 1.3),
            ("that takes the first rows it finds", _FIRST_ROWS, None),
        ):
            there: list[float] = []
            here: list[float] = []
            for _ in range(SQL_ROUNDS):
                here.append(_timed(lambda sql=statement: beside.sql(sql).pl()))  # type: ignore[misc]
                there.append(_timed(lambda sql=statement: desk.sql(sql)))  # type: ignore[misc]
            rows = desk.sql(statement).height
            ratio = statistics.median(there) / statistics.median(here)
            figures.append(
                Figure(
                    f"SQL endpoint against DuckDB in process, a statement {what}",
                    ratio,
                    "times",
                    f"{rows:,} rows of 7 columns into a Polars frame; {work}",
                    f"endpoint {statistics.median(there):.0f} ms,"
                    f" in process {statistics.median(here):.0f} ms",
                    at_most=budget,
                )
            )
    return figures


def _memory(system: Stack, folder: Path, work: str) -> list[Figure]:
    pid = system.pid("web")
    assert pid is not None
    before = most = resident_mb(pid)
    spent: list[float] = []
    over = threading.Event()

    def ask() -> None:
        with system.client() as client:
            while not over.is_set():
                for report in OVERVIEW:
                    began = time.perf_counter()
                    asked = {"site": SITE, "range": f"{DAYS}d", "compare": "previous"}
                    client.get(f"/api/v1/reports/{report}", params=asked, timeout=120)
                    spent.append((time.perf_counter() - began) * 1000)

    askers = [threading.Thread(target=ask) for _ in range(ASKING)]
    records = changes_of_readers(CHANGES_PER_SECOND * SECONDS)
    log = EmbeddedLog(folder / "log", fsync=False)
    loaded = metric_of(system, "hozir_loader_applied_total")
    for asker in askers:
        asker.start()
    began = time.monotonic()
    lag = 0.0
    for turn, at in enumerate(range(0, len(records), CHANGES_PER_SECOND // 10)):
        log.append(CHANGES, records[at : at + CHANGES_PER_SECOND // 10])
        most = max(most, resident_mb(pid))
        if turn % 10 == 9:
            lag = max(lag, metric_of(system, "hozir_loader_lag_ms"))
        time.sleep(max(0.0, began + (turn + 1) / 10 - time.monotonic()))
    sent = time.monotonic() - began
    wait_for(
        lambda: metric_of(system, "hozir_loader_applied_total") - loaded >= len(records),
        120,
        "for what was sent to be loaded",
    )
    written = time.monotonic() - began
    over.set()
    for asker in askers:
        asker.join()
    most = max(most, resident_mb(pid))
    meanwhile = (
        f"{len(records) / sent:,.0f} changes a second, {ASKING} ask for the Overview; {work}"
    )
    return [
        Figure(
            "memory of web that loads and answers reports",
            most,
            "MB",
            meanwhile,
            f"{before:.0f} MB before",
        ),
        Figure("age of a change when screens get it, the worst seen", lag, "ms", meanwhile),
        Figure("the last change sent to all written", written - sent, "s", meanwhile),
        Figure(
            "a report with the period before over HTTP, p95",
            _p95(spent),
            "ms",
            meanwhile,
            f"{len(spent)} answers",
        ),
    ]


def changes_of_readers(count: int) -> list[tuple[int, bytes]]:
    """Return changes of people who come and read, as the pipeline concludes and writes them."""
    found: list[tuple[int, bytes]] = []
    sessions: dict[str, OpenSession] = {}
    now = time.time_ns() // 1_000_000
    for n in range(1, EACH + 1):
        for batch in batches(-(-count // EACH), 0):
            view = msgspec.structs.replace(batch.events[0], at=now, view=n)
            batch = msgspec.structs.replace(batch, events=[view], n=n)
            changes: list[Change] = []
            session = advance(sessions.get(key_of(batch)), batch, now, changes)
            if session is not None:
                sessions[key_of(batch)] = session
            partition = partition_of(batch.session_id, CHANGES.partitions)
            found += [(partition, encode(change)) for change in changes]
    return found[:count]


@contextmanager
def _desk(system: Stack) -> Iterator[hozir.Desk]:
    """Give an analyst's way in, by a token of the admin."""
    with system.client() as client:
        made = client.post("/api/v1/tokens", json={"name": "bench", "days": 1})
        made.raise_for_status()
        with hozir.connect(system.web, made.json()["data"]["token"], timeout=300) as desk:
            yield desk


def metric_of(system: Stack, name: str, client: httpx.Client | None = None) -> float:
    """Return what web's metrics tell of one name."""
    text = (client or httpx).get(f"{system.web}/metrics").text
    return next(float(line.split()[1]) for line in text.splitlines() if line.startswith(f"{name} "))


def _timed(work: Callable[[], object]) -> float:
    """Return how long it took, in milliseconds."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _p95(spent: list[float]) -> float:
    return statistics.quantiles(spent, n=20)[-1]


def _one(connection: Connection, statement: str) -> tuple[int, ...]:
    row: tuple[int, ...] | None = connection.execute(statement).fetchone()
    assert row is not None
    return row


if __name__ == "__main__":
    print(table(measure(int(sys.argv[1]))))
