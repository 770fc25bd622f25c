"""Back in time: the moment in the address, the slider, the list and the map of that moment."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect
from streamlit.testing.v1 import AppTest

from tests.axe import violations
from tests.crowd import Crowd
from tests.dashboards.test_pages import open_app, parts
from tests.desk import Desk
from tests.stack import Stack, wait_for

PAGE = "views/replay.py"
MOMENT = "2026-02-23T09:32:00Z"
AT = round(datetime.fromisoformat(MOMENT).timestamp() * 1000)
VISITOR: dict[str, Any] = {
    "id": "v_1",
    "number": 7,
    "name": "<b>Dilnoza</b>",
    "email": None,
    "bot": None,
    "presence": "active",
    "location": {"country_code": "UZ", "city": "Tashkent"},
    "current_page": {"url": "/narxlar", "title": "Narxlar"},
    "session": {"started_at": "2026-02-23T09:30:00Z"},
    "pages": [{"visible_ms": 4000, "timestamp": "2026-02-23T09:30:00Z", "url": "/"}],
}
CITY = {
    "key": "UZ/Tashkent",
    "country_code": "UZ",
    "country": "Oʻzbekiston",
    "city": "Tashkent",
    "coordinates": [41.3, 69.24],
    "online": 1,
    "active": 1,
    "away": 0,
    "offline": 0,
    "visitor_id": "v_1",
}
TOLD = {"online": 1, "active": 1, "away": 0, "visitors": [VISITOR], "cities": [CITY], "unplaced": 0}
DAY = {
    "online": [0] * 1440,
    "reached": [0] * 1440,
    "peak": {"at": "2026-02-23T11:10:00Z", "online": 47},
    "first_day": "2026-01-20",
    "last_day": "2026-11-21",
}


@pytest.fixture
def past(api: Any) -> Any:
    api.answers[f"/api/v1/moments/{MOMENT}"] = (200, TOLD)
    api.answers["/api/v1/moments/curve"] = (200, DAY)
    return api


def open_replay(**query: str) -> AppTest:
    app = open_app(**query)
    app.switch_page(PAGE)
    app.run()
    assert not app.exception
    return app


def asked(api: Any) -> list[str]:
    return [one.url.path.rpartition("/")[2] for one in api.asked if "/moments/" in one.url.path]


def test_the_moment_of_the_address_is_shown_with_its_day(past: Any) -> None:
    shown = parts(open_replay(at=MOMENT))
    told = shown["replay_time"]
    assert (told["at"], told["told"]["online"]) == (AT, 1)
    assert told["day"]["long"] == "dushanba, 23-fevral"
    assert told["day"]["to"] - told["day"]["from"] == 24 * 3_600_000
    assert told["day"]["from"] == AT - (14 * 60 + 32) * 60_000, "the day of the site's own zone"
    assert told["day"]["peak"]["online"] == 47
    (row,) = shown["replay_list"]["told"]["visitors"]
    assert row["current_page"] == {"url": "/narxlar"}
    assert asked(past) == ["curve", MOMENT]


def test_an_operator_may_look_back_and_the_page_says_that_it_is_not_now(past: Any) -> None:
    app = open_replay(at=MOMENT)
    assert parts(app)["top"]["past"] == "Jonli emas"
    assert "Vaqtga qaytish" in [link.proto.label for link in app.sidebar.get("page_link")]


@pytest.mark.parametrize("text", ["", "soon", "9999-99-99", "2999-01-01T00:00:00Z", "<b>"])
def test_an_address_without_a_moment_of_the_past_is_of_the_past_all_the_same(
    past: Any, text: str
) -> None:
    told = parts(open_replay(**({"at": text} if text else {})))["replay_time"]
    assert told["at"] <= time.time() * 1000
    assert told["told"] is None, "the API knows but one moment here"


def test_what_the_slider_tells_is_checked_and_answered(past: Any) -> None:
    app = open_replay(at=MOMENT)
    for told in ({"at": "x", "turn": 1}, None, [], {"at": True, "turn": 1}, {"turn": 3}):
        app.session_state["time of replay"] = {"moment": told}
        app.run()
        assert not app.exception


def test_while_the_api_is_silent_the_page_says_so_and_stands(past: Any) -> None:
    past.answers["/api/v1/moments/curve"] = (503, {})
    past.answers[f"/api/v1/moments/{MOMENT}"] = (503, {})
    shown = parts(open_replay(at=MOMENT))
    assert shown["replay_list"]["told"] is None
    assert shown["replay_time"]["day"]["levels"] == []


NAMES = ("Dilnoza Karimova", "Jasur Rahimov", "Иван Петров")
AGO = 600
"""Seconds since they came, when the test begins."""


def zone_of_noon() -> str:
    """Return a time zone in which it is about noon, far from the ends of a day."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "UTC"


@pytest.fixture(scope="module")
def crowd(whole: Stack) -> Iterator[Crowd]:
    with whole.client() as client:
        site = {"site_key": "past", "name": "Past", "loopback": True}
        site["timezone"] = zone_of_noon()
        answer = client.post("/api/v1/sites", json=site)
        answer.raise_for_status()
        key = client.get("/api/v1/sites/past").json()["data"]["keys"][0]
    with Crowd(whole.ingest, key) as crowd, whole.client() as client:
        for name in NAMES:
            guest = crowd.come()
            guest.open("http://localhost:3000/narxlar", "Narxlar", age=AGO)
            guest.identify(name=name)
        wait_for(lambda: len(whole.online(client, "past")) == len(NAMES), 20, "for the crowd")
        yield crowd


def moment(ago: float) -> str:
    return datetime.fromtimestamp(int(time.time() - ago), UTC).isoformat().replace("+00:00", "Z")


def at_of(url: str) -> float:
    (told,) = parse_qs(urlsplit(url).query)["at"]
    return datetime.fromisoformat(told).timestamp()


@pytest.mark.browser
@pytest.mark.slow
def test_somebody_goes_back_looks_moves_on_and_returns(admin: Desk, crowd: Crowd) -> None:
    start = moment(300)
    page = admin.open("replay", site="past", at=start)
    number, rows = page.locator(".of-replay_time .big"), page.locator(".of-replay_list li")
    expect(number).to_have_text("3")
    expect(rows).to_have_count(len(NAMES))
    for name in NAMES:
        expect(page.locator(".of-replay_list")).to_contain_text(name)
    expect(page.locator(".of-replay_time .banner")).to_contain_text("You are in the past")
    expect(page.locator(".of-top .pill")).to_have_text("Not live")
    expect(page.get_by_role("button", name="Write")).to_have_count(0)
    assert page.locator(".of-replay_list .pulse").count() == 0
    admin.map_drawn()
    slider = page.get_by_role("slider")
    before = slider.get_attribute("aria-valuetext")
    slider.press("ArrowRight")
    expect(slider).not_to_have_attribute("aria-valuetext", before or "")
    begun = datetime.fromisoformat(start).timestamp()
    page.wait_for_url(lambda url: at_of(url) == begun + 60)
    slider.press("PageDown")
    expect(number).to_have_text("0")
    expect(page.locator(".of-replay_list")).to_contain_text("Nobody was on the site")
    further = page.get_by_role("button", name="Next change")
    further.click()
    expect(number).not_to_have_text("0")
    if number.inner_text() != "3":  # a minute began while they came
        further.click()
    expect(number).to_have_text("3")
    assert violations(page) == []
    page.get_by_role("button", name="Back to now").click()
    expect(page.locator(".of-head .big")).to_contain_text("3")


@pytest.mark.browser
@pytest.mark.slow
def test_time_runs_on_and_the_address_leads_back_to_where_it_came(
    admin: Desk, crowd: Crowd
) -> None:
    start = moment(400)
    page = admin.open("replay", site="past", at=start)
    expect(page.locator(".of-replay_time .big")).to_have_text("3")
    page.get_by_role("radio", name="60×").click()
    page.get_by_role("button", name="Play").click()
    begun = datetime.fromisoformat(start).timestamp()
    page.wait_for_url(lambda url: at_of(url) >= begun + 120)
    page.get_by_role("button", name="Pause").click()
    admin.settled()
    told = page.get_by_role("slider").get_attribute("aria-valuetext")
    page.reload()
    admin.settled()
    expect(page.get_by_role("slider")).to_have_attribute("aria-valuetext", told or "")


@pytest.mark.browser
@pytest.mark.slow
def test_a_site_that_nobody_came_to_has_no_past(admin: Desk, whole: Stack) -> None:
    with whole.client() as client:
        site = {"site_key": "quiet", "name": "Quiet", "timezone": "UTC"}
        client.post("/api/v1/sites", json=site).raise_for_status()
    page = admin.open("replay", site="quiet")
    expect(page.locator(".of-replay_list")).to_contain_text("no past yet")
    expect(page.locator(".of-replay_time .big")).to_have_text("0")


def test_the_words_of_a_row_stay_words(past: Any) -> None:
    told = json.dumps(parts(open_replay(at=MOMENT))["replay_list"]["told"])
    assert "<b>Dilnoza</b>" in told, "as it came: the page writes it as text"
