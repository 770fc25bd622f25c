"""Filters: what is typed or chosen is asked for at once, ahead of the run of the page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboards.live_screen import Screen, visitor

pytestmark = pytest.mark.browser

FIELD = """() => {
  const box = document.createElement("div");
  box.className = "st-key-filter-q";
  box.append(document.createElement("input"));
  document.body.prepend(box);
}"""


@pytest.fixture
def typing(screen: Screen) -> Screen:
    screen.page.evaluate(FIELD)
    screen.mount("head", filters={"q": "", "country": "UZ"})
    screen.snapshot([visitor(1)])
    return screen


def asked(screen: Screen) -> list[Any]:
    return [m["data"]["q"] for m in screen.heard if m["event"] == "filter"]


def rerun(screen: Screen, q: str) -> None:
    screen.mount("head", filters={"q": q, "country": "UZ"})


def test_what_is_typed_is_asked_for_before_the_page_runs(typing: Screen) -> None:
    typing.page.locator(".st-key-filter-q input").fill(" ali ")
    typing.until(lambda: asked(typing) == ["ali"])
    assert typing.heard[-1]["data"]["country"] == "UZ"
    rerun(typing, "ali")
    typing.page.wait_for_timeout(100)
    assert asked(typing) == ["ali"], "the page then has nothing new to say"
    rerun(typing, "")
    typing.until(lambda: asked(typing) == ["ali", ""])


def test_a_run_that_knows_less_letters_takes_none_away(typing: Screen) -> None:
    typing.page.locator(".st-key-filter-q input").fill("ali")
    typing.until(lambda: asked(typing) == ["ali"])
    rerun(typing, "al")
    typing.page.wait_for_timeout(100)
    assert asked(typing) == ["ali"]


def test_after_a_click_elsewhere_the_page_decides(typing: Screen) -> None:
    typing.page.locator(".st-key-filter-q input").fill("ali")
    typing.until(lambda: asked(typing) == ["ali"])
    typing.page.mouse.click(600, 700)
    rerun(typing, "")
    typing.until(lambda: asked(typing) == ["ali", ""])


SELECT = """() => {
  const box = document.createElement("div");
  box.className = "st-key-filters";
  box.innerHTML = `<div class="st-key-filter-country-en"><div data-testid="stSelectbox">
    <input role="combobox" aria-expanded="true" aria-controls=":r1:" aria-activedescendant="second">
    </div></div>`;
  const list = document.createElement("div");
  list.innerHTML = `<div role="listbox" id=":r1:">
    <div role="option" id="first"><b>Uzbekistan</b></div>
    <div role="option" id="second">France</div><div role="option">Country</div></div>`;
  document.body.prepend(box, list);
}"""
"""A select of Streamlit, open."""
COUNTRIES = {"country": {"": "Country", "UZ": "Uzbekistan", "FR": "France"}}


@pytest.fixture
def choosing(screen: Screen) -> Screen:
    screen.page.evaluate(SELECT)
    screen.mount("head", filters={"q": "", "country": ""}, choices=COUNTRIES)
    screen.snapshot([visitor(1)])
    return screen


def countries(screen: Screen) -> list[Any]:
    return [m["data"]["country"] for m in screen.heard if m["event"] == "filter"]


def run(screen: Screen, country: str) -> None:
    screen.mount("head", filters={"q": "", "country": country}, choices=COUNTRIES)


def test_what_is_chosen_is_asked_for_before_the_page_runs(choosing: Screen) -> None:
    choosing.page.locator("#first b").click()
    choosing.until(lambda: countries(choosing) == ["UZ"])
    run(choosing, "")
    run(choosing, "UZ")
    choosing.page.get_by_role("option", name="Country").click()
    choosing.until(lambda: countries(choosing) == ["UZ", ""])


def test_what_is_chosen_by_key_is_asked_for_too(choosing: Screen) -> None:
    choosing.page.locator("[role=combobox]").press("Enter")
    choosing.until(lambda: countries(choosing) == ["FR"])
