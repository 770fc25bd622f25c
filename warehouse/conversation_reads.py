"""What is asked of the conversations kept: lists, lines, figures. Each call has its own cursor."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from hozir.contract.change import PageView, Session
from warehouse.connection import Connection
from warehouse.conversations import (
    CONVERSATION_COLUMNS,
    LINE_COLUMNS,
    Conversation,
    Line,
    Status,
    read_conversation,
    read_line,
)
from warehouse.rows import SESSION_COLUMNS, read_session


class Counts(NamedTuple):
    """The conversations of a site by status, and messages of visitors that nobody has read."""

    waiting: int = 0
    active: int = 0
    closed: int = 0
    unread: int = 0


class LastSeen(NamedTuple):
    """The newest session of a visitor, and the page it was on."""

    session: Session
    page: PageView | None


def conversation(
    connection: Connection, site_key: str, conversation_id: str
) -> Conversation | None:
    """Return a conversation of a site; None if there is none of that id."""
    where = "site_key = ? AND conversation_id = ?"
    found = _conversations(connection, where, site_key, conversation_id)
    return found[0] if found else None


def conversations_of(
    connection: Connection, site_key: str, visitor_ids: Collection[str]
) -> list[Conversation]:
    """Return all conversations of some visitors, newest first."""
    where = "site_key = ? AND list_contains(?, visitor_id) ORDER BY last_at DESC, conversation_id"
    return _conversations(connection, where, site_key, list(visitor_ids))


def open_first(connection: Connection, site_key: str, limit: int) -> list[Conversation]:
    """Return all that are open and then the newest closed ones, at most `limit`."""
    where = "site_key = ? ORDER BY status = 'closed', last_at DESC, conversation_id LIMIT ?"
    return _conversations(connection, where, site_key, limit)


def newest(
    connection: Connection,
    site_key: str,
    *,
    status: Status | None = None,
    assignee: str | None = None,
    unassigned: bool = False,
    within: Collection[str] | None = None,
    before: Conversation | None = None,
    limit: int,
) -> list[Conversation]:
    """Return conversations, latest word first.

    `within` leaves only these ids; `before` goes on behind a conversation of the list.
    """
    where = ["site_key = ?"]
    bound: list[Any] = [site_key]
    if status is not None:
        where.append("status = ?")
        bound.append(status)
    if assignee is not None:
        where.append("assignee_id = ?")
        bound.append(assignee)
    if unassigned:
        where.append("assignee_id IS NULL")
    if within is not None:
        where.append("list_contains(?, conversation_id)")
        bound.append(list(within))
    if before is not None:
        where.append("(epoch_ms(last_at) < ? OR (epoch_ms(last_at) = ? AND conversation_id > ?))")
        bound += [before.last_at, before.last_at, before.conversation_id]
    text = f"{' AND '.join(where)} ORDER BY last_at DESC, conversation_id LIMIT ?"
    return _conversations(connection, text, *bound, limit)


def newest_of_visitors(connection: Connection) -> Iterator[Conversation]:
    """Yield the newest conversation of every visitor of every site."""
    rows = connection.cursor().execute(
        f"SELECT {CONVERSATION_COLUMNS} FROM conversation_states QUALIFY row_number() OVER "
        "(PARTITION BY site_key, visitor_id ORDER BY opened_at DESC, conversation_id DESC) = 1"
    )
    while some := rows.fetchmany(10_000):
        yield from map(read_conversation, some)


def counts(connection: Connection, site_key: str | None = None) -> dict[str, Counts]:
    """Return the figures of one site, or of every site that has conversations."""
    rows = (
        connection.cursor()
        .execute(
            "SELECT site_key, count(*) FILTER (status = 'waiting'), "
            "count(*) FILTER (status = 'active'), count(*) FILTER (status = 'closed'), "
            "sum(from_visitor - team_read_from_visitor)::BIGINT "
            "FROM conversation_states WHERE ? IS NULL OR site_key = ? GROUP BY site_key",
            [site_key, site_key],
        )
        .fetchall()
    )
    return {site: Counts(*figures) for site, *figures in rows}


def last_messages(connection: Connection, conversation_ids: Collection[str]) -> dict[str, Line]:
    """Return the newest message of each conversation; notes do not count."""
    lines = _lines(
        connection,
        "list_contains(?, conversation_id) AND kind = 'message' QUALIFY row_number() OVER "
        "(PARTITION BY conversation_id ORDER BY number DESC) = 1",
        list(conversation_ids),
    )
    return {line.conversation_id: line for line in lines}


def lines(
    connection: Connection, conversation_id: str, limit: int, before: int | None = None
) -> list[Line]:
    """Return the newest lines of a conversation, of those before a number; oldest first."""
    newest_first = _lines(
        connection,
        "conversation_id = ? AND (? IS NULL OR number < ?) ORDER BY number DESC LIMIT ?",
        conversation_id,
        before,
        before,
        limit,
    )
    return newest_first[::-1]


def line(connection: Connection, conversation_id: str, line_id: str) -> Line | None:
    """Return the line of an id."""
    found = _lines(connection, "conversation_id = ? AND id = ? LIMIT 1", conversation_id, line_id)
    return found[0] if found else None


def last_from_visitor(connection: Connection, conversation_id: str, upto: int) -> Line | None:
    """Return the visitor's newest message up to a number."""
    found = _lines(
        connection,
        "conversation_id = ? AND author = 'visitor' AND number <= ? ORDER BY number DESC LIMIT 1",
        conversation_id,
        upto,
    )
    return found[0] if found else None


def proactive_since(connection: Connection, site_key: str, visitor_id: str, since_ms: int) -> int:
    """Return how many proactive messages a visitor was sent since then."""
    row = (
        connection.cursor()
        .execute(
            "SELECT count(*) FROM conversation_lines WHERE site_key = ? AND visitor_id = ? "
            "AND proactive AND happened_at >= make_timestamp_ms(?)",
            [site_key, visitor_id, since_ms],
        )
        .fetchone()
    )
    return int(row[0]) if row else 0


def said(connection: Connection, site_key: str, text: str) -> set[str]:
    """Return the conversations in which a text was written, in whatever case."""
    rows = (
        connection.cursor()
        .execute(
            "SELECT DISTINCT conversation_id FROM conversation_lines "
            "WHERE site_key = ? AND kind = 'message' AND contains(lower(text), lower(?))",
            [site_key, text],
        )
        .fetchall()
    )
    return {found for (found,) in rows}


def who_wrote(connection: Connection, site_key: str) -> list[tuple[str, str]]:
    """Return `(conversation_id, visitor_id)` of every conversation of a site."""
    return (
        connection.cursor()
        .execute(
            "SELECT conversation_id, visitor_id FROM conversation_states WHERE site_key = ?",
            [site_key],
        )
        .fetchall()
    )


def identities(connection: Connection, site_key: str, text: str) -> list[tuple[str, str]]:
    """Return `(visitor_id, identity as JSON)` where the JSON holds a text.

    Of those alone who have a conversation.
    """
    return (
        connection.cursor()
        .execute(
            "SELECT DISTINCT visitor_id, identity FROM all_sessions "
            "SEMI JOIN conversation_states USING (site_key, visitor_id) "
            "WHERE site_key = ? AND contains(lower(identity), lower(?))",
            [site_key, text],
        )
        .fetchall()
    )


def last_seen(
    connection: Connection, site_key: str, visitor_ids: Collection[str]
) -> dict[str, LastSeen]:
    """Return the newest session of each of some visitors; strangers are missing."""
    if not visitor_ids:
        return {}
    rows = (
        connection.cursor()
        .execute(
            f"SELECT page_path, page_title, epoch_ms(page_at), {SESSION_COLUMNS} "
            "FROM all_sessions WHERE site_key = ? AND list_contains(?, visitor_id) "
            "QUALIFY row_number() OVER "
            "(PARTITION BY visitor_id ORDER BY started_at DESC, session_id) = 1",
            [site_key, list(visitor_ids)],
        )
        .fetchall()
    )
    found = {}
    for path, title, at, *row in rows:
        session, _, number = read_session(tuple(row))
        page = None
        if number is not None:
            page = PageView(number, "", 0, path or "", path or "", title or "", at)
        found[session.visitor_id] = LastSeen(session, page)
    return found


def _conversations(connection: Connection, where: str, *values: Any) -> list[Conversation]:
    rows = connection.cursor().execute(
        f"SELECT {CONVERSATION_COLUMNS} FROM conversation_states WHERE {where}", [*values]
    )
    return [read_conversation(row) for row in rows.fetchall()]


def _lines(connection: Connection, where: str, *values: Any) -> list[Line]:
    rows = connection.cursor().execute(
        f"SELECT {LINE_COLUMNS} FROM conversation_lines WHERE {where}", [*values]
    )
    return [read_line(row) for row in rows.fetchall()]
