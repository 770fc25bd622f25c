"""What one can do about a visitor in the list, and who may."""

from __future__ import annotations

from typing import Any

import pytest

from tests.dashboards.live_screen import Screen, stand_still, visitor

pytestmark = pytest.mark.browser

MAY = ["view_visitors", "send_messages", "edit_contacts"]
HEAD_AND_LIST = """(data) => {
  const second = document.createElement("div");
  document.getElementById("main").prepend(second);
  const root = second.attachShadow({ mode: "open" });
  root.innerHTML = '<div class="part"></div>';
  return import("/_stcore/bidi-components/hozir.live/live/live.js").then(({ default: mount }) => {
    const setTriggerValue = (name, value) => window.told.push([name, value]);
    const setStateValue = setTriggerValue;
    mount({ data, parentElement: root, setTriggerValue, setStateValue });
  });
}"""


def told(screen: Screen) -> list[Any]:
    found: list[Any] = screen.page.evaluate("window.told.at(-1)")
    return found


def test_each_action_hands_over_the_visitor(screen: Screen) -> None:
    screen.mount(language="en", may=MAY)
    screen.snapshot([visitor(1)])
    card = screen.page.locator(".card")
    card.get_by_role("button", name="Write").click()
    assert told(screen) == ["write", "v_1"]
    card.get_by_role("button", name="Profile").click()
    assert told(screen) == ["select", "v_1"]
    card.get_by_role("button", name="1 page").click()
    card.get_by_role("button", name="Save as contact").click()
    assert told(screen) == ["save", "v_1"]


def test_who_chats_has_a_conversation_to_open(screen: Screen) -> None:
    screen.mount(language="en", may=MAY)
    screen.snapshot([visitor(1, chatting=True, conversation_id="c_7", contact_id="k_1")])
    card = screen.page.locator(".card")
    assert card.get_by_role("button", name="Write").count() == 0
    assert card.locator(".who .ln1 .pill").inner_text() == "Chatting"
    card.get_by_role("button", name="Open conversation").click()
    assert told(screen) == ["talk", "c_7"]
    card.locator(".hist").click()
    assert card.get_by_role("button", name="Save as contact").count() == 0


@pytest.mark.parametrize(
    ("more", "may"),
    [
        ({"bot": "user-agent list: Googlebot"}, MAY),
        ({"presence": "leaving"}, MAY),
        ({}, ["view_visitors"]),
    ],
)
def test_nobody_writes_to_bots_or_to_who_leaves_or_without_permission(
    screen: Screen, more: dict[str, Any], may: list[str]
) -> None:
    screen.mount(language="en", may=may)
    screen.snapshot([visitor(1, **more)])
    assert screen.page.get_by_role("button", name="Profile").count() == 1
    assert screen.page.get_by_role("button", name="Write").count() == 0


@pytest.mark.parametrize(
    ("source", "identity", "hint"),
    [
        ("claimed", {"id": "1", "verified": False}, "The page said this name; it is not verified"),
        ("verified", {"id": "1", "verified": True}, "Name verified by the site"),
        ("contact", None, ""),
    ],
)
def test_a_name_says_how_far_it_can_be_believed(
    screen: Screen, source: str, identity: object, hint: str
) -> None:
    screen.mount(language="en")
    screen.snapshot([visitor(1, name_source=source, identity=identity)])
    mark = screen.page.locator(".mark")
    assert mark.is_visible() is bool(hint)
    assert (mark.get_attribute("title") or "") == hint


def test_a_badge_that_comes_slides_in(screen: Screen) -> None:
    screen.mount(language="en")
    screen.snapshot([visitor(1)])
    screen.arrive(visitor(1, contacted=True), 1, "visitor.presence")
    badge = screen.page.locator(".who .ln1 .pill")
    assert badge.inner_text() == "Contacted"
    assert "come" in (badge.get_attribute("class") or "")
    assert badge.evaluate("(one) => getComputedStyle(one).animationDuration") == "0.2s"


def test_a_history_opens_before_ones_eyes_and_closes_again(screen: Screen) -> None:
    stand_still(screen)
    screen.mount(language="en")
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    fold, more = screen.page.locator(".fold"), screen.page.locator(".hist")
    more.click()
    length = "(one) => getComputedStyle(one).transitionDuration"
    assert fold.evaluate(length) == "0.3s"
    assert more.get_attribute("aria-expanded") == "true"
    screen.page.clock.run_for(400)
    assert fold.evaluate("(one) => one.style.height") == ""
    more.click()
    assert fold.is_visible()
    screen.page.clock.run_for(400)
    assert not fold.is_visible()


def test_a_chosen_visitor_enables_the_head_and_escape_lets_go(screen: Screen) -> None:
    screen.mount(may=MAY, language="en")
    screen.snapshot([visitor(1)])
    shared = screen.given | {"part": "head"}
    screen.page.evaluate(HEAD_AND_LIST, shared)
    write = screen.page.get_by_role("button", name="Start proactive chat")
    write.wait_for()
    assert write.get_attribute("aria-disabled") == "true"
    screen.page.evaluate("host.shadowRoot.querySelector('.slot').focus()")
    screen.page.keyboard.press(" ")
    screen.until(lambda: write.get_attribute("aria-disabled") == "false")
    write.click()
    assert told(screen) == ["write", "v_1"]
    screen.page.keyboard.press("Escape")
    screen.until(lambda: write.get_attribute("aria-disabled") == "true")
    assert screen.page.locator(".slot.chosen").count() == 0


def test_keys_lead_to_the_search_and_the_browsers_own_find_stays_near(screen: Screen) -> None:
    screen.page.evaluate(
        """() => {
        const box = document.createElement("div");
        box.className = "st-key-filter-q st-key-filters";
        box.append(document.createElement("input"));
        document.body.append(box);
        window.taken = [];
        addEventListener("keydown", (event) => taken.push(event.defaultPrevented));
      }"""
    )
    screen.mount("head")
    screen.snapshot([visitor(1)])
    focused = "document.activeElement.tagName"
    for key in ("/", "Control+k", "Control+f"):
        screen.page.evaluate("document.activeElement.blur()")
        screen.page.keyboard.press(key)
        assert screen.page.evaluate(focused) == "INPUT", key
        assert screen.page.evaluate("taken.at(-1)") is True
    screen.page.keyboard.press("Control+f")
    assert screen.page.evaluate("taken.at(-1)") is False
    screen.page.keyboard.press("/")
    assert screen.page.locator(".st-key-filter-q input").input_value() == "/"


@pytest.mark.parametrize("allowed", [True, False])
def test_only_who_may_is_offered_the_file(screen: Screen, allowed: bool) -> None:
    screen.mount("head", language="en", may=[*MAY, *(["export_visitors"] if allowed else [])])
    screen.snapshot([visitor(1)])
    link = screen.page.get_by_role("link", name="Download the list as CSV")
    assert link.count() == allowed
    if allowed:
        address = link.get_attribute("href") or ""
        assert address.startswith("/api/v1/visitors/export?site=demo&scope=online&lang=en")
