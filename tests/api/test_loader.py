"""The loader: nothing missing, nothing twice, whatever ends or stumbles."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import pytest

from api.loader import Loader
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.change import Change
from hozir.contract.codec import decode_dead_letter
from hozir.contract.errors import LogUnavailable
from hozir.contract.topics import CHANGES, DEAD_LETTERS
from tests.api.conftest import eventually, tell
from tests.factories import Visit
from warehouse.connection import Connection, open_warehouse
from warehouse.writer import Place, WarehouseUnavailable, Writer


def some_changes(first: int, count: int) -> list[Change]:
    visits = [Visit(n) for n in range(first, first + count)]
    for visit in visits:
        visit.opens()
        visit.reads("/pricing")
        visit.becomes("offline")
        visit.ends()
    return list(chain.from_iterable(zip(*(visit.changes for visit in visits), strict=True)))


def count(connection: Connection, table: str) -> int:
    row = connection.cursor().execute(f"SELECT count(*) FROM {table}").fetchone()
    assert row is not None
    return int(row[0])


def test_changes_are_delivered_and_written(log: EmbeddedLog) -> None:
    delivered: list[Change] = []
    connection = open_warehouse(None)
    loader = Loader(log, Writer(connection), delivered.extend)
    loader.start()
    tell(log, *some_changes(0, 20))
    eventually(lambda: loader.applied == 80)
    loader.stop()
    assert len(delivered) == 80
    assert (count(connection, "sessions"), count(connection, "page_views")) == (20, 40)


def test_stopping_writes_what_was_read_and_another_goes_on_from_there(
    log: EmbeddedLog, tmp_path: Path
) -> None:
    changes = some_changes(0, 30)
    for part in (changes[:50], changes[50:]):
        tell(log, *part)
        delivered: list[Change] = []
        with open_warehouse(tmp_path / "hozir.duckdb") as connection:
            loader = Loader(log, Writer(connection), delivered.extend)
            loader.start()
            eventually(lambda d=delivered, p=part: len(d) == len(p))  # type: ignore[misc]
            loader.stop()
            assert loader.applied == len(part)
    with open_warehouse(tmp_path / "hozir.duckdb") as connection:
        assert (count(connection, "sessions"), count(connection, "live_sessions")) == (30, 0)


def test_a_loader_that_never_wrote_is_replaced_by_one_that_reads_again(log: EmbeddedLog) -> None:
    """As after a kill: what was read and not written is read again."""
    tell(log, *some_changes(0, 10))
    connection = open_warehouse(None)
    writer = Writer(connection)
    place = Place(log.identity, CHANGES.name, 0)
    killed = Loader(log, writer)
    killed.find_place()
    assert killed.read_round() == 40
    again = Loader(log, Writer(connection))
    again.start()
    eventually(lambda: again.applied == 40)
    again.stop()
    assert writer.offsets(log.identity)[place] == log.head(CHANGES, 0)


def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on(log: EmbeddedLog) -> None:
    good = some_changes(0, 1)
    for value in (b"{", b"", b'{"kind":"opened"}', b"\xff\xfe"):
        log.append(CHANGES, [(3, value)])
    too_large = Visit(7, interactions=2**40)
    tell(log, too_large.opens(), *good)
    connection = open_warehouse(None)
    loader = Loader(log, Writer(connection))
    loader.start()
    eventually(lambda: loader.applied == 4 and loader.unreadable == 5)
    loader.stop()
    letters = [decode_dead_letter(r.value) for r in log.read(DEAD_LETTERS, 0, 0, 10)]
    assert [letter.value for letter in letters if letter.partition == 3][:2] == [b"{", b""]
    assert count(connection, "sessions") == 1


def test_a_log_and_a_disk_that_are_away_for_a_while_cost_nothing(
    log: EmbeddedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.loader.FIRST_WAIT", 0.01)
    tell(log, *some_changes(0, 5))
    connection = open_warehouse(None)
    writer = Writer(connection)
    read, transact = log.read, writer._transact
    failures = [3, 3]

    def flaky_read(*arguments):  # type: ignore[no-untyped-def]
        if failures[0]:
            failures[0] -= 1
            raise LogUnavailable("away")
        return read(*arguments)

    def flaky_transact(*arguments):  # type: ignore[no-untyped-def]
        if failures[1]:
            failures[1] -= 1
            raise WarehouseUnavailable("disk full")
        return transact(*arguments)

    monkeypatch.setattr(log, "read", flaky_read)
    monkeypatch.setattr(writer, "_transact", flaky_transact)
    loader = Loader(log, writer)
    loader.start()
    eventually(lambda: loader.applied == 20)
    loader.stop()
    assert failures == [0, 0]
    assert count(connection, "sessions") == 5


def test_the_log_learns_what_is_needed_no_more(log: EmbeddedLog) -> None:
    committed: dict[int, int] = {}
    tell(log, *some_changes(0, 3))
    loader = Loader(log, Writer(open_warehouse(None)))
    log.commit = lambda topic, partition, reader, offset: committed.update({partition: offset})  # type: ignore[method-assign]
    loader.start()
    eventually(lambda: loader.applied == 12)
    loader.stop()
    assert sum(committed.values()) == 12
