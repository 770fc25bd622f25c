"""What reports count by stays right: in older files, when visitors are forgotten, in any order."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

import warehouse.connection
from tests.factories import an_id
from tests.warehouse.history import DAY, HOUR, Read, Told, in_order
from warehouse.connection import Connection, migrations, open_warehouse
from warehouse.reports import REPORTS, Asked, fetch, query, stream
from warehouse.retention import erase_visitor, forget_older
from warehouse.writer import Writer

START = 1_790_000_000_000 // DAY * DAY


def visits(seed: int, count: int = 60) -> list[Told]:
    chance = random.Random(seed)
    return [
        Told(
            number,
            chance.randrange(9),
            START + chance.randrange(6 * 24) * HOUR,
            [Read(chance.choice("/abc"), n * 60_000) for n in range(chance.randint(1, 4))],
            chance.randrange(4, 90) * 60_000,
            ended=chance.random() < 0.8,
            bot="crawler" if chance.random() < 0.1 else "",
            source=chance.choice(["Google", "Telegram"]),
            country=chance.choice(["UZ", ""]),
        )
        for number in range(count)
    ]


CHAINED = ("overview", "visitors", "pages", "sources", "countries", "devices", "sites")


def numbers(connection: Connection, first_day: int) -> list[Any]:
    """All that is counted by the row before."""
    asked = Asked(("demo",), START + first_day * DAY, START + 6 * DAY)
    return [fetch(connection, query(name, asked, granularity="day")) for name in CHAINED]


def columns(connection: Connection) -> list[Any]:
    """What the rows of a warehouse know of those before them, and whose they are."""
    return [
        connection.execute(statement).fetchall()
        for statement in (
            "SELECT session_id, session, visitor, first_at, previous_at, previous_source_at, "
            "previous_country_at, previous_device_at, entry_path FROM all_sessions ORDER BY 1",
            "SELECT session_id, number, session, visitor, before_at, bot "
            "FROM all_page_views ORDER BY 1, 2",
            "SELECT session_id, name, session, visitor, bot FROM events ORDER BY 1, happened_at",
        )
    ]


def written(told: list[Told], batch: int = 10_000) -> Connection:
    connection = open_warehouse(None)
    writer = Writer(connection)
    changes = in_order(told)
    for at in range(0, len(changes), batch):
        writer.apply(changes[at : at + batch], {})
    return connection


@pytest.mark.parametrize("seed", range(2))
def test_rows_know_the_same_in_whatever_order_they_come(seed: int) -> None:
    told = visits(seed)
    expected = columns(written(told))
    chance = random.Random(seed)
    connection = open_warehouse(None)
    writer = Writer(connection)
    parts = [in_order(told[part::3]) for part in range(3)]
    while any(parts):
        part = chance.choice([part for part in parts if part])
        cut = chance.randint(1, 60)
        writer.apply(part[:cut], {})
        del part[:cut]
    assert columns(connection) == expected


@pytest.mark.parametrize(("first", "end"), [(0, 6), (1, 3), (4, 5)])
def test_visitors_counted_by_the_row_before_are_those_of_a_set(first: int, end: int) -> None:
    connection = written(visits(7))
    asked = Asked(("demo",), START + first * DAY, START + end * DAY)
    # Under a filter, even one that leaves everybody, visitors are counted by a set.
    by_set = Asked(asked.site_keys, asked.start_ms, asked.end_ms, filters={"entry_page": "*"})
    for report in CHAINED:
        assert fetch(connection, query(report, asked, granularity="day")) == fetch(
            connection, query(report, by_set, granularity="day")
        )


def test_an_older_file_is_brought_to_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = written(visits(3))
    path = tmp_path / "old.duckdb"
    with monkeypatch.context() as patch:
        older = [one for one in migrations() if one[0] < 5]
        patch.setattr(warehouse.connection, "migrations", lambda: older)
        old = open_warehouse(path)
    for name in ("live_sessions", "sessions", "live_page_views", "page_views", "events"):
        known = {row[0] for row in old.execute(f"DESCRIBE {name}").fetchall()}
        table = new.sql(f"FROM {name}").to_arrow_table()
        old.register("rows", table.select([one for one in table.column_names if one in known]))
        old.execute(f"INSERT INTO {name} BY NAME FROM rows")
    old.close()
    with open_warehouse(path) as upgraded:
        assert columns(upgraded) == columns(new)
        flags = "SELECT session_id, with_past FROM live_sessions ORDER BY 1"
        assert upgraded.execute(flags).fetchall() == new.execute(flags).fetchall()


def test_what_was_forgotten_for_its_age_still_makes_nobody_new() -> None:
    connection = written([told for told in visits(5) if told.ended])
    before = numbers(connection, 3)
    assert forget_older(connection, "demo", START + 2 * DAY)
    assert numbers(connection, 3) == before


def test_a_visitor_who_was_erased_and_comes_back_is_new() -> None:
    told = visits(6, 200)
    until = START + 3 * DAY
    connection = written(told)
    assert erase_visitor(connection, "demo", an_id("v", 4), until)
    left = [one for one in told if one.visitor != 4 or one.start > until]
    assert columns(connection) == columns(written(left))


def test_counts_are_whole_numbers_in_every_format() -> None:
    connection = written(visits(2))
    asked = Asked(("demo",), START, START + 6 * DAY)
    for name, report in REPORTS.items():
        one = query(name, asked)
        schema = stream(connection, one).schema
        for column in one.columns:
            if column.unit == "count":
                kind = schema.field(column.name).type
                assert pa.types.is_integer(kind), (report.name, column.name, kind)


def test_a_report_may_be_asked_for_some_of_its_numbers() -> None:
    connection = written(visits(2))
    asked = Asked(("demo",), START, START + 6 * DAY)
    for name, report in REPORTS.items():
        few = fetch(connection, query(name, asked, metrics=report.metrics[-1:]))
        all_of_them = fetch(connection, query(name, asked))
        kept = (*report.dimensions, report.metrics[-1])
        assert sorted(map(repr, few)) == sorted(
            repr({name: row[name] for name in kept}) for row in all_of_them
        )
    with pytest.raises(KeyError):
        query("pages", asked, metrics=["nothing"])


def test_a_stream_outlives_the_question(tmp_path: Path) -> None:
    connection = open_warehouse(tmp_path / "some.duckdb")
    Writer(connection).apply(in_order(visits(1)), {})
    reader = stream(connection, query("pages", Asked(("demo",), START, START + DAY)))
    assert isinstance(connection, duckdb.DuckDBPyConnection)
    assert reader.read_next_batch().num_rows
