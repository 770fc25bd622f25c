"""Forgetting: what is too old, and a visitor who asks for it.

Rows go in small steps, each a transaction of its own, so that nobody who writes waits long. What
they took in the file is used again after a checkpoint.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import duckdb

from warehouse.connection import Connection

STEP_MS = 24 * 3_600_000
TRIES = 8
PAUSE_SECONDS = 0.05

_AGE = {
    "sessions": "coalesce(ended_at, last_seen_at)",
    "page_views": "happened_at",
    "events": "happened_at",
    "presence": "happened_at",
}
"""Each table that only grows, and how old its rows are."""

_OF_VISITOR = ("live_page_views", "page_views", "events", "presence")
_BELONGS = "site_key = $site AND visitor_id = $visitor"
_OLD_TALKS = "site_key = $site AND last_at < make_timestamp_ms($before)"

_log = logging.getLogger(__name__)


def forget_older(
    connection: Connection,
    site_key: str,
    before_ms: int,
    *,
    go_on: Callable[[], bool] = lambda: True,
) -> dict[str, int]:
    """Delete what a site's visitors did before then; conversations by their last message.

    Contacts stay. Returns how many rows went of which table; stops early when `go_on()` is false.
    """
    cursor = connection.cursor()
    gone: dict[str, int] = {}
    for table, age in _AGE.items():
        while go_on():
            oldest = _oldest(cursor, table, age, site_key)
            if oldest is None or oldest >= before_ms:
                break
            upto = min(before_ms, oldest + STEP_MS)
            statement = (
                f"DELETE FROM {table} WHERE site_key = $site AND {age} < make_timestamp_ms($before)"
            )
            found = _transact(cursor, [(table, statement)], {"site": site_key, "before": upto})
            _add(gone, found)
            time.sleep(PAUSE_SECONDS)
    if go_on():
        found = _transact(
            cursor,
            [
                (
                    "conversation_lines",
                    "DELETE FROM conversation_lines WHERE conversation_id IN "
                    f"(SELECT conversation_id FROM conversation_states WHERE {_OLD_TALKS})",
                ),
                ("conversations", f"DELETE FROM conversation_states WHERE {_OLD_TALKS}"),
            ],
            {"site": site_key, "before": before_ms},
        )
        _add(gone, found)
    if gone:
        _give_room(cursor)
    return gone


def erase_visitor(
    connection: Connection, site_key: str, visitor_id: str, until_ms: int
) -> dict[str, int]:
    """Delete all of a visitor's visits that began until then, conversations, and who they are.

    A contact goes if it was of nobody else. Returns how many rows went of which table.
    """
    cursor = connection.cursor()
    until = "make_timestamp_ms($until)"
    statements = [
        # A page seen after that moment still belongs to a visit that began before it.
        (
            table,
            f"DELETE FROM {table} WHERE {_BELONGS} AND (happened_at <= {until} OR session_id IN "
            f"(SELECT session_id FROM all_sessions WHERE {_BELONGS} AND started_at <= {until}))",
        )
        for table in _OF_VISITOR
    ]
    statements += [
        (table, f"DELETE FROM {table} WHERE {_BELONGS} AND started_at <= {until}")
        for table in ("live_sessions", "sessions")
    ]
    talks = (
        f"(SELECT conversation_id FROM conversation_states WHERE {_BELONGS} "
        f"AND opened_at <= {until})"
    )
    theirs = f"(SELECT contact_id FROM contact_visitors WHERE {_BELONGS})"
    others = (
        "(SELECT contact_id FROM contact_visitors "
        "WHERE NOT (site_key = $site AND visitor_id = $visitor))"
    )
    statements += [
        (table, f"DELETE FROM {table} WHERE conversation_id IN {talks}")
        for table in ("conversation_lines", "conversation_states")
    ]
    statements += [
        (
            "contact_rows",
            f"DELETE FROM contact_rows WHERE contact_id IN {theirs} "
            f"AND contact_id NOT IN {others} AND created_at <= {until}",
        ),
        ("contact_visitors", f"DELETE FROM contact_visitors WHERE {_BELONGS}"),
        ("verified_visitors", f"DELETE FROM verified_visitors WHERE {_BELONGS}"),
    ]
    values = {"site": site_key, "visitor": visitor_id, "until": until_ms}
    gone = _transact(cursor, statements, values)
    if gone:
        _give_room(cursor)
    return gone


def _oldest(cursor: Connection, table: str, age: str, site_key: str) -> int | None:
    row = cursor.execute(
        f"SELECT epoch_ms(min({age})) FROM {table} WHERE site_key = $site", {"site": site_key}
    ).fetchone()
    return row[0] if row else None


def _transact(
    cursor: Connection, statements: Iterable[tuple[str, str]], values: Mapping[str, Any]
) -> dict[str, int]:
    """Run statements as one, again if another writer came between."""
    statements = list(statements)
    for last in [*[False] * (TRIES - 1), True]:
        gone: dict[str, int] = {}
        cursor.begin()
        try:
            for name, statement in statements:
                used = {key: value for key, value in values.items() if f"${key}" in statement}
                row = cursor.execute(statement, used).fetchone()
                _add(gone, {name: row[0] if row else 0})
            cursor.commit()
            return gone
        except duckdb.TransactionException:
            cursor.rollback()
            if last:
                raise
            time.sleep(PAUSE_SECONDS)
        except BaseException:
            cursor.rollback()
            raise
    raise AssertionError("unreachable")


def _add(gone: dict[str, int], more: Mapping[str, int]) -> None:
    for name, count in more.items():
        if count:
            gone[name] = gone.get(name, 0) + count


def _give_room(cursor: Connection) -> None:
    """Let the file use again what was deleted, as soon as nobody writes."""
    for _ in range(TRIES):
        try:
            cursor.execute("CHECKPOINT")
            return
        except duckdb.TransactionException:
            time.sleep(PAUSE_SECONDS)
    _log.info("no checkpoint now: others write; the next one gives the room back")
