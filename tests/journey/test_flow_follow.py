"""Following a visitor live: they come, go from page to page, are looked at, and leave."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.chromium import CHROMIUM
from tests.journey.stage import LIVE, PATIENCE, Desk, Shop, Visitor, shows, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = ("home", "features", "pricing")


@pytest.mark.parametrize("width", [1440, 768])
def test_visitor_is_followed_from_arrival_to_leaving(
    shop: Shop, visitor: Visitor, open_desk: Callable[..., Desk], width: int
) -> None:
    desk = open_desk(viewport={"width": width, "height": 1000})
    page, card = desk.page, desk.cards
    expect(desk.number).to_have_text("0", timeout=PATIENCE)

    # A card slides in, under an anonymous name, with its page and a running timer.
    visitor.go("/home")
    expect(card).to_have_count(1, timeout=LIVE)
    expect(desk.number).to_have_text("1", timeout=LIVE)
    shows(card.locator(".nm"), re.compile(r"^Anonim #\d+$"))
    shows(card.locator(".mono"), "/home")
    timer = card.locator(".card-h .timer")
    first = timer.inner_text()
    expect(timer).not_to_have_text(first, timeout=LIVE)

    # It changes as they walk.
    visitor.page.get_by_role("link", name="Features").click()
    expect(card.locator(".mono")).to_have_text("/features", timeout=LIVE)
    expect(card).to_have_count(1)

    # The profile is live too: the next page comes while it is open.
    card.locator(".t").click()
    profile = page.locator(".profile")
    expect(profile).to_be_visible(timeout=PATIENCE)
    visitor.page.get_by_role("link", name="Pricing").click()
    if profile.get_by_role("tablist").count():
        profile.get_by_role("tab", name="Tarix").click()
        expect(profile.locator("#panel-history")).to_be_visible()
        expect(profile.locator("#panel-activity")).to_be_hidden()
    lines = profile.locator(".tl li")
    expect(lines.locator(".mono")).to_have_text(
        [f"/{name}" for name in reversed(PAGES)], timeout=LIVE
    )
    shows(lines.first, "hozir")
    expect(lines.first).to_have_attribute("aria-current", "page")
    for line in lines.all()[1:]:
        shows(line, re.compile(r"\d+s"))
    if profile.get_by_role("tablist").count():
        profile.get_by_role("tab", name="Tarix").press("ArrowLeft")
        expect(profile.locator("#panel-device")).to_be_visible()
    for known in ("Kompyuter", "Windows 11", "Chrome 120"):
        shows(profile.locator(".s-device"), known)

    # They leave while they are looked at: the profile says so, the card goes, the number falls.
    visitor.page.close()
    shows(profile.locator(".marks .pill").first, re.compile("Chiqmoqda|Chiqdi"))
    shows(profile.locator(".marks .pill").first, "Chiqdi")
    page.keyboard.press("Escape")
    expect(profile).to_have_count(0, timeout=PATIENCE)
    expect(card).to_have_count(0, timeout=LIVE)
    expect(desk.number).to_have_text("0", timeout=LIVE)
    page.get_by_role("tab", name=re.compile("^Oflayn")).click()
    # A list that was asked for before they were written down asks again within half a minute.
    expect(page.locator(".of-list .card.is-past")).to_have_count(1, timeout=PATIENCE)


def test_killed_browser_is_gone_in_seconds(
    shop: Shop, open_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    desk = open_desk()
    expect(desk.number).to_have_text("0", timeout=PATIENCE)
    until(desk.page, lambda: downlinks(shop) == 0, what="for those of others to close")
    killed = subprocess.Popen(
        [CHROMIUM["executable_path"], *CHROMIUM["args"], "--headless=new"]
        + [f"--user-data-dir={tmp_path}", f"{shop.url}/pricing"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        expect(desk.number).to_have_text("1", timeout=PATIENCE)
        until(desk.page, lambda: downlinks(shop) > 0, what="for its downlink")
    finally:
        os.killpg(killed.pid, signal.SIGKILL)
        killed.wait()
    # No page could say goodbye; without its downlink, only 60 s of silence would tell.
    expect(desk.number).to_have_text("0", timeout=LIVE)
    expect(desk.cards).to_have_count(0, timeout=LIVE)


def downlinks(shop: Shop) -> int:
    """Return how many tabs have a line to the door, by its own metric."""
    told = httpx.get(f"{shop.system.ingest}/metrics").text
    found = re.search(r"^hozir_downlinks (\d+)", told, re.M)
    assert found is not None
    return int(found[1])
