"""One read-only statement over the sites that somebody may see.

Three things keep it there, each alone. The statement's own tree is looked through, and whatever is
not known to be harmless is refused (`warehouse/sql_gate.py`). It runs on a cursor whose names lead
to views of these sites alone. And what is asked of a table is cut to these sites where the table is
read, before anything else of the statement is worked out, so that no error tells of others.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import duckdb
import pyarrow as pa

from warehouse.connection import Connection
from warehouse.sql_gate import Refused, checked
from warehouse.sql_spans import as_lengths, with_lengths

Kind = Literal["refused", "failed", "interrupted", "memory", "too_many"]

HELPERS_NICE = 10
_VIEW = re.compile(r"\s*CREATE\s+VIEW\s+", re.IGNORECASE)


class SqlError(Exception):
    """There are no rows, or no more. The message is one line for who wrote the statement."""

    def __init__(self, kind: Kind, message: str) -> None:
        super().__init__(message)
        self.kind: Kind = kind


@dataclass(frozen=True)
class Found:
    """What a statement returns, being read."""

    columns: list[dict[str, str]]
    """Name and type of each."""
    schema: pa.Schema
    _reader: pa.RecordBatchReader

    def batches(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows. Raises SqlError."""
        with _told():
            for batch in self._reader:
                columns = [with_lengths(column) for column in batch.columns]
                yield pa.RecordBatch.from_arrays(columns, schema=self.schema)

    def close(self) -> None:
        """Leave the rest unread."""
        self._reader.close()


class Desk:
    """A cursor that sees the analysts' views of some sites and nothing else.

    For one statement at a time. Making one takes as long as a small statement: keep it.
    """

    def __init__(
        self, connection: Connection, site_keys: tuple[str, ...], *, sees_all: bool
    ) -> None:
        self._cursor = connection.cursor()
        self._closing = threading.Lock()
        self._closed = False
        self._narrow(site_keys, sees_all)

    def read(self, text: str, params: list[Any] | dict[str, Any] | None, rows: int) -> Found:
        """Run a statement. Its rows come so many at a time. Raises SqlError."""
        with _told():
            try:
                statement = checked(self._cursor, text)
            except Refused as error:
                raise SqlError("refused", str(error)) from error
            relation = self._cursor.sql(statement, params=params)
            names = _unlike(relation.columns)
            columns = [
                {"name": name, "type": str(kind)}
                for name, kind in zip(names, relation.types, strict=True)
            ]
            reader = relation.to_arrow_reader(rows)
            schema = as_lengths(reader.schema)
            fields = [f.with_name(n) for f, n in zip(schema, names, strict=True)]
            return Found(columns, pa.schema(fields), reader)

    def interrupt(self) -> None:
        """End what runs, from another thread."""
        with self._closing:
            if not self._closed:
                self._cursor.interrupt()

    def close(self) -> None:
        """Let go of the cursor."""
        with self._closing:
            self._closed = True
            self._cursor.close()

    def _narrow(self, site_keys: tuple[str, ...], sees_all: bool) -> None:
        """Lay views of these sites over all tables, and the analysts' own views over those."""
        database, tables, views = _catalog(self._cursor)
        for table in tables:
            rows = _rows_of(f"{database}.main.{_quoted(table)}", site_keys, sees_all)
            self._cursor.execute(f"CREATE TEMP VIEW {_quoted(table)} AS {rows}")
        for sql in views:
            self._cursor.execute(_VIEW.sub("CREATE TEMP VIEW ", sql, count=1))


def bound_memory(connection: Connection, most: int) -> None:
    """Let the warehouse use so many bytes of memory, and twice as many of the disk.

    0 is half of the machine's memory.
    """
    cursor = connection.cursor()
    limit = f"{most}B" if most else "50%"
    cursor.execute(f"SET GLOBAL memory_limit = '{limit}'").fetchall()
    if most:
        cursor.execute(f"SET GLOBAL max_temp_directory_size = '{2 * most}B'").fetchall()
    cursor.close()


def lower_helpers(connection: Connection) -> None:
    """Give the threads that help with large statements what live work leaves of the processor.

    Whoever asks works too, as before: what is small, as the loader's, needs no help.
    """

    def launch() -> None:
        # A thread inherits its priority; DuckDB starts its own anew when their number changes.
        with contextlib.suppress(AttributeError, OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), HELPERS_NICE)
        cursor = connection.cursor()
        [(threads,)] = cursor.execute("SELECT current_setting('threads')").fetchall()
        for number in (1, threads):
            cursor.execute(f"SET GLOBAL threads = {number}").fetchall()
        cursor.close()

    launcher = threading.Thread(target=launch)
    launcher.start()
    launcher.join()


def _catalog(cursor: Connection) -> tuple[str, list[str], list[str]]:
    """Return the database's name, its tables that know sites, and how its views were made."""
    ((name,),) = cursor.execute("SELECT current_database()").fetchall()
    database = _quoted(str(name))
    tables = cursor.execute(
        "SELECT table_name FROM duckdb_columns() WHERE column_name = 'site_key' "
        "AND schema_name = 'main' AND database_name = current_database() AND table_name IN "
        "(SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main') ORDER BY 1"
    ).fetchall()
    views = cursor.execute(
        "SELECT sql FROM duckdb_views() WHERE NOT internal AND schema_name = 'main' "
        "AND database_name = current_database() ORDER BY view_oid"
    ).fetchall()
    return database, [name for (name,) in tables], [sql for (sql,) in views]


def _rows_of(table: str, site_keys: tuple[str, ...], sees_all: bool) -> str:
    if not site_keys:
        return f"SELECT * FROM {table} WHERE false"
    if sees_all:
        keys = ", ".join(map(_literal, site_keys))
        return f"SELECT * FROM {table} WHERE site_key IN ({keys})"
    # Compared with one constant, and told as one, it is always cut where the table is read.
    return " UNION ALL ".join(
        f"SELECT * REPLACE ({_literal(key)} AS site_key) FROM {table} "
        f"WHERE site_key = {_literal(key)}"
        for key in site_keys
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _unlike(names: list[str]) -> list[str]:
    """Return names of which no two are the same: Arrow allows it, data frames do not."""
    found: list[str] = []
    taken = set(names)
    for place, name in enumerate(names):
        new, number = name, 1
        while new in names[:place] or new in found or (new != name and new in taken):
            new, number = f"{name}_{number}", number + 1
        found.append(new)
    return found


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Raise what the database raises as SqlError."""
    try:
        yield
    except duckdb.InterruptException as error:
        raise SqlError("interrupted", "") from error
    except duckdb.OutOfMemoryException as error:
        raise SqlError("memory", "") from error
    except duckdb.Error as error:
        raise SqlError("failed", str(error)) from error
    except pa.ArrowException as error:
        raise SqlError(
            "interrupted" if "INTERRUPT" in str(error) else "failed", str(error)
        ) from error
