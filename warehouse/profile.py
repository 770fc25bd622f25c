"""All that was kept of one visitor, or of all browsers of one person: one look at each table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from hozir.contract.change import PageView, Session
from warehouse.chain import of_visitors
from warehouse.connection import Connection
from warehouse.rows import PAGE_COLUMNS, PAGE_NAMES, SESSION_COLUMNS, read_page, read_session

EVENTS_OF_A_KIND = 50


class Visit(NamedTuple):
    """What is told of each visit. Times in milliseconds."""

    session_id: str
    visitor_id: str
    started_at: int
    last_seen_at: int
    ended_at: int | None
    pages_viewed: int

    @property
    def length(self) -> int:
        """From its start to its end, or to the last sign of life."""
        return (self.ended_at or self.last_seen_at) - self.started_at


class Figures(NamedTuple):
    """All visits together. Times in milliseconds."""

    first_seen_at: int
    last_seen_at: int
    visits: int
    pages_viewed: int
    average_ms: int
    bounces: int
    """Visits of one page."""


class SeenPage(NamedTuple):
    """A page view, and in which visit of which browser."""

    page: PageView
    session_id: str
    visitor_id: str


class TopPage(NamedTuple):
    """A page and how often it was opened."""

    path: str
    views: int


class Past(NamedTuple):
    """What is known of some visitors; nothing at all of strangers."""

    visits: list[Visit]
    """All, newest first."""
    newest: dict[str, Session]
    """The newest session of each visitor, whole."""
    figures: Figures | None
    pages: list[SeenPage]
    """The newest ones, newest first."""
    top: list[TopPage]
    landing: PageView | None
    """The first page of the visit that was asked for."""
    current: PageView | None
    """The page that it is on, or was on last."""


class Event(NamedTuple):
    """An interaction, custom event or identify. Time in milliseconds."""

    kind: str
    name: str | None
    target: str | None
    path: str | None
    props: dict[str, Any]
    at: int


def past(
    connection: Connection,
    site_key: str,
    visitor_ids: Sequence[str],
    *,
    session_id: str = "",
    pages: int,
    top: int,
) -> Past:
    """Return the past of some visitors together.

    Without a `session_id`, the visit asked for is the newest one of the first visitor.
    """
    cursor = connection.cursor()
    who, theirs = of_visitors(len(visitor_ids)), _keys(site_key, visitor_ids)
    visits = [
        Visit(*row)
        for row in cursor.execute(
            "SELECT session_id, visitor_id, epoch_ms(started_at), epoch_ms(last_seen_at), "
            f"epoch_ms(ended_at), pages_viewed FROM all_sessions WHERE {who} "
            "ORDER BY started_at DESC, session_id",
            theirs,
        ).fetchall()
    ]
    if not visits:
        return Past([], {}, None, [], [], None, None)
    figures = _figures(visits)
    newest = {one.visitor_id: one for one in reversed(visits)}
    # Whole rows of these alone: the fifty columns of a row take longer than to find it.
    rows = cursor.execute(
        f"SELECT {SESSION_COLUMNS} FROM all_sessions WHERE {who} AND started_at IN "
        f"({', '.join(['make_timestamp_ms(?)'] * len(newest))})",
        [*theirs, *(one.started_at for one in newest.values())],
    ).fetchall()
    whole = {
        session.session_id: (session, number) for session, _, number in map(read_session, rows)
    }
    if not session_id and visitor_ids[0] in newest:
        session_id = newest[visitor_ids[0]].session_id
    _, number = whole.get(session_id, (None, None))
    # Page views lie within their sessions: the bounds let DuckDB skip other row groups. All that
    # is wanted of them comes from one look.
    parts = cursor.execute(
        f"WITH seen AS MATERIALIZED (SELECT * FROM ({_PAGES}) WHERE {who} "
        "AND happened_at BETWEEN make_timestamp_ms(?) AND make_timestamp_ms(?)) "
        f"SELECT part, views, {PAGE_COLUMNS} FROM ("
        "(SELECT 1 AS part, * FROM seen ORDER BY happened_at DESC, number DESC LIMIT ?) "
        "UNION ALL BY NAME SELECT 2 AS part, * FROM seen "
        "WHERE session_id = ? AND number IN (1, ?) "
        "UNION ALL BY NAME (SELECT 3 AS part, path, count(*) AS views FROM seen "
        "GROUP BY path ORDER BY views DESC, path LIMIT ?)"
        ") ORDER BY part, views DESC, happened_at DESC, number DESC, path",
        [*theirs, figures.first_seen_at, figures.last_seen_at, pages, session_id, number, top],
    ).fetchall()
    first_and_last = {
        page.number: page
        for page in (read_page(tuple(row)) for part, _, *row in parts if part == 2)
    }
    return Past(
        visits,
        {visitor_id: whole[one.session_id][0] for visitor_id, one in newest.items()},
        figures,
        [_seen(row) for part, _, *row in parts if part == 1],
        [TopPage(row[_PATH], views) for part, views, *row in parts if part == 3],
        first_and_last.get(1),
        first_and_last.get(number) if number is not None else None,
    )


def events(connection: Connection, site_key: str, visitor_ids: Sequence[str]) -> list[Event]:
    """Return the newest events of each kind of some visitors, newest first."""
    rows = (
        connection.cursor()
        .execute(
            "SELECT kind, name, target, path, props, epoch_ms(happened_at) "
            f"FROM events WHERE {of_visitors(len(visitor_ids))} "
            "QUALIFY row_number() OVER (PARTITION BY kind ORDER BY happened_at DESC) "
            f"<= {EVENTS_OF_A_KIND} ORDER BY happened_at DESC, kind, name",
            _keys(site_key, visitor_ids),
        )
        .fetchall()
    )
    return [
        Event(kind, name, target, path, msgspec.json.decode(props) if props else {}, at)
        for kind, name, target, path, props, at in rows
    ]


_OF_PAGES = ", ".join(f'"{name}"' for name in (*PAGE_NAMES, "visitor"))
_PAGES = f"SELECT {_OF_PAGES} FROM live_page_views UNION ALL SELECT {_OF_PAGES} FROM page_views"
_SESSION, _VISITOR, _PATH = (
    PAGE_NAMES.index(name) for name in ("session_id", "visitor_id", "path")
)


def _keys(site_key: str, visitor_ids: Sequence[str]) -> list[str]:
    return [key for visitor_id in visitor_ids for key in (site_key, visitor_id)]


def _figures(visits: Sequence[Visit]) -> Figures:
    return Figures(
        first_seen_at=min(one.started_at for one in visits),
        last_seen_at=max(one.last_seen_at for one in visits),
        visits=len(visits),
        pages_viewed=sum(one.pages_viewed for one in visits),
        average_ms=round(sum(one.length for one in visits) / len(visits)),
        bounces=sum(one.pages_viewed == 1 for one in visits),
    )


def _seen(row: Sequence[Any]) -> SeenPage:
    return SeenPage(read_page(tuple(row)), row[_SESSION], row[_VISITOR])
