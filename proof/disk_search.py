"""Looks for words in all of a folder: in its bytes, and in what compressed files decode to."""

from __future__ import annotations

import base64
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow.parquet

SQLITE = b"SQLite format 3\0"
DUCKDB = b"DUCK"
"""At byte 8 of a file."""
HEAD = 8
"""Bytes of a word that are looked for first; no word is shorter."""
AT_ONCE = 4_000_000
PARQUET = b"PAR1"


@dataclass
class Found:
    """What was looked through, and what was found where."""

    files: int = 0
    bytes: int = 0
    tables: int = 0
    cells: int = 0
    """Values of tables, decoded."""
    decoded_bytes: int = 0
    where: dict[str, set[str]] = field(default_factory=dict)
    """Each word that is there, and the places."""

    def note(self, word: str, place: str) -> None:
        """Keep that a word is there."""
        self.where.setdefault(word, set()).add(place)


class Search:
    """Words to look for, each in the forms in which a file may hold it."""

    def __init__(self, words: Iterable[str]) -> None:
        self._by_head: dict[int, list[tuple[bytes, str]]] = {}
        for word in words:
            for form in {one.lower() for one in forms(word)}:
                self._by_head.setdefault(_head(form), []).append((form, word))
        self._heads = np.array(sorted(self._by_head), dtype=np.uint64)
        self.found = Found()

    def folder(self, folder: Path) -> None:
        """Look through every file of a folder, while others may write there."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.file(path)

    def file(self, path: Path) -> None:
        """Look through the bytes of a file; free pages and what was rolled back are among them."""
        self.found.files += 1
        content = path.read_bytes()
        self.content(content, f"bytes of {path.name}")

    def content(self, content: bytes, place: str) -> None:
        """Look through bytes."""
        self.found.bytes += len(content)
        self._look(content, place)

    def _look(self, content: bytes, place: str) -> None:
        """Find by their first eight bytes at every offset: a thousand words cost what one does."""
        lowered = content.lower()
        if len(lowered) < HEAD:
            return
        every = np.lib.stride_tricks.sliding_window_view(np.frombuffer(lowered, np.uint8), HEAD)
        for begin in range(0, len(every), AT_ONCE):
            heads = np.ascontiguousarray(every[begin : begin + AT_ONCE]).view(np.uint64).ravel()
            for offset in np.flatnonzero(np.isin(heads, self._heads)):
                for form, word in self._by_head[int(heads[offset])]:
                    if lowered.startswith(form, begin + int(offset)):
                        self.found.note(word, place)

    def decoded(self, folder: Path) -> None:
        """Look through every table of a folder, when nobody has it open any more."""
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            with path.open("rb") as file:
                begins = file.read(16)
            if begins == SQLITE:
                self._tables(path, _sqlite_tables(path))
            elif begins[8:12] == DUCKDB:
                self._tables(path, _duckdb_tables(path))
            elif begins.startswith(PARQUET):
                rows = pyarrow.parquet.read_table(path, partitioning=None).to_pylist()
                self._tables(path, [("rows", [tuple(row.values()) for row in rows])])

    def _tables(self, path: Path, tables: Iterable[tuple[str, list[tuple[Any, ...]]]]) -> None:
        for name, rows in tables:
            self.found.tables += 1
            text = bytearray()
            for row in rows:
                for value in row:
                    text += self._cell(value) + b"\0"
            self.found.decoded_bytes += len(text)
            self._look(bytes(text), f"table {name} of {path.name}")

    def _cell(self, value: Any) -> bytes:
        self.found.cells += 1
        text = value if isinstance(value, bytes) else str(value).encode(errors="replace")
        if isinstance(value, bytes | str) and text[:1] in (b"{", b"["):
            # In JSON any letter may be written by its number.
            return text + b"\n" + _plain_json(text)
        return text


def _head(form: bytes) -> int:
    return int(np.frombuffer(form[:HEAD], np.uint64)[0])


def forms(word: str) -> set[bytes]:
    """Return the byte strings by which a file may hold a word, small letters among them."""
    plain = word.encode()
    escaped = word.replace("@", "\\u0040").encode()
    aligned = {
        base64.b64encode(b"x" * lead + plain)[skip:].rstrip(b"=")[:-1]
        for lead, skip in ((0, 0), (1, 2), (2, 3))
    }
    return {
        *(plain, plain.lower(), escaped),
        *(word.encode("utf-16-le"), word.encode("utf-16-be")),
        *(quote(word, safe="").encode(), quote(word, safe="").lower().encode()),
        plain.hex().encode(),
        plain[::-1],
        *aligned,
    }


def _plain_json(text: bytes) -> bytes:
    try:
        return json.dumps(json.loads(text), ensure_ascii=False).encode(errors="replace")
    except ValueError:
        return b""


def _sqlite_tables(path: Path) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    with closing(sqlite3.connect(path)) as connection:
        connection.text_factory = lambda raw: raw.decode(errors="replace")
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            yield name, connection.execute(f'SELECT * FROM "{name}"').fetchall()


def _duckdb_tables(path: Path) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.execute(
            "SELECT schema_name, table_name FROM duckdb_tables() WHERE NOT internal"
        ).fetchall()
        for schema, name in names:
            yield name, connection.execute(f'FROM "{schema}"."{name}"').fetchall()
