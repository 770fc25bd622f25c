"""The writer: what is written once stays the same whatever comes again."""

from __future__ import annotations

import random
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hozir.contract.change import Change
from tests.factories import Visit, a_session, an_id
from warehouse.connection import migrations, open_warehouse
from warehouse.visitors import had_visitors, live_visits, was_here
from warehouse.writer import Place, Unwritable, WarehouseUnavailable, Writer

PLACE = Place("log", "changes", 3)
TABLES = ("live_sessions", "live_page_views", "sessions", "page_views", "events", "presence")


def tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    return {
        name: sorted(connection.execute(f"FROM {name}").fetchall(), key=repr) for name in TABLES
    }


def visits() -> list[Visit]:
    stays, leaves, bounces = Visit(1), Visit(2), Visit(3)
    stays.opens()
    stays.reads("/pricing")
    stays.does("click", plan="pro")
    stays.becomes("away")
    leaves.opens()
    leaves.reads("/blog")
    leaves.becomes("leaving")
    leaves.becomes("offline", 5_000)
    leaves.ends()
    bounces.opens()
    bounces.becomes("offline", 60_000)
    bounces.ends()
    return [stays, leaves, bounces]


def in_log_order() -> list[Change]:
    return sorted(chain(*(v.changes for v in visits())), key=lambda c: (c.at, c.seq))


@pytest.fixture(scope="module")
def expected() -> dict[str, list[Any]]:
    connection = open_warehouse(None)
    Writer(connection).apply(in_log_order(), {})
    return tables(connection)


def test_rows_say_what_the_changes_said(expected: dict[str, list[Any]]) -> None:
    assert [len(expected[name]) for name in TABLES] == [1, 2, 2, 3, 1, 7]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 11), max_size=6), st.randoms(use_true_random=False))
def test_any_cut_and_replay_gives_the_same_tables(
    expected: dict[str, list[Any]], steps_back: list[int], chance: random.Random
) -> None:
    """Read on in random batches; at times fall back to an earlier place, with a new writer."""
    changes = in_log_order()
    connection = open_warehouse(None)
    writer = Writer(connection)
    at = 0
    while at < len(changes):
        upto = min(len(changes), at + chance.randint(1, 5))
        writer.apply(changes[at:upto], {PLACE: upto})
        at = upto
        if steps_back:
            at = max(0, at - steps_back.pop())
            if chance.random() < 0.5:
                writer = Writer(connection)
    assert tables(connection) == expected


def test_a_change_twice_in_one_batch_counts_once(expected: dict[str, list[Any]]) -> None:
    connection = open_warehouse(None)
    changes = in_log_order()
    Writer(connection).apply([c for change in changes for c in (change, change)], {})
    assert tables(connection) == expected


def test_a_failure_in_the_middle_writes_nothing_and_may_be_tried_again(
    expected: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = open_warehouse(None)
    writer = Writer(connection)
    changes = in_log_order()
    writer.apply(changes[:4], {PLACE: 4})
    before = tables(connection)

    def fail(*_: Any) -> None:
        raise duckdb.IOException("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(writer, "_write_offsets", fail)
        with pytest.raises(WarehouseUnavailable):
            writer.apply(changes[4:], {PLACE: len(changes)})
    assert tables(connection) == before
    assert writer.offsets("log") == {PLACE: 4}
    writer.apply(changes[4:], {PLACE: len(changes)})
    assert tables(connection) == expected


def test_what_fits_no_column_is_refused_and_nothing_is_written() -> None:
    visit = Visit(interactions=2**40)
    visit.opens()
    connection = open_warehouse(None)
    writer = Writer(connection)
    with pytest.raises(Unwritable):
        writer.apply(visit.changes, {PLACE: 1})
    assert writer.offsets("log") == {}
    Visit.opens(other := Visit(2))
    assert writer.apply(other.changes, {PLACE: 2}) == 1


def test_offsets_belong_to_one_log_and_one_partition() -> None:
    writer = Writer(open_warehouse(None))
    writer.apply([], {PLACE: 7, PLACE._replace(partition=4): 9})
    writer.apply([], {PLACE: 8})
    assert writer.offsets("log") == {PLACE: 8, PLACE._replace(partition=4): 9}
    assert writer.offsets("another log") == {}


def test_a_session_known_from_the_middle_is_adopted() -> None:
    visit = Visit()
    visit.opens()
    visit.reads("/pricing")
    connection = open_warehouse(None)
    assert Writer(connection).apply(visit.changes[1:], {}) == 1
    assert [v.session.session_id for v in live_visits(connection)] == [an_id("s", 1)]


def test_everything_is_there_after_opening_again(tmp_path: Path) -> None:
    changes = in_log_order()
    with open_warehouse(tmp_path / "deep" / "hozir.duckdb") as connection:
        Writer(connection).apply(changes, {PLACE: 12})
        before = tables(connection)
    with open_warehouse(tmp_path / "deep" / "hozir.duckdb") as connection:
        assert tables(connection) == before
        assert Writer(connection).apply(changes, {PLACE: 12}) == 0
        rows = connection.execute("SELECT number FROM schema_migrations ORDER BY 1").fetchall()
        assert [n for (n,) in rows] == [number for number, _, _ in migrations()]


def test_a_session_is_read_as_it_was_written() -> None:
    visit = Visit()
    visit.opens()
    visit.reads("/pricing")
    visit.identifies(name="Jahongir", traits={"plan": ["pro", 1]})
    connection = open_warehouse(None)
    Writer(connection).apply(visit.changes, {})
    (read,) = live_visits(connection)
    assert read.session == visit.session
    assert read.seq == 2
    assert [(p.number, p.path, p.visible) for p in read.pages] == [
        (1, "/", 10_000),
        (2, "/pricing", 0),
    ]
    assert read.page is read.pages[1]


def test_who_was_here_is_known_whether_or_not_they_have_gone() -> None:
    gone, there = Visit(1), Visit(2)
    gone.opens()
    gone.ends()
    there.opens()
    connection = open_warehouse(None)
    Writer(connection).apply([*gone.changes, *there.changes], {})
    assert was_here(connection, "demo", an_id("v", 1))
    assert was_here(connection, "demo", an_id("v", 2))
    assert not was_here(connection, "demo", an_id("v", 3))
    assert not was_here(connection, "other", an_id("v", 1))
    assert had_visitors(connection, "demo")
    assert not had_visitors(connection, "other")


def test_analysts_read_the_views_of_the_specification() -> None:
    connection = open_warehouse(None)
    Writer(connection).apply(in_log_order(), {})
    read = connection.execute(
        "SELECT session_id, is_online, current_page_url, ip_address, country_name, device_type "
        "FROM visitor_sessions ORDER BY session_id"
    ).fetchall()
    assert read[0] == (an_id("s", 1), True, "/pricing", "95.142.12.0", "Uzbekistan", "desktop")
    assert [row[1] for row in read] == [True, False, False]
    exits = connection.execute(
        "SELECT url, duration_seconds FROM visitor_page_views WHERE exited_from_page ORDER BY url"
    ).fetchall()
    assert exits == [("/", 0), ("/blog", 0)]
    assert connection.execute("SELECT name, props FROM visitor_events").fetchall() == [
        ("click", '{"plan":"pro"}')
    ]


def test_hostile_text_is_kept_as_it_came() -> None:
    text = "'); DROP TABLE sessions; -- <script>alert(1)</script> \u202e\x00 😀"
    visit = Visit(identity={"name": text})
    visit.opens()
    visit.does(text, text, key=text)
    connection = open_warehouse(None)
    Writer(connection).apply(visit.changes, {})
    (read,) = live_visits(connection)
    assert read.session.identity == {"name": text}
    assert connection.execute("SELECT name FROM events").fetchone() == (text,)
    assert a_session().identity == {}


@pytest.mark.parametrize("cut", [1, 2, 3, 4])
def test_who_is_known_as_a_bot_later_has_left_no_event_of_a_person(cut: int) -> None:
    visit, person = Visit(1), Visit(2)
    visit.opens()
    visit.does("click")
    dimensions = msgspec.structs.replace(visit.session.dimensions, bot="crawler")
    known = visit.does("click")
    known.session = msgspec.structs.replace(known.session, dimensions=dimensions)
    person.opens()
    person.does("click")
    changes = [*visit.changes, *person.changes]
    connection = open_warehouse(None)
    writer = Writer(connection)
    writer.apply(changes[:cut], {})
    writer.apply(changes[cut:], {})
    rows = connection.execute("SELECT session_id, bot FROM events ORDER BY 1").fetchall()
    assert rows == [(an_id("s", 1), True), (an_id("s", 1), True), (an_id("s", 2), False)]
