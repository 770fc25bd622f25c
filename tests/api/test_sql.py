"""SQL over HTTP: rows as Arrow or JSON, refusals with reasons, bounds, the audit."""

from __future__ import annotations

import io
import json
from typing import Any

import httpx
import polars as pl
import pytest

from tests.api.conftest import Running
from tests.api.serving import FILL

SQL = "/api/v1/sql"
JSON = {"Accept": "application/json"}
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture
def analyst(running: Running) -> Running:
    running.house.warehouse.cursor().execute(FILL, [3000])
    running.add_user("m@shop.example", "manager", "demo")
    running.sign_in("m@shop.example")
    return running


def asked(running: Running, sql: str, as_json: bool = False, **more: Any) -> httpx.Response:
    return running.client.post(SQL, json={"sql": sql} | more, headers=JSON if as_json else {})


def frame(answer: httpx.Response) -> pl.DataFrame:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == ARROW
    return pl.read_ipc_stream(io.BytesIO(answer.content))


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    told = answer.json()["error"]
    return answer.status_code, told["reason"], told["message"]


def test_rows_come_as_arrow(analyst: Running) -> None:
    found = frame(asked(analyst, "SELECT number, count(*) AS n FROM visitor_page_views GROUP BY 1"))
    assert dict(found.iter_rows()) == dict.fromkeys(range(1, 6), 600)
    assert found.schema == {"number": pl.Int32, "n": pl.Int64}


def test_no_rows_come_with_their_columns(analyst: Running) -> None:
    found = frame(asked(analyst, "SELECT url, visible_ms FROM visitor_page_views WHERE false"))
    assert (found.height, found.columns) == (0, ["url", "visible_ms"])


def test_screens_get_json_cut_after_a_thousand_rows(analyst: Running) -> None:
    told = asked(analyst, "SELECT number, url FROM visitor_page_views", as_json=True).json()
    assert told["columns"] == [
        {"name": "number", "type": "INTEGER"},
        {"name": "url", "type": "VARCHAR"},
    ]
    assert (len(told["rows"]), told["more"]) == (1000, True)
    few = asked(analyst, "SELECT 1 AS a UNION ALL SELECT 2 ORDER BY a", as_json=True).json()
    assert (few["rows"], few["more"]) == ([[1], [2]], False)
    for _ in range(4):  # what was left unread is in nobody's way
        again = asked(analyst, "SELECT number, url FROM visitor_page_views", as_json=True)
        assert again.json()["more"]


def test_json_tells_every_kind_of_value(analyst: Running) -> None:
    sql = (
        "SELECT true, 1.5, 'nan'::DOUBLE, 2::HUGEINT, 9007199254740993, 1.25::DECIMAL(9, 2), "
        "DATE '2026-11-21', TIMESTAMP '2026-11-21 10:00:00', TIME '10:00:00', INTERVAL 90 SECOND, "
        "'a'::BLOB, [1, 2], {'a': 1}, NULL, '<b>x</b>', uuid '00000000-0000-0000-0000-000000000001'"
    )
    answer = asked(analyst, sql, as_json=True)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"] == [
        [
            *(True, 1.5, None, 2, "9007199254740993", 1.25),
            *("2026-11-21", "2026-11-21T10:00:00", "10:00:00", 90.0),
            *("YQ==", [1, 2], {"a": 1}, None, "<b>x</b>"),
            "00000000-0000-0000-0000-000000000001",
        ]
    ]


def test_values_are_given_by_place_or_by_name(analyst: Running) -> None:
    by_place = asked(analyst, "SELECT ? AS a, ? AS b", params=[1, "x"], as_json=True).json()
    assert by_place["rows"] == [[1, "x"]]
    by_name = asked(analyst, "SELECT $n + 1 AS a", params={"n": 1}, as_json=True).json()
    assert by_name["rows"] == [[2]]


def test_a_site_of_others_is_not_there(analyst: Running) -> None:
    assert refused(asked(analyst, "SELECT 1", site="simulated"))[:2] == (404, "unknown_site")
    count = "SELECT count(*) AS n FROM visitor_page_views"
    assert frame(asked(analyst, count, site="demo"))["n"][0] == 3000
    analyst.sign_in()
    assert frame(asked(analyst, count))["n"][0] == 3000
    assert frame(asked(analyst, count, site="simulated"))["n"][0] == 0


def test_what_is_wrong_is_told_as_the_database_says_it(analyst: Running) -> None:
    status, reason, message = refused(asked(analyst, "SELEC 1"))
    assert (status, reason) == (400, "sql_failed")
    assert "SELEC" in message
    status, reason, message = refused(asked(analyst, "SELECT nothing FROM visitor_events"))
    assert (status, reason) == (400, "sql_failed")
    assert '"nothing"' in message
    status, reason, message = refused(asked(analyst, "SELECT 'x'::INTEGER"))
    assert (status, reason) == (400, "sql_failed")
    assert refused(asked(analyst, "DROP TABLE presence"))[:2] == (400, "sql_refused")
    assert refused(asked(analyst, "SELECT ?", params=[1, 2]))[:2] == (400, "sql_failed")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"sql": ""},
        {"sql": 1},
        {"sql": "SELECT 1\0"},
        {"sql": "SELECT '\ud800'"},
        {"sql": "SELECT 1", "params": "x"},
        {"sql": "SELECT 1", "site": 1},
        {"sql": "SELECT 1", "more": 1},
        {"sql": "x" * 100_001},
    ],
)
def test_what_is_no_question_is_malformed(analyst: Running, body: dict[str, Any]) -> None:
    # Written as ASCII, since a lone surrogate has no other form.
    answer = analyst.client.post(SQL, content=json.dumps(body))
    assert refused(answer)[:2] == (400, "malformed")


def test_odd_values_are_never_the_servers_fault(analyst: Running) -> None:
    for params in ([{"a": [1]}], [None], [2**200], ["\0"], [1e308], [[]], [True], {"": 1}, {}):
        status = asked(analyst, "SELECT ?", params=params, as_json=True).status_code
        assert status in (200, 400), params


def test_what_was_asked_stands_in_the_audit(analyst: Running) -> None:
    long = f"SELECT 1 AS n -- {'x' * 3000}"
    frame(asked(analyst, long, site="demo"))
    asked(analyst, "DROP TABLE presence")
    analyst.sign_in()
    found: list[dict[str, Any]] = []
    for _ in range(100):
        found = analyst.client.get("/api/v1/audit", params={"action": "sql_run"}).json()["data"]
        if len(found) == 2:
            break
    refusal, run = found
    assert run["user"]["email"] == "m@shop.example"
    assert run["detail"]["sql"] == long[:2000]
    assert run["detail"]["rows"] == 1
    assert run["detail"]["ms"] >= 0
    assert refusal["detail"]["refused"] == "sql_refused"


def test_the_views_are_told_with_types_and_meanings(analyst: Running) -> None:
    told = analyst.client.get(f"{SQL}/tables").json()["data"]
    views = {view["name"]: view for view in told}
    assert {"visitor_sessions", "visitor_page_views", "countries"} <= views.keys()
    column = next(c for c in views["presence"]["columns"] if c["name"] == "happened_at")
    assert column == {"name": "happened_at", "type": "TIMESTAMP", "meaning": "When."}


def test_queries_are_kept_for_a_site(analyst: Running) -> None:
    keep = {"name": "Pages", "sql": "SELECT 1"}
    saved = f"{SQL}/saved"
    for body in (keep, keep | {"sql": "SELECT 2"}, {"name": "A", "sql": "SELECT 3"}):
        assert analyst.client.post(saved, json=body).status_code == 201
    found = analyst.client.get(saved).json()["data"]
    assert [(one["name"], one["sql"]) for one in found] == [
        ("A", "SELECT 3"),
        ("Pages", "SELECT 2"),
    ]
    assert analyst.client.delete(f"{saved}/{found[0]['id']}").status_code == 204
    assert len(analyst.client.get(saved).json()["data"]) == 1
    analyst.sign_in()
    assert analyst.client.get(saved, params={"site": "simulated"}).json()["data"] == []
    gone = analyst.client.delete(f"{saved}/{found[1]['id']}", params={"site": "simulated"})
    assert refused(gone)[:2] == (404, "unknown_query")
