"""The downlink: loaded where it may be, one a tab, and nothing is lost or doubled without it."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.tracker.wire import CONVERSATION, Wire, message_id, visit

pytestmark = pytest.mark.browser


def box(page: Page) -> Locator:
    return page.get_by_role("dialog")


def texts(page: Page) -> list[str]:
    return page.locator(".m:visible").all_inner_texts()


def test_site_without_chat_loads_nothing(page: Page, wire: Wire) -> None:
    wire.answer = None
    page.goto("/")
    wire.wait_until(lambda: wire.beacons)
    page.wait_for_timeout(400)
    assert wire.asked == ["/h.js"]


@pytest.mark.parametrize("how", ["gpc", "optOut", "consent"])
def test_nothing_is_loaded_without_leave(page: Page, wire: Wire, how: str) -> None:
    if how == "gpc":
        page.add_init_script(
            "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl',"
            " { get: () => true })"
        )
    elif how == "optOut":
        page.add_init_script("localStorage.hozir_optout = 1")
    else:
        wire.attributes += ' data-consent="required"'
    page.goto("/")
    page.wait_for_function("window.hozir && hozir.door")
    page.wait_for_timeout(300)
    assert wire.asked == ["/h.js"]


def test_opting_out_closes_the_downlink_and_removes_the_popup_in_all_tabs(
    page: Page, context: BrowserContext, wire: Wire
) -> None:
    other = context.new_page()
    visit(other, wire)
    visit(page, wire)
    wire.say(1, "Salom")
    expect(page.locator("hozir-chat")).to_have_count(1)
    expect(other.locator("hozir-chat")).to_have_count(1)
    page.evaluate("hozir('optOut')")
    wire.wait_until(lambda: not wire.sockets)
    for tab in (page, other):
        expect(tab.locator("hozir-chat")).to_have_count(0)
        kept = tab.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        assert kept == ["hozir_optout"]
    assert page.evaluate("document.cookie") == "hozir_optout=1"


def test_two_tabs_show_one_popup(page: Page, context: BrowserContext, wire: Wire) -> None:
    visit(page, wire)
    other = context.new_page()
    visit(other, wire, "/other")
    wire.say(1, "Salom")
    wire.wait_until(lambda: wire.posted("seen"))
    page.wait_for_timeout(400)
    shown = [tab.locator("section:visible").count() for tab in (page, other)]
    assert sorted(shown) == [0, 1]
    quiet = page if shown[1] else other
    expect(quiet.locator(".launcher")).to_be_visible()
    expect(quiet.locator(".badge")).to_be_hidden()


def test_messages_stay_in_order_and_single_across_a_reconnect(page: Page, wire: Wire) -> None:
    visit(page, wire)
    wire.say(1, "bir")
    page.click(".more")
    page.fill("textarea", "ikki")
    page.keyboard.press("Enter")
    wire.wait_until(lambda: wire.posted("message"))
    before = len(wire.beacons)
    wire.down = True
    wire.cut()
    wire.wait_until(lambda: not wire.sockets)
    wire.say(3, "uch")
    wire.say(4, "toʻrt")
    wire.down = False
    wire.wait_until(lambda: len(wire.hellos) == 2)
    wire.tell({"kind": "message", **wire.taken[2], "number": None})
    wire.say(5, "besh")
    expect(page.locator(".m")).to_have_count(5)
    assert texts(page) == ["bir", "ikki", "uch", "toʻrt", "besh"]
    wire.wait_until(
        lambda: any(
            event["kind"] == "heartbeat"
            for beacon in wire.beacons[before:]
            for event in beacon["events"]
        )
    )
    page.reload()
    expect(page.locator(".m")).to_have_count(5)
    assert texts(page) == ["bir", "ikki", "uch", "toʻrt", "besh"]
    expect(page.locator(".meta.mine")).to_contain_text("Seen")


def test_wrong_clocks_do_not_change_the_order(page: Page, wire: Wire) -> None:
    page.add_init_script("const now = Date.now; Date.now = () => now() - 864e5")
    visit(page, wire)
    wire.say(1, "bir")
    page.click(".more")
    page.fill("textarea", "ikki")
    page.keyboard.press("Enter")
    wire.wait_until(lambda: wire.posted("message"))
    wire.say(3, "uch")
    expect(page.locator(".m")).to_have_count(3)
    assert texts(page) == ["bir", "ikki", "uch"]


def test_refused_downlink_falls_back_to_what_beacons_say(page: Page, wire: Wire) -> None:
    wire.down = True
    message = {"id": message_id(1), "at": "2026-11-21T07:00:00.000Z", "author": "bot"}
    wire.keep(message | {"author_name": "", "text": "Salom", "conversation_id": CONVERSATION})
    wire.answer = {"chat": 1, "wait": 1}
    page.goto("/")
    expect(box(page)).to_have_accessible_name("Chaqqon yordamchisi")
    expect(box(page)).to_contain_text("Bot · Chaqqon Market")
    wire.wait_until(lambda: wire.posted("delivered"))


def test_new_view_is_told_by_the_same_downlink(page: Page, wire: Wire) -> None:
    visit(page, wire)
    page.evaluate("history.pushState(0, '', '/two')")
    wire.wait_until(lambda: len(wire.hellos) == 2)
    assert [hello["view"] for hello in wire.hellos] == [1, 2]
    assert len(wire.sockets) == 1


def test_page_from_the_back_forward_cache_has_a_downlink_again(page: Page, wire: Wire) -> None:
    visit(page, wire, "/one")
    page.evaluate("window.kept = true")
    page.goto("/two")
    wire.wait_until(lambda: len(wire.hellos) == 2)
    page.go_back(wait_until="commit")
    wire.wait_until(lambda: len(wire.hellos) == 3)
    assert page.evaluate("window.kept") is True, "the page was not kept"
    assert len({hello["tab_id"] for hello in wire.hellos}) >= 2


def test_final_refusal_is_not_asked_again(page: Page, wire: Wire) -> None:
    visit(page, wire)
    wire.cut(4403)
    wire.wait_until(lambda: not wire.sockets)
    page.wait_for_timeout(1500)
    assert len(wire.hellos) == 1


def test_strict_policy_is_enough(page: Page, wire: Wire) -> None:
    wire.page_headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'nonce-abc'; connect-src 'self' "
        f"{wire.origin.replace('http', 'ws')}; worker-src blob:"
    )
    wire.body = "<p>A page without styles of its own</p>"
    broken: list[str] = []
    page.on("console", lambda line: broken.append(line.text) if line.type == "error" else None)
    visit(page, wire)
    wire.say(1, "Salom")
    expect(box(page)).to_be_visible()
    assert page.locator(".send").evaluate("b => getComputedStyle(b).width") == "44px"
    assert not broken


def test_hidden_page_notifies_where_it_may_and_shows_when_looked_at(
    page: Page, context: BrowserContext, wire: Wire
) -> None:
    context.grant_permissions(["notifications"])
    page.add_init_script(
        "window.notes = []; const Real = Notification;"
        "window.Notification = class { static permission = Real.permission;"
        " constructor(title, options) { notes.push([title, options.body, options.tag]) } }"
    )
    visit(page, wire)
    hide = (
        "hidden => { Object.defineProperty(document, 'hidden', "
        "{ configurable: true, get: () => hidden });"
        "document.dispatchEvent(new Event('visibilitychange')) }"
    )
    page.evaluate(hide, True)
    wire.say(1, "Salom <b>")
    page.wait_for_function("notes.length")
    assert page.evaluate("notes") == [["Malika", "Salom <b>", message_id(1)]]
    wire.wait_until(lambda: wire.posted("delivered"))
    page.wait_for_timeout(200)
    assert not wire.posted("seen")
    page.evaluate(hide, False)
    wire.wait_until(lambda: wire.posted("seen"))
    expect(box(page)).to_be_visible()
    assert len(page.evaluate("notes")) == 1


def test_conversation_from_another_tab_is_there_too(
    page: Page, context: BrowserContext, wire: Wire
) -> None:
    visit(page, wire)
    wire.say(1, "Salom")
    page.fill("textarea", "Ha")
    page.keyboard.press("Enter")
    wire.wait_until(lambda: wire.posted("message"))
    other = context.new_page()
    visit(other, wire, "/other")
    other.click(".launcher")
    expect(other.locator(".m")).to_have_text(["Salom", "Ha"])
    from_there = {key: wire.taken[1][key] for key in ("author", "author_name", "at")}
    wire.tell({"kind": "message", **from_there, "id": message_id(9), "text": "Yana"})
    expect(page.locator(".m")).to_have_text(["Salom", "Ha", "Yana"])
    expect(other.locator(".m")).to_have_text(["Salom", "Ha", "Yana"])
