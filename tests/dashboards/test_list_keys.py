"""The list by keyboard and by ear."""

from __future__ import annotations

import pytest

from tests.dashboards.live_screen import Screen, counts, iso, stand_still, visitor

pytestmark = pytest.mark.browser


def test_keys_move_between_visitors_and_open_one(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 301)])
    screen.page.evaluate("host.shadowRoot.querySelector('.slot').focus()")
    press = screen.page.keyboard.press
    steps = {"ArrowRight": "2", "End": "300", "Home": "1", "ArrowDown": "2", "ArrowUp": "1"}
    for key, number in steps.items():
        press(key)
        assert screen.focused() == f"Visitor {number}", key
    assert screen.page.locator(".slot[tabindex='0']").count() == 1
    press("Enter")
    press("ArrowRight")
    press(" ")
    opened = [value for name, value in screen.page.evaluate("window.told") if name == "select"]
    assert opened == ["v_1"]
    chosen = screen.page.locator(".slot.chosen .nm")
    screen.until(lambda: chosen.all_inner_texts() == ["Visitor 2"])
    press("Escape")
    screen.until(lambda: chosen.count() == 0)


def test_arrows_follow_the_columns_of_cards(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 10)])
    screen.page.evaluate("host.shadowRoot.querySelector('.slot').focus()")
    screen.page.keyboard.press("ArrowDown")
    assert screen.focused() == "Visitor 4"


def test_the_number_is_spoken_once_in_ten_seconds(screen: Screen) -> None:
    screen.mount("head", language="en")
    screen.snapshot([visitor(1)])
    for number in range(2, 6):
        screen.arrive(visitor(number), number)
    said = screen.page.locator("[role=status]").text_content()
    assert said == "Online visitors page. 1 visitor currently online."


def test_arrival_departure_and_filter_are_spoken(screen: Screen) -> None:
    stand_still(screen)
    screen.mount("head", language="en")
    said = screen.page.locator("[role=status][aria-live=polite]")
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    assert said.text_content() == "Online visitors page. 1 visitor currently online."
    screen.arrive(visitor(2), 2)
    screen.page.clock.run_for(10_100)
    place = "from Toshkent, Oʻzbekiston"
    assert said.text_content() == f"New visitor {place}, viewing Home. 2 visitors online."
    screen.leave(visitor(2), 1)
    screen.page.clock.run_for(10_100)
    assert said.text_content() == f"Visitor {place} went offline. 1 visitor online."
    screen.mount("head", language="en", filters={"country": "KZ"})
    screen.until(lambda: bool(screen.heard))
    data = {"visitors": [], "counts": {**counts(1), "matching": 0}, "now": iso(0)}
    screen.send("snapshot", data)
    screen.settle()
    screen.page.clock.run_for(10_100)
    assert said.text_content() == "Filter: 0 visitors."


def test_the_list_is_a_labelled_grid_with_a_labelled_row_each(screen: Screen) -> None:
    screen.mount(language="en")
    screen.snapshot([visitor(1), visitor(2)])
    grid = screen.page.get_by_role("grid", name="Online visitors list", exact=True)
    assert grid.get_by_role("row").count() == 2
    label = grid.get_by_role("row").first.get_attribute("aria-label") or ""
    assert label.startswith("Visitor 1 from Toshkent, Oʻzbekiston, viewing Home, online for 1m")
    assert grid.get_by_role("row").first.get_by_role("gridcell").count() == 1
