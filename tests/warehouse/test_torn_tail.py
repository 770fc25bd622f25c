"""A write-ahead file whose end never came to the disk, opened by the true DuckDB."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from hozir.contract.errors import Misconfigured
from tests.factories import an_id
from warehouse.connection import open_warehouse
from warehouse.torn_tail import is_last_transaction
from warehouse.writer import Place, Writer

PLACE = Place("log", "changes", 0)
VISITS = 5
ROOT = Path(__file__).parents[2]
WRITES_AND_IS_KILLED = f"""
import os, pathlib, signal, sys
from tests.factories import Visit
from warehouse.connection import open_warehouse
from warehouse.writer import Place, Writer
writer = Writer(open_warehouse(pathlib.Path(sys.argv[1]) / "hozir.duckdb"))
for number in range(1, {VISITS} + 1):
    writer.apply([Visit(number).opens()], {{Place("log", "changes", 0): number}})
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture(scope="module")
def cut_off(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as a process leaves it that was killed after its last transaction."""
    folder = tmp_path_factory.mktemp("cut_off")
    ended = subprocess.run([sys.executable, "-c", WRITES_AND_IS_KILLED, str(folder)], cwd=ROOT)
    assert ended.returncode == -signal.SIGKILL
    return folder


@pytest.fixture
def database(cut_off: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(cut_off, tmp_path / "copy")) / "hozir.duckdb"


def spoil(database: Path, change: Callable[[bytes], bytes]) -> Path:
    tail = database.with_name("hozir.duckdb.wal")
    tail.write_bytes(change(tail.read_bytes()))
    return tail


def reopened(database: Path) -> tuple[list[str], int]:
    """Return the sessions that are there, and how far the log was read."""
    with open_warehouse(database) as connection:
        rows = connection.execute("SELECT session_id FROM visitor_sessions ORDER BY 1").fetchall()
        return [session_id for (session_id,) in rows], Writer(connection).offsets("log")[PLACE]


def sessions(most: int) -> list[str]:
    return sorted(an_id("s", number) for number in range(1, most + 1))


@pytest.mark.parametrize("unwritten", [1, 20, 21, 22, 37, 100, 300])
def test_zeros_at_the_end_cost_the_last_transaction_with_its_place_in_the_log(
    database: Path, unwritten: int
) -> None:
    whole = database.with_name("hozir.duckdb.wal").read_bytes()
    tail = spoil(database, lambda held: held[:-unwritten] + bytes(unwritten))
    assert reopened(database) == (sessions(VISITS - 1), VISITS - 1)
    kept = tail.with_name("hozir.duckdb.wal.damaged")
    assert not kept.exists() or kept.read_bytes() == whole[:-unwritten] + bytes(unwritten)
    assert reopened(database) == (sessions(VISITS - 1), VISITS - 1), "and stays so"


def test_a_page_of_zeros_before_the_end_costs_no_more(database: Path) -> None:
    spoil(database, lambda held: held[:-150] + bytes(60) + held[-90:])
    assert reopened(database) == (sessions(VISITS - 1), VISITS - 1)


def test_what_is_whole_is_left_as_it_is(database: Path) -> None:
    assert reopened(database) == (sessions(VISITS), VISITS)
    assert not database.with_name("hozir.duckdb.wal.damaged").exists()


def test_damage_before_the_last_transaction_is_left_to_a_person(database: Path) -> None:
    def in_the_middle(held: bytes) -> bytes:
        begin = held.index(an_id("s", VISITS - 2).encode())
        return held[:begin] + bytes(8) + held[begin + 8 :]

    tail = spoil(database, in_the_middle)
    held = tail.read_bytes()
    with pytest.raises(Misconfigured, match="cannot be opened"):
        open_warehouse(database)
    assert tail.read_bytes() == held


def test_a_file_that_another_process_holds_is_not_touched(database: Path) -> None:
    tail = spoil(database, lambda held: held[:-100] + bytes(100))
    held = tail.read_bytes()
    with pytest.raises(Misconfigured):
        open_warehouse(database.parent)
    assert tail.read_bytes() == held


def test_no_bytes_are_two_transactions_and_one() -> None:
    entry = (5).to_bytes(8, "little") + bytes(8) + b"\x64\x00\x64\xff\xff"
    assert is_last_transaction(entry)
    assert is_last_transaction(entry + bytes(4096))
    assert not is_last_transaction(entry + entry)
    assert not is_last_transaction(bytes(30) + entry)
