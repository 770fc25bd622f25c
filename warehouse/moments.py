"""Who was online at a moment, and how many were at each.

What the pipeline concluded about presence is kept step by step, so every moment that the tables
reach back to can be told as it was. A step counts from its own moment on; the first of a session
counts from the session's start. Only rows that a visit of that time may have written are looked
at, which lets DuckDB skip all older and newer row groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from hozir.contract.change import PageView, Session
from warehouse.connection import Connection
from warehouse.listing import LONGEST_VISIT_HOURS
from warehouse.rows import PAGE_COLUMNS, SESSION_COLUMNS, read_page, read_session
from warehouse.visitors import PAGES_KEPT

LONGEST_MS = LONGEST_VISIT_HOURS * 3_600_000
"""Nobody is online in a session that began longer ago."""
LATE_MS = 15 * 60_000
"""A session may have begun so long before its first change was concluded: events come late."""
SILENCE_MS = 5 * 60_000
"""Longer than anybody is held to be online after the last sign of life."""
MINUTE_MS = 60_000


class Stood(NamedTuple):
    """A visitor who was online at a moment, as the visit stood then. Names are as known now."""

    session: Session
    now_on: int
    """Number of the page that the visitor is on, if nothing has happened since; else 0."""


class Read(NamedTuple):
    """What a visitor had read by a moment."""

    session: Session
    page: PageView | None
    """The page that the visitor was on."""
    pages: list[PageView]
    """The latest ones, oldest first."""


class Level(NamedTuple):
    """The most visitors who were online at once within some minutes."""

    at: int
    """When these minutes begin, in milliseconds."""
    online: int
    reached: int
    """When it first was so many."""


_SINCE = "CASE WHEN steps.before IS NULL THEN visits.started_at ELSE steps.happened_at END"

_STOOD = f"""
WITH visits AS MATERIALIZED (
    SELECT session_id, visitor_id, started_at FROM all_sessions
    WHERE site_key = $site
    AND started_at BETWEEN make_timestamp_ms($oldest) AND make_timestamp_ms($at)
    AND (presence <> 'offline' OR last_seen_at >= make_timestamp_ms($alive))
    AND ($bots OR coalesce(bot, '') = '')
), taken AS (
    SELECT session_id, steps.presence, steps.rowid AS turn, {_SINCE} AS since
    FROM presence AS steps JOIN visits USING (session_id)
    WHERE steps.site_key = $site
    AND steps.happened_at BETWEEN make_timestamp_ms($oldest) AND make_timestamp_ms($late)
), stood AS (
    -- Several steps may be of one moment; they were written in their order.
    SELECT session_id, max_by(presence, turn) AS presence, max_by(since, turn) AS since
    FROM taken WHERE since <= make_timestamp_ms($at) GROUP BY session_id
), shown AS (
    SELECT session_id, stood.presence AS presence_then, epoch_ms(stood.since) AS since_then
    FROM stood JOIN visits USING (session_id) WHERE stood.presence <> 'offline'
    QUALIFY row_number() OVER (
        PARTITION BY visitor_id ORDER BY started_at DESC, session_id DESC
    ) = 1
)
SELECT presence_then, since_then, {SESSION_COLUMNS}
FROM all_sessions JOIN shown USING (session_id)
WHERE site_key = $site
AND started_at BETWEEN make_timestamp_ms($oldest) AND make_timestamp_ms($at)
ORDER BY started_at DESC, visitor_id
"""


def online_at(connection: Connection, site_key: str, at: int, *, bots: bool = True) -> list[Stood]:
    """Return who was online at a moment, each visitor once, the latest arrival first.

    Of the session its presence and its signs of life are those of the moment; `pages_at` tells
    the rest.
    """
    values = {
        "site": site_key,
        "at": at,
        "oldest": at - LONGEST_MS,
        "late": at + LATE_MS,
        "alive": at - SILENCE_MS,
        "bots": bots,
    }
    rows = connection.cursor().execute(_STOOD, values).fetchall()
    return [_stood(row, at) for row in rows]


def _stood(row: tuple[Any, ...], at: int) -> Stood:
    presence, since, *rest = row
    session, _, number = read_session(tuple(rest))
    still = session.last_seen_at <= at
    then = replace(
        session,
        presence=presence,
        presence_since=since,
        last_seen_at=min(session.last_seen_at, at),
        last_activity_at=min(session.last_activity_at, at) if still else session.started_at,
        ended_at=None,
    )
    return Stood(then, number or 0 if still else 0)


_READ = f"""
SELECT now_on, viewed, session_id, {PAGE_COLUMNS} FROM (
    SELECT *, count(*) OVER (PARTITION BY session_id) AS viewed
    FROM (
        SELECT * EXCLUDE (tab_id, "view") FROM live_page_views
        UNION ALL BY NAME SELECT * FROM page_views
    ) JOIN (SELECT unnest($sessions) AS session_id, unnest($now_on) AS now_on) USING (session_id)
    WHERE site_key = $site
    AND happened_at BETWEEN make_timestamp_ms($oldest) AND make_timestamp_ms($at)
    QUALIFY row_number() OVER (
        PARTITION BY session_id ORDER BY number = now_on DESC, number DESC
    ) <= {PAGES_KEPT}
) ORDER BY session_id, number
"""

_TOUCHED = """
SELECT session_id, count(*), epoch_ms(max(happened_at)) FROM events
WHERE site_key = $site AND session_id IN (SELECT unnest($sessions)) AND kind = 'interaction'
AND happened_at BETWEEN make_timestamp_ms($oldest) AND make_timestamp_ms($at)
GROUP BY session_id
"""


def pages_at(connection: Connection, site_key: str, stood: Sequence[Stood], at: int) -> list[Read]:
    """Return what some of those who were online at a moment had read and done by then.

    How long a page was in view is known as a whole: what of it was later than the moment is cut
    off. Who went back to a page that was open in another tab is shown on the page opened last.
    """
    if not stood:
        return []
    cursor = connection.cursor()
    values: dict[str, Any] = {
        "site": site_key,
        "at": at,
        "oldest": min(one.session.started_at for one in stood),
        "sessions": [one.session.session_id for one in stood],
    }
    touched = {
        session_id: (count, last)
        for session_id, count, last in cursor.execute(_TOUCHED, values).fetchall()
    }
    values["now_on"] = [one.now_on for one in stood]
    pages: dict[str, list[tuple[bool, int, PageView]]] = {}
    for now_on, viewed, session_id, *row in cursor.execute(_READ, values).fetchall():
        page = read_page(tuple(row))
        page = replace(page, visible=max(0, min(page.visible, at - page.at)), exit=False)
        pages.setdefault(session_id, []).append((page.number == now_on, viewed, page))
    return [_read(one.session, pages.get(one.session.session_id, []), touched) for one in stood]


def _read(
    session: Session,
    pages: list[tuple[bool, int, PageView]],
    touched: Mapping[str, tuple[int, int]],
) -> Read:
    interactions, touched_at = touched.get(session.session_id, (0, session.started_at))
    seen = [page for _, _, page in pages]
    page = next((page for on_it, _, page in pages if on_it), seen[-1] if seen else None)
    then = replace(
        session,
        pages_viewed=pages[0][1] if pages else 0,
        interactions=interactions,
        visible=sum(page.visible for page in seen),
        last_activity_at=max([session.last_activity_at, touched_at, *(one.at for one in seen)]),
    )
    return Read(then, page, seen)


def concurrency_sql(visits: str) -> str:
    """Return the statement that tells the most visitors online at once, for each `$width` ms.

    `visits` is a condition on `all_sessions`, for what is counted. Values: `$sites`, a list of
    keys; `$start` and `$end`, milliseconds; `$width`; and those of `visits`. Columns: `ms`,
    `online`, `reached`.
    """
    return f"""
WITH visits AS (
    SELECT session_id, started_at FROM all_sessions
    WHERE site_key IN (SELECT unnest($sites))
    AND started_at >= make_timestamp_ms($start - {LONGEST_MS})
    AND started_at < make_timestamp_ms($end)
    AND (presence <> 'offline' OR last_seen_at >= make_timestamp_ms($start - {SILENCE_MS}))
    AND ({visits})
), taken AS (
    SELECT steps.site_key, steps.visitor_id, epoch_ms({_SINCE}) AS ms,
        CASE WHEN steps.presence = 'offline' THEN -1 ELSE 1 END AS step
    FROM presence AS steps JOIN visits USING (session_id)
    WHERE steps.site_key IN (SELECT unnest($sites))
    AND steps.happened_at >= make_timestamp_ms($start - {LONGEST_MS})
    AND steps.happened_at < make_timestamp_ms($end + {LATE_MS})
    AND (steps.presence = 'offline') <> (coalesce(steps.before, 'offline') = 'offline')
), of_visitor AS (
    SELECT site_key, visitor_id, ms, sum(step) AS step FROM taken
    WHERE ms < $end GROUP BY ALL HAVING sum(step) <> 0
), turns AS (
    SELECT ms, CAST(here > 0 AS INTEGER) - CAST(here > step AS INTEGER) AS turn FROM (
        SELECT ms, step, sum(step) OVER (PARTITION BY site_key, visitor_id ORDER BY ms) AS here
        FROM of_visitor
    )
), changed AS (
    -- With nothing at the beginning of each step, so that every step has a level to begin with.
    SELECT ms, sum(turn) AS turn FROM (
        SELECT ms, turn FROM turns WHERE turn <> 0
        UNION ALL SELECT unnest(generate_series($start, $end - 1, $width)), 0
    ) GROUP BY ms
), levels AS (
    SELECT ms, CAST(sum(turn) OVER (ORDER BY ms) AS BIGINT) AS online FROM changed
), highest AS (
    SELECT $start + (ms - $start) // $width * $width AS ms,
        max({{'online': online, 'early': -ms}}) AS top
    FROM levels WHERE ms >= $start GROUP BY 1
)
SELECT ms, top.online AS online, -top.early AS reached FROM highest ORDER BY ms
"""


def concurrency(
    connection: Connection,
    site_key: str,
    start: int,
    end: int,
    *,
    minutes: int = 1,
    bots: bool = True,
) -> list[Level]:
    """Return how many visitors were online at once, for each minute of `[start, end)`."""
    if end <= start:
        return []
    values = {
        "sites": [site_key],
        "start": start,
        "end": end,
        "width": minutes * MINUTE_MS,
        "bots": bots,
    }
    sql = concurrency_sql("$bots OR coalesce(bot, '') = ''")
    return [Level(*row) for row in connection.cursor().execute(sql, values).fetchall()]


def peak(levels: Sequence[Level]) -> Level | None:
    """Return when the most were online at once, the first time; None while nobody was."""
    highest = max(levels, key=lambda one: (one.online, -one.at), default=None)
    return highest if highest is not None and highest.online else None


def first_visit(connection: Connection, site_key: str) -> int | None:
    """Return when the oldest visit began that is still known, in milliseconds."""
    row = (
        connection.cursor()
        .execute(
            "SELECT epoch_ms(min(started_at)) FROM all_sessions WHERE site_key = ?", [site_key]
        )
        .fetchone()
    )
    return row[0] if row else None
