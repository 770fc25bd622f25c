"""A site's day and its places in figures."""

from __future__ import annotations

from typing import NamedTuple

from warehouse.connection import Connection


class Day(NamedTuple):
    """What visitors did since a moment."""

    visitors: int
    average_ms: int
    """Mean length of the sessions."""
    top_pages: list[tuple[str, int, int]]
    """Path, visitors, mean visible milliseconds of a view; the most visited first."""
    top_sources: list[tuple[str, int]]
    """Where sessions came from, and how many of them."""


class LeftPlace(NamedTuple):
    """A city, and how many visitors left from there."""

    country: str
    city: str
    latitude: float | None
    longitude: float | None
    visitors: int


_SINCE = "site_key = ? AND last_seen_at >= make_timestamp_ms(?)"


def day(connection: Connection, site_key: str, since_ms: int, limit: int) -> Day:
    """Return the figures since a moment, with at most `limit` pages and sources."""
    cursor = connection.cursor()
    values = [site_key, since_ms]
    found = cursor.execute(
        "SELECT count(DISTINCT visitor_id), "
        "avg(epoch_ms(coalesce(ended_at, last_seen_at)) - epoch_ms(started_at)) "
        f"FROM all_sessions WHERE {_SINCE}",
        values,
    ).fetchone()
    visitors, average = found or (0, None)
    pages = cursor.execute(
        "SELECT url, count(DISTINCT visitor_id) AS visitors, avg(visible_ms)::BIGINT "
        'FROM visitor_page_views WHERE site_key = ? AND "timestamp" >= make_timestamp_ms(?) '
        "GROUP BY url ORDER BY visitors DESC, url LIMIT ?",
        [*values, limit],
    ).fetchall()
    sources = cursor.execute(
        f"SELECT source, count(*) AS sessions FROM all_sessions WHERE {_SINCE} "
        "AND source <> '' GROUP BY source ORDER BY sessions DESC, source LIMIT ?",
        [*values, limit],
    ).fetchall()
    return Day(visitors, int(average or 0), pages, sources)


def left_places(connection: Connection, site_key: str, since_ms: int) -> list[LeftPlace]:
    """Return where the visitors were who left since a moment and are not back."""
    rows = (
        connection.cursor()
        .execute(
            "SELECT coalesce(country, ''), coalesce(city, ''), "
            "any_value(latitude), any_value(longitude), count(*) FROM ("
            f"SELECT country, city, latitude, longitude, presence FROM all_sessions WHERE {_SINCE} "
            "AND started_at >= make_timestamp_ms(?) - INTERVAL 25 HOUR "
            "QUALIFY row_number() OVER (PARTITION BY visitor_id "
            "ORDER BY presence <> 'offline' DESC, started_at DESC, session_id) = 1"
            ") WHERE presence = 'offline' GROUP BY 1, 2",
            [site_key, since_ms, since_ms],
        )
        .fetchall()
    )
    return [LeftPlace(*row) for row in rows]
