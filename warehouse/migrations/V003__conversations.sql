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
