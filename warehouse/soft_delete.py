"""What is past its time is put away for some days before it goes for good.

So a wrong setting can be taken back. Rows that are put away stand in tables of their own: no list,
report or statement sees them. They are given out to the person whose they are, and erased with
them.
"""

from __future__ import annotations

from warehouse.connection import Connection
from warehouse.conversations import CONVERSATION_COLUMNS
from warehouse.gone import TALKS, UNCOUNTED, Gone, count_rows, give_room, transact

AGE = {
    "sessions": "coalesce(ended_at, last_seen_at)",
    "page_views": "happened_at",
    "events": "happened_at",
    "presence": "happened_at",
}
"""Each table that only grows, and how old its rows are."""
LINES = "conversation_lines"
TABLES = (*AGE, LINES, TALKS)
"""All of which rows are put away."""

_BELONGS = "site_key = $site AND visitor_id = $visitor"


def put_away(table: str, which: str) -> tuple[str, str]:
    """Return the statement that copies rows aside, before they are deleted; it takes `$now`."""
    return (
        UNCOUNTED,
        f"INSERT INTO deleted_{table} BY NAME "
        f"SELECT *, make_timestamp_ms($now) AS deleted_at FROM {table} WHERE {which}",
    )


def bring_back(connection: Connection, site_key: str, since_ms: int) -> Gone:
    """Bring back what was put away and is not too old any more, as the site keeps longer now.

    Returns what came back. A conversation that has gone on meanwhile stays as it is now.
    """
    since = "make_timestamp_ms($since)"
    young = f"site_key = $site AND last_at >= {since}"
    at_rest = (
        f"conversation_id IN (SELECT conversation_id FROM deleted_{TALKS} WHERE {young} "
        f"AND conversation_id NOT IN (SELECT conversation_id FROM {TALKS}))"
    )
    statements = []
    for table, age in AGE.items():
        which = f"site_key = $site AND {age} >= {since}"
        statements += [_back(table, which), _cleared(table, which)]
    statements += [_back(LINES, at_rest), _cleared(LINES, at_rest)]
    name, talks_back = _back(TALKS, at_rest)
    statements += [
        (name, f"{talks_back} RETURNING {CONVERSATION_COLUMNS}"),
        _cleared(
            TALKS,
            f"{young} AND (conversation_id, last_at) IN "
            f"(SELECT (conversation_id, last_at) FROM {TALKS})",
        ),
    ]
    return transact(connection.cursor(), statements, {"site": site_key, "since": since_ms})


def purge(connection: Connection, site_key: str, before_ms: int) -> Gone:
    """Delete for good what was put away before then."""
    cursor = connection.cursor()
    which = "site_key = $site AND deleted_at < make_timestamp_ms($before)"
    statements = [
        (f"deleted_{table}", f"DELETE FROM deleted_{table} WHERE {which}") for table in TABLES
    ]
    gone = transact(cursor, statements, {"site": site_key, "before": before_ms})
    if gone:
        give_room(cursor)
    return gone


def count_put_away(connection: Connection, site_key: str) -> dict[str, int]:
    """Return how many rows of each table are put away."""
    which = {f"deleted_{table}": "site_key = $site" for table in TABLES}
    counted = count_rows(connection, which, {"site": site_key})
    return {name.removeprefix("deleted_"): n for name, n in counted.items()}


def erasures() -> list[tuple[str, str]]:
    """Return the statements that erase a visitor from what is put away."""
    return [
        (f"deleted_{table}", f"DELETE FROM deleted_{table} WHERE {_BELONGS}") for table in TABLES
    ]


def _back(table: str, which: str) -> tuple[str, str]:
    return (
        table,
        f"INSERT INTO {table} BY NAME "
        f"SELECT * EXCLUDE (deleted_at) FROM deleted_{table} WHERE {which}",
    )


def _cleared(table: str, which: str) -> tuple[str, str]:
    return UNCOUNTED, f"DELETE FROM deleted_{table} WHERE {which}"
