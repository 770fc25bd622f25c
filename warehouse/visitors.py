"""What the warehouse knows of visitors: live sessions at start, and everybody's past."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

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


class Totals(NamedTuple):
    """All visits of one visitor together. Times in milliseconds."""

    first_seen_at: int
    last_seen_at: int
    visits: int
    pages_viewed: int
    average_ms: int
    bounces: int
    """Visits of one page."""


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


def last_visit(connection: Connection, site_key: str, visitor_id: str) -> Visit | None:
    """Return the newest session of a visitor, ended or not; None for a stranger."""
    row = (
        connection.cursor()
        .execute(
            f"SELECT {SESSION_COLUMNS} FROM all_sessions WHERE site_key = ? AND visitor_id = ? "
            "ORDER BY started_at DESC, session_id LIMIT 1",
            [site_key, visitor_id],
        )
        .fetchone()
    )
    if row is None:
        return None
    pages = _pages(connection, "session_id = ?", [row[0]], PAGES_KEPT)
    return read_visit(row, pages[::-1])


def page_history(
    connection: Connection, site_key: str, visitor_id: str, limit: int
) -> list[PageView]:
    """Return the page views of a visitor in all visits, newest first."""
    return _pages(connection, "site_key = ? AND visitor_id = ?", [site_key, visitor_id], limit)


def totals(connection: Connection, site_key: str, visitor_id: str) -> Totals | None:
    """Return all visits of a visitor in figures; None for a stranger."""
    row = (
        connection.cursor()
        .execute(
            "SELECT epoch_ms(min(started_at)), epoch_ms(max(last_seen_at)), count(*), "
            "sum(pages_viewed)::BIGINT, "
            "avg(epoch_ms(coalesce(ended_at, last_seen_at)) - epoch_ms(started_at))::BIGINT, "
            "count(*) FILTER (pages_viewed = 1) "
            "FROM all_sessions WHERE site_key = ? AND visitor_id = ?",
            [site_key, visitor_id],
        )
        .fetchone()
    )
    return None if row is None or row[0] is None else Totals(*row)


def top_pages(
    connection: Connection, site_key: str, visitor_id: str, limit: int
) -> list[tuple[str, int]]:
    """Return the pages that a visitor opened most, with how often."""
    rows = (
        connection.cursor()
        .execute(
            "SELECT url, count(*) AS views FROM visitor_page_views "
            "WHERE site_key = ? AND visitor_id = ? GROUP BY url "
            "ORDER BY views DESC, url LIMIT ?",
            [site_key, visitor_id, limit],
        )
        .fetchall()
    )
    return [(url, views) for url, views in rows]


def had_visitors(connection: Connection, site_key: str) -> bool:
    """Tell whether a site ever had a visitor."""
    row = (
        connection.cursor()
        .execute("SELECT 1 FROM all_sessions WHERE site_key = ? LIMIT 1", [site_key])
        .fetchone()
    )
    return row is not None


def _pages(connection: Connection, where: str, values: list[Any], limit: int) -> list[PageView]:
    rows = (
        connection.cursor()
        .execute(
            f"SELECT {PAGE_COLUMNS} FROM ("
            'SELECT * EXCLUDE (tab_id, "view") FROM live_page_views '
            f"UNION ALL BY NAME SELECT * FROM page_views) WHERE {where} "
            "ORDER BY happened_at DESC, number DESC LIMIT ?",
            [*values, limit],
        )
        .fetchall()
    )
    return [read_page(row) for row in rows]


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
