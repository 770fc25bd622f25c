"""The bell of every page: what it counts, when it sounds, and when it keeps still."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext

from tests.dashboards.inbox.inbox_desk import ORIGIN, Desk, Screen

pytestmark = pytest.mark.browser

LISTEN = """
window.rings = 0;
window.notes = [];
const start = OscillatorNode.prototype.start;
OscillatorNode.prototype.start = function (at) { window.rings += 1; return start.call(this, at); };
window.Notification = class {
  static permission = "granted";
  static requestPermission = async () => (window.asked = true, "granted");
  constructor(title, options) { window.notes.push([title, options.body]); }
  close() {}
};
"""
NOTES_OF_A_RING = 2


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.add_init_script(LISTEN)
    return context


def rings(screen: Screen) -> int:
    screen.page.wait_for_timeout(400)
    return int(screen.page.evaluate("window.rings")) // NOTES_OF_A_RING


def hide(screen: Screen) -> None:
    screen.page.evaluate(
        """Object.defineProperty(document, "visibilityState", { get: () => "hidden" })"""
    )


def test_a_reply_counts_on_the_bell_in_the_title_and_beside_the_menu(
    screen: Screen, desk: Desk
) -> None:
    desk.add(1)
    screen.mount("bell")
    assert screen.page.title() == "Hozir"
    desk.say("c_1", "one")
    desk.say("c_1", "two")
    screen.until(lambda: screen.page.title() == "(2) Hozir")
    assert screen.page.locator(".pip").inner_text() == "2"
    assert screen.page.evaluate(
        "document.documentElement.style.getPropertyValue('--hz-inbox')"
    ) == ('"2"')
    screen.page.evaluate("document.title = 'Xarita'")
    screen.until(lambda: screen.page.title() == "(2) Xarita")


def test_it_rings_once_for_each_reply_and_not_for_what_was_there(
    screen: Screen, desk: Desk
) -> None:
    desk.add(1)
    desk.say("c_1", "before", tell=False)
    screen.mount("bell")
    screen.page.locator(".bell-b").click()
    screen.page.keyboard.press("Escape")
    assert rings(screen) == 0
    message = desk.say("c_1", "now")
    assert rings(screen) == 1
    desk.tell("message", {"conversation_id": "c_1", "message": message})
    desk.say("c_1", "from us", "agent")
    assert rings(screen) == 1


def test_a_reply_of_a_cut_line_rings_when_it_is_back(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    screen.mount("bell")
    screen.page.locator(".bell-b").click()
    desk.cut()
    desk.say("c_1", "while away")
    screen.until(lambda: len(screen.lines) == 2)
    assert rings(screen) == 1


def test_the_mute_switch_holds_and_outlives_a_reload(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    screen.mount("bell")
    screen.page.locator(".bell-b").click()
    screen.page.get_by_role("switch", name="Sound").click()
    desk.say("c_1", "quiet")
    assert rings(screen) == 0
    screen.page.reload()
    screen.page.wait_for_function("window.ready")
    screen.mount("bell")
    screen.page.locator(".bell-b").click()
    muted = screen.page.get_by_role("switch", name="Sound")
    assert muted.get_attribute("aria-checked") == "false"


def test_of_two_tabs_one_rings(context: BrowserContext, desk: Desk) -> None:
    desk.add(1)
    tabs = [Screen(context.new_page(), desk).mount("bell") for _ in range(2)]
    for tab in tabs:
        tab.page.bring_to_front()
        tab.page.locator(".bell-b").click()
    desk.say("c_1", "hello")
    assert sum(rings(tab) for tab in tabs) == 1


def test_the_desktop_is_told_only_after_a_click_and_only_while_hidden(
    screen: Screen, desk: Desk
) -> None:
    desk.add(1)
    screen.mount("bell")
    desk.say("c_1", "first")
    hide(screen)
    desk.say("c_1", "second")
    screen.page.wait_for_timeout(400)
    assert screen.page.evaluate("[window.notes, window.asked]") == [[], None]
    screen.page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: true })")
    screen.page.evaluate("Notification.permission = 'default'")
    screen.page.locator(".bell-b").click()
    screen.page.get_by_role("switch", name="Desktop").click()
    screen.until(lambda: bool(screen.page.evaluate("window.asked")))
    screen.page.evaluate("Notification.permission = 'granted'")
    desk.say("c_1", "third")
    screen.until(lambda: screen.page.evaluate("window.notes") == [["Visitor 1", "third"]])


def test_the_menu_leads_to_the_conversations(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    desk.add(2)
    desk.say("c_1", "hello there", tell=False)
    screen.mount()
    screen.mount("bell")
    assert len(screen.lines) == 1
    screen.page.locator(".bell-b").click()
    links = screen.page.locator(".news a")
    assert links.count() == 1
    assert links.get_attribute("href") == "/inbox?site=demo&lang=en&conversation=c_1"
    screen.page.keyboard.press("Enter")
    screen.page.locator(".ch b", has_text="Visitor 1").wait_for()
    assert not screen.page.locator(".menu").is_visible()


def test_who_wrote_first_is_told_when_nobody_answers(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    desk.add(2)
    screen.page.clock.install()
    screen.mount("bell")
    for number in (1, 2):
        screen.page.evaluate(
            "detail => dispatchEvent(new CustomEvent('hozir:sent', { detail }))",
            {"conversation_id": f"c_{number}", "visitor_name": f"Visitor {number}"},
        )
    screen.page.clock.run_for(20_000)
    desk.say("c_2", "an answer")
    screen.page.clock.run_for(8_000)
    assert screen.page.locator(".toast").count() == 0
    screen.page.clock.run_for(4_000)
    toast = screen.page.locator(".toast")
    assert toast.count() == 1
    assert toast.locator("p").inner_text() == "Visitor 1 has not answered in 30 seconds."
    toast.get_by_role("button", name="Dismiss").click()
    assert toast.count() == 0
    assert screen.page.url.startswith(ORIGIN)
