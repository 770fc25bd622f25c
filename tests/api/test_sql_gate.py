"""What a statement may see: the analysts' views of one's own sites, whatever it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from typing import Any

import duckdb
import pytest

from tests.api.honest_sql import WORKS
from tests.api.hostile_sql import REFUSED
from tests.factories import Visit
from warehouse.connection import Connection, open_warehouse
from warehouse.sql import Desk, SqlError
from warehouse.sql_gate import functions
from warehouse.sql_views import VIEWS, told_views
from warehouse.writer import Writer

OURS, THEIRS = "demo", "simulated"
HOSTILE = [(what, one) for what, all_ in REFUSED.items() for one in all_]


@pytest.fixture(scope="module")
def warehouse() -> Iterator[Connection]:
    """Two sites. On the other one, nothing is a number, and every date is far off."""
    with open_warehouse(None) as connection:
        changes = []
        for number, site_key in enumerate((OURS, OURS, THEIRS, THEIRS), 1):
            visit = Visit(number, site_key=site_key)
            visit.opens()
            visit.reads("/pricing")
            visit.does("click", plan="pro")
            changes += visit.changes
        Writer(connection).apply(changes, {})
        for site_key in (OURS, THEIRS):
            secret = "1" if site_key == OURS else "a secret"
            connection.execute(
                "UPDATE live_sessions SET city = $1, region = $1, identity = $1, model = site_key "
                "WHERE site_key = $2",
                [secret, site_key],
            )
            connection.execute(
                "INSERT INTO contact_rows VALUES (?, ?, ?, ?, ?, '{}', ?, ?, true, '', '', "
                "now()::TIMESTAMP, now()::TIMESTAMP)",
                [f"k_{site_key}", site_key, *[secret] * 5],
            )
            connection.execute(
                "INSERT INTO contact_visitors SELECT site_key, visitor_id, ? "
                "FROM live_sessions WHERE site_key = ? LIMIT 1",
                [secret, site_key],
            )
            connection.execute(
                "INSERT INTO verified_visitors SELECT site_key, visitor_id, ?, ?, "
                "now()::TIMESTAMP, now()::TIMESTAMP FROM live_sessions WHERE site_key = ? LIMIT 1",
                [secret, secret, site_key],
            )
        yield connection


def rows(
    warehouse: Connection,
    sql: str,
    params: Any = None,
    *,
    sites: tuple[str, ...] = (OURS,),
    sees_all: bool = False,
) -> list[dict[str, Any]]:
    with closing(Desk(warehouse, sites, sees_all=sees_all)) as desk:
        found = desk.read(sql, params, 1000)
        return [row for batch in found.batches() for row in batch.to_pylist()]


@pytest.mark.parametrize(("what", "sql"), HOSTILE, ids=[one for _, one in HOSTILE])
def test_what_is_no_question_about_visitors_is_refused(
    warehouse: Connection, what: str, sql: str
) -> None:
    with pytest.raises(SqlError) as refused:
        rows(warehouse, sql, sites=(OURS, THEIRS), sees_all=True)
    told = str(refused.value)
    assert told
    assert refused.value.kind == "refused" or "Parser Error" in told, told


def test_there_are_attempts_enough() -> None:
    assert len(HOSTILE) >= 80
    assert len(WORKS) >= 40


@pytest.mark.parametrize("sees_all", [False, True])
@pytest.mark.parametrize("sql", WORKS)
def test_what_analysts_write_works(warehouse: Connection, sql: str, sees_all: bool) -> None:
    rows(warehouse, sql, sites=(OURS, THEIRS), sees_all=sees_all)


def test_every_function_of_the_engine_is_let_in_or_kept_out_by_name() -> None:
    with duckdb.connect() as engine:
        names = engine.execute(
            "SELECT DISTINCT lower(function_name), function_type FROM duckdb_functions()"
        ).fetchall()
    rows = {name for name, kind in names if kind in ("table", "table_macro", "pragma")}
    values = {name for name, kind in names if kind not in ("table", "table_macro", "pragma")}
    assert not functions() & (rows - values)
    assert functions() <= {name for name, _ in names}


@pytest.mark.parametrize("view", [name for name in VIEWS if name != "countries"])
def test_a_view_holds_the_rows_of_ones_own_sites_and_no_others(
    warehouse: Connection, view: str
) -> None:
    sql = f"SELECT site_key, count(*) AS n FROM {view} GROUP BY 1 ORDER BY 1"
    alone = rows(warehouse, sql)
    both = rows(warehouse, sql, sites=(OURS, THEIRS))
    everything = rows(warehouse, sql, sites=(OURS, THEIRS), sees_all=True)
    assert both == everything
    assert alone == [row for row in both if row["site_key"] == OURS]
    assert rows(warehouse, sql, sites=()) == []
    assert rows(warehouse, sql, sites=("'; DROP TABLE presence; --",)) == []


@pytest.mark.parametrize("view", list(VIEWS))
def test_a_narrowed_view_has_the_columns_of_the_whole_one(warehouse: Connection, view: str) -> None:
    with closing(Desk(warehouse, (OURS,), sees_all=False)) as desk:
        narrowed = desk.read(f"FROM {view}", None, 10).columns
    whole = warehouse.cursor().sql(f"FROM {view}")
    assert [one["name"] for one in narrowed] == whole.columns
    assert [one["type"] for one in narrowed] == [str(kind) for kind in whole.types]


def test_every_view_and_column_has_a_meaning(warehouse: Connection) -> None:
    told = told_views(warehouse)
    assert [view["name"] for view in told] == list(VIEWS)
    for view in told:
        assert view["columns"], view["name"]
        missing = [column["name"] for column in view["columns"] if not column["meaning"]]
        assert missing == [], view["name"]
        assert VIEWS[view["name"]][1].keys() == {one["name"] for one in view["columns"]}


PRYING = [
    # What fails for the rows of the other site alone, wherever it stands.
    "SELECT count(*) FROM visitor_sessions WHERE city::INTEGER = 1",
    "SELECT count(*) FROM visitor_sessions WHERE city::INTEGER > 0 AND region::INTEGER = 1",
    "SELECT count(*) FROM visitor_sessions WHERE site_key = model AND city::INTEGER = 1",
    "SELECT count(*) FROM visitor_sessions WHERE CASE WHEN city = 'a secret' "
    "THEN error('told') ELSE true END",
    "SELECT count(*) FROM visitor_sessions WHERE CASE WHEN site_key = 'simulated' "
    "THEN error(visitor_id) ELSE true END",
    "SELECT count(*) FROM visitor_sessions WHERE site_key LIKE 'sim%' AND error(visitor_id) "
    "IS NULL",
    "SELECT count(*) FROM visitor_sessions WHERE site_key <> 'demo' AND error(visitor_id) IS NULL",
    "SELECT count(*) FROM visitor_sessions WHERE identity::JSON IS NOT NULL",
    "SELECT count(*) FROM visitor_sessions WHERE person_id::INTEGER = 1",
    "SELECT count(*) FROM visitor_sessions WHERE contact_id::INTEGER = 1",
    "SELECT count(*) FROM contacts WHERE email::INTEGER = 1",
    "SELECT count(*) FROM contacts WHERE email::INTEGER + phone::INTEGER > 1",
    "SELECT count(*) FROM contacts WHERE strptime(note, '%d') IS NOT NULL",
    "SELECT count(*) FROM contacts WHERE site_key = name OR email::INTEGER = 1",
    "SELECT count(*) FROM contacts WHERE regexp_matches('x', name || CASE WHEN name = '1' "
    "THEN '' ELSE '(' END)",
    "SELECT count(*) FROM contacts AS a JOIN contacts AS b ON a.email::INTEGER = b.email::INTEGER",
    "SELECT count(*) FROM contacts WHERE 1 // (length(name) - 8) <> 7 AND name::INTEGER = 1",
    "SELECT count(*) FROM visitor_sessions AS s JOIN contacts AS c ON s.city::INTEGER = "
    "c.email::INTEGER AND c.phone::INTEGER = 1",
    "SELECT max(city::INTEGER) FROM visitor_sessions",
    "SELECT * FROM contacts ORDER BY email::INTEGER",
    "SELECT email::INTEGER, count(*) FROM contacts GROUP BY 1",
    "SELECT count(*) FROM (SELECT email::INTEGER AS n FROM contacts) WHERE n = 1",
    "SELECT row_number() OVER (ORDER BY email::INTEGER) FROM contacts",
    "SELECT count(*) FROM visitor_sessions WHERE country = 'UZ' AND session_id IN "
    "(SELECT session_id FROM visitor_sessions WHERE city::INTEGER = 1)",
    "SELECT count(*) FROM visitor_sessions WHERE NOT (coalesce(try_cast(city AS INTEGER), "
    "CASE WHEN city = 'Tashkent' THEN 1 ELSE error(city) END) = 0)",
]


@pytest.mark.parametrize("sql", PRYING)
def test_no_error_tells_of_another_site(warehouse: Connection, sql: str) -> None:
    rows(warehouse, sql)
    with pytest.raises(SqlError):
        # The statement is a trap indeed: who may see that site falls into it.
        rows(warehouse, sql, sites=(OURS, THEIRS), sees_all=True)


def test_names_that_are_twice_there_are_told_apart(warehouse: Connection) -> None:
    found = rows(warehouse, "SELECT 1 AS a, 2 AS a, 3 AS a_1, 4 AS a")
    assert list(found[0].values()) == [1, 2, 3, 4]
    assert len(found[0]) == 4


def test_values_fill_the_places_left_for_them(warehouse: Connection) -> None:
    assert rows(warehouse, "SELECT ? + ? AS n", [1, 2]) == [{"n": 3}]
    assert rows(warehouse, "SELECT $a || $b AS t", {"a": "x", "b": "'; --"}) == [{"t": "x'; --"}]
    since = "SELECT count(*) > 0 AS some FROM presence WHERE happened_at > ?"
    assert rows(warehouse, since, ["2020-01-01"]) == [{"some": True}]
    for params in ([], [1, 2], {"a": 1}):
        with pytest.raises(SqlError) as failed:
            rows(warehouse, "SELECT ?", params)
        assert failed.value.kind == "failed"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT " + "(" * 5000 + "1" + ")" * 5000,
        "SELECT " + "+".join(["1"] * 20_000),
        "SELECT " + "-" * 1 + " ".join(["NOT"] * 5000) + " true",
        "SELECT " + "[" * 3000 + "]" * 3000,
        "SELECT * FROM " + "(SELECT * FROM " * 2000 + "countries" + ")" * 2000,
        " UNION ALL ".join(["SELECT 1"] * 3000),
    ],
    ids=["brackets", "sum", "not", "lists", "subqueries", "union"],
)
def test_what_is_too_deep_is_told_and_brings_nothing_down(warehouse: Connection, sql: str) -> None:
    with suppress(SqlError):
        rows(warehouse, sql)
    assert rows(warehouse, "SELECT 1 AS n") == [{"n": 1}]
