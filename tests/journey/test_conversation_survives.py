"""Whatever is killed while two people write to each other: each message once, and in order."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journey.stage import LIVE, OPERATORS_PASSWORD, PATIENCE, Desk, Shop, Visitor, hire, until
from tests.stack import Stack, stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

MESSAGES = 30
KILLS = {4: "web", 9: "ingest", 14: "pipeline", 19: "web", 24: "ingest"}
"""What is killed right after the message of that number was sent."""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with stack(tmp_path_factory.mktemp("survives")) as running:
        yield running
        assert running.stop() == 0


def test_thirty_messages_survive_every_kill_and_reload(
    chromium: Browser, house: Stack, shop: Shop, visitor: Visitor
) -> None:
    desk = Desk(chromium, house)
    conversation = begin(desk, shop, visitor, "01 team")
    page, area = desk.page, desk.page.locator(".ix-c textarea")

    wanted = ["01 team"]
    for number in range(2, MESSAGES + 1):
        by_visitor = number % 2 == 0
        text = f"{number:02} {'visitor' if by_visitor else 'team'}"
        # Who writes has read what came before: the order of the two sides is theirs, not chance.
        until(page, lambda: desk.said() == wanted, 90, f"at the desk before {text}")
        until(page, lambda: visitor.messages() == wanted, 90, f"on the page before {text}")
        if by_visitor:
            visitor.say(text)
        else:
            area.fill(text)
            area.press("Enter")
        wanted.append(text)
        if name := KILLS.get(number):
            kill(house, name)
        if number in (11, 21):
            visitor.page.reload()
            expect(visitor.popup).to_be_visible(timeout=PATIENCE)
        if number in (12, 26):
            page.reload()
            expect(area).to_be_visible(timeout=PATIENCE)
    until(page, lambda: desk.said() == wanted, 90, "at the desk")
    until(page, lambda: visitor.messages() == wanted, 90, "on the page")

    # The same from what is kept, on both sides, with nothing shown from memory.
    page.reload()
    visitor.page.reload()
    until(page, lambda: desk.said() == wanted, 90, "at the desk anew")
    until(page, lambda: visitor.messages() == wanted, 90, "on the page anew")
    with house.client() as admin:
        kept = shop.get(admin, f"conversations/{conversation}/messages", limit=100)["data"]
    said = [one for one in kept if one["author"] != "system"]
    assert [one["text"] for one in said] == wanted
    numbers = [one["number"] for one in kept]
    assert numbers == sorted(set(numbers))
    assert len({one["id"] for one in kept}) == len(kept)
    until(page, lambda: page.locator(".bu .ticks.seen").count() == MESSAGES // 2, 30, "read")
    desk.context.close()


def test_many_sent_at_once_arrive_in_their_order_though_web_dies_between(
    chromium: Browser, house: Stack, shop: Shop, visitor: Visitor
) -> None:
    desk = Desk(chromium, house)
    begin(desk, shop, visitor, "00")
    area = desk.page.locator(".ix-c textarea")
    team = [f"team {number:02}" for number in range(8)]
    replies = [f"visitor {number:02}" for number in range(8)]
    for at, (text, reply) in enumerate(zip(team, replies, strict=True)):
        area.fill(text)
        area.press("Enter")
        visitor.say(reply)
        if at == 3:
            house.kill("web")
            house.kill("ingest")

    def of(side: str, said: list[str]) -> list[str]:
        return [text for text in said if text.startswith(side)]

    for texts, side in ((team, "team"), (replies, "visitor")):
        until(desk.page, lambda: of(side, desk.said()) == texts, 90, side)  # noqa: B023
        until(desk.page, lambda: of(side, visitor.messages()) == texts, 90, side)  # noqa: B023
    visitor.page.reload()
    desk.page.reload()
    both = len(team) + len(replies) + 1
    until(desk.page, lambda: len(desk.said()) == both, 90, "at the desk anew")
    until(desk.page, lambda: visitor.messages() == desk.said(), 90, "on the page anew")
    desk.context.close()


def begin(desk: Desk, shop: Shop, visitor: Visitor, text: str) -> str:
    """Write first, and sit down at the conversation; return its id."""
    email = hire(desk.system, shop)
    visitor.go("/pricing")
    with desk.system.client() as admin:
        until(visitor.page, lambda: desk.system.online(admin, shop.key), what="for the visitor")
        first = admin.post(
            f"/api/v1/visitors/{visitor.id}/message",
            params={"site": shop.key},
            json={"message": text, "as": "agent"},
        )
        conversation = str(first.raise_for_status().json()["conversation_id"])
    desk.sign_in(email, OPERATORS_PASSWORD, f"/inbox?site={shop.key}&conversation={conversation}")
    expect(desk.page.locator(".ix-c textarea")).to_be_visible(timeout=PATIENCE)
    expect(visitor.popup).to_be_visible(timeout=LIVE)
    return conversation


def kill(house: Stack, name: str) -> None:
    """End a process at once; it is not waited for, what is written meanwhile must not be lost."""
    wait_for(lambda: house.pid(name) is not None, 60, f"for {name}")
    house.kill(name)
