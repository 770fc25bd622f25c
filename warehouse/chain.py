"""Each visitor's sessions and page views in a chain: which was the one before.

Reports tell different visitors by it without a set of them. The chain follows from the rows alone,
in whatever order these were written. What was forgotten stays in it as a moment.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from warehouse.connection import Connection


def visitor_key(table: str) -> str:
    """Return SQL for the key of a row's visitor: 64 bits of a hash.

    Among a million visitors, two share a key in one of 37 million warehouses.
    """
    return _key(f"{table}.site_key", f"{table}.visitor_id")


def session_key(table: str) -> str:
    """Return SQL for the key of a row's session, likewise."""
    return f"md5_number_lower({table}.session_id)"


def of_visitors(count: int) -> str:
    """Return SQL that holds for rows of so many visitors: for each, its values are the keys of the
    site and of the visitor.

    By number: 2 million sessions are looked through in 4 ms, by id it takes 32.
    """
    return f"visitor IN ({', '.join([_key('?', '?')] * count)})"


def _key(site_key: str, visitor_id: str) -> str:
    return f"md5_number_lower({site_key} || ' ' || {visitor_id})"


_ALIKE = {
    "previous_at": "true",
    "previous_source_at": "source",
    "previous_country_at": "country",
    "previous_device_at": "device",
}
"""In what the session before has to be alike."""
PREVIOUS = tuple(_ALIKE)
_KEPT = ("first_at", *PREVIOUS)
_COLUMNS = ", ".join(
    ("session_id", "visitor", "bot", "source", "country", "device", "started_at", *_KEPT)
)
_RIGHT = ", ".join(
    [
        "min(least(first_at, started_at)) OVER (PARTITION BY visitor, bot IS NULL) "
        "AS right_first_at",
        *(
            f"coalesce(lag(started_at) OVER (PARTITION BY visitor, bot IS NULL, {alike} "
            f"ORDER BY started_at, session_id), {name}) AS right_{name}"
            for name, alike in _ALIKE.items()
        ),
    ]
)
_WRONG = " OR ".join(f"right_{name} IS DISTINCT FROM {name}" for name in _KEPT)
_SET = ", ".join(f"{name} = right_{name}" for name in _KEPT)
_SESSIONS = f"""
WITH theirs AS (
    SELECT {_COLUMNS}, true AS live FROM live_sessions SEMI JOIN touched USING (visitor)
    UNION ALL
    SELECT {_COLUMNS}, false FROM sessions SEMI JOIN touched USING (visitor)
)
SELECT session_id, live, {_WRONG} AS wrong, bool_or(NOT live) OVER (PARTITION BY visitor)
    AS past, {", ".join(f"right_{name}" for name in _KEPT)}
FROM (SELECT *, {_RIGHT} FROM theirs)
"""

_PAGES = """
WITH theirs AS (
    SELECT session_id, number, pages.visitor, path, happened_at, before_at,
        coalesce(bot, '') <> '' AS bot, true AS live
    FROM live_page_views AS pages SEMI JOIN touched USING (visitor)
    LEFT JOIN (SELECT session_id, bot FROM live_sessions) USING (session_id)
    UNION ALL
    SELECT session_id, number, visitor, path, happened_at, before_at, bot, false
    FROM page_views {past}
)
SELECT session_id, number, live, before_this FROM (
    SELECT *, coalesce(lag(happened_at) OVER (
        PARTITION BY visitor, bot, path ORDER BY happened_at, session_id, number
    ), before_at) AS before_this
    FROM theirs
) WHERE before_this IS DISTINCT FROM before_at
"""

_COUNT_SESSIONS = (
    "SELECT (SELECT count(*) FROM live_sessions SEMI JOIN touched USING (visitor)) "
    "+ (SELECT count(*) FROM sessions SEMI JOIN touched USING (visitor))"
)
_WITH_PAST = (
    "SELECT DISTINCT visitor FROM live_sessions SEMI JOIN touched USING (visitor) WHERE with_past"
)
_COUNT_OPENED_AGAIN = (
    "SELECT count(*) - count(DISTINCT (visitor, path)) "
    "FROM live_page_views SEMI JOIN touched USING (visitor)"
)


def chain_sessions(connection: Connection, visitors: pa.Table) -> None:
    """Set `first_at` and `previous_at` of some visitors' sessions; `visitors` has their keys."""
    touched = _unique(visitors)
    connection.register("touched", touched)
    # Most come for the first time.
    if _number(connection, _COUNT_SESSIONS) == touched.num_rows:
        return
    found = connection.sql(_SESSIONS).to_arrow_table()
    connection.register("changed", found)
    connection.execute(
        f"UPDATE live_sessions SET {_SET}, with_past = past FROM changed "
        "WHERE live AND changed.session_id = live_sessions.session_id"
    )
    late = found.filter(pc.and_not(found["wrong"], found["live"]))
    if late.num_rows:
        connection.register("changed", late)
        connection.execute(
            f"UPDATE sessions SET {_SET} FROM changed "
            "WHERE changed.session_id = sessions.session_id"
        )


def chain_pages(connection: Connection, visitors: pa.Table, *, whole: bool = False) -> None:
    """Set `before_at` of some visitors' page views; `visitors` has their keys.

    Without `whole` the past is looked at of those alone who are there and have one.
    """
    touched = with_past = _unique(visitors)
    connection.register("touched", touched)
    if not whole:
        with_past = connection.sql(_WITH_PAST).to_arrow_table()
        # Most open a page once.
        if not with_past.num_rows and not _number(connection, _COUNT_OPENED_AGAIN):
            return
    connection.register("with_past", with_past)
    past = "SEMI JOIN with_past USING (visitor)" if with_past.num_rows else "WHERE false"
    found = connection.sql(_PAGES.format(past=past)).to_arrow_table()
    for live, table in ((True, "live_page_views"), (False, "page_views")):
        changed = found.filter(pc.equal(found["live"], live))
        if changed.num_rows:
            connection.register("changed", changed)
            connection.execute(
                f"UPDATE {table} SET before_at = before_this FROM changed "
                f"WHERE changed.session_id = {table}.session_id "
                f"AND changed.number = {table}.number"
            )


def forget_past(connection: Connection, site_key: str, visitor_id: str) -> None:
    """Chain what is left of a visitor anew, as if nothing else had ever been."""
    values = {"site": site_key, "visitor": visitor_id}
    theirs = "site_key = $site AND visitor_id = $visitor"
    visitors = connection.sql(
        f"SELECT DISTINCT visitor FROM all_sessions WHERE {theirs}", params=values
    ).to_arrow_table()
    if not visitors.num_rows:
        return
    nothing = ", ".join(f"{name} = NULL" for name in PREVIOUS)
    for table in ("live_sessions", "sessions"):
        connection.execute(
            f"UPDATE {table} SET first_at = started_at, {nothing} WHERE {theirs}", values
        )
    for table in ("live_page_views", "page_views"):
        connection.execute(f"UPDATE {table} SET before_at = NULL WHERE {theirs}", values)
    chain_sessions(connection, visitors)
    chain_pages(connection, visitors, whole=True)


def _unique(visitors: pa.Table) -> pa.Table:
    return pa.table({"visitor": visitors["visitor"].unique()})


def _number(connection: Connection, query: str) -> int:
    # All rows: one left unread keeps the connection from its next statement.
    [(number,)] = connection.execute(query).fetchall()
    return int(number)
