"""Nobody is kept out: axe finds nothing serious on any screen, in light and in dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page

from tests.axe import violations
from tests.crowd import Crowd
from tests.desk import Desk, desk
from tests.stack import Stack, stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PEOPLE = ("Dilnoza Karimova", "", "Иван Петров", "John Smith", "")
SCHEMES = ("light", "dark")
NUMBERS = ["overview", "audience", "pages", "acquisition", "hours", "sites_compare", "events"]


@dataclass
class House:
    """A system with people, a conversation, and a contact."""

    system: Stack
    visitor: str
    conversation: str
    country: str


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with (
        stack(tmp_path_factory.mktemp("axe")) as system,
        Crowd(system.ingest) as crowd,
        system.client() as client,
    ):

        def ask(method: str, path: str, body: object = None) -> Any:
            answer = client.request(method, f"/api/v1/{path}", json=body, params={"site": "demo"})
            answer.raise_for_status()
            return answer.json()

        for name in PEOPLE:
            guest = crowd.come()
            guest.open("http://localhost:3000/", "Bosh sahifa", "https://www.google.com/")
            guest.open("http://localhost:3000/pricing", "Narxlar")
            guest.act("custom", "plan_chosen", props={"plan": "pro"})
            if name:
                guest.identify(name=name, email="a@shop.example", traits={"plan": "pro"})
            else:
                guest.hide()
        crowd.guests.pop().leave()
        first = crowd.guests[0]
        first.say("Assalomu alaykum")
        crowd.guests[2].say("Здравствуйте")
        ask("POST", "contacts", {"name": "Malika", "email": "m@shop.example", "note": "Pays late"})
        ask("POST", "sites", {"site_key": "second", "name": "Ikkinchi doʻkon"})
        operator = {"email": "sardor@shop.example", "name": "Sardor", "role": "operator"}
        ask("POST", "users", operator)

        def talk() -> str | None:
            for one in ask("GET", "conversations")["data"]:
                if one["visitor"]["id"] == first.visitor_id:
                    return str(one["id"])
            return None

        wait_for(lambda: talk() is not None, 30, "for the conversation")
        conversation = str(talk())
        answer = {"id": f"m_{uuid4()}", "text": "Salom!", "as": "agent"}
        ask("POST", f"conversations/{conversation}/messages", answer)
        ask("POST", f"conversations/{conversation}/close")
        (place, *_) = ask("GET", "visitors/map")["countries"]
        yield House(system, first.visitor_id, conversation, place["country_code"])


@pytest.fixture(scope="module", params=SCHEMES)
def at_desk(browser: Browser, house: House, request: pytest.FixtureRequest) -> Iterator[Desk]:
    how = {"color_scheme": request.param, "reduced_motion": "reduce"}
    with desk(browser, house.system, **how) as desk_:
        page = desk_.page
        page.goto(f"{house.system.web}/sign-in")
        page.locator("input[type=email]").wait_for()
        assert violations(page) == [], "sign-in"
        desk_.sign_in()
        yield desk_
        assert desk_.broken == []


def stand(page: Page, part: str) -> list[str]:
    """Wait for a part of the screen, then tell what axe finds."""
    page.locator(part).first.wait_for()
    return violations(page)


def test_lists(at_desk: Desk) -> None:
    assert stand(at_desk.open(tab="online"), ".of-list .slot") == []
    at_desk.page.get_by_role("radio", name="Rows").click()
    assert stand(at_desk.page, ".of-list [role=row]") == []
    at_desk.page.get_by_role("radio", name="Cards").click()
    assert stand(at_desk.open(tab="all"), ".of-list .is-past") == []
    assert stand(at_desk.open(q="nobody of this name"), ".of-list") == []


def test_profile_and_composer(at_desk: Desk, house: House) -> None:
    page = at_desk.open(visitor=house.visitor)
    assert stand(page, ".profile") == []
    page.set_viewport_size({"width": 375, "height": 812})
    assert stand(page, ".profile") == []
    page.set_viewport_size({"width": 1440, "height": 1000})
    page = at_desk.open(visitor=house.visitor, write="1")
    assert stand(page, "[role=dialog] textarea") == []


def test_inbox_and_bell(at_desk: Desk, house: House) -> None:
    page = at_desk.open("inbox", conversation=house.conversation)
    assert stand(page, ".bu .tx") == []
    page.locator(".bell-b").click()
    assert stand(page, ".of-bell .menu") == []


def test_contacts(at_desk: Desk) -> None:
    page = at_desk.open("contacts")
    row = page.locator(".st-key-contacts_list button").first
    assert stand(page, ".st-key-contacts_list button") == []
    row.click()
    page.get_by_role("textbox", name="Name").first.wait_for()
    at_desk.settled()
    assert violations(page) == []


def test_map(at_desk: Desk, house: House) -> None:
    assert stand(at_desk.open("map", country=house.country), ".activity li") == []


@pytest.mark.parametrize("path", ["settings_sites", "settings_team", "settings_templates"])
def test_settings(at_desk: Desk, path: str) -> None:
    page = at_desk.open(path)
    assert stand(page, "[data-testid=stMain] h1") == []
    for tab in page.locator("[data-testid=stTab]").all()[1:]:
        tab.click()
        assert violations(page) == [], tab.inner_text()
    if path != "settings_sites":
        page.locator("[class*=st-key-line_] button").first.click()
        page.get_by_role("dialog").locator("input").first.wait_for()
        at_desk.settled()
        assert violations(page) == [], "dialog"


@pytest.mark.parametrize("path", ["settings_audit", "account"])
def test_audit_and_account(at_desk: Desk, path: str) -> None:
    assert stand(at_desk.open(path), "[data-testid=stMain] h1") == []


def test_health(at_desk: Desk) -> None:
    page = at_desk.open("health")
    assert stand(page, ".hz-verdict") == []
    page.set_viewport_size({"width": 375, "height": 812})
    at_desk.settled()
    assert violations(page) == [], "on a phone"
    page.set_viewport_size({"width": 1440, "height": 1000})


@pytest.mark.parametrize("path", NUMBERS)
def test_numbers(at_desk: Desk, path: str) -> None:
    page = at_desk.open(path, range="7d")
    assert stand(page, ".hz-lede, [class*=st-key-box_]") == []
    page.set_viewport_size({"width": 375, "height": 812})
    at_desk.settled()
    assert violations(page) == [], "on a phone"
    page.set_viewport_size({"width": 1440, "height": 1000})


def test_visitors_behind_a_number(at_desk: Desk) -> None:
    page = at_desk.open("overview", range="7d")
    page.locator("[class*='st-key-bar_'] button").first.click()
    page.get_by_role("dialog").get_by_test_id("stDataFrame").wait_for()
    at_desk.settled()
    assert violations(page) == []


def test_replay(at_desk: Desk) -> None:
    page = at_desk.open("replay")
    page.locator(".there").wait_for()
    at_desk.map_drawn()
    assert violations(page) == []


def test_sql(at_desk: Desk) -> None:
    page = at_desk.open("sql")
    area = page.locator("[data-testid=stForm] textarea")
    area.press("Control+Enter")
    page.get_by_test_id("stDataFrame").wait_for()
    page.locator("[data-testid=stExpander] summary").first.click()
    assert stand(page, ".hz-columns li") == []
    page.get_by_role("tab", name="Chart").click()
    assert stand(page, "[data-testid=stVegaLiteChart]") == []
    area.fill("SELECT nothing")
    area.press("Control+Enter")
    assert stand(page, "[role=alert]") == []


def test_menus_of_the_shell(at_desk: Desk) -> None:
    page = at_desk.open("account")
    for menu in (".of-sites .site", ".of-tune button[aria-label*=Language]"):
        page.locator(menu).first.click()
        assert violations(page) == [], menu
        page.keyboard.press("Escape")
