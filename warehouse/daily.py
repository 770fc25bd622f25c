"""Days as Parquet files, for who keeps them elsewhere or reads them with other tools.

`INTO/sessions/site_key=demo/day=2026-11-20/rows.parquet`: a folder's name is a column's value, as
DuckDB, Polars and Spark read it.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

from warehouse.connection import Connection

DAILY = {
    "page_views": ("visitor_page_views", '"timestamp"', "site_key"),
    "sessions": ("visitor_sessions", "session_started_at", "site_key, workspace_id"),
    "events": ("visitor_events", '"timestamp"', "site_key"),
    "presence": ("presence", "happened_at", "site_key"),
}
"""Folder, the view that its rows are of, by which column a row is of a day, and what the folder's
name says instead."""


def day_file(into: Path, what: str, site_key: str, day: date) -> Path:
    """Return where the rows of a site's day are."""
    return into / what / f"site_key={site_key}" / f"day={day}" / "rows.parquet"


def write_day(
    connection: Connection, site_key: str, day: date, start_ms: int, end_ms: int, into: Path
) -> list[Path]:
    """Write what happened on a site in `[start_ms, end_ms)`; return the files, one of each kind.

    A file that is there already is replaced when the new one is whole. A session is of the day on
    which it began, and stands as it is known now. Raises OSError and duckdb.Error.
    """
    files = []
    for what, (view, column, told) in DAILY.items():
        path = day_file(into, what, site_key, day)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Not of the name by which readers look for files.
        unfinished = path.with_name("rows.unfinished")
        connection.cursor().execute(
            f"COPY (SELECT * EXCLUDE ({told}) FROM {view} WHERE site_key = {_text(site_key)} "
            f"AND {column} >= make_timestamp_ms({start_ms}) "
            f"AND {column} < make_timestamp_ms({end_ms}) ORDER BY {column}) "
            f"TO {_text(str(unfinished))} (FORMAT parquet, COMPRESSION zstd)"
        )
        with unfinished.open("rb") as file:
            os.fsync(file.fileno())
        unfinished.replace(path)
        files.append(path)
    return files


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
