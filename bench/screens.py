"""How long people wait at the screens: the real system, headless Chromium, 1,000 and 10,000 online.

Everything is timed inside the page by `probe.js`, from the event or the frame of the socket to the
task after the frame in which it was painted. The first sample of each kind is thrown away.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.crowd import SITE, Door, Readers, gather
from bench.figure import Figure
from bench.screen_figures import figures_of
from bench.traffic import an_id
from hozir.bus.embedded import EmbeddedLog
from tests.chromium import CHROMIUM
from tests.stack import EMAIL, NO_LIMITS, PASSWORD, Stack, stack, wait_for

CROWDS = (1_000, 10_000)
PROBE = Path(__file__).parent / "probe.js"
WINDOW = {"width": 1440, "height": 1000}
TALL = {"width": 1440, "height": 2700}
"""A window in which 30 cards stand at once."""
CONVERSATIONS = 40
PATIENCE = 120_000

COLD, WARM, GRID, FILTERS, SEARCHES = 4, 8, 6, 10, 6
PROFILES, WRITINGS, UPDATES, MAPS, MENUS = 10, 6, 50, 4, 6
"""Samples of each kind, beside the first."""

CARDS = '() => bench.there(".of-list .card .nm")'
PROFILE = '() => bench.there(".profile h2", ".profile .tl > li")'
WRITING = '() => bench.there("form.compose textarea")'
ROWS = '() => bench.there(".inbox .cv")'
SPLIT = "[bench.asked - bench.acted, bench.snapshot.at - bench.asked]"
FILTERED = "(begun) => bench.filtered(begun)"


def measure(crowds: tuple[int, ...] = CROWDS) -> list[Figure]:
    """Measure every target with each crowd."""
    figures: list[Figure] = []
    for people in crowds:
        with tempfile.TemporaryDirectory() as folder:
            gather(EmbeddedLog(Path(folder) / "log", fsync=False), people)
            run = _Run(people)
            with stack(Path(folder), HOZIR_SCREEN_RATE="0", **NO_LIMITS) as system:
                run.with_system(system)
        figures += figures_of(run.samples, run.work)
    return figures


@dataclass
class _Run:
    people: int
    samples: dict[str, list[float]] = field(default_factory=dict)
    work: str = ""

    def with_system(self, system: Stack) -> None:
        loads = [os.getloadavg()[0]]
        with system.client() as client:
            wait_for(lambda: _online(client) >= self.people, 120, "for the crowd")
            _talk(client)
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(**CHROMIUM)
                with Readers(system.ingest, self.people) as readers:
                    _Screens(system, browser, self.samples).measure(_marks(client))
                    online = _online(client)
                browser.close()
        loads.append(os.getloadavg()[0])
        self.work = (
            f"{online:,} online, {readers.rate:g} pages/s, load {loads[0]:.1f} to {loads[1]:.1f}"
        )


class _Screens:
    """Somebody at the screens, with a clock."""

    def __init__(self, system: Stack, browser: Browser, samples: dict[str, list[float]]) -> None:
        self._system, self._browser, self._samples = system, browser, samples

    def measure(self, marks: int) -> None:
        context = self._context()
        page = context.new_page()
        self._sign_in(page)
        state = context.storage_state()
        self._several("page, cold cache", COLD, lambda: self._cold(state))
        self._several("page, warm cache", WARM, lambda: self._open(page, "", CARDS))
        self._filters(page)
        self._panels(page)
        page.set_viewport_size(TALL)  # type: ignore[arg-type]
        self._several("30 cards", GRID, lambda: self._grid(page))
        self._updates(page)
        page.set_viewport_size(WINDOW)  # type: ignore[arg-type]
        self._menu(page)
        drew = f"() => bench.drew({marks})"
        self._several("map, by its address", MAPS, lambda: self._open(page, "map", drew))
        self._several("map, by the menu", MAPS, lambda: self._map_by_menu(page, drew))
        context.close()

    def _context(self, **how: object) -> BrowserContext:
        context = self._browser.new_context(viewport=WINDOW, **how)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        context.add_init_script(path=PROBE)
        return context

    def _several(self, name: str, count: int, sample: Callable[[], float]) -> None:
        taken = [sample() for _ in range(count + 1)]
        self._samples[name] = taken[1:]
        _say(name, taken)

    def _sign_in(self, page: Page) -> None:
        page.goto(f"{self._system.web}/?site={SITE}&lang=en")
        page.locator("input[type=email]").fill(EMAIL)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator(".of-list .vr, .of-list .card").first.wait_for()
        # A crowd opens as rows; cards are what the targets speak of, and the browser keeps it.
        page.get_by_role("radio").first.click()
        page.locator(".of-list .card").first.wait_for()

    # ── Pages ────────────────────────────────────────────────────────────────────────────────

    def _open(self, page: Page, path: str, condition: str) -> float:
        """Return the milliseconds from the start of the navigation."""
        page.goto(f"{self._system.web}/{path}?site={SITE}&lang=en", wait_until="commit")
        at = float(page.evaluate(f"bench.until({condition})"))
        _settle(page)
        return at

    def _cold(self, state: object) -> float:
        context = self._context(storage_state=state)
        try:
            return self._open(context.new_page(), "", CARDS)
        finally:
            context.close()

    def _grid(self, page: Page) -> float:
        at = self._open(page, "", '() => bench.count(".of-list .card") >= 30')
        return at - float(page.evaluate("bench.snapshot.at"))

    def _menu(self, page: Page) -> None:
        def inbox() -> float:
            self._open(page, "", CARDS)
            return self._act(page, ROWS, lambda: _menu_item(page, "inbox"))

        self._several("inbox", MENUS, inbox)

    def _map_by_menu(self, page: Page, drew: str) -> float:
        self._open(page, "", CARDS)
        return self._act(page, drew, lambda: _menu_item(page, "map"))

    # ── What one does on the live page ───────────────────────────────────────────────────────

    def _act(
        self, page: Page, condition: str, act: Callable[[], None], kind: str = "click"
    ) -> float:
        """Return the milliseconds from what was done to what was waited for."""
        page.evaluate(f"void bench.from('{kind}', {condition})")
        act()
        took = float(page.evaluate("bench.result"))
        _settle(page)
        return took

    def _filters(self, page: Page) -> None:
        names = iter(["Uzbekistan", "Kazakhstan"] * FILTERS)
        split: list[tuple[float, float]] = []
        countries = page.locator("[data-testid=stSelectbox] input").first
        # The countries to choose from are what the list has shown, told a while after.
        page.wait_for_timeout(3_000)

        def choose() -> float:
            name = next(names)
            countries.fill(name)
            option = page.get_by_role("option", name=name)
            option.wait_for()
            took = self._act(page, FILTERED, option.click)
            split.append(page.evaluate(SPLIT))
            return took

        self._several("filter chosen", FILTERS, choose)
        self._samples["filter chosen: until asked"] = [asked for asked, _ in split[1:]]
        self._samples["filter chosen: until answered"] = [told for _, told in split[1:]]
        field = page.locator(".st-key-filters input[type=text]").first

        def write() -> float:
            key = "a" if field.input_value() == "" else "Backspace"
            return self._act(page, FILTERED, lambda: field.press(key), "input")

        self._several("filter typed", SEARCHES, write)
        field.fill("")
        page.wait_for_timeout(500)

    def _panels(self, page: Page) -> None:
        self._open(page, "", CARDS)

        def profile() -> float:
            took = self._act(page, PROFILE, page.locator(".of-list .card .nm").first.click)
            _close(page)
            return took

        def message() -> float:
            took = self._act(page, WRITING, page.locator(".of-list .card .out:visible").first.click)
            _close(page)
            return took

        self._several("profile", PROFILES, profile)
        self._several("message", WRITINGS, message)

    def _updates(self, page: Page) -> None:
        """Let people who are in sight go from page to page; tick meanwhile."""
        # With the pointer inside, nothing changes its place.
        page.locator(".of-list .card").first.hover()
        ids = page.evaluate("bench.all('.of-list .slot').map((slot) => slot.dataset.id)")
        numbers = {an_id("v", number): number for number in range(len(ids) * 1_000)}
        door = Door(self._system.ingest)
        page.evaluate("bench.ticks.length = 0")
        for sent in range(UPDATES + 1):
            number = numbers[ids[sent % len(ids)]]
            door.open_page(number, 1_000_000 + sent, f"Sinov {sent}")
            page.wait_for_timeout(330)
        door.close()
        page.wait_for_timeout(500)
        updates, ticks, clocks = page.evaluate(
            "[bench.updates, bench.ticks, bench.count('.of-list time.timer')]"
        )
        if len(updates) < UPDATES or any(took is None or took != took for took in updates):
            raise RuntimeError(f"{len(updates)} of {UPDATES} changes showed: {updates}")
        self._samples["update"] = updates[1:]
        self._samples["tick"] = ticks[1:]
        _say("update", updates)
        _say(f"tick of {clocks} clocks", ticks)


def _online(client: httpx.Client) -> int:
    answer = client.get("/api/v1/visitors/online", params={"site": SITE, "limit": 1})
    return int(answer.json()["meta"]["total_online"])


def _marks(client: httpx.Client) -> int:
    answer = client.get("/api/v1/visitors/map", params={"site": SITE})
    marks = len(answer.json()["places"])
    if marks < 50:
        raise RuntimeError(f"{marks} marks are too few to measure a map by")
    return marks


def _talk(client: httpx.Client) -> None:
    """Begin conversations, for the inbox to show."""
    for number in range(CONVERSATIONS):
        client.post(
            f"/api/v1/visitors/{an_id('v', number)}/message",
            params={"site": SITE},
            json={"message": f"Salom, {number}!", "as": "agent"},
        ).raise_for_status()


def _menu_item(page: Page, name: str) -> None:
    page.locator(f".st-key-there_{name} a").click()


def _close(page: Page) -> None:
    """Close what is open over the page, until its address says so too."""
    for _ in range(10):
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)
        _settle(page)
        if "visitor=" not in page.url and not page.get_by_role("dialog").count():
            return
    raise RuntimeError(f"it does not close: {page.url}")


def _settle(page: Page) -> None:
    """Wait until the script of the page has run and nothing is on its way."""
    with suppress(Exception):
        page.wait_for_function(
            "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState"
            " === 'notRunning'",
            timeout=5_000,
        )
    page.wait_for_timeout(150)


def _say(name: str, taken: list[float]) -> None:
    shown = " ".join(f"{took:.1f}" for took in taken)
    print(f"{time.strftime('%H:%M:%S')} {name}: ({shown})", file=sys.stderr, flush=True)
