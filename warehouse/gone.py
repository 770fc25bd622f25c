"""What was forgotten, and the transactions in which it goes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from warehouse.connection import Connection
from warehouse.conversations import Conversation, read_conversation
from warehouse.rows import Row

TRIES = 8
PAUSE_SECONDS = 0.05
TALKS, PERSONS = "conversation_states", "verified_visitors"
"""The tables that somebody else remembers too: their statements return the rows."""
UNCOUNTED = ""
"""Names a statement whose rows do not count: it copies what another one deletes."""

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


def count_rows(
    connection: Connection, which: Mapping[str, str], values: Mapping[str, Any]
) -> dict[str, int]:
    """Return how many rows of each table its condition holds for; tables with none are left out."""
    cursor, counted = connection.cursor(), {}
    for table, condition in which.items():
        row = cursor.execute(f"SELECT count(*) FROM {table} WHERE {condition}", values).fetchone()
        if row and row[0]:
            counted[table] = int(row[0])
    return counted


def transact(
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
    if name == UNCOUNTED:
        return Gone()
    if name == TALKS:
        gone = Gone(conversations=[read_conversation(row) for row in rows])
        count = len(rows)
    elif name == PERSONS:
        gone = Gone(persons=[visitor_id for (visitor_id,) in rows])
        count = len(rows)
    else:
        gone = Gone()
        count = rows[0][0] if rows else 0
    if count:
        gone.rows[name] = count
    return gone


def give_room(cursor: Connection) -> None:
    """Let the file use again what was deleted, as soon as nobody writes."""
    for _ in range(TRIES):
        try:
            cursor.execute("CHECKPOINT")
            return
        except duckdb.TransactionException:
            time.sleep(PAUSE_SECONDS)
    _log.info("no checkpoint now: others write; the next one gives the room back")
