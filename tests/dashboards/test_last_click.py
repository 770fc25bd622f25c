"""What somebody did last on the live page: no run that nobody asked for may undo it."""

from __future__ import annotations

import pytest

from tests.dashboards.live_screen import Screen, stand_still, visitor

pytestmark = pytest.mark.browser

ELSEWHERE = {"country": "Qozogʻiston", "country_code": "KZ", "city": "Almati"}
ADDRESS = "address => history.replaceState(null, '', address)"


def told(screen: Screen, name: str) -> bool:
    return name in [what for what, _ in screen.page.evaluate("window.told")]


def test_a_closed_drawer_is_answered_before_the_list_makes_the_page_run(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.page.evaluate(ADDRESS, "/?visitor=v_1")
    screen.snapshot([visitor(2, location=ELSEWHERE)])
    screen.page.clock.run_for(5000)
    assert not told(screen, "facets"), "that run would bring the old address, and the drawer"
    screen.page.evaluate(ADDRESS, "/")
    screen.page.clock.run_for(1000)
    assert told(screen, "facets")


def test_a_click_on_write_is_answered_before_the_list_makes_the_page_run(screen: Screen) -> None:
    stand_still(screen)
    screen.mount(may=["send_messages"], language="en")
    screen.snapshot([visitor(2, location=ELSEWHERE)])
    screen.page.clock.run_for(100)
    screen.page.get_by_role("button", name="Write").click()
    assert screen.page.evaluate("window.told.at(-1)") == ["write", "v_2"]
    screen.page.clock.run_for(6000)
    assert not told(screen, "facets")
    screen.page.evaluate(ADDRESS, "/?visitor=v_2&write=1")
    screen.page.clock.run_for(6000)
    assert not told(screen, "facets"), "what is open must not be drawn anew"
    screen.page.evaluate(ADDRESS, "/")
    screen.page.clock.run_for(1000)
    assert told(screen, "facets")


def test_an_answer_that_never_comes_is_not_waited_for(screen: Screen) -> None:
    stand_still(screen)
    screen.mount(may=["send_messages"], language="en")
    screen.snapshot([visitor(2, location=ELSEWHERE)])
    screen.page.clock.run_for(100)
    screen.page.get_by_role("button", name="Write").click()
    screen.page.clock.run_for(12_000)
    assert told(screen, "facets")


def test_a_drawer_without_the_focus_hears_escape(screen: Screen) -> None:
    screen.mount("head")
    screen.page.evaluate(
        """() => {
          const drawer = document.createElement("aside");
          drawer.setAttribute("role", "dialog");
          drawer.addEventListener("keydown", (event) => (window.heard = event.key));
          document.body.append(drawer);
        }"""
    )
    screen.page.keyboard.press("Escape")
    assert screen.page.evaluate("window.heard") == "Escape"
