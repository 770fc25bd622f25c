"""Opening the warehouse: one DuckDB file, one process that writes it, numbered migrations."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import duckdb

Connection = duckdb.DuckDBPyConnection
"""A way into the warehouse, for one thread at a time."""

_NAME = re.compile(r"V(\d{3})__\w+\.sql")


def open_warehouse(path: Path | None) -> Connection:
    """Open the file, or a warehouse in memory, and bring it up to date.

    Readers take `connection.cursor()` each: a cursor sees what was committed, and never waits for
    the writer. Raises duckdb.IOException when another process holds the file.
    """
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(
        ":memory:" if path is None else str(path),
        config={
            # Everything needed comes along; the first start must work without a network.
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "preserve_insertion_order": "false",
        },
    )
    _migrate(connection)
    return connection


def migrations() -> list[tuple[int, str, str]]:
    """Return `(number, name, sql)` of every migration, in order."""
    folder = files("warehouse") / "migrations"
    found = []
    for entry in folder.iterdir():
        if match := _NAME.fullmatch(entry.name):
            found.append((int(match[1]), entry.name, entry.read_text()))
    return sorted(found)


def _migrate(connection: Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS schema_migrations "
        "(number INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL)"
    )
    done = {n for (n,) in connection.execute("SELECT number FROM schema_migrations").fetchall()}
    for number, name, sql in migrations():
        if number in done:
            continue
        connection.begin()
        try:
            connection.execute(sql)
            connection.execute(
                "INSERT INTO schema_migrations "
                "SELECT ?, ?, epoch_ms(CAST(epoch_ms(now()) AS BIGINT))",
                [number, name],
            )
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
