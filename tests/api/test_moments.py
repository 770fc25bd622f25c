"""A moment of the past by the API: who, where, on which page; and the curve of a day."""

from __future__ import annotations

import time
from datetime import date
from typing import Any

import pytest

from api.accounts import SiteRow
from api.moments import day_bounds, read_moment
from api.present import timestamp
from hozir.contract.event import Dimensions
from tests.api.conftest import Running
from tests.factories import Visit, an_id

HOUR = 3_600_000
TASHKENT = {"country": "UZ", "city": "Tashkent", "latitude": 41.3, "longitude": 69.24}
MOSCOW = {"country": "RU", "city": "Moscow", "latitude": 55.75, "longitude": 37.62}


def now() -> int:
    return time.time_ns() // 1_000_000


def visit(number: int, at: int, visitor: int | None = None, **where: Any) -> Visit:
    known = Dimensions(**{"device": "desktop"} | where)
    begun = {"started_at": at, "presence_since": at, "last_activity_at": at}
    one = Visit(number, visitor, dimensions=known, **begun)
    one.opens()
    return one


def tell(running: Running, *visits: Visit) -> None:
    running.sign_in()
    running.tell(*(change for one in visits for change in one.changes))


def get(running: Running, path: str, ok: int = 200, **query: Any) -> Any:
    answer = running.client.get(f"/api/v1/moments/{path}", params={"site": "demo"} | query)
    assert answer.status_code == ok, answer.text
    return answer.json()


def test_an_hour_ago_is_told_as_it_was(running: Running) -> None:
    then = now() - HOUR
    reads, leaves = visit(1, then, **TASHKENT), visit(2, then + 5_000, **MOSCOW)
    reads.reads("/pricing")  # after 10 s
    reads.reads("/cart")  # after 20 s
    reads.becomes("away", 40_000)
    leaves.becomes("offline", 30_000)
    leaves.ends()
    tell(running, reads, leaves)
    told = get(running, timestamp(then + 15_000), lang="uz")
    assert (told["at"], told["online"], told["active"], told["away"]) == (
        timestamp(then + 15_000),
        2,
        2,
        0,
    )
    latest, earlier = told["visitors"]
    assert (latest["id"], earlier["id"]) == (an_id("v", 2), an_id("v", 1))
    assert (earlier["current_page"]["url"], earlier["presence"]) == ("/pricing", "active")
    assert earlier["current_page"]["time_on_page_seconds"] == 5
    assert earlier["session"]["duration_seconds"] == 15
    assert [page["url"] for page in earlier["pages"]] == ["/", "/pricing"]
    assert earlier["location"]["country"] == "Oʻzbekiston"
    assert latest["is_online"] is True, "gone by now, but not then"
    assert [(place["key"], place["online"]) for place in told["cities"]] == [
        ("RU/Moscow", 1),
        ("UZ/Tashkent", 1),
    ]
    later = get(running, timestamp(then + 61_000))
    assert (later["online"], later["away"]) == (1, 1)
    assert get(running, timestamp(then - 1))["visitors"] == []


def test_now_is_told_as_the_live_list_tells_it(running: Running) -> None:
    then = now() - 60_000
    one, two = visit(1, then, **TASHKENT), visit(2, then + 1_000, visitor=1, **TASHKENT)
    one.reads("/pricing")
    away, gone = visit(3, then, **MOSCOW), visit(4, then)
    away.becomes("away")
    gone.becomes("offline")
    tell(running, one, two, away, gone)
    live = running.client.get("/api/v1/visitors/online", params={"site": "demo"}).json()
    told = get(running, live["now"])
    assert told["online"] == live["counts"]["online"] == 2
    assert (told["active"], told["away"]) == (live["counts"]["active"], live["counts"]["away"])
    assert told["unplaced"] == 0
    for then_told, now_told in zip(told["visitors"], live["data"], strict=True):
        for name in ("id", "session_id", "presence", "presence_since", "current_page", "name"):
            assert then_told[name] == now_told[name]
        assert then_told["session"] | {"tabs": 1} == now_told["session"]


def test_names_are_as_they_are_known_now_and_conversations_are_not_told(running: Running) -> None:
    then = now() - HOUR
    tell(running, visit(1, then))
    contact = {"name": "Dilnoza", "email": "d@mijoz.example", "visitor_id": an_id("v", 1)}
    answer = running.client.post("/api/v1/contacts", json=contact, params={"site": "demo"})
    assert answer.status_code == 201, answer.text
    (told,) = get(running, timestamp(then + 1_000))["visitors"]
    assert told["name"] == "Dilnoza"
    assert {"contacted", "chatting", "conversation_id"}.isdisjoint(told)


def test_only_so_many_are_told_one_by_one_but_all_are_counted(running: Running) -> None:
    then = now() - HOUR
    tell(running, *(visit(number, then, **TASHKENT) for number in range(1, 6)), visit(6, then))
    told = get(running, timestamp(then), limit=2)
    assert (told["online"], len(told["visitors"]), told["unplaced"]) == (6, 2, 1)
    assert [place["online"] for place in told["cities"]] == [5]


def test_bots_may_be_left_out(running: Running) -> None:
    then = now() - HOUR
    tell(running, visit(1, then, bot="user-agent list: GPTBot"), visit(2, then))
    assert get(running, timestamp(then))["online"] == 2
    assert get(running, timestamp(then), bots=0)["online"] == 1
    assert max(get(running, "curve", bots=0)["online"]) <= 1


@pytest.mark.parametrize(
    "moment",
    ["soon", "2026-13-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01", "1969-12-31T12:00:00Z"],
)
def test_what_is_no_moment_of_the_past_is_refused(running: Running, moment: str) -> None:
    running.sign_in()
    assert get(running, moment, ok=400)["error"]["reason"] == "malformed"


def test_a_moment_without_an_offset_is_the_sites_own_time() -> None:
    noon = read_moment("2026-02-23T12:00:00Z", "UTC")
    assert read_moment("2026-02-23T17:00", "Asia/Tashkent") == noon
    assert read_moment("2026-02-23T17:00:00+05:00", "America/New_York") == noon
    assert read_moment("2026-02-23T17:00:00 05:00", "UTC") == noon, "an unescaped plus"
    assert read_moment("2026-02-23", "Asia/Tashkent") == noon - 17 * HOUR


def live_in(running: Running, zone: str) -> None:
    with running.house.accounts.open() as store:
        store.get_one(SiteRow, "demo").timezone = zone


def test_a_day_has_a_number_for_each_minute_that_has_begun(running: Running) -> None:
    live_in(running, "UTC")
    midnight = now() // (24 * HOUR) * 24 * HOUR
    yesterday = midnight - 24 * HOUR
    one, two = visit(1, yesterday + HOUR), visit(2, yesterday + HOUR + 90_000)
    one.becomes("offline", 120_000)
    two.becomes("offline", 10_000)
    tell(running, one, two)
    day = timestamp(yesterday)[:10]
    told = get(running, "curve", day=day)
    assert (told["day"], told["timezone"], told["first_day"]) == (day, "UTC", day)
    assert (told["from"][:19], told["to"][:19]) == (
        timestamp(yesterday)[:19],
        timestamp(midnight)[:19],
    )
    assert len(told["online"]) == 24 * 60
    assert told["online"][58:64] == [0, 0, 1, 2, 0, 0]
    assert told["reached"][58:64] == [0, 0, 0, 30_000, 0, 0]
    assert told["peak"] == {"at": timestamp(yesterday + HOUR + 90_000)[:19] + ".000Z", "online": 2}
    today = get(running, "curve")
    assert today["day"] == today["last_day"]
    assert len(today["online"]) == (now() - midnight) // 60_000 + 1
    assert (set(today["online"]), today["peak"]) == ({0}, None)
    assert get(running, "curve", day="2026-01-01")["peak"] is None
    assert get(running, "curve", day="2999-01-01")["online"] == []


@pytest.mark.parametrize("day", ["today", "0001-01-01", "9999-12-31", "2026-02-30"])
def test_what_is_no_day_is_refused(running: Running, day: str) -> None:
    running.sign_in()
    assert get(running, "curve", ok=400, day=day)["error"]["reason"] == "malformed"


def test_a_day_is_the_sites_own(running: Running) -> None:
    live_in(running, "Europe/Berlin")
    running.sign_in()
    told = get(running, "curve", day="2026-03-29")
    assert (told["from"], told["to"]) == ("2026-03-28T23:00:00.000Z", "2026-03-29T22:00:00.000Z")
    begins, ends = day_bounds(date(2026, 10, 25), "Europe/Berlin")
    assert ends - begins == 25 * HOUR
