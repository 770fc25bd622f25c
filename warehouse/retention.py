"""Forgetting: what is too old, and a visitor who asks for it.

Rows go in small steps, each a transaction of its own, so that nobody who writes waits long. What
they took in the file is used again after a checkpoint.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from warehouse.chain import forget_past
from warehouse.connection import Connection
from warehouse.conversations import CONVERSATION_COLUMNS
from warehouse.gone import PAUSE_SECONDS, PERSONS, TALKS, Gone, count_rows, give_room, transact
from warehouse.soft_delete import AGE, LINES, erasures, put_away

STEP_MS = 24 * 3_600_000

_STAYS = "coalesce(ended_at, last_seen_at) >= make_timestamp_ms($before)"
"""A visit that is not too old."""
_OLDER = {
    **{
        name: f"site_key = $site AND {age} < make_timestamp_ms($before)"
        for name, age in AGE.items()
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
_OLD_PERSONS = (
    PERSONS,
    "DELETE FROM verified_visitors WHERE site_key = $site "
    "AND heard_at < make_timestamp_ms($before) AND NOT EXISTS (SELECT 1 FROM all_sessions "
    "WHERE all_sessions.site_key = $site "
    "AND all_sessions.visitor_id = verified_visitors.visitor_id) RETURNING visitor_id",
)


def count_older(connection: Connection, site_key: str, before_ms: int) -> dict[str, int]:
    """Return how many rows of each table `forget_older` would delete. Deletes nothing."""
    return count_rows(connection, _OLDER, {"site": site_key, "before": before_ms})


def forget_older(
    connection: Connection,
    site_key: str,
    before_ms: int,
    *,
    put_away_at: int | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Gone:
    """Delete what a site's visitors did before then; conversations by their last message, proofs of
    who somebody is with the last of what they did.

    With `put_away_at`, the moment of now, all but the proofs is put away first, for
    `soft_delete.bring_back`. Contacts stay. Stops early when `go_on()` is false.
    """
    cursor = connection.cursor()
    gone = Gone()
    for table, age in AGE.items():
        while go_on():
            oldest = _oldest(cursor, table, age, site_key)
            if oldest is None or oldest >= before_ms:
                break
            upto = min(before_ms, oldest + STEP_MS)
            which = f"site_key = $site AND {age} < make_timestamp_ms($before)"
            statements = [(table, f"DELETE FROM {table} WHERE {which}")]
            if put_away_at is not None:
                statements.insert(0, put_away(table, which))
            values = {"site": site_key, "before": upto, "now": put_away_at}
            gone.add(transact(cursor, statements, values))
            time.sleep(PAUSE_SECONDS)
    if go_on():
        statements = [*_talks(_OLD_TALKS), _OLD_PERSONS]
        if put_away_at is not None:
            statements[:0] = [put_away(LINES, _of_talks(_OLD_TALKS)), put_away(TALKS, _OLD_TALKS)]
        values = {"site": site_key, "before": before_ms, "now": put_away_at}
        gone.add(transact(cursor, statements, values))
    if gone:
        give_room(cursor)
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
            PERSONS,
            f"DELETE FROM verified_visitors WHERE {_BELONGS} AND since <= {until} "
            "RETURNING visitor_id",
        ),
    ]
    statements += erasures()
    values = {"site": site_key, "visitor": visitor_id, "until": until_ms}
    gone = transact(cursor, statements, values, lambda: forget_past(cursor, site_key, visitor_id))
    if gone:
        give_room(cursor)
    return gone


def _oldest(cursor: Connection, table: str, age: str, site_key: str) -> int | None:
    row = cursor.execute(
        f"SELECT epoch_ms(min({age})) FROM {table} WHERE site_key = $site", {"site": site_key}
    ).fetchone()
    return row[0] if row else None


def _of_talks(which: str) -> str:
    return f"conversation_id IN (SELECT conversation_id FROM conversation_states WHERE {which})"


def _talks(which: str) -> list[tuple[str, str]]:
    return [
        (LINES, f"DELETE FROM conversation_lines WHERE {_of_talks(which)}"),
        (
            TALKS,
            f"DELETE FROM conversation_states WHERE {which} RETURNING {CONVERSATION_COLUMNS}",
        ),
    ]
