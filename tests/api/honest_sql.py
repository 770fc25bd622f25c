"""Statements as analysts write them."""

from __future__ import annotations

WORKS = [
    "SELECT 1",
    "SELECT count(*) FROM visitor_sessions",
    "FROM visitor_sessions",
    "FROM visitor_page_views SELECT url, count(*) GROUP BY ALL ORDER BY ALL",
    "TABLE countries",
    "VALUES (1, 'a'), (2, 'b')",
    "SELECT * FROM (VALUES (1, 'a')) AS t (n, letter)",
    "SELECT country, count(DISTINCT visitor_id) AS visitors FROM visitor_sessions "
    "GROUP BY country HAVING visitors > 0 ORDER BY visitors DESC LIMIT 10",
    "SELECT DISTINCT ON (visitor_id) visitor_id, session_started_at FROM visitor_sessions "
    "ORDER BY visitor_id, session_started_at DESC",
    "SELECT s.country, p.url FROM visitor_sessions AS s JOIN visitor_page_views AS p "
    "USING (session_id)",
    "SELECT * FROM visitor_sessions AS s LEFT JOIN contacts AS c ON c.id = s.contact_id",
    "SELECT a.site_key, b.site_key FROM visitor_sessions AS a JOIN visitor_sessions AS b "
    "ON a.visitor_id = b.visitor_id AND a.session_id <> b.session_id",
    "SELECT * FROM visitor_sessions SEMI JOIN visitor_events USING (session_id)",
    "SELECT * FROM visitor_sessions ANTI JOIN conversations USING (visitor_id)",
    "SELECT c.uz, s.city FROM visitor_sessions AS s FULL JOIN countries AS c ON c.code = s.country",
    "SELECT p.url, e.name FROM visitor_page_views AS p ASOF JOIN visitor_events AS e "
    'ON p.session_id = e.session_id AND p."timestamp" >= e."timestamp"',
    "SELECT * FROM visitor_sessions POSITIONAL JOIN visitor_page_views",
    "SELECT url, row_number() OVER (PARTITION BY session_id ORDER BY number) AS n "
    "FROM visitor_page_views",
    "SELECT url, lead(url) OVER w AS next_url FROM visitor_page_views "
    "WINDOW w AS (PARTITION BY session_id ORDER BY number)",
    "SELECT session_id, sum(visible_ms) OVER (ORDER BY number ROWS BETWEEN 1 PRECEDING AND "
    "CURRENT ROW) FROM visitor_page_views",
    "SELECT * FROM visitor_page_views QUALIFY rank() OVER (PARTITION BY session_id "
    "ORDER BY number DESC) = 1",
    "WITH first AS (SELECT visitor_id, min(session_started_at) AS at FROM visitor_sessions "
    "GROUP BY visitor_id) SELECT count(*) FROM first",
    "WITH a AS (SELECT 1 AS x), b AS (SELECT x + 1 AS x FROM a) SELECT * FROM b",
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10) "
    "SELECT sum(x) FROM n",
    "WITH a AS MATERIALIZED (SELECT * FROM presence) SELECT * FROM a, a AS b",
    "WITH visitor_sessions AS (SELECT 1 AS x) SELECT x FROM visitor_sessions",
    "SELECT * FROM (WITH a AS (SELECT 1 AS x) SELECT * FROM a) AS t",
    "SELECT (SELECT count(*) FROM visitor_page_views AS p WHERE p.session_id = s.session_id) "
    "FROM visitor_sessions AS s",
    "SELECT * FROM visitor_sessions WHERE session_id IN (SELECT session_id FROM visitor_events)",
    "SELECT * FROM visitor_sessions AS s WHERE EXISTS (SELECT 1 FROM visitor_page_views AS p "
    "WHERE p.session_id = s.session_id AND p.url = '/pricing')",
    "SELECT s.session_id, top.url FROM visitor_sessions AS s, LATERAL (SELECT url FROM "
    "visitor_page_views AS p WHERE p.session_id = s.session_id ORDER BY number LIMIT 1) AS top",
    "SELECT list_transform(list(url), lambda x: upper(x)) FROM visitor_page_views "
    "GROUP BY session_id",
    "SELECT list_filter([1, 2, 3], lambda x: x > 1), list_reduce([1, 2], lambda a, b: a + b)",
    "SELECT [x * 2 FOR x IN range(5) IF x > 1]",
    "SELECT unnest(string_split(url, '/')) AS part FROM visitor_page_views",
    "SELECT u.x FROM visitor_sessions, unnest([1, 2]) AS u (x)",
    "SELECT * FROM range(10)",
    "SELECT count(*) FROM range(10000000)",
    "SELECT unnest(generate_series(date_trunc('minute', session_started_at), updated_at, "
    "INTERVAL 1 MINUTE)) AS minute, repeat('x', 3) FROM visitor_sessions",
    "SELECT day FROM generate_series(TIMESTAMP '2026-01-01', TIMESTAMP '2026-01-07', "
    "INTERVAL 1 DAY) AS t (day)",
    "PIVOT visitor_sessions ON device_type IN ('desktop', 'mobile') USING count(*) "
    "GROUP BY country",
    "SELECT * FROM (PIVOT visitor_sessions ON device_type IN ('desktop') USING count(*) "
    "GROUP BY country)",
    "UNPIVOT (SELECT pages_viewed, interactions FROM visitor_sessions) ON COLUMNS(*) "
    "INTO NAME what VALUE many",
    "SELECT * FROM visitor_sessions USING SAMPLE 10",
    "SELECT * FROM visitor_page_views TABLESAMPLE 50%",
    "SELECT count(*) FILTER (WHERE pages_viewed = 1) / count(*) AS bounce FROM visitor_sessions",
    "SELECT country, city, count(*) FROM visitor_sessions GROUP BY GROUPING SETS "
    "((country, city), (country), ())",
    "SELECT country, city, count(*) FROM visitor_sessions GROUP BY ROLLUP (country, city)",
    "SELECT time_bucket(INTERVAL 15 MINUTE, session_started_at) AS slot, count(*) "
    "FROM visitor_sessions GROUP BY slot",
    "SELECT date_trunc('day', session_started_at), extract(hour FROM session_started_at), "
    "strftime(session_started_at, '%Y-%m-%d') FROM visitor_sessions",
    "SELECT (session_started_at AT TIME ZONE 'UTC') AT TIME ZONE 'Asia/Tashkent' "
    "FROM visitor_sessions",
    "SELECT now() - max(last_activity_at)::TIMESTAMPTZ FROM visitor_sessions",
    "SELECT quantile_cont(visible_ms, [0.5, 0.95]), median(visible_ms), mode(url), "
    "approx_count_distinct(visitor_id), arg_max(url, visible_ms) FROM visitor_page_views",
    "SELECT props::JSON ->> 'plan', json_extract_string(props, '$.plan') FROM visitor_events",
    "SELECT regexp_extract(url, '/(\\w+)', 1), url LIKE '/p%', url ILIKE '%P%', url ^@ '/' "
    "FROM visitor_page_views",
    "SELECT * EXCLUDE (ip_address) REPLACE (upper(country) AS country) FROM visitor_sessions",
    "SELECT COLUMNS('.*_at') FROM visitor_sessions",
    "SELECT min(COLUMNS(* EXCLUDE (site_key))) FROM presence",
    "SELECT CASE WHEN pages_viewed > 1 THEN 'reader' ELSE 'passer-by' END AS kind, count(*) "
    "FROM visitor_sessions GROUP BY kind",
    "SELECT t.s.a, t.m['x'] FROM (SELECT {'a': 1, 'b': [1, 2]} AS s, MAP {'x': 1} AS m) AS t",
    "SELECT url.upper() FROM visitor_page_views",
    "SELECT url FROM visitor_page_views UNION SELECT url FROM visitor_events EXCEPT "
    "SELECT '/' INTERSECT SELECT '/'",
    "SELECT url FROM visitor_page_views UNION ALL BY NAME SELECT name FROM visitor_events",
    "DESCRIBE visitor_sessions",
    "SUMMARIZE visitor_page_views",
    "DESCRIBE SELECT country FROM visitor_sessions",
    "SELECT max(session_ended_at - session_started_at) FROM visitor_sessions",
    "SELECT conversation_id, string_agg(text, ' ' ORDER BY number) FROM messages "
    "GROUP BY conversation_id",
    "SELECT coalesce(country, '?'), nullif(city, ''), ifnull(bot, ''), greatest(1, 2), "
    "round(1.5), 7 // 2, 7 % 2, 2 ** 3, -1, NOT true, 1 BETWEEN 0 AND 2 FROM visitor_sessions;",
]
