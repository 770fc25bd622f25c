"""A copy of the warehouse's file, made while others write to it, without holding anybody up.

DuckDB never writes over a block that its last checkpoint speaks of; what was committed since is in
the file beside it, which only grows. So what stands there before the file is copied, and the file,
are together one moment of the warehouse, if no checkpoint came between. A checkpoint is put off
while the copy is made; that none came is seen by the file's headers, and else it is begun again.

A process of its own copies: here, to close the file would give up the lock that DuckDB holds on it.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

from hozir.contract.errors import HozirError

if TYPE_CHECKING:  # whoever only copies needs none of the rest
    from warehouse.connection import Connection

TRIES = 5
HEADERS = 3 * 4096
"""Bytes at the beginning of the file that change with every checkpoint."""
AT_ONCE = 8 * 2**20
BEHIND = 64 * 2**20
"""Bytes that may wait for the disk: more of them would hold up whoever writes to it."""
LOOK_SECONDS = 0.05
_NEVER = "1 TiB"


class NotWhole(HozirError):
    """A file is no whole warehouse."""


class Stopped(HozirError):
    """The copy was given up."""


class Held(NamedTuple):
    """What a warehouse says of itself."""

    migration: int
    """Number of the newest one that it has."""
    rows: dict[str, int]
    """By table."""


def copy_warehouse(
    connection: Connection, path: Path, go_on: Callable[[], bool] = lambda: True
) -> Held:
    """Write all that is committed into a new file, and tell what it holds.

    The file is whole when this returns, and not before. Raises NotWhole, and Stopped soon after
    `go_on()` is false.
    """
    cursor = connection.cursor()
    source = _one(
        cursor, "SELECT path FROM duckdb_databases() WHERE database_name = current_database()"
    )
    if source is None:  # it is in memory
        _copy_rows(cursor, path)
        return look(path)
    usual = _one(cursor, "SELECT current_setting('checkpoint_threshold')")
    cursor.execute(f"SET GLOBAL checkpoint_threshold = {_text(_NEVER)}")
    try:
        return _copy_apart(source, path, go_on)
    finally:
        cursor.execute(f"SET GLOBAL checkpoint_threshold = {_text(usual)}")


def copy_file(source: Path, path: Path) -> Held:
    """Do the same with a file that this process has not open. Raises NotWhole, OSError."""
    for _ in range(TRIES):
        if _copy_as_it_stands(source, path):
            break
    else:
        raise NotWhole(f"{source} did not hold still: {TRIES} checkpoints came between")
    try:
        # What stands beside the file becomes a part of it when it is closed.
        duckdb.connect(str(path)).close()
    except duckdb.Error as error:
        raise NotWhole(f"{path} cannot be read: {error}") from error
    if _beside(path).exists():
        raise NotWhole(f"{path} was not written in one piece")
    _to_disk(path)
    return look(path)


def look(path: Path) -> Held:
    """Return what a closed warehouse holds. Raises NotWhole."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            tables = connection.execute(
                "SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main' ORDER BY 1"
            ).fetchall()
            rows = {name: _one(connection, f'SELECT count(*) FROM "{name}"') for (name,) in tables}
            return Held(_one(connection, "SELECT max(number) FROM schema_migrations"), rows)
    except duckdb.Error as error:
        raise NotWhole(f"{path} cannot be read: {error}") from error


def offsets_of(path: Path, log: str) -> list[tuple[str, int, int]]:
    """Return topic, partition and offset where a closed warehouse would go on reading a log."""
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(
            'SELECT topic, "partition", next_offset FROM offsets WHERE log = ?', [log]
        ).fetchall()


def size_of(connection: Connection) -> int:
    """Return how many bytes the warehouse takes."""
    return int(
        _one(
            connection.cursor(),
            "SELECT block_size * total_blocks FROM pragma_database_size() "
            "WHERE database_name = current_database()",
        )
    )


def _copy_apart(source: str, path: Path, go_on: Callable[[], bool]) -> Held:
    with subprocess.Popen(
        [sys.executable, "-m", "warehouse.snapshot", source, str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        while child.poll() is None:
            if not go_on():
                child.terminate()
                child.wait()
                raise Stopped(f"{path} was given up")
            time.sleep(LOOK_SECONDS)
        out, err = child.communicate()
    if child.returncode != 0:
        raise NotWhole(err.strip().rpartition("\n")[2] or f"copying ended with {child.returncode}")
    migration, rows = json.loads(out)
    return Held(migration, rows)


def _copy_as_it_stands(source: Path, path: Path) -> bool:
    """Copy a file and what stands beside it; False if a checkpoint came between."""
    headers = _headers(source)
    beside = _beside(path)
    beside.unlink(missing_ok=True)
    with contextlib.suppress(FileNotFoundError):  # then all is in the file
        _copy(_beside(source), beside)
    _copy(source, path)
    return headers == _headers(source) == _headers(path)


def _copy(source: Path, path: Path) -> None:
    parent = os.getppid()
    with source.open("rb", buffering=0) as old, path.open("wb", buffering=0) as new:
        left = os.fstat(old.fileno()).st_size
        behind = 0
        while left > 0 and (piece := old.read(min(left, AT_ONCE))):
            new.write(piece)
            left -= len(piece)
            behind += len(piece)
            if behind >= BEHIND:
                os.fdatasync(new.fileno())
                behind = 0
            if os.getppid() != parent:
                sys.exit("nobody waits for the copy any more")


def _headers(path: Path) -> bytes:
    with path.open("rb", buffering=0) as file:
        return file.read(HEADERS)


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.wal")


def _to_disk(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _copy_rows(cursor: Connection, path: Path) -> None:
    """Copy a warehouse that has no file, for tests and trials."""
    source = _one(cursor, "SELECT current_database()")
    cursor.execute(f"ATTACH {_text(str(path))} AS copied")
    try:
        cursor.execute(f"COPY FROM DATABASE {source} TO copied")
    finally:
        cursor.execute("DETACH copied")


def _one(cursor: Connection, query: str) -> Any:
    row = cursor.execute(query).fetchone()
    assert row is not None
    return row[0]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _main(source: str, path: str) -> int:
    os.nice(10)
    try:
        print(json.dumps(copy_file(Path(source), Path(path))))
    except (NotWhole, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(_main(*sys.argv[1:]))
