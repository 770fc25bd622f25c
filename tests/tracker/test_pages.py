"""Page views, heartbeats, visibility, leaving: what the page was, and for how long."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.tracker.recorder import Answer, Recorder

pytestmark = pytest.mark.browser

NO_WORKER = "window.Worker = class { constructor() { throw new Error('no') } };"
HIDE = """hidden => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_page_view_tells_address_title_and_context(page: Page, recorder: Recorder) -> None:
    page.goto("/pricing?utm_source=x#plans")
    recorder.wait_for("page_view")
    (beacon,) = recorder.beacons()
    (event,) = beacon.events
    assert event.url == f"{recorder.origin}/pricing?utm_source=x#plans"
    assert event.title == "Page /pricing"
    assert event.view == 1
    assert event.age < 1000
    assert beacon.context is not None
    assert beacon.context.language.startswith("en")
    assert beacon.context.screen == "1280x720"
    assert beacon.context.timezone
    assert beacon.context.webdriver is True
    assert beacon.context.visit == 1
    assert recorder.received[0].headers["content-type"].startswith("text/plain")
    assert "cookie" not in recorder.received[0].headers


def test_referrer_is_told(page: Page, recorder: Recorder) -> None:
    page.goto("/one")
    recorder.wait_for("page_view")
    page.evaluate("location.href = '/two'")
    recorder.wait_for("page_view", 2)
    context = recorder.beacons()[-1].context
    assert context is not None
    assert context.referrer == f"{recorder.origin}/one"


@pytest.mark.parametrize("delay", [10, 10_000])
def test_client_hints_come_along_but_are_not_waited_for_long(
    page: Page, recorder: Recorder, delay: int
) -> None:
    page.add_init_script(
        f"const delay = {delay};"
        """Object.defineProperty(navigator, "userAgentData", { value: {
          getHighEntropyValues: () => new Promise(give => setTimeout(
            give, delay, { platformVersion: "15.0.0", model: "Redmi" })) } })"""
    )
    page.goto("/")
    (event,) = recorder.wait_for("page_view")
    context = recorder.beacons()[0].context
    assert context is not None
    assert event.age < 500
    known = ("15.0.0", "Redmi") if delay == 10 else ("", "")
    assert (context.platform_version, context.model) == known


def test_every_kind_of_navigation_is_a_page_view(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    steps = [
        ("history.pushState({}, '', '/a')", "/a"),
        ("history.replaceState({}, '', '/b?x=1')", "/b?x=1"),
        ("location.hash = 'part'", "/b?x=1#part"),
        ("history.back()", "/b?x=1"),
        ("history.back()", "/"),
    ]
    for count, (step, address) in enumerate(steps, 2):
        page.evaluate(step)
        views = recorder.wait_for("page_view", count)
        assert views[-1].url == recorder.origin + address
    assert [event.view for event in recorder.events("page_view")] == [1, 2, 3, 4, 5, 6]


def test_history_without_a_new_address_is_no_page_view(page: Page, recorder: Recorder) -> None:
    page.goto("/same?a=1")
    recorder.wait_for("page_view")
    page.evaluate("history.replaceState({a: 1}, '', location.href)")
    page.evaluate("history.pushState({a: 2}, '')")
    page.evaluate("hozir('event', 'after')")
    recorder.wait_for("custom")
    assert len(recorder.events("page_view")) == 1


def test_route_change_closes_the_old_view_in_the_beacon_of_the_new(
    page: Page, recorder: Recorder
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("scrollTo(0, 780)")
    page.wait_for_timeout(150)
    page.evaluate("history.pushState(0, '', '/next'); document.title = 'Next one'")
    recorder.wait_for("page_view", 2)
    old, new = recorder.beacons()[-1].events
    assert (old.kind, old.view) == ("heartbeat", 1)
    assert old.visible >= 150
    assert 45 <= old.scroll <= 55
    assert (new.kind, new.view, new.visible, new.scroll) == ("page_view", 2, 0, 0)
    assert new.title == "Next one"


def test_heartbeat_comes_from_a_worker(page: Page, recorder: Recorder) -> None:
    page.add_init_script(
        """const Plain = Blob;
        window.Blob = function (parts) {
          return new Plain(parts.map(part => part.replace(/5e3/, "200")));
        };
        window.setInterval = () => { throw new Error("not from the page") };"""
    )
    recorder.otherwise = Answer(200, body={"beat": 1})
    page.goto("/")
    first, second = recorder.wait_for("heartbeat", 2)[:2]
    assert first.view == 1
    assert second.visible > first.visible > 0
    assert second.idle > first.idle
    assert first.scroll == 24
    assert first.hidden is False


def test_heartbeat_every_thirty_seconds_where_workers_are_forbidden(
    page: Page, recorder: Recorder
) -> None:
    recorder.page_headers["Content-Security-Policy"] = "worker-src 'none'"
    page.clock.install()
    page.goto("/")
    recorder.wait_for("page_view")
    page.wait_for_timeout(300)  # for the refusal
    page.clock.run_for(29_000)
    assert not recorder.events("heartbeat")
    for count in (1, 2, 3):
        page.clock.run_for(1_500 if count == 1 else 30_000)
        recorder.wait_for("heartbeat", count)
        page.wait_for_timeout(50)
    assert [beacon.n for beacon in recorder.beacons()] == [1, 2, 3, 4]


def test_hiding_and_coming_back_are_told_at_once(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.wait_for_timeout(200)
    page.evaluate(HIDE, True)
    (hidden,) = recorder.wait_for("visibility")
    assert hidden.hidden is True
    assert hidden.visible >= 200
    page.wait_for_timeout(300)
    page.evaluate(HIDE, False)
    shown = recorder.wait_for("visibility", 2)[1]
    assert shown.hidden is False
    assert shown.visible == hidden.visible
    assert shown.idle < 100


def test_page_opened_in_the_background_has_not_been_seen(page: Page, recorder: Recorder) -> None:
    page.add_init_script(
        "Object.defineProperty(document, 'hidden', { configurable: true, get: () => true })"
    )
    page.goto("/")
    (opened,) = recorder.wait_for("page_view")
    assert opened.hidden is True
    page.wait_for_timeout(100)
    page.goto("about:blank")
    (left,) = recorder.wait_for("leave")
    assert (left.visible, left.scroll) == (0, 0)


def test_input_after_ten_idle_minutes_is_told(page: Page, recorder: Recorder) -> None:
    page.add_init_script(NO_WORKER)
    page.clock.install()
    page.goto("/")
    recorder.wait_for("page_view")
    page.clock.fast_forward("09:00")
    recorder.wait_for("heartbeat")
    page.mouse.move(10, 10)
    page.clock.fast_forward("10:01")
    recorder.wait_until(lambda: recorder.events("heartbeat")[-1].idle >= 600_000)
    assert not recorder.events("visibility")
    page.keyboard.press("a")
    (back,) = recorder.wait_for("visibility")
    assert back.hidden is False
    assert back.idle < 1000


@pytest.mark.parametrize("how", ["navigate", "close"])
def test_leaving_sends_the_last_of_the_page(
    page: Page, context: BrowserContext, recorder: Recorder, how: str
) -> None:
    context.new_page()
    page.goto("/")
    recorder.wait_for("page_view")
    page.wait_for_timeout(100)
    page.evaluate("hozir('event', 'last words')")
    if how == "navigate":
        page.goto("about:blank")
    else:
        page.close()
    (left,) = recorder.wait_for("leave")
    assert left.view == 1
    assert left.visible >= 100
    assert left.scroll == 24
    assert [event.name for event in recorder.events("custom")] == ["last words"]


def test_leaving_uses_send_beacon_where_fetch_cannot_outlive_the_page(
    page: Page, recorder: Recorder
) -> None:
    page.add_init_script("delete Request.prototype.keepalive")
    page.goto("/")
    recorder.wait_for("page_view")
    page.goto("about:blank")
    recorder.wait_for("leave")
    assert recorder.received[-1].headers["sec-fetch-mode"] == "no-cors"


def test_page_that_fits_is_wholly_seen(page: Page, recorder: Recorder) -> None:
    recorder.pages["/short"] = "<p>short</p>"
    page.goto("/short")
    recorder.wait_for("page_view")
    page.goto("about:blank")
    assert recorder.wait_for("leave")[0].scroll == 100


def test_scroll_depth_is_the_deepest(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("scrollTo(0, 1e6)")
    page.wait_for_timeout(100)
    page.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(100)
    page.goto("about:blank")
    assert recorder.wait_for("leave")[0].scroll == 100


def test_page_from_the_back_forward_cache_is_viewed_again(page: Page, recorder: Recorder) -> None:
    page.goto("/one")
    recorder.wait_for("page_view")
    page.evaluate("window.kept = true")
    page.goto("/two")
    recorder.wait_for("page_view", 2)
    page.go_back(wait_until="commit")
    recorder.wait_for("page_view", 3)
    assert page.evaluate("window.kept") is True, "the page was not kept"
    beacons = recorder.beacons()
    assert len({beacon.session_id for beacon in beacons}) == 1
    assert len({(beacon.tab_id, beacon.n) for beacon in beacons}) == len(beacons)
    assert recorder.events("page_view")[-1].url == f"{recorder.origin}/one"


def test_prerendered_page_says_nothing_until_it_is_shown(page: Page, recorder: Recorder) -> None:
    page.add_init_script(
        "Object.defineProperty(document, 'prerendering', { value: true, configurable: true })"
    )
    page.goto("/")
    page.wait_for_timeout(300)
    assert not recorder.received
    assert page.evaluate("localStorage.length") == 0
    page.evaluate("document.dispatchEvent(new Event('prerenderingchange'))")
    recorder.wait_for("page_view")


def test_script_loaded_twice_runs_once(page: Page, recorder: Recorder) -> None:
    recorder.pages["/twice"] = '<script async src="/h.js" data-site="demo"></script>'
    page.goto("/twice")
    recorder.wait_for("page_view")
    page.evaluate("history.pushState(0, '', '/x')")
    recorder.wait_for("page_view", 2)
    page.wait_for_timeout(200)
    assert len(recorder.events("page_view")) == 2
