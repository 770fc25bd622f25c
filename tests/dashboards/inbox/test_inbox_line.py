"""The inbox over a line that breaks: nothing is lost, nothing is there twice."""

from __future__ import annotations

import pytest

from tests.dashboards.inbox.inbox_desk import Desk, Screen

pytestmark = pytest.mark.browser


def test_what_fails_is_sent_again_under_the_same_id(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    desk.refuse = lambda method, path: (
        (409, "chat_off") if path.endswith("messages") and (method == "POST") else None
    )
    screen.mount().open("c_1")
    screen.write("Are you there?")
    screen.page.locator(".bu.failed").wait_for()
    assert "Chat is switched off" in screen.page.locator(".fail").inner_text()
    desk.refuse = lambda method, path: None
    screen.page.get_by_role("button", name="Send again").click()
    screen.until(lambda: screen.count(".ticks.sent") == 1)
    ids = {call["id"] for call in desk.asked("POST", "c_1/messages")}
    assert len(ids) == 1
    screen.comes_to(lambda: screen.said(), ["Are you there?"])


def test_an_answer_that_got_lost_is_not_written_twice(screen: Screen, desk: Desk) -> None:
    """The server took the message, and the line broke before it could say so."""
    desk.add(1)
    lost = iter([True])

    def lose(method: str, path: str) -> tuple[int, str] | None:
        if method == "POST" and path.endswith("messages") and next(lost, False):
            body = desk.asked("POST", "messages")[-1]
            desk.silent = True
            desk.say("c_1", body["text"], "agent", id=body["id"])
            return 0, ""
        return None

    desk.refuse = lose
    screen.mount().open("c_1")
    screen.write("Once only")
    screen.until(lambda: len(desk.asked("POST", "c_1/messages")) == 2)
    screen.page.wait_for_timeout(100)
    screen.comes_to(lambda: screen.said(), ["Once only"])
    assert len(desk.messages["c_1"]) == 1


def test_a_cut_line_says_so_and_brings_what_was_missed(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    desk.say("c_1", "one", tell=False)
    screen.mount().open("c_1")
    desk.cut()
    screen.page.locator(".banner").wait_for()
    desk.say("c_1", "two")
    screen.page.get_by_role("button", name="Connect now").click()
    screen.until(lambda: screen.said() == ["one", "two"])
    assert not screen.page.locator(".banner").is_visible()


def test_the_newest_of_a_long_gap_begins_anew_without_a_hole(screen: Screen, desk: Desk) -> None:
    desk.add(1)
    for number in range(1, 6):
        desk.say("c_1", f"line {number}", tell=False)
    screen.mount().open("c_1")
    screen.until(lambda: len(screen.said()) == 5)
    desk.silent = True
    for number in range(6, 100):
        desk.say("c_1", f"line {number}")
    desk.silent = False
    desk.say("c_1", "line 100")
    screen.until(lambda: len(screen.said()) == 50)
    screen.comes_to(lambda: screen.said(), [f"line {number}" for number in range(51, 101)])
    screen.page.locator(".msgs").evaluate("log => { log.scrollTop = 0; }")
    screen.until(lambda: len(screen.said()) == 100)
    screen.comes_to(lambda: screen.said(), [f"line {number}" for number in range(1, 101)])
