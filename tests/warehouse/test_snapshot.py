"""The copy of a warehouse: one moment of it, whole or not there, while others write."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from tests.factories import NOON, Visit, an_id
from warehouse import snapshot
from warehouse.connection import Connection, migrations, open_warehouse
from warehouse.daily import DAILY, write_day
from warehouse.snapshot import NotWhole, Stopped, copy_file, copy_warehouse, look
from warehouse.writer import Place, Writer

PLACE = Place("log", "changes", 0)
DAY_MS = 24 * 3_600_000


def a_visit(number: int, **more: object) -> Visit:
    visit = Visit(number, **more)  # type: ignore[arg-type]
    visit.opens()
    visit.reads("/pricing")
    visit.does("click", plan="pro")
    visit.becomes("offline", 60_000)
    visit.ends()
    return visit


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Connection]:
    with open_warehouse(tmp_path / "hozir.duckdb") as connection:
        yield connection


def test_a_copy_holds_every_row_view_and_country(warehouse: Connection, tmp_path: Path) -> None:
    Writer(warehouse).apply([c for n in (1, 2) for c in a_visit(n).changes], {PLACE: 10})
    copy = tmp_path / "copy.duckdb"
    held = copy_warehouse(warehouse, copy)
    assert held == look(copy)
    assert held.migration == migrations()[-1][0]
    views = "SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY 1"
    with duckdb.connect(str(copy), read_only=True) as read:
        for table in held.rows:
            rows = f"FROM {table} ORDER BY ALL"
            assert read.execute(rows).fetchall() == warehouse.execute(rows).fetchall()
        assert read.execute(views).fetchall() == warehouse.execute(views).fetchall()
        found = read.execute("SELECT session_id, country_name FROM visitor_sessions ORDER BY 1")
        assert found.fetchall() == [(an_id("s", n), "Uzbekistan") for n in (1, 2)]
    assert [file.name for file in tmp_path.glob("copy*")] == ["copy.duckdb"]


def test_a_copy_is_one_moment_while_the_loader_writes_and_the_file_is_put_in_order(
    warehouse: Connection, tmp_path: Path
) -> None:
    over = threading.Event()
    writer = Writer(warehouse)

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            writer.apply(a_visit(number).changes, {PLACE: number})
            time.sleep(0.01)
            if number % 25 == 0:
                warehouse.cursor().execute("CHECKPOINT")

    thread = threading.Thread(target=write)
    thread.start()
    seen = []
    try:
        for turn in range(3):
            copy = tmp_path / f"{turn}.duckdb"
            try:
                rows = copy_warehouse(warehouse, copy).rows
            except NotWhole:  # checkpoints came between each time: said, and not hidden
                continue
            with duckdb.connect(str(copy), read_only=True) as read:
                (told,) = read.execute("SELECT next_offset FROM offsets").fetchall()
            assert (rows["sessions"], rows["page_views"]) == (told[0], 2 * told[0])
            assert rows["live_sessions"] == 0
            seen.append(told[0])
    finally:
        over.set()
        thread.join()
    assert len(seen) >= 2
    assert seen == sorted(seen)


def test_a_copy_that_a_checkpoint_spoils_is_begun_again(
    warehouse: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "other.duckdb"
    with open_warehouse(source) as other:
        Writer(other).apply(a_visit(1).changes, {})
    copied = []
    copy = snapshot._copy

    def late(old: Path, new: Path) -> None:
        copy(old, new)
        copied.append(new)
        if len(copied) == 1:
            with open_warehouse(source) as other:
                Writer(other).apply(a_visit(2).changes, {})

    monkeypatch.setattr(snapshot, "_copy", late)
    assert copy_file(source, tmp_path / "copy.duckdb").rows["sessions"] == 2
    assert len(copied) == 2


def test_what_is_cut_short_or_no_warehouse_is_not_whole(
    warehouse: Connection, tmp_path: Path
) -> None:
    Writer(warehouse).apply(a_visit(1).changes, {})
    copy = tmp_path / "copy.duckdb"
    copy_warehouse(warehouse, copy)
    copy.write_bytes(copy.read_bytes()[: snapshot.HEADERS + 100])
    with pytest.raises(NotWhole):
        look(copy)
    with pytest.raises(OSError, match="nothing"):
        copy_file(tmp_path / "nothing.duckdb", tmp_path / "none.duckdb")


def test_a_copy_is_given_up_when_told_and_the_warehouse_goes_on(
    warehouse: Connection, tmp_path: Path
) -> None:
    began = time.monotonic()
    with pytest.raises(Stopped):
        copy_warehouse(warehouse, tmp_path / "copy.duckdb", lambda: False)
    assert time.monotonic() - began < 5
    usual = duckdb.connect().execute("SELECT current_setting('checkpoint_threshold')").fetchone()
    now = warehouse.execute("SELECT current_setting('checkpoint_threshold')").fetchone()
    assert now == usual


def test_another_process_still_cannot_open_the_warehouse_after_a_copy(
    warehouse: Connection, tmp_path: Path
) -> None:
    copy_warehouse(warehouse, tmp_path / "copy.duckdb")
    opening = "import duckdb, sys; duckdb.connect(sys.argv[1])"
    path = str(tmp_path / "hozir.duckdb")
    done = subprocess.run([sys.executable, "-c", opening, path], capture_output=True, text=True)
    assert "lock" in done.stderr


def test_days_are_parquet_by_site_and_day_for_any_reader(
    warehouse: Connection, tmp_path: Path
) -> None:
    visits = [
        a_visit(1),
        a_visit(2, started_at=NOON + DAY_MS),
        a_visit(3, site_key="other"),
    ]
    Writer(warehouse).apply([c for one in visits for c in one.changes], {})
    start = NOON // DAY_MS * DAY_MS
    day = date.fromtimestamp(start / 1000)
    for site in ("demo", "other"):
        for _ in range(2):  # the second time replaces the first
            write_day(warehouse, site, day, start, start + DAY_MS, tmp_path)
    found = duckdb.connect().execute(
        "SELECT site_key, day, session_id FROM read_parquet(?, hive_partitioning=true) ORDER BY 1",
        [f"{tmp_path}/sessions/**/*.parquet"],
    )
    assert found.fetchall() == [("demo", day, an_id("s", 1)), ("other", day, an_id("s", 3))]
    for what in DAILY:
        frame = pl.read_parquet(tmp_path / what, hive_partitioning=True)
        assert set(frame["site_key"]) == {"demo", "other"}
        assert set(frame["visitor_id"]) == {an_id("v", 1), an_id("v", 3)}
    assert not list(tmp_path.rglob("*.unfinished"))
