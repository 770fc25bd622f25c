"""The message dialog in a real browser."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.dashboards.parts import OnePart, iso, whole_visitor

pytestmark = pytest.mark.browser

EVIL = '"><img src=x onerror="window.hit=1">'
MESSAGE = "/api/v1/visitors/v_1/message"
ME = {"id": "1", "name": "Malika Yusupova"}


@pytest.fixture
def dialog(browser: Browser) -> Iterator[OnePart]:
    context = browser.new_context(viewport={"width": 452, "height": 800})
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    part = OnePart(page, "composer")
    part.answers[MESSAGE] = (201, {"conversation_id": "c_1", "message_id": "m_1"})
    yield part
    context.close()
    assert failures == []


def sent(dialog: OnePart) -> list[object]:
    return [json.loads(body or "") for _, path, body in dialog.asked if path == MESSAGE]


def write(dialog: OnePart, text: str) -> None:
    dialog.page.locator("textarea").fill(text)


def test_an_empty_message_cannot_be_sent(dialog: OnePart) -> None:
    dialog.mount(whole_visitor(), me=ME, inside=False)
    go = dialog.page.locator("[type=submit]")
    assert go.is_disabled()
    assert go.get_attribute("aria-label") == "Send proactive message to visitor"
    write(dialog, "  \n ")
    assert go.is_disabled()
    dialog.page.keyboard.press("Control+Enter")
    assert sent(dialog) == []
    write(dialog, "Hello")
    assert go.is_enabled()
    assert dialog.text(".count") == "5 / 500"
    write(dialog, "x" * 600)
    assert dialog.text(".count") == "500 / 500"


def test_the_dialog_shows_to_whom_where_they_are_and_what_to_write(dialog: OnePart) -> None:
    page = {"url": "/pricing", "title": "Narxlar", "timestamp": iso(225)}
    dialog.mount(whole_visitor(current_page=page), "uz", me=ME, inside=False)
    find = dialog.page.locator
    assert find(".to .nm").inner_text() == "Anonim #12847"
    assert find(".to .av").evaluate("(one) => getComputedStyle(one).width") == "48px"
    assert find(".to .av svg").count() == 1
    assert find(".to .place .clip").first.inner_text() == "Tashkent"
    assert find(".to .mono").inner_text() == "/pricing"
    length = find(".to .timer").inner_text()
    assert length.startswith(("3m\u00a045", "3m\u00a046", "3m\u00a047"))
    dialog.until(lambda: find(".to .timer").inner_text() != length)
    text = dialog.page.get_by_label("Xabar matni", exact=True)
    told = ("placeholder", "maxlength", "aria-required", "aria-describedby")
    assert [text.get_attribute(name) for name in told] == [
        *("Salom. Sizga yordam kerakmi?", "500", "true", "char-counter"),
    ]
    assert find("label[for=text]").inner_text() == "Xabar matni"
    assert find("#char-counter").get_attribute("aria-live") == "polite"
    said = dialog.page.locator(".compose > .sr")
    assert said.get_attribute("aria-live") == "polite"
    dialog.until(lambda: "oynasi ochildi" in said.inner_text())
    ring = "(one) => { const s = getComputedStyle(one); return [s.borderTopWidth, s.outlineWidth] }"
    dialog.until(lambda: text.evaluate(ring) == ["1px", "2px"])
    dialog.page.get_by_role("button", name="Bekor qilish").click()
    assert len(dialog.told("cancel")) == 1


def test_tab_goes_from_text_to_cancel_to_send_and_stays_in_the_dialog(dialog: OnePart) -> None:
    dialog.page.evaluate(
        """() => {
          const dialog = document.createElement("div");
          dialog.setAttribute("role", "dialog");
          document.getElementById("host").replaceWith(dialog);
          dialog.append(Object.assign(document.createElement("div"), { id: "host" }));
          // As the dialog around it does: whatever Tab reaches it leads back to its one stop.
          dialog.addEventListener("keydown", (event) => {
            if (event.key === "Tab") event.preventDefault();
            if (event.key === "Tab") (window.edges = (window.edges || 0) + 1);
          });
        }"""
    )
    dialog.mount(whole_visitor(), me=ME, inside=False)
    at = "(({ type, innerText }) => `${type} ${innerText}`)(host.shadowRoot.activeElement || {})"
    dialog.until(lambda: dialog.page.evaluate(at).startswith("textarea"))
    write(dialog, "Hello")
    walked = []
    for _ in range(4):
        walked.append(dialog.page.evaluate(at).split("\n")[0].strip())
        dialog.page.keyboard.press("Tab")
    assert walked == ["textarea", "radio", "button Cancel", "submit Send"]
    assert dialog.page.evaluate("window.edges") == 1


def test_keys_send_and_the_news_leads_to_the_conversation(dialog: OnePart) -> None:
    dialog.mount(whole_visitor(), me=ME, inside=False)
    dialog.page.evaluate(
        "addEventListener('hozir:sent', ({ detail }) => (window.heard = detail)); 0"
    )
    write(dialog, " Hello\nthere ")
    dialog.page.keyboard.press("Control+Enter")
    dialog.until(lambda: dialog.told("sent") == ["c_1"])
    assert sent(dialog) == [{"message": "Hello\nthere", "as": "agent"}]
    assert "Message sent" in dialog.page.get_by_role("status").last.inner_text()
    motion = (
        "(one) => [getComputedStyle(one).animationName, getComputedStyle(one).animationDuration]"
    )
    assert dialog.page.locator(".toast").evaluate(motion) == ["in", "0.3s"]
    link = dialog.page.get_by_role("link", name="Open the conversation")
    assert link.get_attribute("href") == "/inbox?site=demo&conversation=c_1"
    assert dialog.page.evaluate("sessionStorage.length") == 0
    assert dialog.page.evaluate("window.heard") == {
        "conversation_id": "c_1",
        "visitor_name": "Anonymous #12847",
    }


def test_a_bot_may_be_chosen_and_the_agent_sees_their_own_name(dialog: OnePart) -> None:
    dialog.mount(whole_visitor(), me=ME, inside=False)
    assert dialog.text(".opt b") == "Malika Yusupova"
    dialog.page.get_by_role("radio").last.check()
    write(dialog, "Hello")
    dialog.page.locator("[type=submit]").click()
    dialog.until(lambda: bool(sent(dialog)))
    assert sent(dialog) == [{"message": "Hello", "as": "bot"}]


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (0, "", "The message was not sent. Your text is kept."),
        (500, "trouble", "The message was not sent. Your text is kept."),
        (429, "too_many_messages", "none is left"),
        (409, "chat_off", "Chat is off"),
        (404, "unknown_visitor", "was not found"),
    ],
)
def test_a_refusal_is_said_and_the_text_stays(
    dialog: OnePart, status: int, reason: str, words: str
) -> None:
    dialog.answers[MESSAGE] = (status, {"error": {"reason": reason, "message": EVIL}})
    dialog.mount(whole_visitor(), me=ME, inside=False)
    write(dialog, "Hello")
    dialog.page.locator("[type=submit]").click()
    dialog.page.get_by_role("alert").wait_for()
    assert words in dialog.text(".note.bad")
    assert dialog.page.locator("textarea").input_value() == "Hello"
    assert dialog.page.locator("[type=submit]").is_enabled()
    assert dialog.told("sent") == []


def test_a_draft_outlives_the_dialog(dialog: OnePart) -> None:
    dialog.mount(whole_visitor(), me=ME, inside=False)
    write(dialog, "Half a thou")
    dialog.page.evaluate("window.unmount()")
    dialog.mount(whole_visitor(), me=ME, inside=False)
    assert dialog.page.locator("textarea").input_value() == "Half a thou"


@pytest.mark.parametrize("many", [2, 7])
def test_a_canned_response_replaces_the_text_and_can_be_undone(dialog: OnePart, many: int) -> None:
    found = [{"id": str(n), "title": f"Title {n}", "text": f"Text {n}"} for n in range(many)]
    dialog.answers["/api/v1/templates"] = (200, {"data": found})
    dialog.mount(whole_visitor(), me=ME, inside=False)
    write(dialog, "My own")
    if many > 4:
        dialog.page.locator("select").select_option(label="Title 1")
    else:
        dialog.page.get_by_role("button", name="Title 1").click()
    assert dialog.page.locator("textarea").input_value() == "Text 1"
    dialog.page.get_by_role("button", name="Bring back").click()
    assert dialog.page.locator("textarea").input_value() == "My own"


def test_who_has_left_is_said_to_find_the_message_later(dialog: OnePart) -> None:
    who = whole_visitor()
    dialog.mount(who, me=ME, inside=False)
    dialog.snapshot(who)
    assert dialog.page.locator(".note:visible").count() == 0
    dialog.leave(who)
    assert "waits until they are back" in dialog.text(".note")
    assert dialog.page.locator(".since:visible").count() == 0


def test_inside_the_drawer_escape_leads_back_and_keeps_the_drawer(dialog: OnePart) -> None:
    dialog.mount(whole_visitor(), me=ME, inside=True)
    dialog.page.evaluate(
        "document.addEventListener('keydown', (event) => { window.heard = event.key }); 0"
    )
    dialog.page.locator("textarea").focus()
    dialog.page.keyboard.press("Escape")
    assert len(dialog.told("cancel")) == 1
    assert dialog.page.evaluate("window.heard") is None


def test_hostile_text_is_only_text_in_the_message(dialog: OnePart) -> None:
    page = {"url": EVIL, "title": EVIL, "timestamp": EVIL}
    place = dict.fromkeys(("country", "country_code", "city"), EVIL)
    found = [{"id": "1", "title": EVIL, "text": EVIL}]
    dialog.answers["/api/v1/templates"] = (200, {"data": found})
    who = whole_visitor(name=EVIL, current_page=page, location=place)
    dialog.mount(who, me={"id": EVIL, "name": EVIL}, inside=False)
    dialog.page.locator(".chips button").click()
    dialog.page.locator("[type=submit]").click()
    dialog.until(lambda: bool(dialog.told("sent")))
    assert dialog.page.locator("#host img, .hozir-toasts img").count() == 0
    assert dialog.page.evaluate("window.hit") is None
    assert dialog.page.locator(".compose").evaluate("node => node.scrollWidth <= node.clientWidth")
