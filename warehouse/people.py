"""Which browser belongs to which proven person, and what the log said of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from warehouse.connection import Connection


class Verified(NamedTuple):
    """That a visitor was proven to be somebody. Times in milliseconds."""

    site_key: str
    visitor_id: str
    external_id: str
    """As the site names the person."""
    person_id: str
    since: int
    heard_at: int
    """When the newest proof came whose words have reached the contact."""


class Proof(NamedTuple):
    """An `identify` that the site proved."""

    site_key: str
    visitor_id: str
    at: int
    identity: dict[str, Any]


def verified_visitors(connection: Connection) -> list[Verified]:
    """Return every visitor who was proven to be somebody."""
    rows = (
        connection.cursor()
        .execute(
            "SELECT site_key, visitor_id, external_id, person_id, epoch_ms(since), "
            "epoch_ms(heard_at) "
            "FROM verified_visitors ORDER BY since, visitor_id"
        )
        .fetchall()
    )
    return [Verified(*row) for row in rows]


def write_verified(connection: Connection, one: Verified) -> None:
    """Keep it, in place of what was known of the visitor."""
    cursor = connection.cursor()
    cursor.begin()
    try:
        cursor.execute(
            "DELETE FROM verified_visitors WHERE site_key = ? AND visitor_id = ?",
            [one.site_key, one.visitor_id],
        )
        cursor.execute(
            "INSERT INTO verified_visitors "
            "VALUES (?, ?, ?, ?, make_timestamp_ms(?), make_timestamp_ms(?))",
            [*one],
        )
        cursor.commit()
    except BaseException:
        cursor.rollback()
        raise


def proofs_since(connection: Connection, at: int) -> Iterator[Proof]:
    """Yield what sites have proven since a moment, oldest first."""
    rows = connection.cursor().execute(
        "SELECT site_key, visitor_id, epoch_ms(happened_at), props FROM events "
        "WHERE kind = 'identify' AND happened_at >= make_timestamp_ms(?) "
        "AND contains(props, '\"verified\":true') ORDER BY happened_at, visitor_id",
        [at],
    )
    while some := rows.fetchmany(10_000):
        for site_key, visitor_id, happened_at, props in some:
            yield Proof(site_key, visitor_id, happened_at, msgspec.json.decode(props))
