"""The three lists in a browser: tabs, pages of thirty, and what comes over from the live one."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Route

from tests.dashboards.live_screen import Screen, counts, iso, stand_still, visitor

pytestmark = pytest.mark.browser

PER_PAGE = 30


def who_left(number: int) -> dict[str, Any]:
    return visitor(number, presence="offline", is_online=False, last_seen_at=iso(60 * number))


def answer_with(screen: Screen, path: str, everybody: list[dict[str, Any]]) -> None:
    def page(query: dict[str, str]) -> dict[str, Any]:
        at = int(query["page"])
        found = [who for who in everybody if not query.get("country")]
        return {
            "data": found[(at - 1) * PER_PAGE : at * PER_PAGE],
            "meta": {"total": len(found), "total_pages": -(-len(found) // PER_PAGE)},
            "now": iso(0),
        }

    screen.answers[f"visitors/{path}"] = page


def test_tabs_have_their_numbers_and_turn_by_arrows(screen: Screen) -> None:
    screen.answers["visitors/counts"] = lambda _: {"data": {"offline": 312, "all": 1247}}
    screen.mount("head", language="en")
    screen.snapshot([visitor(1), visitor(2)])
    tabs = screen.page.get_by_role("tablist", name="Lists").get_by_role("tab")
    screen.until(lambda: tabs.all_inner_texts() == ["Online 2", "Offline 312", "All 1,247"])
    assert [tab.get_attribute("aria-selected") for tab in tabs.all()] == ["true", "false", "false"]
    tabs.first.focus()
    for key, name in {"ArrowRight": "offline", "End": "all", "ArrowLeft": "offline"}.items():
        screen.page.keyboard.press(key)
        assert screen.page.evaluate("window.told.at(-1)") == ["tab", name]
    assert tabs.nth(1).get_attribute("tabindex") == "0"
    assert screen.page.locator(".under").evaluate("(one) => getComputedStyle(one).transition") in (
        "translate 0.25s, width 0.25s",
        "translate 0.25s ease, width 0.25s ease",
    )
    said = screen.page.locator("[role=status][aria-live=polite]")
    screen.until(lambda: said.text_content() == "Showing offline visitors.")


def test_the_past_comes_by_pages_as_one_scrolls_and_keeps_few_nodes(screen: Screen) -> None:
    answer_with(screen, "all", [who_left(number) for number in range(1, 101)])
    screen.mount(tab="all")
    screen.snapshot([])
    screen.until(lambda: bool(screen.names()))
    assert screen.names()[0] == "Visitor 1"
    asked = [query["page"] for path, query in screen.asked if path == "visitors/all"]
    assert "4" not in asked

    def at_the_end() -> bool:
        screen.page.evaluate("main.scrollTop = main.scrollHeight")
        return screen.names()[-1] == "Visitor 100"

    screen.until(at_the_end)
    assert screen.page.locator(".slot").count() < 80
    asked = [query["page"] for path, query in screen.asked if path == "visitors/all"]
    assert list(dict.fromkeys(asked)) == ["1", "2", "3", "4"], "and once more the first, unseen"


def test_who_leaves_the_live_list_stands_on_top_of_the_offline_one(screen: Screen) -> None:
    answer_with(screen, "offline", [who_left(5)])
    screen.mount(tab="offline", language="en")
    screen.snapshot([visitor(1)])
    screen.until(lambda: screen.names() == ["Visitor 5"])
    assert screen.page.locator(".card-h .pill").inner_text() == "Offline"
    assert screen.page.locator(".card-h .timer").inner_text() == "5 minutes ago"
    screen.leave(visitor(1), 0)
    screen.until(lambda: screen.names() == ["Visitor 1", "Visitor 5"])
    screen.arrive(visitor(5), 1)
    screen.until(lambda: screen.names() == ["Visitor 1"])


def hold(screen: Screen, path: str) -> list[Route]:
    """Return the requests for a list, which wait until they are answered by hand."""
    held: list[Route] = []
    screen.page.route(f"**/api/v1/visitors/{path}?*", lambda route: held.append(route))
    return held


def answer(screen: Screen, route: Route, *visitors: dict[str, Any]) -> None:
    meta = {"total": len(visitors), "total_pages": 1}
    with screen.page.expect_event("requestfinished", lambda one: one == route.request):
        route.fulfill(json={"data": list(visitors), "meta": meta, "now": iso(0)})
    screen.settle()


def test_what_happens_while_the_offline_list_is_asked_for_is_in_it(screen: Screen) -> None:
    held = hold(screen, "offline")
    screen.mount(tab="offline", language="en")
    screen.snapshot([visitor(1), visitor(2)])
    screen.leave(visitor(1), 1)
    screen.arrive(visitor(5), 2)
    answer(screen, held[0], who_left(5), who_left(6))
    screen.until(lambda: screen.names() == ["Visitor 1", "Visitor 6"])


def test_who_leaves_while_the_whole_list_is_asked_for_is_not_shown_as_here(screen: Screen) -> None:
    held = hold(screen, "all")
    screen.mount(tab="all", language="en")
    screen.snapshot([visitor(1)])
    screen.leave(visitor(1), 0)
    answer(screen, held[0], visitor(1, last_seen_at=iso(1)))
    pill = screen.page.locator(".card-h .pill")
    screen.until(lambda: pill.all_inner_texts() == ["Offline"])


def test_a_list_of_the_past_is_looked_at_again_after_two_seconds(screen: Screen) -> None:
    held = hold(screen, "all")
    stand_still(screen)
    screen.mount(tab="all", language="en")
    screen.snapshot([])
    answer(screen, held[0], visitor(1, last_seen_at=iso(1)))
    pill = screen.page.locator(".card-h .pill")
    screen.page.clock.run_for(1500)
    assert len(held) == 1
    screen.page.clock.run_for(1000)
    screen.until(lambda: len(held) == 2)
    answer(screen, held[1], who_left(1))
    screen.page.clock.run_for(500)
    screen.until(lambda: pill.all_inner_texts() == ["Offline"])


def test_another_filter_asks_for_the_past_anew(screen: Screen) -> None:
    answer_with(screen, "offline", [who_left(1)])
    screen.mount(tab="offline")
    screen.snapshot([])
    screen.until(lambda: screen.names() == ["Visitor 1"])
    screen.mount(tab="offline", filters={"country": "KZ"})
    screen.page.get_by_role("button", name="Filtrni tozalash").click()
    assert screen.page.evaluate("window.told.at(-1)[0]") == "clear"
    assert screen.asked[-1][1]["country"] == "KZ"


def test_a_list_that_does_not_come_says_so_and_offers_another_try(screen: Screen) -> None:
    screen.mount(tab="all", language="en")
    screen.snapshot([])
    again = screen.page.get_by_role("alert").get_by_role("button", name="Try again")
    again.wait_for()
    answer_with(screen, "all", [])
    again.click()
    screen.page.get_by_text("Nobody has come yet.").wait_for()


def test_pages_of_who_left_are_fetched_when_the_history_opens(screen: Screen) -> None:
    seen = {"url": "/a", "title": "First", "timestamp": iso(600), "duration_seconds": 5}
    answer_with(screen, "offline", [{**who_left(1), "pages": []}])
    screen.answers["visitors/v_1/page-history"] = lambda _: {"page_views": [seen]}
    screen.mount(tab="offline")
    screen.snapshot([])
    screen.page.locator(".hist").click()
    screen.until(lambda: screen.page.locator(".trail b").all_inner_texts() == ["First"])


def test_a_paused_list_stands_still_and_goes_on(screen: Screen) -> None:
    stand_still(screen)
    screen.mount(language="en")
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    screen.page.get_by_role("combobox", name="Updates").select_option("paused")
    screen.arrive(visitor(2), 2)
    screen.page.clock.run_for(6000)
    assert screen.names() == ["Visitor 1"]
    assert screen.page.locator(".foot").inner_text().startswith("Paused: as of ")
    assert screen.page.evaluate("localStorage.getItem('hozir.pace.1')") == "paused"
    screen.page.get_by_role("combobox", name="Updates").select_option("5")
    screen.page.clock.run_for(100)
    screen.until(lambda: screen.names() == ["Visitor 2", "Visitor 1"] or len(screen.names()) == 2)
    screen.arrive(visitor(3), 3)
    screen.page.clock.run_for(1000)
    assert len(screen.names()) == 2
    screen.page.clock.run_for(5000)
    screen.until(lambda: len(screen.names()) == 3)


def test_without_a_socket_the_list_is_asked_for_and_the_socket_takes_over(screen: Screen) -> None:
    online = [visitor(1)]

    def told(_: dict[str, str]) -> dict[str, Any]:
        meta = {"total_pages": 1}
        return {"data": online, "meta": meta, "counts": counts(len(online)), "now": iso(0)}

    screen.answers["visitors/online"] = told
    stand_still(screen)
    screen.mount(language="en")
    screen.sockets[-1].close()
    screen.settle()
    screen.page.clock.run_for(3600)

    def shown_soon(*names: str) -> bool:
        # The answers come in their own time, and are drawn in the page's.
        screen.page.clock.run_for(100)
        return screen.names() == list(names)

    screen.until(lambda: shown_soon("Visitor 1"))
    screen.page.clock.run_for(1000)
    assert "asking every 5 seconds" in screen.page.locator(".foot").inner_text()
    online.append(visitor(2))
    screen.page.clock.run_for(5000)
    screen.until(lambda: shown_soon("Visitor 2", "Visitor 1"))
    screen.until(lambda: len(screen.sockets) > 1)
    screen.seq = 0
    screen.snapshot([visitor(1), visitor(2), visitor(3)])
    screen.page.clock.run_for(1100)
    screen.until(lambda: len(screen.names()) == 3)
    assert "asking" not in screen.page.locator(".foot").inner_text()
