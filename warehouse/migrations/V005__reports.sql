-- What reports count by, kept with each row so that they need no set of visitors: the first row of
-- a visitor in any range is the one whose row before is older than the range. `visitor` is 64 bits
-- of a hash of site and visitor; people and bots of one visitor id are told apart.
--
-- sessions: when the visitor's session before began, and the first of all; the first page.
-- page_views: when the visitor opened the same page before.

ALTER TABLE live_sessions ADD COLUMN entry_path VARCHAR;
ALTER TABLE live_sessions ADD COLUMN visitor UBIGINT;
ALTER TABLE live_sessions ADD COLUMN first_at TIMESTAMP;
ALTER TABLE live_sessions ADD COLUMN previous_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN entry_path VARCHAR;
ALTER TABLE sessions ADD COLUMN visitor UBIGINT;
ALTER TABLE sessions ADD COLUMN first_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN previous_at TIMESTAMP;
ALTER TABLE live_page_views ADD COLUMN visitor UBIGINT;
ALTER TABLE live_page_views ADD COLUMN before_at TIMESTAMP;
ALTER TABLE page_views ADD COLUMN visitor UBIGINT;
ALTER TABLE page_views ADD COLUMN before_at TIMESTAMP;
ALTER TABLE page_views ADD COLUMN bot BOOLEAN;

-- Whether anything of the visitor has ended: only then is the past worth a look.
ALTER TABLE live_sessions ADD COLUMN with_past BOOLEAN;

CREATE OR REPLACE VIEW all_sessions AS
SELECT * EXCLUDE (with_past) FROM live_sessions
UNION ALL BY NAME
SELECT * FROM sessions;

CREATE VIEW all_page_views AS
SELECT
    live_page_views.* EXCLUDE (tab_id, "view"),
    coalesce(live_sessions.bot, '') <> '' AS bot
FROM live_page_views
LEFT JOIN live_sessions ON live_sessions.session_id = live_page_views.session_id
UNION ALL BY NAME
SELECT * FROM page_views;

-- What was there before.

CREATE TEMP TABLE chained AS
SELECT
    session_id,
    md5_number_lower(site_key || ' ' || visitor_id) AS visitor,
    coalesce(bot, '') <> '' AS bot,
    min(started_at) OVER same AS first_at,
    lag(started_at) OVER (same ORDER BY started_at, session_id) AS previous_at
FROM all_sessions
WINDOW same AS (PARTITION BY site_key, visitor_id, coalesce(bot, '') <> '');

CREATE TEMP TABLE opened AS
SELECT
    pages.session_id,
    pages.number,
    chained.visitor,
    chained.bot,
    lag(pages.happened_at) OVER (
        PARTITION BY chained.visitor, chained.bot, pages.path
        ORDER BY pages.happened_at, pages.session_id, pages.number
    ) AS before_at
FROM (
    SELECT session_id, number, path, happened_at FROM live_page_views
    UNION ALL
    SELECT session_id, number, path, happened_at FROM page_views
) AS pages
JOIN chained ON chained.session_id = pages.session_id;

CREATE TEMP TABLE entries AS
SELECT session_id, arg_min(path, number) AS entry_path FROM all_page_views GROUP BY session_id;

UPDATE live_sessions SET
    visitor = chained.visitor, first_at = chained.first_at, previous_at = chained.previous_at
FROM chained WHERE chained.session_id = live_sessions.session_id;

UPDATE sessions SET
    visitor = chained.visitor, first_at = chained.first_at, previous_at = chained.previous_at
FROM chained WHERE chained.session_id = sessions.session_id;

UPDATE live_sessions SET entry_path = entries.entry_path
FROM entries WHERE entries.session_id = live_sessions.session_id;

UPDATE sessions SET entry_path = entries.entry_path
FROM entries WHERE entries.session_id = sessions.session_id;

UPDATE live_page_views SET visitor = opened.visitor, before_at = opened.before_at
FROM opened
WHERE opened.session_id = live_page_views.session_id AND opened.number = live_page_views.number;

UPDATE page_views SET
    visitor = opened.visitor, before_at = opened.before_at, bot = opened.bot
FROM opened
WHERE opened.session_id = page_views.session_id AND opened.number = page_views.number;

UPDATE page_views SET bot = false WHERE bot IS NULL;

UPDATE live_sessions SET with_past = visitor IN (SELECT visitor FROM sessions);

DROP TABLE chained;
DROP TABLE opened;
DROP TABLE entries;
