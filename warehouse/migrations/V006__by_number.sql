-- Whose a row is, as numbers kept with it: to compare the texts of two million ids takes four times
-- as long. `session` is 64 bits of a hash of session_id, `visitor` the one of V005, `bot` whether
-- the session is a bot's.

ALTER TABLE live_sessions ADD COLUMN session UBIGINT;
ALTER TABLE sessions ADD COLUMN session UBIGINT;
ALTER TABLE live_page_views ADD COLUMN session UBIGINT;
ALTER TABLE page_views ADD COLUMN session UBIGINT;
ALTER TABLE conversation_lines ADD COLUMN session UBIGINT;
ALTER TABLE events ADD COLUMN session UBIGINT;
ALTER TABLE events ADD COLUMN visitor UBIGINT;
ALTER TABLE events ADD COLUMN bot BOOLEAN;

CREATE OR REPLACE VIEW all_sessions AS
SELECT
    session_id, site_key, visitor_id, seq, started_at, last_seen_at, last_activity_at, ended_at,
    presence, presence_since, tabs, pages_viewed, interactions, visible_ms, page_number,
    page_path, page_title, page_at, ip, country, region, city, latitude, longitude, timezone,
    device, os, os_version, browser, browser_version, model, screen, language, bot, source,
    medium, campaign, term, content, click_id, referrer, visit, visitor_number, identity,
    entry_path, session, visitor, first_at, previous_at, previous_source_at, previous_country_at,
    previous_device_at
FROM live_sessions
UNION ALL
SELECT
    session_id, site_key, visitor_id, seq, started_at, last_seen_at, last_activity_at, ended_at,
    presence, presence_since, tabs, pages_viewed, interactions, visible_ms, page_number,
    page_path, page_title, page_at, ip, country, region, city, latitude, longitude, timezone,
    device, os, os_version, browser, browser_version, model, screen, language, bot, source,
    medium, campaign, term, content, click_id, referrer, visit, visitor_number, identity,
    entry_path, session, visitor, first_at, previous_at, previous_source_at, previous_country_at,
    previous_device_at
FROM sessions;

CREATE OR REPLACE VIEW all_page_views AS
SELECT
    pages.session_id, pages.site_key, pages.visitor_id, pages.number, pages.happened_at,
    pages.host, pages.path, pages.title, pages.visible_ms, pages.scroll, pages.interactions,
    pages."exit", pages.session, pages.visitor, pages.before_at,
    coalesce(visits.bot, '') <> '' AS bot
FROM live_page_views AS pages
LEFT JOIN live_sessions AS visits ON visits.session_id = pages.session_id
UNION ALL
SELECT
    session_id, site_key, visitor_id, number, happened_at, host, path, title, visible_ms,
    scroll, interactions, "exit", session, visitor, before_at, bot
FROM page_views;

-- What was there before.

UPDATE live_sessions SET session = md5_number_lower(session_id);
UPDATE sessions SET session = md5_number_lower(session_id);
UPDATE live_page_views SET session = md5_number_lower(session_id);
UPDATE page_views SET session = md5_number_lower(session_id);
UPDATE conversation_lines SET session = md5_number_lower(session_id);
UPDATE events SET
    session = md5_number_lower(session_id),
    visitor = md5_number_lower(site_key || ' ' || visitor_id),
    bot = false;
UPDATE events SET bot = true
WHERE session IN (SELECT session FROM all_sessions WHERE bot IS NOT NULL);
