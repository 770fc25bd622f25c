"""From noticing a visitor to a conversation with them: by mouse, and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journey.stage import (
    END_OF_VISIT,
    HIDE,
    LIVE,
    PATIENCE,
    Desk,
    Shop,
    Visitor,
    focused,
    press_until,
    shows,
    until,
)
from tests.stack import Stack

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HELLO = "Salom! Pricing haqida yordam kerakmi?"
REPLY = "Ha, narxi qancha?"
ANSWER = "99 000 soʻm, yetkazish bepul."


def test_message_from_the_card_becomes_a_conversation_by_mouse(
    shop: Shop, visitor: Visitor, open_desk: Callable[..., Desk]
) -> None:
    for _ in range(2):
        visitor.go("/pricing")
        visitor.page.evaluate(END_OF_VISIT)
    desk = open_desk()
    page, card = desk.page, desk.cards
    visitor.go("/pricing")
    for _ in range(3):
        visitor.page.get_by_role("button", name="Savatga").click()
    visitor.page.evaluate("scrollTo(0, 1230)")
    visitor.page.wait_for_function("scrollY >= 1230")
    visitor.page.evaluate(HIDE, True)
    visitor.page.evaluate(HIDE, False)

    # Sees who is online, as cards, and the visitor on /pricing.
    expect(card).to_have_count(1, timeout=PATIENCE)
    expect(desk.number).to_have_text("1", timeout=LIVE)
    expect(card.locator(".mono")).to_have_text("/pricing")
    expect(card.locator(".card-a")).to_contain_text("Xabar yozish")

    # The card opens the profile: page, clicks, scroll, insight.
    card.locator(".t").click()
    profile = page.locator(".profile")
    expect(profile).to_be_visible(timeout=PATIENCE)
    shows(profile.locator(".tl li.cur"), "/pricing")
    shows(profile.locator(".tl li.cur"), "3 ta bosish")
    shows(profile.locator(".tl li.cur"), re.compile(r"\d\d% pastga"))
    shows(profile.locator(".s-behaviour"), re.compile(r"bosishlar\s*3"))
    shows(profile.locator(".insight"), "Qiziqishi yuqori")
    shows(profile.locator(".insight"), "narxlar ochilgan tashriflar: 3")

    # Closes it, and writes from the card.
    page.get_by_role("dialog").get_by_role("button", name=re.compile("close|yop", re.I)).click()
    expect(profile).to_have_count(0, timeout=PATIENCE)
    expect(page).not_to_have_url(re.compile("visitor="), timeout=PATIENCE)
    card.get_by_role("button", name="Xabar yozish").click()
    text = page.locator(".compose textarea#text")
    expect(text).to_be_focused(timeout=PATIENCE)
    page.keyboard.type(HELLO)
    shows(page.locator(".compose .count"), f"{len(HELLO)} / 500")
    page.get_by_role("button", name="Mehmonga proaktiv xabar yuborish").click()
    shows(page.locator(".toast"), "Xabar yuborildi")
    shows(card.locator(".pill.co"), "Yozildi")
    expect(text).to_have_count(0, timeout=PATIENCE)

    # It shows on the visitor's page, from a person with a name.
    expect(visitor.popup).to_have_accessible_name("Malika Yusupova", timeout=LIVE)
    assert visitor.messages() == [HELLO]
    visitor.say(REPLY)
    shows(visitor.page.locator("hozir-chat .meta.mine"), "Yuborildi")

    # The reply is a conversation: the title counts it, the bell has it, the card says so.
    expect(page).to_have_title(re.compile(r"^\(1\) "), timeout=LIVE)
    bell = page.locator(".bell-b")
    shows(bell.locator(".pip"), "1")
    shows(card.locator(".pill.tk"), "Suhbatda")
    bell.click()
    news = page.locator(".menu .news a")
    shows(news, REPLY)
    news.click()
    answer(desk, visitor, lambda: page.locator(".ix-c .send").click())
    assert page.url.startswith(f"{desk.system.web}/inbox")
    read_at_last(desk, visitor)


def test_the_same_by_keyboard_alone(
    shop: Shop, visitor: Visitor, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk()
    page = desk.page
    visitor.go("/pricing")
    expect(desk.cards).to_have_count(1, timeout=PATIENCE)

    # Tab to the list, Enter opens the profile, Escape closes it and leads back.
    slot = page.locator(".of-list .slot")
    press_until(page, "Tab", lambda: is_focused(page, ".slot"))
    page.keyboard.press("Enter")
    expect(page.locator(".profile")).to_be_visible(timeout=PATIENCE)
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".profile")).to_have_count(0, timeout=PATIENCE)
    press_until(page, "Tab", lambda: is_focused(page, ".slot"))
    expect(slot).to_have_attribute("aria-selected", re.compile("true|false"))

    # Tab from the card to its button, Enter, write, Ctrl+Enter.
    press_until(page, "Tab", lambda: focused(page) == "button Xabar yozish", 8)
    page.keyboard.press("Enter")
    expect(page.locator(".compose textarea#text")).to_be_focused(timeout=PATIENCE)
    page.keyboard.type(HELLO)
    page.keyboard.press("Control+Enter")
    shows(page.locator(".toast"), "Xabar yuborildi")
    shows(desk.cards.locator(".pill.co"), "Yozildi")
    expect(page.locator(".compose textarea#text")).to_have_count(0, timeout=PATIENCE)

    # The visitor, too, only has keys.
    expect(visitor.popup).to_be_visible(timeout=LIVE)
    press_until(visitor.page, "Tab", lambda: focused(visitor.page).startswith("textarea"))
    visitor.page.keyboard.type(REPLY)
    visitor.page.keyboard.press("Enter")
    expect(page).to_have_title(re.compile(r"^\(1\) "), timeout=LIVE)

    # To the inbox by the menu, to the waiting row, into the conversation, and out again.
    shows(desk.cards.locator(".pill.tk"), "Suhbatda")
    press_until(page, "Tab", lambda: focused(page) == "button Suhbatni ochish", 80)
    page.keyboard.press("Enter")
    expect(page.locator(".ix-c")).to_be_visible(timeout=PATIENCE)
    press_until(page, "Tab", lambda: is_focused(page, ".cv"), 80)
    page.keyboard.press("Enter")
    expect(page.locator(".ix-c textarea")).to_be_focused(timeout=PATIENCE)
    answer(desk, visitor, lambda: page.keyboard.press("Enter"))
    read_at_last(desk, visitor)
    page.keyboard.press("Escape")
    until(page, lambda: is_focused(page, ".cv"), 10, "for the way back to the list")


def answer(desk: Desk, visitor: Visitor, send: Callable[[], object]) -> None:
    """Read what has come and answer it, while both see the other writing."""
    page = desk.page
    expect(page.locator(".ix-c textarea")).to_be_visible(timeout=PATIENCE)
    until(page, lambda: desk.said() == [HELLO, REPLY], what="for the conversation")
    shows(page.locator(".ch .st"), "Onlayn")
    expect(page).not_to_have_title(re.compile(r"^\("), timeout=LIVE)
    ticks = page.locator(".bu .ticks")
    expect(ticks.first).to_have_attribute("aria-label", "Koʻrildi", timeout=LIVE)

    area = visitor.page.locator("hozir-chat textarea")
    writes = page.locator(".bu.wr")

    def writing() -> bool:
        area.press_sequentially("Va ")
        return writes.is_visible()

    until(page, writing, 15, "for the dots")
    area.fill("")
    page.locator(".ix-c textarea").focus()
    page.keyboard.type(ANSWER)
    shows(visitor.page.locator("hozir-chat .typing"), "Malika Yusupova")
    send()
    until(visitor.page, lambda: visitor.messages() == [HELLO, REPLY, ANSWER], what="for the answer")
    until(page, lambda: desk.said() == [HELLO, REPLY, ANSWER], 10)
    shows(visitor.page.locator("hozir-chat .meta.mine"), "Koʻrildi")


def read_at_last(desk: Desk, visitor: Visitor) -> None:
    """A message that comes while the page is hidden is delivered first, and read when looked at."""
    page, ticks = desk.page, desk.page.locator(".bu .ticks")
    expect(ticks.last).to_have_attribute("aria-label", "Koʻrildi", timeout=LIVE)
    visitor.page.evaluate(HIDE, True)
    page.locator(".ix-c textarea").focus()
    page.keyboard.type("Yana savol boʻlsa, yozing.")
    page.keyboard.press("Enter")
    expect(ticks).to_have_count(3, timeout=LIVE)
    expect(ticks.last).to_have_attribute("aria-label", "Yetkazildi", timeout=LIVE)
    visitor.page.evaluate(HIDE, False)
    expect(ticks.last).to_have_attribute("aria-label", "Koʻrildi", timeout=LIVE)


def is_focused(page: Page, selector: str) -> bool:
    found: bool = page.evaluate(
        """selector => {
          let at = document.activeElement;
          while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
          return Boolean(at?.matches(selector));
        }""",
        selector,
    )
    return found


def test_operator_may_not_what_only_an_admin_may(
    house: Stack, shop: Shop, open_desk: Callable[..., Desk]
) -> None:
    desk = open_desk()
    expect(desk.number).to_have_text("0", timeout=PATIENCE)
    refused = desk.page.evaluate(
        "key => fetch(`/api/v1/sites/${key}`, { method: 'PATCH', body: '{\"name\":\"x\"}',"
        " headers: { 'Content-Type': 'application/json' } }).then(answer => answer.status)",
        shop.key,
    )
    assert refused == 403
    assert desk.page.get_by_role("link", name="Jamoa").count() == 0
