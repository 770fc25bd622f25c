"""Lists of visitors out of the warehouse: who left lately, and everybody who ever came.

A visitor is listed once, with the newest visit. Filters look at that visit alone. Only the columns
that a filter needs are read of all sessions; the rest is fetched for the visitors of one page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from hozir.contract.change import PageView, Session
from warehouse.connection import Connection
from warehouse.rows import SESSION_COLUMNS
from warehouse.visitors import read_visit

APOSTROPHES = "ʻʼ‘’`"
"""Letters that searches take for one."""
LONGEST_VISIT_HOURS = 25


@dataclass(frozen=True)
class Asked:
    """Whom to list. Empty asks for nothing; texts are folded as `q` is."""

    countries: frozenset[str] = frozenset()
    page: str = ""
    page_prefix: bool = False
    least_ms: int = 0
    most_ms: int | None = None
    bots: bool = True
    q: str = ""
    """In lower case, every apostrophe a `'`."""
    q_countries: frozenset[str] = frozenset()
    """Codes of countries whose name holds `q`."""
    q_visitors: frozenset[str] = frozenset()
    """Visitors of whom the team knows something that holds `q`."""


class Listed(NamedTuple):
    """A visitor with the newest visit."""

    session: Session
    seq: int
    page: PageView | None


class Sizes(NamedTuple):
    """How long the lists are, without a filter."""

    offline: int
    everybody: int


def listed(
    connection: Connection,
    site_key: str,
    asked: Asked,
    *,
    now: int,
    since: int | None,
    limit: int,
    skip: int = 0,
) -> tuple[int, list[Listed]]:
    """Return how many visitors match, and some of them, the last sign of life first.

    With `since` (milliseconds) only those who were here since then and are not now.
    """
    matching, values = _matching(site_key, asked, now, since)
    rows = (
        connection.cursor()
        .execute(
            f"WITH {matching}, page AS (SELECT *, count(*) OVER () AS total FROM matching "
            "ORDER BY seen DESC, session_id LIMIT ? OFFSET ?) "
            f"SELECT total, {SESSION_COLUMNS} FROM all_sessions JOIN page USING (session_id) "
            "ORDER BY seen DESC, session_id",
            [*values, limit, skip],
        )
        .fetchall()
    )
    total = rows[0][0] if rows else 0
    if not rows and skip:
        counted = connection.cursor().execute(
            f"WITH {matching} SELECT count(*) FROM matching", values
        )
        total = (counted.fetchone() or (0,))[0]
    return total, [_listed(row[1:]) for row in rows]


def everyone(
    connection: Connection, site_key: str, asked: Asked, *, now: int, since: int | None
) -> Iterator[Listed]:
    """Yield all visitors who match, in the order of the list."""
    matching, values = _matching(site_key, asked, now, since)
    rows = connection.cursor().execute(
        f"WITH {matching} SELECT {SESSION_COLUMNS} FROM all_sessions "
        "JOIN matching USING (session_id) ORDER BY seen DESC, session_id",
        values,
    )
    while some := rows.fetchmany(1_000):
        yield from map(_listed, some)


def sizes(connection: Connection, site_key: str, since: int) -> Sizes:
    """Return how many visitors left since a moment, and how many ever came."""
    row = (
        connection.cursor()
        .execute(
            "SELECT count(*) FILTER (NOT here AND seen >= make_timestamp_ms(?)), count(*) FROM ("
            "SELECT max(last_seen_at) AS seen, bool_or(presence <> 'offline') AS here "
            "FROM all_sessions WHERE site_key = ? GROUP BY visitor_id)",
            [since, site_key],
        )
        .fetchone()
    )
    return Sizes(*(row or (0, 0)))


def _matching(site_key: str, asked: Asked, now: int, since: int | None) -> tuple[str, list[Any]]:
    """Return two named queries, the last called `matching`, and their values."""
    lately = ""
    values: list[Any] = [site_key]
    if since is not None:
        # The start is bounded too, so that old row groups are not even opened.
        lately = (
            " AND last_seen_at >= make_timestamp_ms(?) AND started_at >= "
            f"make_timestamp_ms(?) - INTERVAL {LONGEST_VISIT_HOURS} HOUR"
        )
        values += [since, since]
    wanted, more = _conditions(asked, now)
    if since is not None:
        wanted.insert(0, "NOT here")
    joined = (
        f" JOIN all_sessions USING (session_id) WHERE {' AND '.join(wanted)}"
        if more
        else (" WHERE NOT here" if since is not None else "")
    )
    return (
        "newest AS (SELECT max_by(session_id, last_seen_at) "
        "AS session_id, max(last_seen_at) AS seen, bool_or(presence <> 'offline') AS here "
        f"FROM all_sessions WHERE site_key = ?{lately} GROUP BY visitor_id), "
        f"matching AS (SELECT session_id, seen FROM newest{joined})",
        [*values, *more],
    )


def _conditions(asked: Asked, now: int) -> tuple[list[str], list[Any]]:
    wanted: list[str] = []
    values: list[Any] = []

    def need(condition: str, *of: Any) -> None:
        wanted.append(condition)
        values.extend(of)

    if not asked.bots:
        need("coalesce(bot, '') = ?", "")
    if asked.countries:
        need("list_contains(?, country)", sorted(asked.countries))
    if asked.page and asked.page_prefix:
        need("(starts_with(page_path, ?) OR page_path = ?)", asked.page, asked.page.rstrip("/"))
    elif asked.page:
        need("(page_path = ? OR split_part(page_path, '?', 1) = ?)", asked.page, asked.page)
    length = (
        "(CASE WHEN presence = 'offline' THEN epoch_ms(last_seen_at) ELSE ? END"
        " - epoch_ms(started_at))"
    )
    if asked.least_ms:
        need(f"{length} >= ?", now, asked.least_ms)
    if asked.most_ms is not None:
        need(f"{length} < ?", now, asked.most_ms)
    if asked.q:
        _search(asked, need)
    return wanted, values


def _search(asked: Asked, need: Any) -> None:
    texts = (
        "json_extract_string(identity, '$.name')",
        "json_extract_string(identity, '$.email')",
        "visitor_id",
        "city",
        "page_path",
    )
    plain = "'" * len(APOSTROPHES)
    found = [f"contains(translate(lower({text}), ?, ?), ?)" for text in texts]
    values: list[Any] = [APOSTROPHES, plain, asked.q] * len(texts)
    found.append("visitor_number::VARCHAR = ?")
    values.append(asked.q.removeprefix("#").removeprefix("anon_"))
    found.append("list_contains(?, country)")
    values.append(sorted(asked.q_countries) or [""])
    found.append("list_contains(?, visitor_id)")
    values.append(sorted(asked.q_visitors) or [""])
    need(f"({' OR '.join(f'coalesce({one}, false)' for one in found)})", *values)


def _listed(row: tuple[Any, ...]) -> Listed:
    visit = read_visit(row, [])
    return Listed(visit.session, visit.seq, visit.page)
