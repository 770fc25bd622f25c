"""The places that visitors of a site left from."""

from __future__ import annotations

from typing import NamedTuple

from warehouse.connection import Connection


class LeftPlace(NamedTuple):
    """A city, and how many visitors left from there."""

    country: str
    city: str
    latitude: float | None
    longitude: float | None
    visitors: int


_SINCE = "site_key = ? AND last_seen_at >= make_timestamp_ms(?)"


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
