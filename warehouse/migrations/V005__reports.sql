-- What reports count by, kept with each row so that they need no set of visitors: the first row of
-- a visitor in any range is the one whose row before is older than the range. `visitor` is 64 bits
-- of a hash of site and visitor; people and bots of one visitor id are told apart.
--
-- sessions: when the visitor's session before began, the one before that was alike in something,
-- and the first of all; the path of the first page.
-- page_views: when the visitor opened the same page before.

ALTER TABLE live_sessions ADD COLUMN entry_path VARCHAR;
ALTER TABLE live_sessions ADD COLUMN visitor UBIGINT;
ALTER TABLE live_sessions ADD COLUMN first_at TIMESTAMP;
ALTER TABLE live_sessions ADD COLUMN previous_at TIMESTAMP;
ALTER TABLE live_sessions ADD COLUMN previous_source_at TIMESTAMP;
ALTER TABLE live_sessions ADD COLUMN previous_country_at TIMESTAMP;
ALTER TABLE live_sessions ADD COLUMN previous_device_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN entry_path VARCHAR;
ALTER TABLE sessions ADD COLUMN visitor UBIGINT;
ALTER TABLE sessions ADD COLUMN first_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN previous_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN previous_source_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN previous_country_at TIMESTAMP;
ALTER TABLE sessions ADD COLUMN previous_device_at TIMESTAMP;
ALTER TABLE live_page_views ADD COLUMN visitor UBIGINT;
ALTER TABLE live_page_views ADD COLUMN before_at TIMESTAMP;
ALTER TABLE page_views ADD COLUMN visitor UBIGINT;
ALTER TABLE page_views ADD COLUMN before_at TIMESTAMP;
ALTER TABLE page_views ADD COLUMN bot BOOLEAN;

-- Whether anything of the visitor has ended: only then is the past worth a look.
ALTER TABLE live_sessions ADD COLUMN with_past BOOLEAN;

-- A union by name costs a comparison of text for every row: these name their columns.
CREATE OR REPLACE VIEW all_sessions AS
SELECT
    session_id, site_key, visitor_id, seq, started_at, last_seen_at, last_activity_at, ended_at,
    presence, presence_since, tabs, pages_viewed, interactions, visible_ms, page_number,
    page_path, page_title, page_at, ip, country, region, city, latitude, longitude, timezone,
    device, os, os_version, browser, browser_version, model, screen, language, bot, source,
    medium, campaign, term, content, click_id, referrer, visit, visitor_number, identity,
    entry_path, visitor, first_at, previous_at, previous_source_at, previous_country_at,
    previous_device_at
FROM live_sessions
UNION ALL
SELECT
    session_id, site_key, visitor_id, seq, started_at, last_seen_at, last_activity_at, ended_at,
    presence, presence_since, tabs, pages_viewed, interactions, visible_ms, page_number,
    page_path, page_title, page_at, ip, country, region, city, latitude, longitude, timezone,
    device, os, os_version, browser, browser_version, model, screen, language, bot, source,
    medium, campaign, term, content, click_id, referrer, visit, visitor_number, identity,
    entry_path, visitor, first_at, previous_at, previous_source_at, previous_country_at,
    previous_device_at
FROM sessions;

CREATE VIEW all_page_views AS
SELECT
    pages.session_id, pages.site_key, pages.visitor_id, pages.number, pages.happened_at,
    pages.host, pages.path, pages.title, pages.visible_ms, pages.scroll, pages.interactions,
    pages."exit", pages.visitor, pages.before_at,
    coalesce(visits.bot, '') <> '' AS bot
FROM live_page_views AS pages
LEFT JOIN live_sessions AS visits ON visits.session_id = pages.session_id
UNION ALL
SELECT
    session_id, site_key, visitor_id, number, happened_at, host, path, title, visible_ms,
    scroll, interactions, "exit", visitor, before_at, bot
FROM page_views;

-- What was there before.

CREATE TEMP TABLE chained AS
SELECT
    session_id,
    md5_number_lower(site_key || ' ' || visitor_id) AS visitor,
    coalesce(bot, '') <> '' AS bot,
    min(started_at) OVER same AS first_at,
    lag(started_at) OVER (same ORDER BY started_at, session_id) AS previous_at,
    lag(started_at) OVER (same_source ORDER BY started_at, session_id) AS previous_source_at,
    lag(started_at) OVER (same_country ORDER BY started_at, session_id) AS previous_country_at,
    lag(started_at) OVER (same_device ORDER BY started_at, session_id) AS previous_device_at
FROM all_sessions
WINDOW
    same AS (PARTITION BY site_key, visitor_id, bot IS NULL),
    same_source AS (PARTITION BY site_key, visitor_id, bot IS NULL, source),
    same_country AS (PARTITION BY site_key, visitor_id, bot IS NULL, country),
    same_device AS (PARTITION BY site_key, visitor_id, bot IS NULL, device);

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
    visitor = chained.visitor,
    first_at = chained.first_at,
    previous_at = chained.previous_at,
    previous_source_at = chained.previous_source_at,
    previous_country_at = chained.previous_country_at,
    previous_device_at = chained.previous_device_at
FROM chained WHERE chained.session_id = live_sessions.session_id;

UPDATE sessions SET
    visitor = chained.visitor,
    first_at = chained.first_at,
    previous_at = chained.previous_at,
    previous_source_at = chained.previous_source_at,
    previous_country_at = chained.previous_country_at,
    previous_device_at = chained.previous_device_at
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
