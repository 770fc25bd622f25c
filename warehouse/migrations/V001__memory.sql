-- Times are UTC. Hot and cold are apart: live tables are small and keyed by delete and insert;
-- the others only grow, and carry no index.

CREATE TABLE offsets (
    log VARCHAR NOT NULL,
    topic VARCHAR NOT NULL,
    "partition" INTEGER NOT NULL,
    next_offset BIGINT NOT NULL
);

CREATE TABLE live_sessions (
    session_id VARCHAR NOT NULL,
    site_key VARCHAR NOT NULL,
    visitor_id VARCHAR NOT NULL,
    seq INTEGER NOT NULL,
    started_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    last_activity_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP,
    presence VARCHAR NOT NULL,
    presence_since TIMESTAMP NOT NULL,
    tabs INTEGER NOT NULL,
    pages_viewed INTEGER NOT NULL,
    interactions INTEGER NOT NULL,
    visible_ms BIGINT NOT NULL,
    page_number INTEGER,
    page_path VARCHAR,
    page_title VARCHAR,
    page_at TIMESTAMP,
    ip VARCHAR,
    country VARCHAR,
    region VARCHAR,
    city VARCHAR,
    latitude DOUBLE,
    longitude DOUBLE,
    timezone VARCHAR,
    device VARCHAR,
    os VARCHAR,
    os_version VARCHAR,
    browser VARCHAR,
    browser_version VARCHAR,
    model VARCHAR,
    screen VARCHAR,
    language VARCHAR,
    bot VARCHAR,
    source VARCHAR,
    medium VARCHAR,
    campaign VARCHAR,
    term VARCHAR,
    content VARCHAR,
    click_id VARCHAR,
    referrer VARCHAR,
    visit INTEGER NOT NULL,
    visitor_number INTEGER NOT NULL,
    identity VARCHAR
);

CREATE TABLE live_page_views (
    session_id VARCHAR NOT NULL,
    site_key VARCHAR NOT NULL,
    visitor_id VARCHAR NOT NULL,
    number INTEGER NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    host VARCHAR,
    path VARCHAR NOT NULL,
    title VARCHAR,
    visible_ms BIGINT NOT NULL,
    scroll INTEGER NOT NULL,
    interactions INTEGER NOT NULL,
    "exit" BOOLEAN NOT NULL,
    tab_id VARCHAR NOT NULL,
    "view" INTEGER NOT NULL
);

CREATE TABLE sessions AS FROM live_sessions WITH NO DATA;

-- A tab's id serves only while its session lives.
CREATE TABLE page_views AS SELECT * EXCLUDE (tab_id, "view") FROM live_page_views WITH NO DATA;

CREATE TABLE events (
    site_key VARCHAR NOT NULL,
    visitor_id VARCHAR NOT NULL,
    session_id VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    kind VARCHAR NOT NULL,
    name VARCHAR,
    target VARCHAR,
    path VARCHAR,
    props VARCHAR
);

CREATE TABLE presence (
    site_key VARCHAR NOT NULL,
    visitor_id VARCHAR NOT NULL,
    session_id VARCHAR NOT NULL,
    happened_at TIMESTAMP NOT NULL,
    presence VARCHAR NOT NULL,
    before VARCHAR
);

-- Filled anew at each opening from the names that come along.
CREATE TABLE countries (code VARCHAR NOT NULL, en VARCHAR, uz VARCHAR, ru VARCHAR);
