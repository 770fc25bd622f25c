"""The inbox in a real browser, against a desk that speaks as the API agreed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.axe import AXE
from tests.dashboards.inbox.inbox_desk import EVIL, ME, ORIGIN, Desk, Screen, iso, visitor

pytestmark = pytest.mark.browser


def test_who_waits_stands_first_and_the_longest_on_top(screen: Screen, desk: Desk) -> None:
    desk.add(3)
    desk.add(9)
    desk.add(1, "active")
    desk.add(2, "closed")
    screen.mount()
    screen.comes_to(lambda: screen.names("waiting"), ["Visitor 9", "Visitor 3"])
    screen.comes_to(lambda: screen.names("active"), ["Visitor 1"])
    screen.comes_to(lambda: screen.names("closed"), ["Visitor 2"])
    assert screen.page.locator("time.wait").all_inner_texts() == ["9 min", "3 min"]


def test_a_message_goes_out_at_once_and_counts_once(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    desk.say("c_1", "Hello?", tell=False)
    screen.mount().open("c_1")
    screen.write("Hi, how can I help?")
    screen.until(lambda: screen.count(".ticks.sent") == 1)
    screen.comes_to(lambda: screen.said(), ["Hello?", "Hi, how can I help?"])
    screen.comes_to(lambda: screen.names("active"), ["Visitor 1"])
    sent = desk.asked("POST", "c_1/messages")
    assert len(sent) == 1
    assert re.fullmatch(r"m_[0-9a-f-]{36}", sent[0]["id"])
    desk.tell("state", {"conversation_id": "c_1", "id": sent[0]["id"], "state": "seen"})
    screen.until(lambda: screen.count(".ticks.seen") == 1)
    assert screen.page.locator(".ticks").get_attribute("aria-label") == "Seen"


def test_what_is_not_sent_and_what_is_half_written_outlive_a_reload(
    screen: Screen, desk: Desk
) -> None:
    desk.add(1)
    desk.add(2)
    desk.refuse = lambda method, path: (409, "chat_off") if method == "POST" else None
    screen.mount().open("c_1")
    screen.write("Keep me")
    screen.page.locator(".bu.failed").wait_for()
    screen.page.locator("textarea").fill("half a sent")
    screen.open("c_2")
    assert screen.page.locator("textarea").input_value() == ""
    desk.refuse = lambda method, path: None
    screen.page.goto(f"{ORIGIN}/inbox?conversation=c_1")
    screen.page.wait_for_function("window.ready")
    screen.mount()
    screen.until(lambda: screen.count(".ticks.sent") == 1)
    screen.comes_to(lambda: screen.said(), ["Keep me"])
    assert screen.page.locator("textarea").input_value() == "half a sent"


def test_what_waits_for_the_line_is_not_overtaken(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    refused: list[str] = []

    def away(method: str, path: str) -> tuple[int, str] | None:
        if method == "POST" and len(refused) < 3:
            refused.append(path)
            return 503, "unavailable"
        return None

    desk.refuse = away
    screen.mount().open("c_1")
    for text in ("one", "two", "three"):
        screen.write(text)
    screen.until(lambda: screen.count(".bu.failed") == 3, 12_000)
    desk.cut()
    screen.until(lambda: screen.count(".ticks.sent") == 3, 12_000)
    assert [one["text"] for one in desk.asked("POST", "c_1/messages")][-3:] == [
        "one",
        "two",
        "three",
    ]
    screen.comes_to(lambda: screen.said(), ["one", "two", "three"])


def test_messages_of_a_gap_are_fetched_in_order(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    desk.say("c_1", "one", tell=False)
    screen.mount().open("c_1")
    screen.until(lambda: screen.said() == ["one"])
    desk.silent = True
    desk.say("c_1", "two")
    desk.silent = False
    desk.say("c_1", "three")
    screen.until(lambda: screen.said() == ["one", "two", "three"])


def test_presence_is_asked_for_at_once_and_then_follows(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    page = {"url": "/pricing", "title": "Pricing", "timestamp": iso(5)}
    now = {"is_online": True, "presence": "active", "last_seen_at": iso(1), "tabs": 2}
    desk.presence["c_1"] = {**now, "looking": True, "typing": False, "current_page": page}
    screen.mount().open("c_1")
    head = screen.page.locator(".who-b small")
    screen.until(lambda: "on 2 tabs · looking at the page" in head.inner_text())
    assert "Online" in head.inner_text()
    assert "/pricing" in head.inner_text()
    gone = {"is_online": False, "presence": "offline", "last_seen_at": iso(310), "tabs": 0}
    desk.tell("presence", {"conversation_id": "c_1", "presence": gone})
    screen.until(lambda: "Offline" in head.inner_text())
    assert "last seen 5 minutes ago" in head.inner_text()
    assert screen.page.locator(".ch .dot.off").count() == 1


def test_typing_goes_both_ways_and_not_too_often(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    screen.mount().open("c_1")
    desk.tell("typing", {"conversation_id": "c_1", "author": "visitor", "name": ""})
    screen.page.locator(".cv .typing").wait_for()
    assert screen.page.locator(".bu.wr").is_visible()
    desk.say("c_1", "done")
    screen.until(lambda: not screen.page.locator(".bu.wr").is_visible())
    screen.page.locator("textarea").press_sequentially("quickly typed", delay=5)
    heard = [frame for frame in screen.lines[0].heard if frame["event"] == "typing"]
    assert heard == [{"event": "typing", "data": {"conversation_id": "c_1"}}]


def test_reading_up_is_not_disturbed_and_older_messages_come(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    for number in range(1, 121):
        desk.say("c_1", f"line {number}", tell=False)
    screen.mount().open("c_1")
    screen.until(lambda: len(screen.said()) == 50)
    log = screen.page.locator(".msgs")
    at_end = "log => log.scrollHeight - log.scrollTop - log.clientHeight"
    assert log.evaluate(at_end) < 5
    log.evaluate("log => { log.scrollTop = 150; }")
    screen.until(lambda: len(screen.said()) == 100)
    first = screen.page.locator(".bu .tx", has_text=re.compile("^line 71$"))
    assert 0 < (first.bounding_box() or {"y": -1})["y"] < 800
    log.evaluate("log => { log.scrollTop = 600; }")
    screen.page.wait_for_timeout(50)
    desk.say("c_1", "news")
    pill = screen.page.get_by_role("button", name="1 new message")
    pill.wait_for()
    assert log.evaluate("log => log.scrollTop") == 600
    pill.click()
    assert log.evaluate(at_end) < 5
    assert screen.said()[-1] == "news"
    assert screen.said() == sorted(set(screen.said()), key=screen.said().index)


def test_a_slash_offers_canned_responses_to_the_keyboard(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    desk.templates = [
        {"id": "t1", "title": "Hello", "text": "Hello, how can I help?"},
        {"id": "t2", "title": "Delivery", "text": "Delivery takes two days."},
        {"id": "t3", "title": EVIL, "text": EVIL},
    ]
    screen.mount().open("c_1")
    screen.page.locator("textarea").press_sequentially("/")
    screen.page.locator(".tpl-o").first.wait_for()
    screen.comes_to(lambda: screen.count(".tpl-o"), 3)
    screen.page.keyboard.press("ArrowDown")
    screen.page.keyboard.press("Enter")
    assert screen.page.locator("textarea").input_value() == "Delivery takes two days."
    assert screen.count(".bu") == 0 or screen.said() == []
    screen.page.keyboard.press("Shift+Enter")
    assert screen.page.locator("textarea").input_value().endswith("\n")
    screen.page.locator("textarea").fill("/none such")
    screen.page.get_by_text("No response matches").wait_for()


def test_two_thousand_characters_are_the_most(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    screen.mount().open("c_1")
    screen.page.locator("textarea").fill("x" * 2001)
    assert screen.page.locator(".send").is_disabled()
    assert screen.page.locator(".count").inner_text() == "2,001 / 2,000"
    screen.page.keyboard.press("Enter")
    assert desk.asked("POST", "c_1/messages") == []
    screen.page.locator("textarea").fill("x" * 2000)
    assert screen.page.locator(".send").is_enabled()


def test_closing_and_opening_again(screen: Screen, desk: Desk) -> None:
    desk.add(1, "active")
    screen.mount().open("c_1")
    screen.page.locator(".ch .finish").click()
    screen.page.get_by_text("The conversation is closed. Reopen it to go on.").wait_for()
    assert "Malika closed the conversation" in screen.page.locator(".sys").inner_text()
    screen.comes_to(lambda: screen.names("closed"), ["Visitor 1"])
    screen.page.locator(".ch .finish").click()
    screen.page.locator("textarea").wait_for()


def test_a_conversation_is_given_to_a_colleague(screen: Screen, desk: Desk) -> None:
    desk.add(1, "active", assignee={"id": "u_1", "name": "Malika"})
    screen.mount().open("c_1")
    screen.page.get_by_role("button", name="Transfer").click()
    dialog = screen.page.get_by_role("dialog")
    assert dialog.get_by_role("radio", name="Malika").is_disabled()
    dialog.get_by_text("Bekzod").click()
    dialog.get_by_role("button", name="Transfer").click()
    screen.until(lambda: desk.asked("POST", "c_1/assign")[-1:] != [])
    assert desk.asked("POST", "c_1/assign")[0]["user_id"] == "u_2"
    screen.until(lambda: screen.page.locator(".owner").inner_text() == "Bekzod")
    screen.until(lambda: screen.count("dialog") == 0)


def test_mine_and_unassigned_narrow_the_list(screen: Screen, desk: Desk) -> None:
    desk.add(1, "active", assignee=ME)
    desk.add(2, "active", assignee={"id": "u_2", "name": "Bekzod"})
    desk.add(3, "active")
    screen.mount()
    screen.page.get_by_role("radio", name="Mine").click()
    screen.until(lambda: screen.names() == ["Visitor 1"])
    screen.page.get_by_role("radio", name="Unassigned").click()
    screen.until(lambda: screen.names() == ["Visitor 3"])


def test_search_finds_what_only_the_server_knows(screen: Screen, desk: Desk) -> None:
    desk.add(1, "closed")
    desk.add(2, "active")
    desk.say("c_1", "about pineapples", tell=False)
    desk.say("c_1", "thanks", tell=False)
    screen.mount()
    screen.page.get_by_role("searchbox").fill("pineapples")
    screen.until(lambda: screen.names() == ["Visitor 1"])
    screen.page.get_by_role("searchbox").fill("nothing such")
    screen.page.get_by_text("No conversation matches").wait_for()
    screen.page.get_by_role("button", name="Show all").click()
    screen.until(lambda: len(screen.names()) == 2)


def test_the_address_opens_and_names_the_conversation(context: BrowserContext, desk: Desk) -> None:
    desk.add(1)
    desk.add(2)
    screen = Screen(context.new_page(), desk, "?site=demo&conversation=c_2").mount()
    screen.page.locator(".ch b", has_text="Visitor 2").wait_for()
    screen.open("c_1")
    assert screen.page.url.endswith("?site=demo&conversation=c_1")
    screen.page.goto(f"{ORIGIN}/inbox?conversation=c_77")
    screen.page.wait_for_function("window.ready")
    screen.mount()
    screen.page.get_by_text("This conversation was not found").wait_for()


def test_reading_is_told_once_it_is_on_the_screen(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    desk.say("c_1", "one", tell=False)
    desk.say("c_1", "two", tell=False)
    screen.mount()
    assert screen.page.locator(".un").inner_text() == "2"
    screen.open("c_1")
    screen.until(
        lambda: desk.asked("POST", "c_1/read") == [{"site": "demo", "lang": "en", "number": 2}]
    )
    assert not screen.page.locator(".un").is_visible()


def test_keys_walk_the_list_open_and_come_back(screen: Screen, desk: Desk) -> None:
    for number in (1, 2, 3):
        desk.add(number, "active")
    screen.mount()
    screen.page.get_by_role("searchbox").focus()
    press = screen.page.keyboard.press
    focused = "host.shadowRoot.activeElement?.querySelector('b')?.textContent"
    press("ArrowDown")
    press("ArrowDown")
    assert screen.page.evaluate(focused) == "Visitor 2"
    press("End")
    assert screen.page.evaluate(focused) == "Visitor 3"
    press("Enter")
    screen.page.locator(".ch b", has_text="Visitor 3").wait_for()
    assert screen.page.evaluate("host.shadowRoot.activeElement.tagName") == "TEXTAREA"
    press("Escape")
    assert screen.page.evaluate(focused) == "Visitor 3"


def test_on_a_phone_list_and_chat_are_two_screens(browser: Browser, desk: Desk) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 740}, has_touch=True)
    desk.add(1)
    desk.say("c_1", "hi", tell=False)
    screen = Screen(context.new_page(), desk).mount()
    assert not screen.page.locator(".ix-m").is_visible()
    screen.open("c_1")
    assert not screen.page.locator(".ix-l").is_visible()
    assert screen.page.evaluate("document.documentElement.scrollWidth") <= 375
    screen.page.go_back()
    screen.until(lambda: screen.page.locator(".ix-l").is_visible())
    screen.open("c_1")
    screen.page.get_by_role("button", name="Back to the list").click()
    assert screen.page.locator(".ix-l").is_visible()
    small = screen.page.evaluate(
        """[...host.shadowRoot.querySelectorAll("button, .cv, .field")]
        .map((each) => [each.className, each.getBoundingClientRect()])
        .filter(([, box]) => box.height && box.height < 42).map(([name]) => name)"""
    )
    assert small == []
    context.close()


def test_hostile_text_is_only_text(screen: Screen, desk: Desk) -> None:
    page = {"url": EVIL, "title": EVIL, "timestamp": iso(3)}
    who = visitor(1, name=EVIL, email=EVIL, current_page=page, pages=[page])
    who |= {"location": {"city": EVIL, "country_code": EVIL, "timezone": EVIL}}
    who |= {"device": {"os": EVIL, "browser": EVIL, "language": EVIL}, "referrer": {"source": EVIL}}
    desk.add(1, visitor=who, assignee={"id": EVIL, "name": EVIL})
    desk.say("c_1", EVIL, tell=False)
    desk.say("c_1", EVIL, "bot", tell=False, author_name=EVIL)
    desk.say("c_1", "", "system", tell=False, detail={"what": "assigned", "by": EVIL, "to": "x"})
    screen.mount()
    screen.mount("bell")
    screen.page.locator(".cv").click()
    screen.until(lambda: screen.said() == [EVIL, EVIL])
    screen.page.locator(".bell-b").click()
    desk.say("c_1", EVIL)
    screen.page.wait_for_timeout(100)
    assert screen.page.evaluate("window.hit") is None
    assert screen.count("#host img, #host script, #bellhost img, #bellhost script") == 0
    box = screen.page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert box[0] <= box[1]


def test_five_hundred_conversations_stay_few_rows(screen: Screen, desk: Desk) -> None:
    for number in range(1, 501):
        desk.add(number, "active")
    screen.mount()
    screen.comes_to(lambda: screen.count(".cv"), 50)
    assert screen.page.locator("#ix-active .pill").inner_text() == "500"
    more = screen.page.get_by_role("button", name="Show more")
    for shown in (100, 150, 200, 250, 300):
        more.click()
        expect(screen.page.locator(".cv")).to_have_count(shown)
    took = screen.page.evaluate(
        """async () => {
          const begun = performance.now();
          for (let at = 0; at < 5; at += 1) await new Promise(requestAnimationFrame);
          return performance.now() - begun;
        }"""
    )
    assert took < 1000


def test_an_empty_inbox_says_what_happens_next(screen: Screen) -> None:
    screen.mount()
    screen.page.get_by_text("No conversations yet").wait_for()
    screen.page.get_by_text("Choose a conversation").wait_for()


def test_the_visitor_stands_beside_and_opens_the_profile(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    screen.mount().open("c_1")
    column = screen.page.locator(".ix-r")
    column.locator(".trail li").first.wait_for()
    assert column.locator(".t").inner_text() == "Page 1"
    assert "London" in column.locator(".place").inner_text()
    column.get_by_role("button", name="Profile").click()
    assert screen.page.evaluate("window.told") == [
        ["profile", {"visitor": "v_1", "conversation": "c_1"}]
    ]


def test_the_name_opens_the_visitor_where_there_is_no_third_column(
    context: BrowserContext, desk: Desk
) -> None:
    desk.add(1)
    page = context.new_page()
    page.set_viewport_size({"width": 820, "height": 700})
    screen = Screen(page, desk).mount()
    screen.open("c_1")
    assert not page.locator(".ix-r").is_visible()
    page.locator(".who-b").click()
    assert page.locator(".ix-r").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator(".ix-r").is_visible()
    assert page.evaluate("host.shadowRoot.activeElement.classList.contains('who-b')")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, desk: Desk, scheme: Any) -> None:
    for number, status in enumerate(("waiting", "active", "closed"), 1):
        desk.add(number, status)
        desk.say(f"c_{number}", "Hello", tell=False)
    desk.say("c_1", "From a colleague", "agent", tell=False, author_id="u_2", author_name="B")
    desk.say("c_1", "From a bot", "bot", tell=False)
    desk.say("c_1", "", "system", tell=False, detail={"what": "assigned", "to": "Bekzod"})
    desk.templates = [{"id": "t1", "title": "Hello", "text": "How can I help?"}]
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    screen = Screen(page, desk, "?conversation=c_1")
    page.add_style_tag(content=f":root {{ color-scheme: {scheme} }}")
    screen.mount().mount("bell")
    page.add_script_tag(path=AXE)
    check = """async () => (await axe.run()).violations
        .filter((one) => one.impact === "serious" || one.impact === "critical")
        .map((one) => [one.id, one.nodes[0].html])"""
    desk.refuse = lambda method, path: (409, "chat_off") if method == "POST" else None
    screen.write("This will not go")
    page.locator(".bu.failed").wait_for()
    page.locator("textarea").fill("/")
    page.locator(".tpl-o").wait_for()
    assert page.evaluate(check) == []
    page.keyboard.press("Escape")
    desk.cut()
    page.locator(".banner").wait_for()
    page.locator(".bell-b").click()
    assert page.evaluate(check) == []
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Transfer").click()
    assert page.evaluate(check) == []
    context.close()
