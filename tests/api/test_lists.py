"""The lists of those who left and of everybody: filters as for those online, pages, the file."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import select

from api.accounts import Audit
from api.export import harmless
from api.facts import Facts
from api.present import timestamp
from hozir.contract.event import Dimensions
from tests.api.conftest import Running, eventually
from tests.api.test_rest import get, now_ms
from tests.factories import Visit, an_id
from warehouse.writer import Writer

HOUR = 3_600_000


def a_past_visit(number: int, ago: int, *, length: int = 60_000, **more: Any) -> Visit:
    """Somebody who came, stayed for `length` ms and left `ago` ms before now."""
    visit = Visit(number, started_at=now_ms() - ago - length, **more)
    visit.opens()
    visit.reads("/pricing")
    visit.becomes("offline", length - 10_000)
    return visit


def known(**more: Any) -> Dimensions:
    return Dimensions(country="UZ", city="Tashkent", device="desktop", **more)


@pytest.fixture
def crowd(running: Running) -> Running:
    """One online, three who left lately, a bot among them, and one long ago."""
    here = Visit(1, started_at=now_ms() - 120_000, dimensions=known())
    here.opens()
    lately = a_past_visit(2, HOUR, dimensions=known(), identity={"name": "Oʻktam Aliyev"})
    robot = a_past_visit(3, 2 * HOUR, dimensions=known(bot="user-agent list: Googlebot"))
    abroad = a_past_visit(
        4, 3 * HOUR, length=400_000, dimensions=Dimensions(country="RU", city="Омск")
    )
    long_ago = a_past_visit(5, 30 * HOUR)
    long_ago.ends()
    visits = (here, lately, robot, abroad, long_ago)
    running.sign_in()
    running.tell(*(change for visit in visits for change in visit.changes))
    return running


def numbers(running: Running, path: str, **query: Any) -> list[int]:
    ids = {an_id("v", number): number for number in range(1, 20)}
    return [ids[one["id"]] for one in get(running, f"visitors/{path}", **query)["data"]]


def test_the_offline_list_holds_who_left_within_a_day_and_the_other_everybody(
    crowd: Running,
) -> None:
    assert numbers(crowd, "offline") == [2, 3, 4]
    assert numbers(crowd, "all") == [1, 2, 3, 4, 5]
    assert get(crowd, "visitors/counts")["data"] == {"online": 1, "offline": 3, "all": 5}
    first = get(crowd, "visitors/all")["data"][0]
    assert first["is_online"]
    assert first["pages"]
    left = get(crowd, "visitors/offline")["data"][0]
    assert left["presence"] == "offline"
    assert left["current_page"]["url"] == "/pricing"
    assert left["session"]["duration_seconds"] == 60
    assert left["last_seen_at"].endswith("Z")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"country": "RU"}, [4]),
        ({"country": "Oʻzbekiston"}, [2, 3]),
        ({"bots": "false"}, [2, 4]),
        ({"page_url": "/pricing"}, [2, 3, 4]),
        ({"page_url": "/pri*"}, [2, 3, 4]),
        ({"page_url": "/"}, []),
        ({"duration": "5-15min"}, [4]),
        ({"duration": "1-5min"}, [2, 3]),
        ({"duration": "<1min"}, []),
        ({"q": "o'KTAM"}, [2]),
        ({"q": "омск"}, [4]),
        ({"q": "россия"}, [4]),
        ({"q": an_id("v", 3)}, [3]),
        ({"q": "%"}, []),
        ({"q": "') OR 1=1 --"}, []),
        ({"q": "ali", "country": "RU"}, []),
    ],
)
def test_filters_mean_the_same_for_those_who_left(
    crowd: Running, query: dict[str, str], found: list[int]
) -> None:
    assert numbers(crowd, "offline", **query) == found


def test_a_contact_is_found_by_name_after_leaving(crowd: Running) -> None:
    crowd.house.hub.tell_facts("demo", an_id("v", 4), lambda _: Facts(name="Ирина Соколова"))
    eventually(lambda: numbers(crowd, "offline", q="соколова") == [4])
    assert get(crowd, "visitors/all", q="соколова")["data"][0]["name"] == "Ирина Соколова"


def test_pages_follow_one_another_and_the_total_holds_beyond_the_last(crowd: Running) -> None:
    assert numbers(crowd, "all", limit=2, page=2) == [3, 4]
    beyond = get(crowd, "visitors/all", limit=2, page=9)
    assert beyond["data"] == []
    assert beyond["meta"] == {"total": 5, "total_pages": 3, "current_page": 9, "per_page": 2}


def test_who_comes_back_is_listed_once_with_the_newest_visit(crowd: Running) -> None:
    again = Visit(12, visitor=2, started_at=now_ms() - 5_000)
    crowd.tell(again.opens())
    assert numbers(crowd, "offline") == [3, 4]
    everybody = get(crowd, "visitors/all")["data"]
    (second,) = [one for one in everybody if one["id"] == an_id("v", 2)]
    assert second["session_id"] == an_id("s", 12)


def told_of(running: Running, number: int) -> dict[str, Any]:
    everybody = get(running, "visitors/all")["data"]
    told: dict[str, Any] = next(one for one in everybody if one["id"] == an_id("v", number))
    (row,) = [one for one in exported(running, scope="all") if one["visitor_id"] == told["id"]]
    assert (row["presence"], row["last_seen_at"]) == (told["presence"], told["last_seen_at"])
    return told


def test_who_has_gone_is_told_so_before_the_warehouse_has_it(running: Running) -> None:
    running.sign_in()
    view = running.house.hub.view
    visits = [Visit(number, started_at=now_ms() - 300_000) for number in (1, 2)]
    gone, ended = visits
    running.tell(*(visit.opens() for visit in visits))
    assert all(told_of(running, number)["is_online"] for number in (1, 2))
    left = gone.becomes("offline", 70_000)
    running.house.hub.deliver([left, ended.ends()])
    eventually(lambda: view.count("demo").online == 0)
    first, second = told_of(running, 1), told_of(running, 2)
    assert (first["is_online"], first["presence"]) == (False, "offline")
    assert first["presence_since"] == first["last_seen_at"] == timestamp(left.at)
    assert first["session"]["duration_seconds"] == 70
    assert (second["is_online"], second["presence"]) == (False, "offline")
    assert second["presence_since"] == second["last_seen_at"]
    assert (second["session"]["duration_seconds"], second["session"]["tabs"]) == (0, 0)


def test_who_came_is_online_while_only_the_warehouse_has_it(running: Running) -> None:
    running.sign_in()
    new, back = (Visit(number, started_at=now_ms() - 60_000) for number in (1, 2))
    running.tell(back.opens(), back.becomes("offline"))
    Writer(running.house.warehouse).apply([new.opens(), back.becomes("active")], {})
    assert len(running.house.hub.view) == 1
    assert [told_of(running, number)["is_online"] for number in (1, 2)] == [True, True]


def test_a_filter_that_means_nothing_is_refused(crowd: Running) -> None:
    for path in ("offline", "all", "export"):
        told = get(crowd, f"visitors/{path}", 400, duration="long")
        assert told["error"]["reason"] == "malformed"


def exported(running: Running, **query: Any) -> list[dict[str, str]]:
    answer = running.client.get("/api/v1/visitors/export", params={"site": "demo"} | query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@pytest.mark.parametrize(("scope", "rows"), [("online", 1), ("offline", 3), ("all", 5)])
def test_each_list_comes_as_a_file_and_that_is_noted(crowd: Running, scope: str, rows: int) -> None:
    assert len(exported(crowd, scope=scope)) == rows
    with crowd.house.accounts.open() as store:
        actions = [(one.action, one.subject) for one in store.scalars(select(Audit))]
    assert ("visitors_exported", "demo") in actions


def test_a_file_is_filtered_as_its_list_and_holds_no_address(crowd: Running) -> None:
    (row,) = exported(crowd, scope="offline", q="aliyev")
    assert row["name"] == "Oʻktam Aliyev"
    assert row["country"] == "Uzbekistan"
    assert not any("95.142" in cell for cell in row.values())


def test_no_cell_of_a_file_is_a_formula(crowd: Running) -> None:
    evil = '=HYPERLINK("http://evil.example","x")'
    crowd.tell(a_past_visit(6, 60_000, identity={"name": evil, "email": "@SUM(1)"}).changes[0])
    (row,) = [one for one in exported(crowd, scope="all") if one["visitor_id"] == an_id("v", 6)]
    assert (row["name"], row["email"]) == (f"'{evil}", "'@SUM(1)")
    assert [harmless(text) for text in ("+1", "-1", "\tx", None, 5)] == [
        "'+1",
        "'-1",
        "'\tx",
        "",
        "5",
    ]


def test_an_operator_may_look_but_not_take_it_away(crowd: Running) -> None:
    crowd.add_user("operator@x.example", "operator", "demo")
    crowd.sign_in("operator@x.example")
    assert numbers(crowd, "all")
    told = get(crowd, "visitors/export", 403)
    assert told["error"]["reason"] == "not_allowed"


def test_a_screen_of_numbers_alone_is_sent_no_visitor(crowd: Running) -> None:
    with crowd.client.websocket_connect("/api/v1/live?site=demo&only=counts") as socket:
        data = socket.receive_json()["data"]
    assert data["visitors"] == []
    assert data["counts"]["online"] == 1
