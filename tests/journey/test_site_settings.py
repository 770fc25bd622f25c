"""What an admin changes of a site holds at the door within seconds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.factories import an_id
from tests.journey.stage import LIVE, PATIENCE, Desk, Shop, Visitor, is_beacon, shows, until
from tests.stack import EMAIL, PASSWORD, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SECONDS = 15
TAKEN = (200, 204)


def ask(shop: Shop, key: str, origin: str) -> int:
    """Send a beacon as a page of `origin` with this key; return the door's answer."""
    body = {
        "visitor_id": an_id("v", 901),
        "session_id": an_id("s", 901),
        "tab_id": an_id("t", 901),
        "n": 1,
        "events": [{"kind": "heartbeat", "view": 1}],
    }
    headers = {"Origin": origin, "Content-Type": "text/plain", "User-Agent": "Mozilla/5.0"}
    url = f"{shop.system.ingest}/e/{key}"
    return httpx.post(url, content=json.dumps(body), headers=headers).status_code


@contextmanager
def settings(chromium: Browser, shop: Shop) -> Iterator[Desk]:
    """Seat an admin at the settings of the shop."""
    desk = Desk(chromium, shop.system)
    desk.sign_in(EMAIL, PASSWORD, f"/settings_sites?site={shop.key}&lang=uz")
    yield desk
    desk.context.close()


def test_domains_typed_by_the_admin_decide_whose_beacons_are_taken(
    chromium: Browser, shop: Shop
) -> None:
    own = "https://chaqqon.example"
    wait_for(lambda: ask(shop, shop.key, own) == 403, SECONDS, "for the new site")
    with settings(chromium, shop) as desk:
        domains = desk.page.get_by_role("textbox", name=re.compile("Domen", re.I))
        expect(domains).to_be_visible(timeout=PATIENCE)
        domains.fill("chaqqon.example\n*.chaqqon.example")
        desk.page.get_by_role("checkbox").first.uncheck(force=True)
        desk.page.get_by_role("button", name="Saqlash").first.click()
        shows(desk.page.locator("body"), "Saqlandi", PATIENCE)
    wait_for(lambda: ask(shop, shop.key, own) in TAKEN, SECONDS, "for the domain")
    assert ask(shop, shop.key, "https://shop.chaqqon.example") in TAKEN
    assert ask(shop, shop.key, "https://chaqqon.example.evil.example") == 403
    assert ask(shop, shop.key, shop.url) == 403, "this machine itself is no longer taken"


def test_chat_off_ends_messages_and_on_brings_what_waits(shop: Shop, visitor: Visitor) -> None:
    visitor.go("/home")
    path = f"/api/v1/sites/{shop.key}"
    with shop.system.client() as admin:

        def send(text: str) -> int:
            return admin.post(
                f"/api/v1/visitors/{visitor.id}/message",
                params={"site": shop.key},
                json={"message": text, "as": "bot"},
            ).status_code

        until(visitor.page, lambda: shop.system.online(admin, shop.key), what="for the visitor")
        assert send("bir") == 201
        expect(visitor.popup).to_be_visible(timeout=LIVE)
        admin.patch(path, json={"chat": {"enabled": False}}).raise_for_status()
        assert send("ikki") == 409
        wait_for(
            lambda: httpx.get(f"{shop.system.ingest}/w/{shop.key}/look").status_code != 200,
            SECONDS,
            "for the door to hear of it",
        )
        asked: list[str] = []
        fresh = visitor.new_tab()
        fresh.on("request", lambda request: asked.append(request.url))
        with fresh.expect_response(is_beacon) as answered:
            fresh.goto(f"{shop.url}/pricing")
        assert answered.value.status == 204
        fresh.wait_for_timeout(500)
        assert not [url for url in asked if re.search(r"/(w|chat)\.js", url)]
        fresh.close()
        admin.patch(path, json={"chat": {"enabled": True}}).raise_for_status()
        wait_for(
            lambda: httpx.get(f"{shop.system.ingest}/w/{shop.key}/look").status_code == 200,
            SECONDS,
            "for the door to hear of it again",
        )
        visitor.go("/features")
        until(visitor.page, lambda: send("uch") == 201, 10)
        until(visitor.page, lambda: visitor.messages() == ["bir", "uch"], what="for both")


def test_heartbeat_and_keys_reach_pages_that_open_next(shop: Shop, visitor: Visitor) -> None:
    path = f"/api/v1/sites/{shop.key}"
    with shop.system.client() as admin:
        admin.patch(path, json={"heartbeat_seconds": 10}).raise_for_status()
        new = admin.post(f"{path}/keys").raise_for_status().json()["data"]["keys"][0]

        def beat() -> object:
            with visitor.page.expect_response(is_beacon) as answered:
                visitor.page.goto(f"{shop.url}/home")
            told = answered.value
            return told.status == 200 and told.json().get("beat")

        until(visitor.page, lambda: beat() == 10, SECONDS, "for the new heartbeat")
        with visitor.page.expect_response(is_beacon, timeout=20_000) as next_beat:
            pass
        body = json.loads(next_beat.value.request.post_data or "")
        assert body["events"][0]["kind"] == "heartbeat"

        # Both keys are taken, then the new one alone; the visitors stay the same site's.
        shop.page_key = new
        visitor.go("/features")
        assert ask(shop, shop.key, shop.url) in TAKEN
        admin.delete(f"{path}/keys/{shop.key}").raise_for_status()

        wait_for(lambda: ask(shop, shop.key, shop.url) == 404, SECONDS, "for the old key to end")
        assert ask(shop, new, shop.url) in TAKEN
        visitor.go("/pricing")

        def pages() -> list[str]:
            found = shop.get(admin, f"visitors/{visitor.id}")["data"]["pages"]
            return [page["url"] for page in found]

        wanted = ["/features", "/pricing"]
        until(visitor.page, lambda: pages()[-2:] == wanted, what="for the visit under both keys")
