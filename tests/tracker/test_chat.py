"""The popup: what comes is shown once, what is written arrives once, and nobody is disturbed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.axe import AXE
from tests.tracker.wire import CONVERSATION, Wire, visit

pytestmark = pytest.mark.browser


def box(page: Page) -> Locator:
    return page.get_by_role("dialog")


def texts(page: Page) -> list[str]:
    return page.locator(".m:visible").all_inner_texts()


def test_message_pops_up_is_named_and_is_told_delivered_and_seen(page: Page, wire: Wire) -> None:
    visit(page, wire)
    assert "/chat.js" not in wire.asked
    page.focus("#own")
    said = wire.say(1, "Salom!\nYordam kerakmi?")
    expect(box(page)).to_be_visible()
    expect(box(page)).to_have_accessible_name("Malika")
    assert texts(page) == ["Salom!\nYordam kerakmi?"]
    expect(page.locator(".av")).to_have_text("M")
    assert page.evaluate("document.activeElement.id") == "own", "it took the focus"
    wire.wait_until(lambda: wire.posted("seen"))
    (hello,) = wire.hellos
    (delivered,) = wire.posted("delivered")
    assert delivered["id"] == wire.posted("seen")[0]["id"] == said["id"]
    assert delivered["conversation_id"] == CONVERSATION
    assert delivered["token"] == hello["token"]
    assert re.fullmatch(r"[\da-f]{32}", hello["token"])
    beacon = wire.beacons[0]
    for key in ("visitor_id", "session_id", "tab_id"):
        assert hello[key] == beacon[key]
    assert hello["view"] == 1
    kept = page.evaluate("[localStorage.hozir_token, document.cookie]")
    assert kept[0] == hello["token"]
    assert f"hozir_token={hello['token']}" in kept[1]


HOSTILE = [
    "<script>window.struck = 1</script><img src=x onerror='window.struck = 1'>",
    "\u202egnp.exe \u2066left\u2069 \u0007bell",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 https://evil.example/" + "x" * 1900,
    "مرحبا بالعالم",
]


def test_hostile_text_is_text_and_breaks_no_layout(page: Page, wire: Wire) -> None:
    page.set_viewport_size({"width": 320, "height": 568})
    visit(page, wire)
    for number, text in enumerate(HOSTILE, 1):
        wire.say(number, text, author_name="<b>Malika</b>\u202e" + "M" * 200)
    expect(box(page)).to_be_visible()
    page.click(".more")
    expect(page.locator(".m")).to_have_count(4)
    shown = page.locator(".m").all_inner_texts()
    assert shown[0] == HOSTILE[0]
    assert shown[1] == "gnp.exe left bell"
    assert shown[2] == HOSTILE[2]
    assert page.locator(".m a, .m img, .m script, h2 b").count() == 0
    assert page.evaluate("window.struck") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for part in (".box", ".m", ".meta", ".who h2", ".close", ".send", "textarea", "footer"):
        for one in page.locator(part).all():
            where = one.bounding_box() or {"x": -1, "width": 0}
            assert 0 <= where["x"] <= 320 - where["width"], part
    assert page.locator(".log").evaluate("log => log.scrollWidth <= log.clientWidth")


def test_reply_arrives_once_though_the_server_refuses_and_the_page_is_reloaded(
    page: Page, wire: Wire
) -> None:
    visit(page, wire)
    wire.say(1, "Savol bormi?")
    wire.refusals = 2
    page.fill("textarea", "Ha, bor")
    page.keyboard.press("Enter")
    expect(page.locator(".m.mine")).to_have_text("Ha, bor")
    wire.wait_until(lambda: len([p for p in wire.posts if p["kind"] == "message"]) == 1)
    page.reload()
    expect(box(page)).to_be_visible()
    expect(page.locator(".m")).to_have_text(["Savol bormi?", "Ha, bor"])
    wire.wait_until(lambda: wire.posted("message"))
    expect(page.locator(".meta.mine")).to_contain_text("Sent")
    page.wait_for_timeout(300)
    assert len({post["id"] for post in wire.posts if post["kind"] == "message"}) == 1
    assert len(wire.posted("message")) == 1
    assert [message["text"] for message in wire.taken] == ["Savol bormi?", "Ha, bor"]
    assert page.evaluate("JSON.parse(localStorage.hozir_chat).out") == []


def test_later_visit_finds_the_conversation_again(page: Page, wire: Wire) -> None:
    visit(page, wire)
    wire.say(1, "Savol bormi?")
    page.fill("textarea", "Ha, bor")
    page.keyboard.press("Enter")
    wire.wait_until(lambda: wire.posted("message"))
    # The visit ends, and with it what the tab had open.
    page.evaluate("localStorage.removeItem('hozir_session')")
    later = page.context.new_page()
    page_address = page.url
    page.close()
    later.goto(page_address)
    later.click(".launcher")
    expect(later.locator(".m")).to_have_text(["Savol bormi?", "Ha, bor"])
    sessions = {hello["session_id"] for hello in wire.hellos}
    assert len(sessions) == 2


def test_failure_is_said_and_can_be_tried_again(page: Page, wire: Wire) -> None:
    visit(page, wire)
    wire.say(1, "Savol bormi?")
    wire.refusals = 1000
    page.fill("textarea", "Ha")
    page.click(".send")
    expect(page.locator(".meta.failed")).to_contain_text("Not sent")
    wire.refusals = 0
    page.click(".retry")
    wire.wait_until(lambda: wire.posted("message"))
    expect(page.locator(".meta.mine")).to_contain_text("Sent")
    wire.tell({"kind": "seen", "id": wire.posted("message")[0]["id"]})
    expect(page.locator(".meta.mine")).to_contain_text("Seen")


def test_visitor_can_opt_out_in_the_panel(page: Page, wire: Wire) -> None:
    visit(page, wire)
    wire.say(1, "Salom")
    page.click(".more")
    page.click("text=Do not track me")
    page.click("text=Remove everything?")
    wire.wait_until(lambda: not wire.sockets)
    expect(page.locator("hozir-chat")).to_have_count(0)


def test_whole_way_by_keyboard(page: Page, wire: Wire) -> None:
    visit(page, wire)
    page.focus("#own")
    wire.say(1, "Salom")
    expect(box(page)).to_be_visible()
    inside = "document.querySelector('hozir-chat').shadowRoot.activeElement"
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate(f"{inside}?.localName") == "textarea":
            break
    page.keyboard.type("bir")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("ikki")
    page.keyboard.press("Enter")
    wire.wait_until(lambda: wire.posted("message"))
    assert wire.posted("message")[0]["text"] == "bir\nikki"
    assert page.evaluate(f"{inside}.localName") == "textarea"
    assert wire.typing == 1
    page.keyboard.press("Escape")
    expect(box(page)).to_be_hidden()
    assert page.evaluate(f"{inside}.className") == "launcher"
    page.keyboard.press("Enter")
    expect(box(page)).to_be_visible()
    assert page.evaluate(f"{inside}.localName") == "textarea"


def test_page_does_not_hear_what_is_typed(page: Page, wire: Wire) -> None:
    wire.body += "<script>heard = 0; document.addEventListener('keydown', () => heard++)</script>"
    visit(page, wire)
    wire.say(1, "Salom")
    page.locator("textarea").press_sequentially("abc")
    page.keyboard.press("Escape")
    assert page.evaluate("heard") == 0


@pytest.mark.parametrize(
    ("colour", "ground", "ink"),
    [
        ("#0f766e", "rgb(15, 118, 110)", "rgb(255, 255, 255)"),
        ("#fde047", "rgb(253, 224, 71)", "rgb(0, 0, 0)"),
        ("red;}*{display:none", "rgb(79, 70, 229)", "rgb(255, 255, 255)"),
    ],
)
def test_look_of_the_site(page: Page, wire: Wire, colour: str, ground: str, ink: str) -> None:
    wire.look |= {
        "colour": colour,
        "launcher": True,
        "side": "left",
        "greeting": "Assalomu alaykum",
        "privacy_notice": "Suhbat bir yil saqlanadi.",
    }
    visit(page, wire)
    page.click(".launcher")
    expect(page.locator(".m")).to_have_text("Assalomu alaykum")
    style = "button => { const s = getComputedStyle(button); return [s.backgroundColor, s.color] }"
    assert page.locator(".send").evaluate(style) == [ground, ink]
    assert (box(page).bounding_box() or {"x": 1e3})["x"] < 100
    expect(page.locator("footer p")).to_have_text("Suhbat bir yil saqlanadi.")
    privacy = page.get_by_role("link", name="Privacy")
    expect(privacy).to_have_attribute("href", "https://shop.example/privacy")
    expect(privacy).to_have_attribute("rel", "noopener noreferrer")


def test_agent_has_initials_and_bot_an_icon_and_its_name(page: Page, wire: Wire) -> None:
    visit(page, wire)
    wire.say(1, "Salom", author_name="Malika Yusupova")
    face = page.locator("header .av")
    expect(face).to_have_text("MY")
    expect(face.locator("svg")).to_have_count(0)
    wire.say(2, "Yana yozaman", author="bot", author_name="")
    expect(face.locator("svg")).to_have_count(1)
    expect(face).to_have_text("")
    expect(box(page)).to_have_accessible_name("Chaqqon yordamchisi")
    expect(page.locator(".who p")).to_have_text("Bot · Chaqqon Market")


def test_link_that_is_a_script_is_no_link(page: Page, wire: Wire) -> None:
    wire.look |= {"launcher": True, "privacy_url": "javascript:alert(1)"}
    visit(page, wire)
    page.click(".launcher")
    expect(page.locator("footer a")).to_be_hidden()


def test_page_cannot_break_the_popup_nor_the_popup_the_page(page: Page, wire: Wire) -> None:
    wire.body += (
        "<style>* { display: none !important; color: red !important; font-size: 60px !important }"
        " html, body { display: block !important }</style>"
    )
    visit(page, wire)
    before = page.evaluate("Object.keys(window).sort()")
    wire.say(1, "Salom")
    expect(box(page)).to_be_visible()
    size = page.locator(".m").evaluate("part => getComputedStyle(part).fontSize")
    assert size == "15px"
    assert page.evaluate("Object.keys(window).sort()") == before
    assert page.evaluate("document.body.getAttribute('style')") is None


def test_closed_conversation_and_typing_are_said(page: Page, wire: Wire) -> None:
    visit(page, wire)
    wire.say(1, "Salom")
    page.click(".more")
    wire.tell({"kind": "typing", "author_name": "Malika"})
    expect(page.locator(".typing")).to_have_text("Malika is typing…")
    wire.say(2, "Xayr")
    expect(page.locator(".typing")).to_be_hidden()
    wire.tell({"kind": "closed"})
    expect(page.locator(".note")).to_contain_text("closed")
    page.fill("textarea", "Yana savol")
    page.keyboard.press("Enter")
    expect(page.locator(".note")).to_have_count(0)


@pytest.mark.parametrize(
    ("lang", "label"), [("uz", "Yopish"), ("ru-RU", "Закрыть"), ("xx", "Close")]
)
def test_popup_speaks_the_language_of_the_page(
    page: Page, wire: Wire, lang: str, label: str
) -> None:
    page.add_init_script(
        f"addEventListener('DOMContentLoaded', () => document.documentElement.lang = '{lang}')"
    )
    visit(page, wire)
    wire.say(1, "Salom")
    expect(page.get_by_role("button", name=label)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["#4f46e5", "#fde047"])
def test_axe_finds_nothing_in_the_popup(
    browser: Browser, wire: Wire, scheme: Any, colour: str
) -> None:
    wire.look |= {"colour": colour}
    wire.body = "<main><h1>Page</h1></main><style>:root { color-scheme: light dark }</style>"
    context = browser.new_context(
        base_url=wire.origin, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    visit(page, wire)
    wire.say(1, "Salom")
    page.add_script_tag(path=AXE)
    expect(box(page)).to_be_visible()
    assert page.locator(".h").get_attribute("data-theme") == scheme
    check = "axe.run().then(found => found.violations.map(one => [one.id, one.nodes[0].html]))"
    assert page.evaluate(check) == []
    wire.refusals = 1000
    page.fill("textarea", "Ha")
    page.keyboard.press("Enter")
    expect(page.locator(".meta.failed")).to_be_visible()
    wire.tell({"kind": "typing", "author_name": "Malika"})
    wire.tell({"kind": "closed"})
    expect(page.locator(".note")).to_be_visible()
    assert page.evaluate(check) == []
    page.keyboard.press("Escape")
    expect(page.locator(".launcher")).to_be_visible()
    assert page.evaluate(check) == []
    context.close()
