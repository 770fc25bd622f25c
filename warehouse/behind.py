"""The visits behind a row of a report."""

from __future__ import annotations

from collections.abc import Sequence

from warehouse.connection import Connection
from warehouse.listing import Listed
from warehouse.rows import SESSION_COLUMNS
from warehouse.visitors import read_visit


def visits(connection: Connection, site_key: str, session_ids: Sequence[str]) -> list[Listed]:
    """Return these visits of a site, in the order asked for; what is there no more is left out."""
    rows = (
        connection.cursor()
        .execute(
            f"SELECT {SESSION_COLUMNS} FROM all_sessions "
            "WHERE site_key = ? AND session_id IN (SELECT unnest(?))",
            [site_key, list(session_ids)],
        )
        .fetchall()
    )
    found = {}
    for row in rows:
        visit = read_visit(row, [])
        found[visit.session.session_id] = Listed(visit.session, visit.seq, visit.page)
    return [found[session_id] for session_id in session_ids if session_id in found]
