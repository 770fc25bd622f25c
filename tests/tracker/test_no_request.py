"""Whoever refuses is left alone: by the browser's own word, nothing is asked of anybody.

`test_privacy.py` says what the door received. Here it is what left the page: beacons, scripts,
sockets, and those that a door may refuse or never see.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.tracker.test_privacy import GPC
from tests.tracker.wire import Wire, visit

pytestmark = pytest.mark.browser

KEEP = "if (location.protocol === 'http:') localStorage.hozir_{} = '{}'"
DO_MUCH = """() => {
  hozir("event", "x", { a: 1 });
  hozir("identify", { id: "7", name: "Aziza" });
  history.pushState(0, "", "/else" + Math.random());
  document.querySelector("#own").click();
  dispatchEvent(new Event("blur"));
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def left(context: BrowserContext) -> list[str]:
    """What pages asked for, but themselves and the script that their tag names."""
    asked: list[str] = []

    def note(url: str) -> None:
        # A blob is the script's own worker: it comes out of the page's memory.
        asks_nobody = url.startswith("blob:") or urlsplit(url).path in ("/h.js", "/favicon.ico")
        if not asks_nobody:
            asked.append(url)

    context.on("request", lambda r: None if r.is_navigation_request() else note(r.url))
    context.on("page", lambda page: page.on("websocket", lambda socket: note(socket.url)))
    return asked


def live(page: Page) -> None:
    """Do on a page what would be told of somebody who agrees; then leave it."""
    page.wait_for_function("window.hozir && hozir.door")
    page.evaluate(DO_MUCH)
    page.mouse.wheel(0, 500)
    page.keyboard.type("a@shop.example")
    page.wait_for_timeout(500)
    page.goto("about:blank")


def test_who_agrees_is_told_of(left: list[str], page: Page, wire: Wire) -> None:
    visit(page, wire)
    live(page)
    paths = {urlsplit(url).path for url in left}
    assert {"/e/demo", "/w.js", "/w/demo"} <= paths
    assert {urlsplit(url).scheme for url in left} >= {"http", "ws"}


@pytest.mark.parametrize(
    "how", ["no consent yet", "consent refused", "opted out", "Global Privacy Control"]
)
def test_who_refuses_makes_no_request(left: list[str], page: Page, wire: Wire, how: str) -> None:
    if how == "Global Privacy Control":
        page.add_init_script(GPC)
    elif how == "opted out":
        page.add_init_script(KEEP.format("optout", 1))
    else:
        wire.attributes += ' data-consent="required"'
        if how == "consent refused":
            page.add_init_script(KEEP.format("consent", 0))
    page.goto("/")
    live(page)
    assert left == []
    assert wire.beacons == []
    assert set(wire.asked) <= {"/h.js"}
    assert not wire.sockets


def test_who_refuses_after_a_conversation_makes_no_request(
    left: list[str], page: Page, wire: Wire
) -> None:
    visit(page, wire)
    wire.say(1, "Salom")
    expect(page.locator("hozir-chat")).to_have_count(1)
    page.goto("about:blank")
    wire.wait_until(lambda: not wire.sockets)
    left.clear()
    page.add_init_script(GPC)
    page.goto("/again")
    live(page)
    assert left == []
