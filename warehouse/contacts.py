"""The people whom the team has saved, and the browsers that are theirs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from warehouse.connection import Connection

Scalar = str | int | float | bool | None


class Contact(msgspec.Struct, frozen=True):
    """One person on one site. Empty means unknown; times in milliseconds."""

    contact_id: str
    site_key: str
    name: str = ""
    email: str = ""
    phone: str = ""
    traits: dict[str, Scalar] = {}
    note: str = ""
    external_id: str = ""
    """As the site names the person."""
    verified: bool = False
    """Whether the site has proven the external id."""
    by_hand: frozenset[str] = frozenset()
    """What somebody of the team wrote: `name`, `traits.plan`; the site does not overwrite it."""
    created_at: int = 0
    updated_at: int = 0
    visitors: tuple[str, ...] = ()


_COLUMNS = (
    "contact_id, site_key, coalesce(name, ''), coalesce(email, ''), coalesce(phone, ''), traits, "
    "coalesce(note, ''), coalesce(external_id, ''), verified, by_hand, epoch_ms(created_at), "
    "epoch_ms(updated_at), ARRAY(SELECT visitor_id FROM contact_visitors AS theirs "
    "WHERE theirs.contact_id = contact_rows.contact_id ORDER BY visitor_id)"
)


def by_id(connection: Connection, site_key: str, contact_id: str) -> Contact | None:
    """Return a contact of a site; None if there is none of that id."""
    return _one(connection, "site_key = ? AND contact_id = ?", site_key, contact_id)


def by_email(connection: Connection, site_key: str, email: str) -> Contact | None:
    """Return the first contact with an e-mail, in whatever case."""
    return _one(connection, "site_key = ? AND lower(email) = lower(?)", site_key, email)


def by_external_id(connection: Connection, site_key: str, external_id: str) -> Contact | None:
    """Return the contact whom the site names so."""
    return _one(connection, "site_key = ? AND external_id = ?", site_key, external_id)


def of_visitor(connection: Connection, site_key: str, visitor_id: str) -> Contact | None:
    """Return the contact whose browser it is."""
    theirs = "(SELECT contact_id FROM contact_visitors WHERE site_key = ? AND visitor_id = ?)"
    return _one(connection, f"contact_id IN {theirs}", site_key, visitor_id)


def search(
    connection: Connection, site_key: str, sought: str, limit: int, skip: int
) -> tuple[int, list[Contact]]:
    """Return how many contacts hold a folded text, and some of them, newest edit first."""
    where = "site_key = ? AND contains(sought, ?)"
    cursor = connection.cursor()
    count = cursor.execute(f"SELECT count(*) FROM contact_rows WHERE {where}", [site_key, sought])
    total = count.fetchall()[0][0]
    rows = cursor.execute(
        f"SELECT {_COLUMNS} FROM contact_rows WHERE {where} "
        "ORDER BY updated_at DESC, contact_id LIMIT ? OFFSET ?",
        [site_key, sought, limit, skip],
    ).fetchall()
    return total, [_read(row) for row in rows]


def linked(connection: Connection) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield site, visitor, contact, and the contact's name and e-mail, of every linked visitor."""
    rows = connection.cursor().execute(
        "SELECT site_key, visitor_id, contact_id, coalesce(name, ''), coalesce(email, '') "
        "FROM contact_visitors JOIN contact_rows USING (site_key, contact_id)"
    )
    while some := rows.fetchmany(10_000):
        yield from some


def write_contact(connection: Connection, contact: Contact, sought: str) -> None:
    """Keep a contact with its visitors, who are then nobody else's."""
    with _transaction(connection) as cursor:
        _remove(cursor, contact)
        cursor.execute(
            "INSERT INTO contact_rows VALUES (?, ?, nullif(?, ''), nullif(?, ''), nullif(?, ''), "
            "?, nullif(?, ''), nullif(?, ''), ?, ?, ?, make_timestamp_ms(?), make_timestamp_ms(?))",
            [
                contact.contact_id,
                contact.site_key,
                contact.name,
                contact.email,
                contact.phone,
                msgspec.json.encode(contact.traits).decode(),
                contact.note,
                contact.external_id,
                contact.verified,
                msgspec.json.encode(sorted(contact.by_hand)).decode(),
                sought,
                contact.created_at,
                contact.updated_at,
            ],
        )
        for visitor_id in contact.visitors:
            cursor.execute(
                "DELETE FROM contact_visitors WHERE site_key = ? AND visitor_id = ?",
                [contact.site_key, visitor_id],
            )
            cursor.execute(
                "INSERT INTO contact_visitors VALUES (?, ?, ?)",
                [contact.site_key, visitor_id, contact.contact_id],
            )


def delete_contact(connection: Connection, contact: Contact) -> None:
    """Forget a contact; its visitors are nobody's then."""
    with _transaction(connection) as cursor:
        _remove(cursor, contact)


def _remove(cursor: Connection, contact: Contact) -> None:
    for table in ("contact_rows", "contact_visitors"):
        cursor.execute(f"DELETE FROM {table} WHERE contact_id = ?", [contact.contact_id])


@contextmanager
def _transaction(connection: Connection) -> Iterator[Connection]:
    cursor = connection.cursor()
    cursor.begin()
    try:
        yield cursor
        cursor.commit()
    except BaseException:
        cursor.rollback()
        raise


def _one(connection: Connection, where: str, *values: str) -> Contact | None:
    row = (
        connection.cursor()
        .execute(
            f"SELECT {_COLUMNS} FROM contact_rows WHERE {where} "
            "ORDER BY created_at, contact_id LIMIT 1",
            list(values),
        )
        .fetchone()
    )
    return None if row is None else _read(row)


def _read(row: Sequence[Any]) -> Contact:
    values = dict(zip(_FIELDS, row, strict=True))
    return Contact(
        **values
        | {
            "traits": msgspec.json.decode(values["traits"]),
            "by_hand": frozenset(msgspec.json.decode(values["by_hand"])),
            "visitors": tuple(values["visitors"] or ()),
        }
    )


_FIELDS = (
    *("contact_id", "site_key", "name", "email", "phone", "traits", "note", "external_id"),
    *("verified", "by_hand", "created_at", "updated_at", "visitors"),
)
