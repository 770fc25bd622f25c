"""docs/coverage.md says only what is so: every named file and test exists."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "coverage.md"
COLUMNS = ["asked", "by", "where", "test", "state"]
DOCUMENTS = ("000", "001", "002", "003", "004")
EMPTY = "–"
DECIDED = "not so, because: "
STATES = {"done", "part", "not yet"}


@dataclass(frozen=True)
class Row:
    line: int
    asked: str
    by: str
    where: str
    test: str
    state: str

    def named(self, cell: str) -> list[str]:
        """Return what stands between backticks in a cell."""
        return re.findall(r"`([^`]+)`", cell)


def read_rows() -> list[Row]:
    rows = []
    inside = False
    for number, line in enumerate(PAGE.read_text().splitlines(), 1):
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if cells == COLUMNS:
            inside = True
        elif inside and not set(line) <= set("|- "):
            assert len(cells) == len(COLUMNS), f"line {number}: {line}"
            rows.append(Row(number, *cells))
    return rows


ROWS = read_rows()


@cache
def names_in(path: str) -> frozenset[str]:
    """Return the names of a file's tests: `test_x`, or `TestY::test_x` in a class."""
    names = set()
    for node in ast.parse((ROOT / path).read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {
                f"{node.name}::{inner.name}"
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return frozenset(name for name in names if name.split("::")[-1].startswith("test_"))


def test_every_document_has_its_rows() -> None:
    assert len(ROWS) >= 350
    assert {row.by.split()[0] for row in ROWS} == set(DOCUMENTS)


def test_states_are_of_the_closed_set() -> None:
    for row in ROWS:
        reason = row.state.removeprefix(DECIDED)
        assert row.state in STATES or (reason != row.state and reason), row


def test_done_rows_name_a_place_and_a_test() -> None:
    for row in ROWS:
        if row.state == "done":
            assert row.named(row.where), row
            assert row.named(row.test), row


def test_rows_not_yet_done_name_nothing() -> None:
    for row in ROWS:
        if row.state == "not yet":
            assert (row.where, row.test) == (EMPTY, EMPTY), row


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.where != EMPTY], ids=lambda row: f"line-{row.line}"
)
def test_named_files_exist(row: Row) -> None:
    assert row.named(row.where), row
    for path in row.named(row.where):
        assert (ROOT / path).exists(), f"{path} (line {row.line})"


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.test != EMPTY], ids=lambda row: f"line-{row.line}"
)
def test_named_tests_exist(row: Row) -> None:
    assert row.named(row.test), row
    for name in row.named(row.test):
        path, _, test = name.partition("::")
        assert (ROOT / path).is_file(), f"{path} (line {row.line})"
        assert test in names_in(path), f"{name} (line {row.line})"


def test_no_row_stands_twice() -> None:
    seen: set[tuple[str, str]] = set()
    for row in ROWS:
        assert (row.asked, row.by) not in seen, row
        seen.add((row.asked, row.by))
