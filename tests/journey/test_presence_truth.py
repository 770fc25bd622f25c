"""What is said of a real browser is so, in trouble too: beside what it really did, and when."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Route

from proof.compared import Findings, Moment, Said, compare
from proof.listener import Frame, Listener
from tests.chromium import CHROMIUM
from tests.journey.stage import PATIENCE, Shop, Visitor, is_beacon, until
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

BEAT = 10
SILENCE = 2 * BEAT
GRACE = 5
ALLOWED = 15
"""Seconds that a busy machine may add to what is documented."""
WRONG_CLOCK = """
  const right = Date.now;
  window.wrong = hours => { Date.now = () => right() + hours * 3600e3; };
"""


class Account:
    """What was so of one visitor, and what was said of them."""

    def __init__(self) -> None:
        self.truth: list[Moment] = []
        self.told: list[Said] = []
        self.ids: set[str] = set()

    def take(self, at: float, frame: Frame) -> None:
        """Note what a screen was told."""
        shown = frame.data.visitor
        if shown is not None:
            path = shown.current_page.url if shown.current_page else None
            self.ids.add(shown.id)
            self.told.append(Said(at, frame.event != "visitor.offline", path))

    def on(self, path: str) -> None:
        """They are on this page from now on."""
        self.truth.append(Moment(time.time(), path))

    def gone(self, within: float) -> None:
        """They are gone, and by then nobody may show them."""
        self.truth.append(Moment(time.time(), None, within))

    def shown(self, path: str) -> bool:
        """Tell whether they are said to be on this page now."""
        return bool(self.told) and self.told[-1].online and self.told[-1].path == path

    def away(self) -> bool:
        """Tell whether they are said to be gone now."""
        return bool(self.told) and not self.told[-1].online

    def held(self) -> Findings:
        """Compare; one visitor, never shown too long, never gone or elsewhere while there."""
        assert len(self.ids) == 1
        found = compare(self.truth, self.told, ALLOWED)
        assert (found.unseen, found.ghosts, found.flickers, found.wrong_pages) == (0, 0, 0, 0)
        return found


@pytest.fixture
def shop(house: Stack, request: pytest.FixtureRequest) -> Iterator[Shop]:
    """A shop without chat, so that no socket tells of its visitors."""
    shop = Shop(house, heartbeat_seconds=getattr(request, "param", BEAT), chat={"enabled": False})
    # The door has heard of the settings when it tells them.
    beacon = f"{house.ingest}/w/{shop.key}/look"
    wait_for(lambda: httpx.get(beacon).status_code != 404, 20, "for the site")
    yield shop
    shop.close()


@pytest.fixture
def account(shop: Shop) -> Iterator[Account]:
    account = Account()
    with Listener(shop.system, shop.key, account.take):
        yield account


def test_browser_without_network_is_gone_after_the_silence_and_back_in_its_visit(
    visitor: Visitor, account: Account
) -> None:
    account.on("/home")
    visitor.go("/home")
    until(visitor.page, lambda: account.shown("/home"))
    visitor.context.set_offline(True)
    account.gone(SILENCE)
    until(visitor.page, account.away, SILENCE + ALLOWED, "for the silence")
    visitor.context.set_offline(False)
    account.on("/home")
    until(visitor.page, lambda: account.shown("/home"), what="for the return")
    visitor.page.close()
    account.gone(GRACE)
    wait_for(account.away, 60, "for the leave")
    assert len(account.held().backs) == 1


def test_page_that_takes_its_time_to_answer_or_to_load_the_script_is_no_leave(
    visitor: Visitor, account: Account
) -> None:
    def late(seconds: float) -> object:
        def answer(route: Route) -> None:
            time.sleep(seconds)
            route.continue_()

        return answer

    account.on("/home")
    visitor.go("/home")
    until(visitor.page, lambda: account.shown("/home"))
    # The page before stays until the next has answered, however long that takes.
    visitor.page.route("**/features", late(8))  # type: ignore[arg-type]
    with visitor.page.expect_response(is_beacon, timeout=PATIENCE):
        visitor.page.get_by_role("link", name="Features").click(no_wait_after=True)
    until(visitor.page, lambda: account.shown("/features"))
    # It has gone, and the next says nothing before its script is there.
    visitor.page.route("**/h.js", late(3))  # type: ignore[arg-type]
    visitor.page.goto(f"{visitor.shop.url}/pricing", timeout=PATIENCE)
    until(visitor.page, lambda: account.shown("/pricing"))
    assert [said.online for said in account.told].count(False) == 0
    visitor.page.close()
    wait_for(account.away, 60, "for the leave")


@pytest.mark.parametrize("shop", [60], indirect=True)  # no silence tells of who leaves
def test_clock_that_is_wrong_and_put_right_by_hours_changes_nothing(
    chromium: Browser, visitor: Visitor, account: Account
) -> None:
    visitor.context.add_init_script(WRONG_CLOCK)
    visitor.context.add_init_script("wrong(-7)")
    account.on("/home")
    visitor.go("/home")
    until(visitor.page, lambda: account.shown("/home"))
    for hours, path in ((5, "/features"), (-30, "/pricing"), (0, "/home")):
        visitor.page.evaluate("hours => wrong(hours)", hours)
        account.on(path)
        visitor.page.evaluate("path => history.pushState({}, '', path)", path)
        until(visitor.page, lambda: account.shown(path))  # noqa: B023
        with visitor.shop.system.client() as client:
            (one,) = visitor.shop.get(client, "visitors/online")["data"]
        began = time.strftime("%Y-%m-%dT", time.gmtime(account.truth[0].at))
        assert one["session"]["started_at"].startswith(began), "by the door's clock"
        assert one["session"]["duration_seconds"] < 600
    visitor.page.close()
    account.gone(GRACE)
    wait_for(account.away, 60, "for the leave")
    account.held()


@pytest.mark.parametrize("how", ["suspended", "killed"])
def test_silent_browser_is_gone_after_the_silence_and_one_that_wakes_is_back(
    how: str, shop: Shop, account: Account, tmp_path: Path
) -> None:
    account.on("/pricing")
    browser = subprocess.Popen(
        [CHROMIUM["executable_path"], *CHROMIUM["args"], "--headless=new"]
        + [f"--user-data-dir={tmp_path}", f"{shop.url}/pricing"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        wait_for(lambda: account.shown("/pricing"), 60, "for the visitor")
        os.killpg(browser.pid, signal.SIGSTOP if how == "suspended" else signal.SIGKILL)
        account.gone(SILENCE)
        wait_for(account.away, SILENCE + ALLOWED, "for the silence")
        if how == "suspended":
            os.killpg(browser.pid, signal.SIGCONT)
            account.on("/pricing")
            wait_for(lambda: account.shown("/pricing"), 60, "for the return")
    finally:
        os.killpg(browser.pid, signal.SIGKILL)
        browser.wait()
    found = account.held()
    assert len(found.backs) == (how == "suspended")
