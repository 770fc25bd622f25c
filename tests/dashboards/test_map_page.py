"""The map page in a browser, against the real API: from the world down to one visitor."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import TimeoutError as Late
from playwright.sync_api import expect

from tests.crowd import Crowd
from tests.desk import Desk
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CANVAS = "[data-testid=stDeckGlJsonChart] canvas"
NAMES = ("Dilnoza Karimova", "Jasur Rahimov", "Иван Петров")


@pytest.fixture(scope="module")
def crowd(whole: Stack) -> Iterator[Crowd]:
    with whole.client() as client:
        key = client.get("/api/v1/sites/demo").json()["data"]["keys"][0]
    with Crowd(whole.ingest, key) as crowd:
        for name in NAMES:
            guest = crowd.come()
            guest.open("http://localhost:3000/narxlar", "Narxlar")
            guest.identify(name=name)
        with whole.client() as client:
            wait_for(lambda: len(whole.online(client)) == len(NAMES), 20, "for the crowd")
        yield crowd


def click_middle(here: Desk, until: str) -> None:
    """Click what stands in the middle of the map until that has shown something.

    What is under a click is found by a picture of the map, which may be one update old.
    """
    page = here.page
    for _ in range(20):
        here.map_drawn()
        box = page.locator(CANVAS).first.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2 + 1, box["y"] + box["height"] / 2)
        page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        try:
            page.locator(until).first.wait_for(timeout=2_500)
        except Late:
            continue
        return
    raise AssertionError(f"no click on the map led to {until}")


def test_from_the_world_down_to_one_visitor_and_to_the_composer(admin: Desk, crowd: Crowd) -> None:
    page = admin.open("map")
    crumbs = page.locator(".crumbs button")
    admin.map_drawn()
    expect(page.locator(".stats li")).to_contain_text("3")
    click_middle(admin, ".crumbs button:nth-child(2)")
    expect(crumbs).to_have_count(2)
    assert "country=UZ" in page.url
    click_middle(admin, ".crumbs button:nth-child(3)")
    assert "city=" in page.url
    click_middle(admin, ".mpop")
    popup = page.locator(".mpop")
    name = popup.locator(".nm").inner_text()
    assert name in NAMES
    expect(popup.locator(".mono")).to_have_text("/narxlar")
    popup.get_by_role("button", name="View").click()
    expect(page.locator(".profile")).to_contain_text(name)
    page.keyboard.press("Escape")
    expect(page.locator(".profile")).to_be_hidden()
    popup.get_by_role("button", name="Write").click()
    page.get_by_role("dialog").locator("textarea").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="hidden")
    crumbs.first.click()
    expect(page.locator(".crumbs")).to_be_hidden()
    assert "country=" not in page.url


def test_a_country_is_opened_in_words_and_the_list_keeps_it(admin: Desk, crowd: Crowd) -> None:
    page = admin.open("map")
    admin.map_drawn()
    page.locator(".stats li button").first.click()
    expect(page.locator(".crumbs button")).to_have_count(2)
    admin.settled()
    page.get_by_role("radio", name="List").click()
    expect(page.locator(".of-list .slot")).to_have_count(len(NAMES))
    assert "country=UZ" in page.url


def test_the_feed_begins_with_who_is_here_and_goes_on(admin: Desk, crowd: Crowd) -> None:
    page = admin.open("map")
    admin.map_drawn()
    lines = page.locator(".activity li")
    expect(lines).to_have_count(len(NAMES))
    crowd.guests[0].open("http://localhost:3000/savat", "Savat")
    expect(lines.first).to_contain_text("/savat")
    guest = crowd.come()
    guest.open("http://localhost:3000/", "Bosh sahifa")
    expect(lines).to_have_count(len(NAMES) + 2)
    expect(lines.first).to_contain_text("arrived")
    lines.nth(1).get_by_role("button").click()
    expect(page.locator(".profile")).to_be_visible()
    page.keyboard.press("Escape")


def test_the_map_takes_the_room_that_the_window_has(admin: Desk, crowd: Crowd) -> None:
    page = admin.open("map")
    admin.map_drawn()
    box = page.locator(".st-key-map_box")
    bottom = "(box) => box.getBoundingClientRect().bottom"
    wide = page.viewport_size
    assert wide is not None
    wait_for(lambda: wide["height"] - 200 < box.evaluate(bottom) < wide["height"], 20, "to fill it")
    page.set_viewport_size({"width": 1440, "height": 700})
    wait_for(lambda: 600 < box.evaluate(bottom) < 700, 20, "the lower window")
    page.set_viewport_size(wide)
    admin.settled()
