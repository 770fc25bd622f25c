"""Reports over REST."""

from __future__ import annotations

import csv
import dataclasses
import io
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pyarrow as pa
import pytest
from fastapi.testclient import TestClient

from api.accounts import Accounts
from api.app import create_app
from api.pace import Pace
from api.report_pool import ReportPool
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.event import Dimensions
from hozir.settings import Settings
from tests.api.conftest import PASSWORD, PASSWORD_HASH, QUICK, Running
from tests.factories import NOON, Visit, an_id
from warehouse.connection import Connection, open_warehouse
from warehouse.metrics import METRICS
from warehouse.reports import REPORTS

HOUR, DAY = 3_600_000, 24 * 3_600_000
NOW = NOON + HOUR
"""A Monday evening in Tashkent."""
BOT = Dimensions(country="RU", city="Moscow", bot="Googlebot")


def visit(number: int, ago: int, *paths: str, visitor: int | None = None, **more: Any) -> Visit:
    """A visit that began so long before NOW."""
    made = Visit(number, visitor, started_at=NOW - ago, **more)
    made.opens()
    for path in paths:
        made.reads(path)
    return made


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """One process for all: three visitors today and a bot; two of them yesterday, one of these
    after this hour."""
    folder = tmp_path_factory.mktemp("reports")
    settings = dataclasses.replace(
        Settings(), data=folder, admin_password=PASSWORD, fsync=False, api_rate=0
    )
    visits = [
        visit(1, 10 * 60_000, "/pricing"),
        visit(2, 20 * 60_000),
        visit(3, 30 * 60_000, "/pricing", "/order"),
        visit(4, DAY + 60_000, visitor=1),
        visit(5, DAY - HOUR, "/about", visitor=2),
        visit(6, HOUR, "/robots.txt", dimensions=BOT),
    ]
    for one in visits:
        one.ends()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as held:
        patch.setattr("api.passwords._hasher", QUICK)
        patch.setattr("api.passwords._NOBODY", PASSWORD_HASH)
        log = EmbeddedLog(folder / "log", fsync=False)
        held.callback(log.close)
        accounts = Accounts(f"sqlite:///{folder / 'accounts.db'}")
        held.callback(accounts.close)
        app = create_app(
            settings, log, held.enter_context(open_warehouse(None)), accounts, screens=False
        )
        client = held.enter_context(TestClient(app))
        running = Running(app, client, log, app.inner.state.house)
        running.house.hub.clock = lambda: NOW
        running.tell(*(change for one in visits for change in one.changes))
        yield running


@pytest.fixture
def running(process: Running) -> Running:
    enter(process, "admin@localhost")
    return process


def enter(running: Running, email: str) -> None:
    running.client.cookies.clear()
    running.sign_in(email)


def get(running: Running, path: str, status: int = 200, **query: Any) -> dict[str, Any]:
    query = {name: value for name, value in ({"site": "demo"} | query).items() if value is not None}
    answer = running.client.get(f"/api/v1/reports{path}", params=query)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told if status == 200 else told["error"]


def download(running: Running, path: str, accept: str = "*/*", **query: Any) -> Any:
    query = {"site": "demo"} | query
    answer = running.client.get(f"/api/v1/reports{path}", params=query, headers={"Accept": accept})
    assert answer.status_code == 200, answer.text
    return answer


def table(answer: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_every_report_is_listed_with_its_meaning_and_units(running: Running) -> None:
    told = get(running, "")
    assert [one["name"] for one in told["data"]] == list(REPORTS)
    overview = told["data"][0]
    assert overview["metrics"][0] == {
        "name": "visitors",
        "meaning": METRICS["visitors"].meaning,
        "unit": "count",
        "better": "more",
    }
    assert "country" in [one["name"] for one in told["filters"]]
    assert told["formats"] == ["json", "csv", "xlsx", "parquet", "arrow"]


@pytest.mark.parametrize("name", list(REPORTS))
def test_every_report_answers_in_every_format(running: Running, name: str) -> None:
    told = get(running, f"/{name}", range="7d", compare="previous")
    names = [column["name"] for column in told["columns"]]
    for row in told["rows"]:
        assert set(names) <= row.keys()
    assert told["total"] == len(told["rows"])
    for file_format in ("csv", "xlsx", "parquet", "arrow"):
        answer = download(running, f"/{name}", range="7d", format=file_format, compare="previous")
        assert answer.content
        if file_format == "csv":
            lines = table(answer)
            assert len(lines) == told["total"]
            assert set(names) <= lines[0].keys() if lines else True


def test_today_stands_beside_yesterday_up_to_the_same_hour(running: Running) -> None:
    told = get(running, "/overview", compare="previous")
    assert told["range"] == {
        "from": "2026-09-21",
        "to": "2026-09-21",
        "timezone": "Asia/Tashkent",
        "granularity": "hour",
        "until": "2026-09-21T15:13:20.000Z",
    }
    assert told["before"]["from"] == told["before"]["to"] == "2026-09-20"
    assert told["before"]["until"] == "2026-09-20T15:13:20.000Z"
    (row,) = told["rows"]
    assert (row["visitors"], row["visitors_before"]) == (3, 1)
    assert (row["page_views"], row["page_views_before"]) == (6, 1)
    assert row["bounce_rate"] == pytest.approx(1 / 3)
    assert get(running, "/overview")["before"] is None
    assert "visitors_before" not in get(running, "/overview")["rows"][0]


def test_the_series_carries_all_of_the_day_before(running: Running) -> None:
    told = get(running, "/visitors", compare="previous")
    assert [row["at"] for row in told["rows"]][:2] == [
        "2026-09-20T19:00:00.000Z",
        "2026-09-20T20:00:00.000Z",
    ]
    assert len(told["rows"]) == 21, "up to now"
    assert len(told["before_rows"]) == 24
    assert sum(row["sessions"] for row in told["rows"]) == 3
    assert sum(row["sessions"] for row in told["before_rows"]) == 2
    assert told["columns"][0] == {"name": "at", "kind": "time", "unit": "", "better": ""}
    days = get(running, "/visitors", range="7d", granularity="day")["rows"]
    assert [row["visitors"] for row in days] == [0, 0, 0, 0, 0, 2, 3]


def test_rows_that_were_not_there_before_have_no_numbers_of_before(running: Running) -> None:
    rows = {row["page"]: row for row in get(running, "/pages", compare="previous")["rows"]}
    assert rows["/"]["visitors"] == 3
    assert rows["/"]["visitors_before"] == 1
    assert rows["/pricing"]["visitors"] == 2
    assert rows["/pricing"]["visitors_before"] is None


def test_rows_come_in_pages_and_in_the_order_asked_for(running: Running) -> None:
    first = get(running, "/pages", limit=1)
    assert ([row["page"] for row in first["rows"]], first["total"]) == (["/"], 3)
    rest = get(running, "/pages", limit=5, skip=1)
    assert ([row["page"] for row in rest["rows"]], rest["total"]) == (["/pricing", "/order"], 3)
    behind = get(running, "/pages", skip=100)
    assert (behind["rows"], behind["total"]) == ([], 3)
    turned = get(running, "/pages", order="-page")
    assert [row["page"] for row in turned["rows"]] == ["/pricing", "/order", "/"]


def test_a_dimension_is_a_filter(running: Running) -> None:
    assert get(running, "/overview", country="UZ")["rows"][0]["visitors"] == 3
    assert get(running, "/overview", country="RU")["rows"][0]["visitors"] == 0
    assert get(running, "/overview", page="/pricing", device="desktop")["rows"][0]["visitors"] == 2
    assert get(running, "/overview", page="/or*")["rows"][0]["visitors"] == 1


def test_the_language_changes_the_names_of_countries_alone(running: Running) -> None:
    names = {}
    for language in ("uz", "ru", "en"):
        told = get(running, "/countries", lang=language)
        (row,) = told["rows"]
        names[language] = row.pop("country_name")
        assert row["country"] == "UZ"
        assert [column["name"] for column in told["columns"]][:2] == ["country", "country_name"]
    assert names == {"uz": "Oʻzbekiston", "ru": "Узбекистан", "en": "Uzbekistan"}
    (line,) = table(download(running, "/countries", format="csv", lang="uz"))
    assert (line["country"], line["country_name"]) == ("UZ", "Oʻzbekiston")


def test_days_are_of_the_time_zone_asked_for(running: Running) -> None:
    told = get(running, "/overview", range="today", tz="Pacific/Auckland")
    assert told["range"]["from"] == "2026-09-22"
    assert told["rows"][0]["visitors"] == 3
    assert get(running, "/overview", tz="UTC")["range"]["from"] == "2026-09-21"


@pytest.mark.parametrize(
    ("status", "reason", "path", "query"),
    [
        (404, "unknown_report", "/nothing", {}),
        (404, "unknown_site", "/overview", {"site": "nobody"}),
        (400, "malformed", "/overview", {"site": None}),
        (400, "bad_range", "/overview", {"range": "ever"}),
        (400, "bad_range", "/overview", {"from": "2026-02-02", "to": "2026-02-01"}),
        (400, "bad_range", "/overview", {"from": "2025-01-01", "to": "2026-09-01"}),
        (400, "bad_range", "/overview", {"tz": "Mars/Olympus"}),
        (400, "bad_granularity", "/visitors", {"granularity": "second"}),
        (400, "unknown_filter", "/overview", {"colour": "red"}),
        (400, "malformed", "/overview", {"page": "x" * 3000}),
        (400, "malformed", "/overview", {"page": "\0"}),
        (400, "malformed", "/overview", {"order": "page; DROP TABLE sessions"}),
        (400, "malformed", "/overview", {"limit": 0}),
        (400, "malformed", "/overview", {"compare": "always"}),
        (400, "malformed", "/overview", {"format": "exe"}),
        (400, "malformed", "/overview", {"lang": "xx"}),
        (400, "malformed", "/overview", {"bots": "perhaps"}),
        (400, "malformed", "/steps/visitors", {"value": "1"}),
        (400, "malformed", "/hours/visitors", {"value": "8-24"}),
        (400, "bad_range", "/visitors/visitors", {"value": "soon"}),
        (400, "bad_range", "/visitors/visitors", {"value": "1999-01-01T00:00:00Z"}),
        (404, "unknown_goal", "/goals/visitors", {"value": "nothing"}),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_reason(
    running: Running, status: int, reason: str, path: str, query: dict[str, Any]
) -> None:
    assert get(running, path, status, **query)["reason"] == reason


def test_text_of_strangers_is_a_value_and_no_sql(running: Running) -> None:
    for text in ("'; DROP TABLE sessions; --", "$v0", "%", "ʻ\u202e", "*"):
        get(running, "/overview", page=text, city=text, event=text)
    assert get(running, "/overview")["rows"][0]["visitors"] == 3


def test_the_format_is_taken_from_what_the_client_accepts(running: Running) -> None:
    for accept, kind in {
        "text/csv": "text/csv",
        "text/csv;q=0.5, application/json": "application/json",
        "application/vnd.apache.arrow.stream, */*;q=0.1": "application/vnd.apache.arrow.stream",
        "application/vnd.apache.parquet": "application/vnd.apache.parquet",
        "text/html,application/xhtml+xml,*/*;q=0.8": "application/json",
        "image/png": "application/json",
        "text/csv;q=much": "application/json",
        ";;,,": "application/json",
    }.items():
        answer = download(running, "/pages", accept=accept)
        assert answer.headers["content-type"].startswith(kind), accept
    assert download(running, "/pages", accept="text/csv", format="json").json()["total"] == 3


def test_a_file_has_a_name_and_the_period_before_beside_it(running: Running) -> None:
    answer = download(running, "/pages", format="csv", compare="previous")
    named = answer.headers["content-disposition"]
    assert named == 'attachment; filename="pages-demo-2026-09-21-2026-09-21.csv"'
    rows = {line["page"]: line for line in table(answer)}
    assert (rows["/"]["visitors"], rows["/"]["visitors_before"]) == ("3", "1")
    assert rows["/pricing"]["visitors_before"] == ""
    arrow = download(running, "/visitors", format="arrow")
    series = pa.ipc.open_stream(arrow.content).read_all()
    assert series.schema.field("at").type == pa.timestamp("ms", "Asia/Tashkent")
    assert series.num_rows == 21
    line = table(download(running, "/visitors", format="csv"))[0]
    assert line["at"] == "2026-09-21 00:00"


def test_every_file_is_in_the_audit_log_and_no_answer_on_a_screen(running: Running) -> None:
    get(running, "/pages", country="UZ")
    download(running, "/pages", format="xlsx", country="UZ")
    lines = running.client.get("/api/v1/audit", params={"action": "report_exported"}).json()
    line = lines["data"][0]
    assert line["detail"].get("filters") == {"country": "UZ"}
    assert (line["subject"], line["site_key"]) == ("pages", "demo")
    assert line["detail"] == {
        "format": "xlsx",
        "first": "2026-09-21",
        "last": "2026-09-21",
        "filters": {"country": "UZ"},
    }


def test_sites_side_by_side_are_those_that_somebody_sees(running: Running) -> None:
    there = [row["site"] for row in get(running, "/sites", site=None)["rows"]]
    assert sorted(there) == ["demo", "simulated"]
    assert len(get(running, "/sites", site="")["rows"]) == 2
    assert [row["site_name"] for row in get(running, "/sites")["rows"]] == ["Demo"]
    running.add_user("m@x.example", "manager", "demo")
    enter(running, "m@x.example")
    assert [row["site"] for row in get(running, "/sites", site=None)["rows"]] == ["demo"]


def ids(told: dict[str, Any]) -> list[str]:
    return [one["id"] for one in told["data"]]


def test_behind_a_row_stand_its_visitors(running: Running) -> None:
    one, two, three = (an_id("v", number) for number in (1, 2, 3))
    assert ids(get(running, "/overview/visitors")) == [one, two, three]
    assert ids(get(running, "/pages/visitors", value="/pricing")) == [one, three]
    assert ids(get(running, "/cities/visitors", value="Tashkent", country="RU")) == []
    assert ids(get(running, "/sources/visitors", value="Google", page="/order")) == [three]
    assert ids(get(running, "/hours/visitors", value="1-19")) == [two, three]
    assert ids(get(running, "/hours/visitors", value="7-21", range="7d")) == [two]
    told = get(running, "/visitors/visitors", value="2026-09-20T16:00:00Z", range="yesterday")
    assert ids(told) == [two]
    told = get(running, "/sites/visitors", value="demo", range="7d")
    assert ids(told) == [one, two, three], "each once"
    shown = get(running, "/pages/visitors", value="/order")["data"][0]
    assert shown["session"]["pages_viewed"] == 3
    assert shown["last_seen_at"]


def test_goals_are_counted_and_open_to_their_visitors(running: Running) -> None:
    made_ids = []
    for goal in (
        {"name": "Order", "kind": "page", "match": "/or*"},
        {"name": "Paid", "kind": "event", "match": "purchase"},
    ):
        made = running.client.post("/api/v1/goals", json=goal, params={"site": "demo"})
        assert made.status_code == 201
        made_ids.append(made.json()["data"]["id"])
    rows = {row["goal"]: row for row in get(running, "/goals")["rows"]}
    assert rows["Order"]["conversions"] == 1
    assert rows["Order"]["conversion_rate"] == pytest.approx(1 / 3)
    assert rows["Paid"]["conversions"] == 0
    assert get(running, "/overview")["rows"][0]["conversions"] == 1
    assert ids(get(running, "/goals/visitors", value="Order")) == [an_id("v", 3)]
    assert ids(get(running, "/goals/visitors", value="Paid")) == []
    for goal_id in made_ids:
        gone = running.client.delete(f"/api/v1/goals/{goal_id}", params={"site": "demo"})
        assert gone.status_code == 204
    assert get(running, "/goals")["rows"] == []


def test_bots_count_where_they_are_asked_for(running: Running) -> None:
    assert get(running, "/overview", bots=1)["rows"][0]["visitors"] == 4
    assert get(running, "/overview", country="RU", bots=1)["rows"][0]["visitors"] == 1
    assert ids(get(running, "/countries/visitors", value="RU", bots=1)) == [an_id("v", 6)]
    assert ids(get(running, "/countries/visitors", value="RU")) == []


def test_operators_see_who_was_online_and_no_report(running: Running) -> None:
    running.add_user("o@x.example", "operator", "demo")
    enter(running, "o@x.example")
    assert get(running, "/overview", 403)["reason"] == "not_allowed"
    assert get(running, "", 403)["reason"] == "not_allowed"
    assert get(running, "/online")["rows"]
    assert get(running, "/online", 403, format="csv")["reason"] == "not_allowed"


def test_a_report_that_takes_too_long_says_so_and_live_lists_do_not_wait(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(connection: Connection, *_: Any) -> Any:
        return connection.cursor().execute(
            "SELECT sum(a.range * b.range) FROM range(100_000_000) a, range(100_000) b"
        )

    monkeypatch.setattr("api.routes.reports.tell_report", slow)
    quick = ReportPool(running.house.warehouse, seconds=0.3)
    monkeypatch.setattr(running.house, "reports", quick)
    begun = time.monotonic()
    assert get(running, "/overview", 503)["reason"] == "too_slow"
    assert time.monotonic() - begun < 5
    assert running.client.get("/api/v1/visitors/online", params={"site": "demo"}).is_success
    quick.stop()


def test_reports_keep_to_the_pace_of_the_api(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running.app, "_pace", Pace(2, 0))
    get(running, "/overview")
    get(running, "/pages")
    assert get(running, "/pages", 429)["reason"] == "too_many_requests"
