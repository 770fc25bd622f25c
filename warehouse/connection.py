"""Opening the warehouse: one DuckDB file, one process that writes it, numbered migrations."""

from __future__ import annotations

import re
from importlib.resources import files
from pathlib import Path

import duckdb
import pyarrow as pa

from hozir.contract.errors import Misconfigured
from hozir.countries import countries
from warehouse.torn_tail import cut_torn_tail

Connection = duckdb.DuckDBPyConnection
"""A way into the warehouse, for one thread at a time."""

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    # Everything needed comes along; the first start must work without a network.
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}

_NAME = re.compile(r"V(\d{3})__\w+\.sql")


def open_warehouse(path: Path | None) -> Connection:
    """Open the file, or a warehouse in memory, and bring it up to date.

    Readers take `connection.cursor()` each: a cursor sees what was committed, and never waits for
    the writer. Raises Misconfigured when the file cannot be opened, as while another process
    holds it.
    """
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    connection = _connect(path)
    _migrate(connection)
    _name_countries(connection)
    return connection


def _connect(path: Path | None) -> Connection:
    where = ":memory:" if path is None else str(path)
    try:
        return duckdb.connect(where, config=_CONFIG)
    except duckdb.Error as error:
        refused = error
    if path is not None and cut_torn_tail(path, refused):
        try:
            return duckdb.connect(where, config=_CONFIG)
        except duckdb.Error as error:
            refused = error
    raise Misconfigured(f"the warehouse {path} cannot be opened: {refused}") from refused


def is_given_up(error: BaseException | None) -> bool:
    """Tell whether DuckDB has given the file up: this process cannot use it again.

    So it does when the disk is full as it tidies up (a checkpoint). What was committed is safe; to
    go on, the file must be opened by a new process.
    """
    while error is not None:
        if isinstance(error, duckdb.FatalException):
            return True
        error = error.__cause__
    return False


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


def _name_countries(connection: Connection) -> None:
    """Bring the names that reports join into line with those that come along."""
    names = sorted((code, one.en, one.uz, one.ru) for code, one in countries().items())
    if (
        connection.execute("SELECT code, en, uz, ru FROM countries ORDER BY code").fetchall()
        == names
    ):
        return
    table = pa.Table.from_pylist(
        [dict(zip(("code", "en", "uz", "ru"), n, strict=True)) for n in names]
    )
    connection.register("names", table)
    connection.begin()
    connection.execute("DELETE FROM countries")
    connection.execute("INSERT INTO countries BY NAME FROM names")
    connection.commit()
    connection.unregister("names")
