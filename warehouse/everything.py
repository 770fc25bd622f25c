"""All that is kept of one visitor, as rows that a person can read."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from warehouse.connection import Connection
from warehouse.soft_delete import AGE

_OF_VISITOR = {
    "sessions": "SELECT * EXCLUDE (workspace_id) FROM visitor_sessions",
    "page_views": "SELECT * FROM visitor_page_views",
    "events": "SELECT * FROM visitor_events",
    "presence": "SELECT * FROM presence",
    "conversations": "SELECT * FROM conversations",
    "messages": "SELECT * EXCLUDE (author_id) FROM messages",
    "proofs": "SELECT * FROM verified_visitors",
    **{f"deleted_{name}": f"SELECT * FROM deleted_{name}" for name in AGE},
    "deleted_conversations": "SELECT * EXCLUDE (token_hash) FROM deleted_conversation_states",
    "deleted_messages": "SELECT * EXCLUDE (author_id) FROM deleted_conversation_lines",
}
_CONTACTS = (
    "SELECT contacts.* FROM contacts JOIN contact_visitors ON contact_visitors.contact_id = "
    "contacts.id AND contact_visitors.site_key = contacts.site_key "
    "WHERE contact_visitors.site_key = $site AND contact_visitors.visitor_id = $visitor"
)
_JSON = frozenset({"props", "identity", "traits", "detail"})
"""Columns that hold an object as text."""


def everything_of(
    connection: Connection, site_key: str, visitor_id: str
) -> dict[str, list[dict[str, Any]]]:
    """Return every row of a visitor by what it tells; moments as ISO 8601 in UTC.

    Who of the team wrote is told by name alone, as the visitor was told.
    """
    values = {"site": site_key, "visitor": visitor_id}
    found = {
        name: _rows(connection, f"{query} WHERE site_key = $site AND visitor_id = $visitor", values)
        for name, query in _OF_VISITOR.items()
    }
    return found | {"contacts": _rows(connection, _CONTACTS, values)}


def _rows(connection: Connection, query: str, values: dict[str, str]) -> list[dict[str, Any]]:
    cursor = connection.cursor().execute(query, values)
    names = [column[0] for column in cursor.description or ()]
    return [
        {name: _told(name, value) for name, value in zip(names, row, strict=True)}
        for row in cursor.fetchall()
    ]


def _told(name: str, value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value.isoformat(timespec='milliseconds')}Z"
    if name in _JSON and isinstance(value, str):
        return json.loads(value) if value else None
    return value
