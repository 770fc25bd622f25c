-- What analysts read.

CREATE VIEW all_sessions AS
SELECT * FROM live_sessions
UNION ALL BY NAME
SELECT * FROM sessions;

CREATE VIEW visitor_sessions AS
SELECT
    session_id AS id,
    site_key AS workspace_id,
    site_key,
    session_id,
    visitor_id,
    'anon_' || visitor_number AS anonymous_id,
    CAST(NULL AS VARCHAR) AS contact_id,
    coalesce(presence <> 'offline', false) AS is_online,
    presence,
    page_path AS current_page_url,
    page_title AS current_page_title,
    page_at AS current_page_since,
    ip AS ip_address,
    country,
    countries.en AS country_name,
    city,
    region,
    latitude,
    longitude,
    timezone,
    device AS device_type,
    os,
    os_version,
    browser,
    browser_version,
    model,
    screen AS screen_resolution,
    language,
    bot,
    source AS referrer_source,
    medium AS referrer_medium,
    campaign AS referrer_campaign,
    referrer AS referrer_url,
    started_at AS session_started_at,
    last_activity_at,
    ended_at AS session_ended_at,
    CAST(epoch_ms(coalesce(ended_at, last_seen_at)) - epoch_ms(started_at) AS BIGINT) // 1000
        AS session_duration_seconds,
    visible_ms // 1000 AS visible_seconds,
    pages_viewed,
    interactions,
    visit,
    identity,
    false AS contacted,
    CAST(NULL AS TIMESTAMP) AS contacted_at,
    CAST(NULL AS VARCHAR) AS contacted_by,
    started_at AS created_at,
    last_seen_at AS updated_at
FROM all_sessions
LEFT JOIN countries ON countries.code = all_sessions.country;

CREATE VIEW visitor_page_views AS
SELECT
    session_id || '_' || number AS id,
    site_key,
    visitor_id,
    session_id,
    number,
    host,
    path AS url,
    title,
    happened_at AS "timestamp",
    visible_ms // 1000 AS duration_seconds,
    visible_ms,
    scroll AS scroll_depth,
    interactions,
    "exit" AS exited_from_page
FROM (
    SELECT * EXCLUDE (tab_id, "view") FROM live_page_views
    UNION ALL BY NAME
    SELECT * FROM page_views
);

CREATE VIEW visitor_events AS
SELECT site_key, visitor_id, session_id, happened_at AS "timestamp", kind, name, target, path AS url, props
FROM events;
