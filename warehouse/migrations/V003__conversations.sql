-- Conversations are few and change; what was said only grows. Marks count the lines of a
-- conversation: what was delivered, seen and read is known by how far it went.

CREATE TABLE conversation_states (
    conversation_id VARCHAR NOT NULL,
    site_key VARCHAR NOT NULL,
    visitor_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    started_by VARCHAR NOT NULL,
    opened_at TIMESTAMP NOT NULL,
    last_at TIMESTAMP NOT NULL,
    waiting_since TIMESTAMP,
    closed_at TIMESTAMP,
    assignee_id VARCHAR,
    lines INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    from_visitor INTEGER NOT NULL,
    delivered INTEGER NOT NULL,
    seen INTEGER NOT NULL,
    team_read INTEGER NOT NULL,
    team_read_from_visitor INTEGER NOT NULL,
    token_hash VARCHAR,
    contacted_session VARCHAR
);

CREATE TABLE conversation_lines (
    conversation_id VARCHAR NOT NULL,
    site_key VARCHAR NOT NULL,
    visitor_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    author VARCHAR NOT NULL,
    author_id VARCHAR,
    author_name VARCHAR,
    text VARCHAR NOT NULL,
    session_id VARCHAR,
    proactive BOOLEAN NOT NULL,
    from_visitor INTEGER NOT NULL,
    detail VARCHAR
);

CREATE VIEW conversations AS
SELECT
    conversation_id AS id,
    site_key,
    visitor_id,
    status,
    started_by,
    opened_at,
    last_at AS last_message_at,
    waiting_since,
    closed_at,
    assignee_id AS assigned_to,
    messages,
    from_visitor AS visitor_messages,
    from_visitor - team_read_from_visitor AS unread
FROM conversation_states;

CREATE VIEW messages AS
SELECT
    lines.id,
    lines.conversation_id,
    lines.site_key,
    lines.visitor_id,
    lines.session_id,
    lines.number,
    lines.kind,
    lines.happened_at AS "timestamp",
    lines.author,
    lines.author_id,
    lines.author_name,
    lines.text,
    lines.proactive,
    CASE
        WHEN lines.author = 'visitor'
            THEN CASE WHEN lines.number <= states.team_read THEN 'seen' ELSE 'delivered' END
        WHEN lines.number <= states.seen THEN 'seen'
        WHEN lines.number <= states.delivered THEN 'delivered'
        ELSE 'sent'
    END AS state,
    lines.detail
FROM conversation_lines AS lines
JOIN conversation_states AS states USING (conversation_id);

-- As before, with what the team wrote to the visitor during the session.
CREATE OR REPLACE VIEW visitor_sessions AS
SELECT
    all_sessions.session_id AS id,
    site_key AS workspace_id,
    site_key,
    all_sessions.session_id,
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
    written.session_id IS NOT NULL AS contacted,
    written.contacted_at,
    written.contacted_by,
    started_at AS created_at,
    last_seen_at AS updated_at
FROM all_sessions
LEFT JOIN countries ON countries.code = all_sessions.country
LEFT JOIN (
    SELECT
        session_id,
        min(happened_at) AS contacted_at,
        arg_min(author_id, happened_at) AS contacted_by
    FROM conversation_lines
    WHERE kind = 'message' AND author <> 'visitor' AND session_id IS NOT NULL
    GROUP BY session_id
) AS written ON written.session_id = all_sessions.session_id;
