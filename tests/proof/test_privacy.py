"""What visitors type, and where they are, reaches no disk."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from proof.disk_search import Search, forms
from proof.privacy import live_and_search

MARK = "ab12cd34ef56@marked.example"


@pytest.mark.parametrize("form", sorted(forms(MARK)))
def test_every_form_of_a_word_is_found_in_bytes(tmp_path: Path, form: bytes) -> None:
    (tmp_path / "file").write_bytes(b"before " + form + b" after")
    search = Search([MARK])
    search.folder(tmp_path)
    assert MARK in search.found.where


def test_a_word_spelled_in_numbers_is_found_in_what_a_table_decodes_to(tmp_path: Path) -> None:
    spelled = b'{"a": "\\u0061b12cd34ef56@marked.example"}'
    with closing(sqlite3.connect(tmp_path / "some.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE log (value BLOB)")
        connection.execute("INSERT INTO log VALUES (?)", (spelled,))
    search = Search([MARK])
    search.folder(tmp_path)
    assert search.found.where == {}
    search.decoded(tmp_path)
    assert search.found.where == {MARK: {"table log of some.db"}}


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_address_or_typed_word_is_on_disk_after_a_day_in_small() -> None:
    assert [one for one in live_and_search(20) if one.verdict != "ok"] == []
