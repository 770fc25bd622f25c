"""Whether the simulated tables hold what a true DuckDB would.

All that the loader had written in a schedule, in the same transactions, is given to the true
writer over a warehouse in memory; a new writer now and then, as after a death; then the tables
are compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from proof.simulated.web import FILE, read_tables
from proof.simulated.world import World
from warehouse.connection import Connection, open_warehouse
from warehouse.rows import EVENT_SCHEMA, PAGE_SCHEMA, PRESENCE_SCHEMA, SESSION_SCHEMA
from warehouse.writer import Writer

NEW_WRITER_EVERY = 7
"""Transactions."""


def differences(world: World) -> list[str]:
    """Return which tables of DuckDB are not as the simulated ones."""
    connection = open_warehouse(None)
    try:
        _write(world, connection)
        return _compare(world, connection)
    finally:
        connection.close()


def _write(world: World, connection: Connection) -> None:
    # What a power cut took was written again at the same place of the file: the last one counts.
    calls = {position: call for position, *call in world.calls}
    position = 0
    writer = Writer(connection)
    for number, (end, _) in enumerate(world.disk.file(FILE).frames(0)):
        if number % NEW_WRITER_EVERY == 0:
            writer = Writer(connection)
        changes, offsets, applied = calls[position]
        if writer.apply(changes, offsets) != applied:
            world.complain("the true writer takes other changes for new")
        position = end


def _compare(world: World, connection: Connection) -> list[str]:
    tables = read_tables(world.disk)
    pages = [name for name in PAGE_SCHEMA.names if name not in ("tab_id", "view")]
    expected: dict[str, tuple[Sequence[str], Sequence[Sequence[Any]]]] = {
        "sessions": (SESSION_SCHEMA.names, _rows(tables.sessions.values(), SESSION_SCHEMA.names)),
        "page_views": (pages, _rows(tables.pages.values(), pages)),
        "events": (EVENT_SCHEMA.names, tables.events),
        "presence": (PRESENCE_SCHEMA.names, tables.presence),
        "offsets": (
            ("log", "topic", "partition", "next_offset"),
            [(*place, offset) for place, offset in tables.offsets.items()],
        ),
    }
    different = []
    for name, (columns, rows) in expected.items():
        times = {
            column
            for column, kind, *_ in connection.execute(f"DESCRIBE {name}").fetchall()
            if kind.startswith("TIMESTAMP")
        }
        chosen = ", ".join(f'epoch_ms("{c}")' if c in times else f'"{c}"' for c in columns)
        found = connection.execute(f"SELECT {chosen} FROM {name}").fetchall()
        if Counter(map(tuple, found)) != Counter(map(tuple, rows)):
            different.append(f"{name} in DuckDB is not as simulated")
    for name in ("live_sessions", "live_page_views"):
        if connection.execute(f"SELECT count(*) FROM {name}").fetchone() != (0,):
            different.append(f"{name} holds sessions that have ended")
    return different


def _rows(rows: Any, names: Sequence[str]) -> list[Sequence[Any]]:
    return [tuple(row[name] for name in names) for row in rows]
