"""The line to the server in a browser: gaps, filters, cuts, and the way back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route

from tests.dashboards.live_screen import Screen, counts, iso, stand_still, visitor

pytestmark = pytest.mark.browser


def test_a_gap_asks_for_a_snapshot(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1)])
    screen.send("ping", {"now": iso(0), "lag_ms": 80})
    assert screen.heard == []
    screen.send("ping", {"now": iso(0), "lag_ms": 80}, skip=2)
    screen.until(lambda: screen.heard == [{"event": "snapshot"}])


def test_a_changed_filter_is_sent_and_no_match_offers_the_way_out(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1)])
    screen.mount(filters={"country": "KZ"})
    screen.until(lambda: bool(screen.heard))
    assert screen.heard[0]["event"] == "filter"
    assert screen.heard[0]["data"]["country"] == "KZ"
    data = {"visitors": [], "counts": {**counts(47), "matching": 0}, "now": iso(0)}
    screen.send("snapshot", data)
    screen.page.get_by_role("button", name="Filtrni tozalash").click()
    assert screen.page.evaluate("window.told.at(-1)[0]") == "clear"
    assert len(screen.sockets) == 1


def test_what_is_wanted_while_the_line_is_being_made_is_asked_for_as_it_opens(
    screen: Screen,
) -> None:
    data = screen.data(filters={})
    screen.page.evaluate(
        """data => {
          window.mount(data);
          window.mount({ ...data, filters: { country: "KZ" } });
        }""",
        data,
    )
    screen.until(lambda: bool(screen.heard))
    assert screen.heard[0]["event"] == "filter"
    assert screen.heard[0]["data"]["country"] == "KZ"
    assert len(screen.sockets) == 1


def test_the_rest_of_a_snapshot_follows_it(screen: Screen) -> None:
    screen.mount()
    assert "pieces=1" in screen.sockets[0].url
    screen.snapshot([visitor(1), visitor(2)])
    screen.send("more", {"visitors": [visitor(2), visitor(3)], "counts": counts(3), "now": iso(0)})
    screen.until(lambda: screen.names() == ["Visitor 1", "Visitor 2", "Visitor 3"])
    assert screen.heard == []


def test_a_cut_line_says_since_when_and_comes_back(screen: Screen) -> None:
    screen.mount("head")
    screen.snapshot([visitor(1)])
    screen.sockets[-1].close()
    banner = screen.page.locator(".banner")
    banner.wait_for()
    assert banner.inner_text().startswith("Aloqa uzildi. Bu ")
    assert screen.page.locator(".dot.pulse").count() == 0
    screen.seq = 0
    screen.page.get_by_role("button", name="Hozir ulanish").click()
    screen.until(lambda: len(screen.sockets) == 2)
    screen.snapshot([visitor(1), visitor(2)])
    assert not banner.is_visible()
    assert screen.page.locator(".big .n").inner_text() == "2"


def test_unmounting_closes_the_line(screen: Screen) -> None:
    closed: list[int | None] = []
    screen.mount()
    screen.sockets[-1].on_close(lambda code, reason: closed.append(code))
    screen.page.evaluate("window.unmount()")
    screen.until(lambda: bool(closed))
    assert screen.page.locator(".part > *").count() == 0


def test_counts_follow_without_any_visitor_in_the_frame(screen: Screen) -> None:
    screen.mount("head")
    screen.snapshot([visitor(1)])
    screen.send("counts", {"counts": counts(1247)})
    screen.settle()
    assert screen.page.locator(".big .n").inner_text() == "1\u202f247"


def test_a_refused_filter_is_cleared_and_the_line_comes_back(screen: Screen) -> None:
    screen.mount(filters={"country": "??"})
    screen.sockets[-1].close(code=4400)
    screen.page.wait_for_function("window.told.some(([name]) => name === 'clear')")
    screen.mount(filters={})
    screen.until(lambda: len(screen.sockets) == 2)
    screen.snapshot([visitor(1)])
    assert screen.names() == ["Visitor 1"]


def test_a_line_that_is_cut_again_and_again_waits_longer_each_time(screen: Screen) -> None:
    stand_still(screen)
    screen.page.evaluate("Math.random = () => 0.5")  # The middle of the spread.
    screen.mount("head")
    screen.snapshot([visitor(1)])
    for number, wait in enumerate((1000, 2000, 4000), 1):
        screen.sockets[-1].close()
        screen.settle()
        screen.page.clock.run_for(wait - 50)
        assert len(screen.sockets) == number
        screen.page.clock.run_for(100)
        screen.until(lambda: len(screen.sockets) > number)  # noqa: B023
    screen.seq = 0
    screen.snapshot([visitor(1)])
    screen.sockets[-1].close()
    screen.settle()
    screen.page.clock.run_for(1050)
    screen.until(lambda: len(screen.sockets) == 5)


@pytest.mark.parametrize(("status", "stays"), [(200, True), (502, True), (401, False)])
def test_only_who_is_signed_out_is_sent_to_the_sign_in(
    screen: Screen, status: int, stays: bool
) -> None:
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=status, body="{}")

    screen.page.route("**/api/v1/session", answer)
    screen.page.route("**/sign-in*", lambda route: route.fulfill(body="<!doctype html>"))
    stand_still(screen)
    screen.mount("head")
    screen.snapshot([visitor(1)])
    screen.sockets[-1].close()
    screen.settle()
    screen.page.clock.run_for(1300)
    screen.until(lambda: len(screen.sockets) == 2)
    screen.sockets[-1].close()
    screen.until(lambda: bool(asked))
    screen.page.wait_for_timeout(150)
    screen.until(lambda: ("/sign-in" in screen.page.url) is not stays)


def test_a_server_that_learns_nothing_new_is_not_taken_for_the_present(screen: Screen) -> None:
    screen.mount("head", language="en")
    screen.snapshot([visitor(1)])
    banner = screen.page.get_by_role("alert")
    screen.send("ping", {"now": iso(0), "lag_ms": 900})
    screen.settle()
    assert not banner.is_visible()
    screen.send("ping", {"now": iso(0), "lag_ms": 47_000})
    screen.until(banner.is_visible)
    assert "may have gone" in banner.inner_text()
    assert screen.page.get_by_role("button", name="Connect now").count() == 0
    assert screen.page.locator(".stale").count() == 1
    screen.send("ping", {"now": iso(0), "lag_ms": 300})
    screen.until(lambda: not banner.is_visible())
    assert screen.page.locator(".stale").count() == 0
