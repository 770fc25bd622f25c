"""What the warehouse knows of visitors: live sessions at start, and everybody's past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hozir.contract.change import PageView, Session
from warehouse.connection import Connection
from warehouse.rows import PAGE_COLUMNS, SESSION_COLUMNS, Row, read_page, read_session

PAGES_KEPT = 24
"""Pages of a visit that screens show."""


class Visit(NamedTuple):
    """A session with its latest pages, oldest first."""

    session: Session
    seq: int
    page: PageView | None
    """The page that the visitor is on, or was on last."""
    pages: list[PageView]


def live_visits(connection: Connection) -> Iterator[Visit]:
    """Yield every session that has not ended."""
    cursor = connection.cursor()
    pages: dict[str, list[PageView]] = {}
    rows = cursor.execute(
        f"SELECT session_id, {PAGE_COLUMNS} FROM live_page_views "
        "JOIN (SELECT session_id, page_number FROM live_sessions) USING (session_id) "
        "QUALIFY row_number() OVER (PARTITION BY session_id "
        f"ORDER BY number = page_number DESC, number DESC) <= {PAGES_KEPT} "
        "ORDER BY session_id, number"
    )
    while some := rows.fetchmany(10_000):
        for some_row in some:
            pages.setdefault(some_row[0], []).append(read_page(some_row[1:]))
    rows = cursor.execute(f"SELECT {SESSION_COLUMNS} FROM live_sessions")
    while some := rows.fetchmany(10_000):
        for row in some:
            yield read_visit(row, pages.pop(row[0], []))


def ended_lately(connection: Connection, within_ms: int) -> list[str]:
    """Return sessions that ended within so long of the newest sign of life in history.

    Old changes of these may come again after a crash of the pipeline.
    """
    rows = (
        connection.cursor()
        .execute(
            "SELECT session_id FROM sessions WHERE ended_at >= "
            "(SELECT max(ended_at) FROM sessions) - to_milliseconds(?)",
            [within_ms],
        )
        .fetchall()
    )
    return [session_id for (session_id,) in rows]


def had_visitors(connection: Connection, site_key: str) -> bool:
    """Tell whether a site ever had a visitor."""
    return _any(connection, "site_key = ?", site_key)


def was_here(connection: Connection, site_key: str, visitor_id: str) -> bool:
    """Tell whether a visitor ever was on a site."""
    return _any(connection, "site_key = ? AND visitor_id = ?", site_key, visitor_id)


def _any(connection: Connection, where: str, *values: str) -> bool:
    found = connection.cursor().execute(f"SELECT 1 FROM all_sessions WHERE {where} LIMIT 1", values)
    return found.fetchone() is not None


def read_visit(row: Row, pages: list[PageView]) -> Visit:
    """Return the visit of a row of SESSION_COLUMNS."""
    session, seq, number = read_session(row)
    page = next((page for page in pages if page.number == number), None)
    if page is None and number is not None:
        page = _page_of_session(row, number)
    return Visit(session, seq, page, pages)


def _page_of_session(row: Row, number: int) -> PageView:
    """Make what the session's own row tells of its current page."""
    names = [part.strip() for part in SESSION_COLUMNS.split(",")]
    value = dict(zip(names, row, strict=True))
    path = value['"page_path"'] or ""
    return PageView(
        number=number,
        tab_id="",
        view=0,
        url=path,
        path=path,
        title=value['"page_title"'] or "",
        at=value['epoch_ms("page_at")'],
    )
