"""A long past, written by SQL straight into a warehouse's tables: for reports to be measured on.

Believable in shape alone: hours, pages, places and sources that lean towards a few, visits of one
page, people who come back. The same size is the same past.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from zlib import crc32

from warehouse.connection import Connection

SITE = "demo"
DAY_MS = 24 * 3_600_000
PERSONS = 0.6
"""Visitors to draw from, for each session."""
AT_ONCE = 250_000
"""Sessions in one step, so that no step needs the memory of all."""
BOUNCES = 0.38
TALKS = 100
"""Sessions to one in which something is said, three lines long."""
PAGES = 500
"""Different pages of the site."""


@dataclass(frozen=True)
class Size:
    """How much there is."""

    sessions: int
    pages_per_session: float
    days: int
    until_ms: int
    """The moment at which it ends."""

    @property
    def start_ms(self) -> int:
        """The moment at which it begins."""
        return self.until_ms - self.days * DAY_MS


def fill(connection: Connection, size: Size, site_key: str = SITE) -> float:
    """Write such a past of a site; return the seconds that it took."""
    began = time.perf_counter()
    cursor = connection.cursor()
    cursor.execute(
        _DRAWN,
        {
            "site": site_key,
            "sessions": size.sessions,
            "persons": max(1, round(size.sessions * PERSONS)),
            # The others make up for those who read one page alone.
            "more": (size.pages_per_session - BOUNCES) / (1 - BOUNCES) - 1.5,
            "start": size.start_ms,
            "days": size.days,
        },
    )
    cursor.execute(_OPENED)
    steps = -(-size.sessions // AT_ONCE)
    width = size.days * DAY_MS // steps + 1
    for step in range(steps):
        low = size.start_ms + step * width
        for statement in (_SESSIONS, _PAGE_VIEWS, _PRESENCE, _EVENTS, _TALKS, _LINES):
            values = {"site": site_key, "low": low, "high": low + width}
            used = {name: value for name, value in values.items() if f"${name}" in statement}
            cursor.execute(statement, used)
    cursor.execute("DROP TABLE opened")
    cursor.execute("DROP TABLE drawn")
    cursor.execute("CHECKPOINT")
    return time.perf_counter() - began


def _dice(salt: str, of: str = "person") -> str:
    """SQL for a number from 0 to 1, always the same for the same row."""
    # One hash of both together: hashes of several values hang together between salts.
    return f"(hash({of} + {crc32(salt.encode())} * 2147483648) / 18446744073709551616.0)"


def _one_of(salt: str, *words: str, lean: float = 2.0, of: str = "person") -> str:
    """SQL for one of some words, the first ones more often the greater `lean` is."""
    listed = ", ".join(f"'{word}'" for word in words)
    return f"[{listed}][1 + floor(power({_dice(salt, of)}, {lean}) * {len(words)})::INTEGER]"


def _page(number: str) -> str:
    """SQL for which page a session opened as its first, second, third."""
    return f"floor(power({_dice('page', f'n * 1000 + {number}')}, 3) * {PAGES})::INTEGER"


_DRAWN = f"""
CREATE TEMP TABLE drawn AS
SELECT
    *,
    md5_number_lower($site || ' v_' || CAST(md5('v' || person) AS UUID)) AS visitor,
    min(start_ms) OVER (PARTITION BY person) AS first_ms,
    lag(start_ms) OVER theirs AS previous_ms,
    row_number() OVER theirs AS visit
FROM (
    SELECT
        n,
        floor(power({_dice("who", "n")}, 1.3) * $persons)::BIGINT AS person,
        $start + floor((floor({_dice("day", "n")} * $days)
            + ({_dice("hour", "n")} + {_dice("hours", "n")}) / 2) * {DAY_MS})::BIGINT AS start_ms,
        CASE WHEN {_dice("bounce", "n")} < {BOUNCES} THEN 1
            ELSE 1 + greatest(1, ceil(-ln(1 - {_dice("pages", "n")}) * $more)::INTEGER)
            END AS pages,
        5000 + floor({_dice("pace", "n")} * 60000)::BIGINT AS pace
    FROM range($sessions) AS numbers(n)
)
WINDOW theirs AS (PARTITION BY person ORDER BY start_ms, n)
"""

_OPENED = f"""
CREATE TEMP TABLE opened AS
SELECT *, lag(at_ms) OVER (PARTITION BY person, page ORDER BY at_ms, n, number) AS before_ms
FROM (
    SELECT
        n,
        person,
        visitor,
        number,
        number = pages AS last,
        start_ms,
        start_ms + (number - 1) * pace AS at_ms,
        {_page("number")} AS page,
        pace
    FROM (SELECT *, unnest(range(1, pages + 1))::INTEGER AS number FROM drawn)
)
"""

_IDS = """
    's_' || CAST(md5('s' || n) AS UUID) AS session_id,
    $site AS site_key,
    'v_' || CAST(md5('v' || person) AS UUID) AS visitor_id,
"""
_SESSION = "md5_number_lower(session_id) AS session"
_STEP = "WHERE start_ms >= $low AND start_ms < $high"
_BOT = "person % 40 = 0"

_SESSIONS = f"""
INSERT INTO sessions BY NAME
SELECT
    {_IDS}
    {_SESSION},
    pages + 3 AS seq,
    make_timestamp_ms(start_ms) AS started_at,
    make_timestamp_ms(start_ms + pages * pace) AS last_seen_at,
    last_seen_at AS last_activity_at,
    last_seen_at + INTERVAL 30 MINUTE AS ended_at,
    'offline' AS presence,
    last_seen_at AS presence_since,
    0 AS tabs,
    pages AS pages_viewed,
    pages // 2 AS interactions,
    pages * pace * 4 // 5 AS visible_ms,
    pages AS page_number,
    '/katalog/' || {_page("pages")} AS page_path,
    'Tovar ' || {_page("pages")} AS page_title,
    make_timestamp_ms(start_ms + (pages - 1) * pace) AS page_at,
    '/katalog/' || {_page("1")} AS entry_path,
    '95.142.' || person % 200 || '.XX' AS ip,
    {_one_of("country", "UZ", "RU", "KZ", "TR", "DE", "US", "KG", "TJ", "KR", "AE", lean=3)}
        AS country,
    'Region ' || person % 40 AS region,
    'City ' || floor(power({_dice("city")}, 2) * 120)::INTEGER AS city,
    41.0 + person % 90 / 10 AS latitude,
    69.0 + person % 70 / 10 AS longitude,
    'Asia/Tashkent' AS timezone,
    {_one_of("device", "mobile", "desktop", "tablet", lean=1.5)} AS device,
    {_one_of("os", "Android", "Windows", "iOS", "Mac OS X", "Linux")} AS os,
    (10 + person % 6)::VARCHAR AS os_version,
    {_one_of("browser", "Chrome Mobile", "Chrome", "Safari", "Yandex Browser", "Firefox", "Edge")}
        AS browser,
    (140 + person % 12)::VARCHAR AS browser_version,
    {_one_of("screen", "390x844", "1920x1080", "360x800", "1366x768", "1536x864")} AS screen,
    {_one_of("language", "uz-UZ,ru", "ru-RU,uz", "en-US,en")} AS language,
    CASE WHEN {_BOT} THEN 'GPTBot' END AS bot,
    {_one_of("source", "Google", "Telegram", "Direct", "Yandex", "Instagram", "ChatGPT", of="n")}
        AS source,
    {_one_of("medium", "organic", "social", "none", "cpc", "email", of="n")} AS medium,
    CASE WHEN n % 5 = 0 THEN 'campaign ' || n % 12 END AS campaign,
    CASE WHEN n % 3 > 0 THEN 'https://www.google.com/' END AS referrer,
    visit::INTEGER AS visit,
    (1 + person % 99999)::INTEGER AS visitor_number,
    visitor,
    make_timestamp_ms(first_ms) AS first_at,
    make_timestamp_ms(previous_ms) AS previous_at
FROM drawn
{_STEP}
ORDER BY start_ms
"""

_PAGE_VIEWS = f"""
INSERT INTO page_views BY NAME
SELECT
    {_IDS}
    {_SESSION},
    number,
    make_timestamp_ms(at_ms) AS happened_at,
    'shop.example' AS host,
    '/katalog/' || page AS path,
    'Tovar ' || page AS title,
    pace * 4 // 5 AS visible_ms,
    floor({_dice("scroll", "n + number")} * 101)::INTEGER AS scroll,
    (n + number)::INTEGER % 3 AS interactions,
    last AS "exit",
    visitor,
    make_timestamp_ms(before_ms) AS before_at,
    {_BOT} AS bot
FROM opened
{_STEP}
ORDER BY start_ms, n, number
"""

_PRESENCE = f"""
INSERT INTO presence BY NAME
SELECT
    {_IDS}
    make_timestamp_ms(start_ms + [0, pages * pace, pages * pace + 5000][step]) AS happened_at,
    ['active', 'leaving', 'offline'][step] AS presence,
    [NULL, 'active', 'leaving'][step] AS before
FROM (SELECT *, unnest([1, 2, 3]) AS step FROM drawn {_STEP})
ORDER BY start_ms
"""

_EVENTS = f"""
INSERT INTO events BY NAME
SELECT
    {_IDS}
    {_SESSION},
    make_timestamp_ms(start_ms + pace) AS happened_at,
    'custom' AS kind,
    {_one_of("event", "add_to_basket", "order", "sign_up", of="n")} AS name,
    '/katalog/' || {_page("1")} AS path,
    NULL::VARCHAR AS target,
    '{{"sum":' || n % 1000 || '}}' AS props,
    visitor,
    {_BOT} AS bot
FROM drawn
{_STEP} AND n % 2 = 0
ORDER BY start_ms
"""

_TALKED = f"FROM drawn {_STEP} AND n % {TALKS} = 0"

_TALKS = f"""
INSERT INTO conversation_states BY NAME
SELECT
    'c_' || CAST(md5('c' || n) AS UUID) AS conversation_id,
    $site AS site_key,
    'v_' || CAST(md5('v' || person) AS UUID) AS visitor_id,
    'closed' AS status,
    CASE WHEN n % 3 = 0 THEN 'agent' ELSE 'visitor' END AS started_by,
    make_timestamp_ms(start_ms + pace) AS opened_at,
    make_timestamp_ms(start_ms + pace + 120000) AS last_at,
    3 AS lines,
    3 AS messages,
    CASE WHEN n % 3 = 0 THEN 1 ELSE 2 END AS from_visitor,
    3 AS delivered,
    3 AS seen,
    3 AS team_read,
    from_visitor AS team_read_from_visitor
{_TALKED}
ORDER BY start_ms
"""

_LINES = f"""
INSERT INTO conversation_lines BY NAME
SELECT
    'c_' || CAST(md5('c' || n) AS UUID) AS conversation_id,
    $site AS site_key,
    'v_' || CAST(md5('v' || person) AS UUID) AS visitor_id,
    number,
    'message' AS kind,
    'm_' || CAST(md5('m' || n || '-' || number) AS UUID) AS id,
    make_timestamp_ms(start_ms + pace + (number - 1) * 60000) AS happened_at,
    CASE WHEN (n % 3 = 0) = (number % 2 = 1) THEN 'agent' ELSE 'visitor' END AS author,
    CASE WHEN author = 'agent' THEN 'u_' || n % 7 END AS author_id,
    'Assalomu alaykum! Yetkazib berish bormi?' AS text,
    's_' || CAST(md5('s' || n) AS UUID) AS session_id,
    {_SESSION},
    n % 3 = 0 AND number = 1 AS proactive,
    1 AS from_visitor
FROM (SELECT *, unnest([1, 2, 3])::INTEGER AS number {_TALKED})
ORDER BY start_ms, number
"""
