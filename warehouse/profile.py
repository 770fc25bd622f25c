"""All that was kept of one visitor, or of all browsers of one person: one look at each table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from hozir.contract.change import PageView, Session
from warehouse.chain import visitor_key
from warehouse.connection import Connection
from warehouse.rows import PAGE_COLUMNS, PAGE_NAMES, SESSION_COLUMNS, read_page, read_session

EVENTS_OF_A_KIND = 50
MOST_SPANS = 8
QUEUED_MS = 15 * 60_000
"""An event that waited in the browser may be so much older than the visit it came in."""


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

    sessions: list[Session]
    """The newest ones of all and the newest of each visitor, newest first."""
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
    sessions: int,
    pages: int,
    top: int,
) -> Past:
    """Return the past of some visitors together.

    Without a `session_id`, the visit asked for is the newest one of the first visitor.
    """
    cursor = connection.cursor()
    who = [site_key, list(visitor_ids)]
    rows = cursor.execute(
        f"SELECT {SESSION_COLUMNS}, epoch_ms(min(started_at) OVER ()), "
        "epoch_ms(max(last_seen_at) OVER ()), count(*) OVER (), "
        "(sum(pages_viewed) OVER ())::BIGINT, "
        "(avg(epoch_ms(coalesce(ended_at, last_seen_at)) - epoch_ms(started_at)) OVER ())::BIGINT, "
        "count(*) FILTER (pages_viewed = 1) OVER () "
        f"FROM all_sessions WHERE {_AMONG} "
        "QUALIFY row_number() OVER (ORDER BY started_at DESC, session_id) <= ? OR "
        "row_number() OVER (PARTITION BY visitor_id ORDER BY started_at DESC, session_id) = 1 "
        "ORDER BY started_at DESC, session_id",
        [*who, sessions],
    ).fetchall()
    if not rows:
        return Past([], None, [], [], None, None)
    width = len(Figures._fields)
    read = [read_session(row[:-width]) for row in rows]
    found = [session for session, _, _ in read]
    figures = Figures(*rows[0][-width:])
    shown, number = next(
        (
            (session.session_id, number)
            for session, _, number in read
            if session.session_id == session_id
            or (not session_id and session.visitor_id == visitor_ids[0])
        ),
        (session_id, None),
    )
    # Page views lie within their sessions: the bounds let DuckDB skip other row groups. All that
    # is wanted of them comes from one look.
    parts = cursor.execute(
        f"WITH seen AS MATERIALIZED (SELECT * FROM ({_PAGES}) WHERE {_AMONG} "
        "AND happened_at BETWEEN make_timestamp_ms(?) AND make_timestamp_ms(?)) "
        f"SELECT part, views, {PAGE_COLUMNS} FROM ("
        "(SELECT 1 AS part, * FROM seen ORDER BY happened_at DESC, number DESC LIMIT ?) "
        "UNION ALL BY NAME SELECT 2 AS part, * FROM seen "
        "WHERE session_id = ? AND number IN (1, ?) "
        "UNION ALL BY NAME (SELECT 3 AS part, path, count(*) AS views FROM seen "
        "GROUP BY path ORDER BY views DESC, path LIMIT ?)"
        ") ORDER BY part, views DESC, happened_at DESC, number DESC, path",
        [*who, figures.first_seen_at, figures.last_seen_at, pages, shown, number, top],
    ).fetchall()
    first_and_last = {
        page.number: page
        for page in (read_page(tuple(row)) for part, _, *row in parts if part == 2)
    }
    return Past(
        found,
        figures,
        [_seen(row) for part, _, *row in parts if part == 1],
        [TopPage(row[_PATH], views) for part, views, *row in parts if part == 3],
        first_and_last.get(1),
        first_and_last.get(number) if number is not None else None,
    )


def spans_of(known: Past) -> list[tuple[int, int]]:
    """Return when visits were, in milliseconds, as `events` takes it."""
    if known.figures is None:
        return []
    found = [(one.started_at - QUEUED_MS, one.last_seen_at) for one in known.sessions]
    if known.figures.visits > len(found):
        found.append((known.figures.first_seen_at - QUEUED_MS, min(found)[0]))
    return found


def events(
    connection: Connection,
    site_key: str,
    visitor_ids: Sequence[str],
    spans: Sequence[tuple[int, int]],
) -> list[Event]:
    """Return the newest events of each kind of some visitors, newest first.

    `spans`, in milliseconds, are those of their visits: they let DuckDB skip what is outside.
    Where there are many, all between the first and the last is looked at.
    """
    bounds = _few(spans)
    if not bounds:
        return []
    # One look for each span: joined by OR, they would be compared with every row.
    within = " UNION ALL ".join(
        "SELECT kind, name, target, path, props, happened_at FROM events "
        "WHERE happened_at BETWEEN make_timestamp_ms(?) AND make_timestamp_ms(?) "
        "AND site_key = ? AND visitor_id IN (SELECT unnest(?))"
        for _ in bounds
    )
    rows = (
        connection.cursor()
        .execute(
            f"SELECT kind, name, target, path, props, epoch_ms(happened_at) FROM ({within}) "
            "QUALIFY row_number() OVER (PARTITION BY kind ORDER BY happened_at DESC) "
            f"<= {EVENTS_OF_A_KIND} ORDER BY happened_at DESC, kind, name",
            [
                value
                for since, until in bounds
                for value in (since, until, site_key, list(visitor_ids))
            ],
        )
        .fetchall()
    )
    return [
        Event(kind, name, target, path, msgspec.json.decode(props) if props else {}, at)
        for kind, name, target, path, props, at in rows
    ]


_WHO = "(SELECT ? AS site_key, unnest(?) AS visitor_id) AS who"
_AMONG = f"visitor IN (SELECT {visitor_key('who')} FROM {_WHO})"
"""By number: 2 million sessions are looked through in 4 ms, by id it takes 32."""
_PAGES = (
    'SELECT * EXCLUDE (tab_id, "view") FROM live_page_views '
    "UNION ALL BY NAME SELECT * FROM page_views"
)
_SESSION, _VISITOR, _PATH = (
    PAGE_NAMES.index(name) for name in ("session_id", "visitor_id", "path")
)


def _few(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join spans that touch, and all of them where they are many."""
    found: list[tuple[int, int]] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(until, found[-1][1]))
        else:
            found.append((since, until))
    return found if len(found) <= MOST_SPANS else [(found[0][0], found[-1][1])]


def _seen(row: Sequence[Any]) -> SeenPage:
    return SeenPage(read_page(tuple(row)), row[_SESSION], row[_VISITOR])
