"""Forgetting: what is too old, and a visitor who asks for it.

Rows go in small steps, each a transaction of its own, so that nobody who writes waits long. What
they took in the file is used again after a checkpoint.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from warehouse.chain import forget_past
from warehouse.connection import Connection
from warehouse.conversations import CONVERSATION_COLUMNS, Conversation, read_conversation
from warehouse.rows import Row

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

_STAYS = "coalesce(ended_at, last_seen_at) >= make_timestamp_ms($before)"
"""A visit that is not too old."""
_OLDER = {
    **{
        name: f"site_key = $site AND {age} < make_timestamp_ms($before)"
        for name, age in _AGE.items()
    },
    "conversation_lines": "conversation_id IN (SELECT conversation_id FROM conversation_states "
    "WHERE site_key = $site AND last_at < make_timestamp_ms($before))",
    "conversation_states": "site_key = $site AND last_at < make_timestamp_ms($before)",
    "verified_visitors": "site_key = $site AND heard_at < make_timestamp_ms($before) "
    "AND visitor_id NOT IN (SELECT visitor_id FROM live_sessions WHERE site_key = $site) "
    f"AND visitor_id NOT IN (SELECT visitor_id FROM sessions WHERE site_key = $site AND {_STAYS})",
}
"""Which rows of each table `forget_older` deletes, said before the first of them has gone."""

_OF_VISITOR = ("live_page_views", "page_views", "events", "presence")
_BELONGS = "site_key = $site AND visitor_id = $visitor"
_OLD_TALKS = "site_key = $site AND last_at < make_timestamp_ms($before)"
_TALKS, _PERSONS = "conversation_states", "verified_visitors"
"""The tables that somebody else remembers too: these rows are returned."""
_OLD_PERSONS = (
    _PERSONS,
    "DELETE FROM verified_visitors WHERE site_key = $site "
    "AND heard_at < make_timestamp_ms($before) AND NOT EXISTS (SELECT 1 FROM all_sessions "
    "WHERE all_sessions.site_key = $site "
    "AND all_sessions.visitor_id = verified_visitors.visitor_id) RETURNING visitor_id",
)

_log = logging.getLogger(__name__)


@dataclass
class Gone:
    """What was forgotten. False if nothing was."""

    rows: dict[str, int] = field(default_factory=dict)
    """How many rows went of which table."""
    conversations: list[Conversation] = field(default_factory=list)
    """As they stood last."""
    persons: list[str] = field(default_factory=list)
    """Visitors of whom it is not known any more who they were proven to be."""

    def __bool__(self) -> bool:
        return bool(self.rows)

    def add(self, more: Gone) -> None:
        """Count something in."""
        for name, count in more.rows.items():
            self.rows[name] = self.rows.get(name, 0) + count
        self.conversations += more.conversations
        self.persons += more.persons


def count_older(connection: Connection, site_key: str, before_ms: int) -> dict[str, int]:
    """Return how many rows of each table `forget_older` would delete. Deletes nothing."""
    cursor, counted = connection.cursor(), {}
    for table, which in _OLDER.items():
        row = cursor.execute(
            f"SELECT count(*) FROM {table} WHERE {which}", {"site": site_key, "before": before_ms}
        ).fetchone()
        if row and row[0]:
            counted[table] = int(row[0])
    return counted


def forget_older(
    connection: Connection,
    site_key: str,
    before_ms: int,
    *,
    go_on: Callable[[], bool] = lambda: True,
) -> Gone:
    """Delete what a site's visitors did before then; conversations by their last message, proofs of
    who somebody is with the last of what they did.

    Contacts stay. Stops early when `go_on()` is false.
    """
    cursor = connection.cursor()
    gone = Gone()
    for table, age in _AGE.items():
        while go_on():
            oldest = _oldest(cursor, table, age, site_key)
            if oldest is None or oldest >= before_ms:
                break
            upto = min(before_ms, oldest + STEP_MS)
            statement = (
                f"DELETE FROM {table} WHERE site_key = $site AND {age} < make_timestamp_ms($before)"
            )
            gone.add(_transact(cursor, [(table, statement)], {"site": site_key, "before": upto}))
            time.sleep(PAUSE_SECONDS)
    if go_on():
        values = {"site": site_key, "before": before_ms}
        gone.add(_transact(cursor, [*_talks(_OLD_TALKS), _OLD_PERSONS], values))
    if gone:
        _give_room(cursor)
    return gone


def erase_visitor(connection: Connection, site_key: str, visitor_id: str, until_ms: int) -> Gone:
    """Delete all of a visitor's visits that began until then, conversations, and who they are.

    A contact goes if it was of nobody else. What was learnt after that moment stays: they may have
    come back since.
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
    theirs = f"(SELECT contact_id FROM contact_visitors WHERE {_BELONGS})"
    others = (
        "(SELECT contact_id FROM contact_visitors "
        "WHERE NOT (site_key = $site AND visitor_id = $visitor))"
    )
    statements += _talks(f"{_BELONGS} AND opened_at <= {until}")
    statements += [
        (
            "contact_rows",
            f"DELETE FROM contact_rows WHERE contact_id IN {theirs} "
            f"AND contact_id NOT IN {others} AND created_at <= {until}",
        ),
        (
            "contact_visitors",
            f"DELETE FROM contact_visitors WHERE {_BELONGS} AND contact_id NOT IN "
            f"(SELECT contact_id FROM contact_rows WHERE updated_at > {until})",
        ),
        (
            _PERSONS,
            f"DELETE FROM verified_visitors WHERE {_BELONGS} AND since <= {until} "
            "RETURNING visitor_id",
        ),
    ]
    values = {"site": site_key, "visitor": visitor_id, "until": until_ms}
    gone = _transact(cursor, statements, values, lambda: forget_past(cursor, site_key, visitor_id))
    if gone:
        _give_room(cursor)
    return gone


def _oldest(cursor: Connection, table: str, age: str, site_key: str) -> int | None:
    row = cursor.execute(
        f"SELECT epoch_ms(min({age})) FROM {table} WHERE site_key = $site", {"site": site_key}
    ).fetchone()
    return row[0] if row else None


def _talks(which: str) -> list[tuple[str, str]]:
    ids = f"(SELECT conversation_id FROM conversation_states WHERE {which})"
    return [
        ("conversation_lines", f"DELETE FROM conversation_lines WHERE conversation_id IN {ids}"),
        (
            _TALKS,
            f"DELETE FROM conversation_states WHERE {which} RETURNING {CONVERSATION_COLUMNS}",
        ),
    ]


def _transact(
    cursor: Connection,
    statements: Iterable[tuple[str, str]],
    values: Mapping[str, Any],
    then: Callable[[], None] = lambda: None,
) -> Gone:
    """Run statements as one, and what follows from them; again if another writer came between."""
    statements = list(statements)
    for last in [*[False] * (TRIES - 1), True]:
        gone = Gone()
        cursor.begin()
        try:
            for name, statement in statements:
                used = {key: value for key, value in values.items() if f"${key}" in statement}
                gone.add(_deleted(name, cursor.execute(statement, used).fetchall()))
            if gone:
                then()
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


def _deleted(name: str, rows: list[Row]) -> Gone:
    """Return what a statement says that it deleted: how many rows, or these."""
    if name == _TALKS:
        gone = Gone(conversations=[read_conversation(row) for row in rows])
        count = len(rows)
    elif name == _PERSONS:
        gone = Gone(persons=[visitor_id for (visitor_id,) in rows])
        count = len(rows)
    else:
        gone = Gone()
        count = rows[0][0] if rows else 0
    if count:
        gone.rows[name] = count
    return gone


def _give_room(cursor: Connection) -> None:
    """Let the file use again what was deleted, as soon as nobody writes."""
    for _ in range(TRIES):
        try:
            cursor.execute("CHECKPOINT")
            return
        except duckdb.TransactionException:
            time.sleep(PAUSE_SECONDS)
    _log.info("no checkpoint now: others write; the next one gives the room back")
