-- Who visitors are. Each of these holds one row of a visitor or a contact; all are small.

-- Browsers whose site has proven who sits there; a visitor that is proven to be another moves.
-- `heard_at` is the newest proof whose words have reached the contact.
CREATE TABLE verified_visitors (
    site_key VARCHAR NOT NULL,
    visitor_id VARCHAR NOT NULL,
    external_id VARCHAR NOT NULL,
    person_id VARCHAR NOT NULL,
    since TIMESTAMP NOT NULL,
    heard_at TIMESTAMP NOT NULL
);

-- `by_hand` names the fields that somebody of the team wrote, which the site may not overwrite.
-- `sought` is what a search looks in, folded.
CREATE TABLE contact_rows (
    contact_id VARCHAR NOT NULL,
    site_key VARCHAR NOT NULL,
    name VARCHAR,
    email VARCHAR,
    phone VARCHAR,
    traits VARCHAR NOT NULL,
    note VARCHAR,
    external_id VARCHAR,
    verified BOOLEAN NOT NULL,
    by_hand VARCHAR NOT NULL,
    sought VARCHAR NOT NULL,
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);

-- A visitor is of one contact at most.
CREATE TABLE contact_visitors (
    site_key VARCHAR NOT NULL,
    visitor_id VARCHAR NOT NULL,
    contact_id VARCHAR NOT NULL
);

CREATE VIEW contacts AS
SELECT
    contact_id AS id,
    site_key,
    name,
    email,
    phone,
    traits,
    note,
    external_id,
    verified,
    created_at,
    updated_at
FROM contact_rows;

-- As before, with what the team wrote to the visitor during the session, and with the contact and
-- the person of the visitor.
CREATE OR REPLACE VIEW visitor_sessions AS
SELECT
    all_sessions.session_id AS id,
    all_sessions.site_key AS workspace_id,
    all_sessions.site_key,
    all_sessions.session_id,
    all_sessions.visitor_id,
    'anon_' || visitor_number AS anonymous_id,
    contact_visitors.contact_id,
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
    written.session_id IS NOT NULL AS contacted,
    written.contacted_at,
    written.contacted_by,
    started_at AS created_at,
    last_seen_at AS updated_at,
    verified_visitors.person_id
FROM all_sessions
LEFT JOIN countries ON countries.code = all_sessions.country
LEFT JOIN contact_visitors
    ON contact_visitors.site_key = all_sessions.site_key
    AND contact_visitors.visitor_id = all_sessions.visitor_id
LEFT JOIN verified_visitors
    ON verified_visitors.site_key = all_sessions.site_key
    AND verified_visitors.visitor_id = all_sessions.visitor_id
LEFT JOIN (
    SELECT
        session_id,
        min(happened_at) AS contacted_at,
        arg_min(author_id, happened_at) AS contacted_by
    FROM conversation_lines
    WHERE kind = 'message' AND author <> 'visitor' AND session_id IS NOT NULL
    GROUP BY session_id
) AS written ON written.session_id = all_sessions.session_id;
