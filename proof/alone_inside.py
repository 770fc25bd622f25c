"""What `alone.py` does where there is nobody else: start, be visited, and be looked at all over.

Run by it alone, in a new namespace. The last line that it prints is its figures.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, get_args
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from api.routes.reports import Format
from bench.figure import Figure
from proof.browser_log import Asked, read_log
from proof.loopback import counts_a_try, interfaces, raise_loopback, tries
from tests.chromium import CHROMIUM
from tests.crowd import Crowd, Guest
from tests.desk import Desk, desk
from tests.stack import Stack, stack, wait_for
from warehouse.reports import REPORTS

SCREENS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("", {"tab": "online"}, ".of-list .slot"),
    ("", {"tab": "offline"}, ".of-list"),
    ("", {"tab": "all"}, ".of-list"),
    ("", {"visitor": "VISITOR"}, ".profile"),
    ("", {"visitor": "VISITOR", "write": "1"}, "[role=dialog] textarea"),
    ("inbox", {"conversation": "CONVERSATION"}, ".bu .tx"),
    ("contacts", {}, ".st-key-contacts_list button"),
    ("overview", {"range": "7d"}, "[class*='st-key-bar_'] button"),
    ("audience", {"range": "7d"}, "[class*=st-key-box_]"),
    ("pages", {"range": "7d"}, "[class*=st-key-box_]"),
    ("acquisition", {"range": "7d"}, "[class*=st-key-box_]"),
    ("hours", {"range": "7d"}, "[class*=st-key-box_]"),
    ("events", {"range": "7d"}, "[class*=st-key-box_]"),
    ("sites_compare", {"range": "7d"}, ".hz-lede, [class*=st-key-box_]"),
    ("sql", {}, "[data-testid=stForm] textarea"),
    ("health", {}, ".hz-verdict"),
    ("settings_sites", {}, "[data-testid=stMain] h1"),
    ("settings_team", {}, "[data-testid=stMain] h1"),
    ("settings_templates", {}, "[data-testid=stMain] h1"),
    ("settings_audit", {}, "[data-testid=stMain] h1"),
    ("account", {}, "[data-testid=stMain] h1"),
    ("replay", {}, ".there"),
    ("map", {}, "[data-testid=stDeckGlJsonChart]"),
)
"""Every screen: its path, what it is asked, and what stands there when it has been drawn."""
DEMO = {"site": "demo"}
PATIENCE = 120_000
"""Milliseconds that a screen may take: it is not its speed that is looked at."""
SMALL = {"width": 800, "height": 600}
PROBE = re.compile(r"/\w+/_stcore/(health|host-config)$")
"""Streamlit's page looks for its own server below its own path first, and is told 404."""
OWN_HOSTS = "MAP *.googleapis.com ~NOTFOUND"
"""Where Chromium itself wants to go whatever page it shows; here it is told that there is none."""
NOT_REACHED = re.compile(r"unreachable|name resolution|getaddrinfo|Errno 101|Traceback", re.I)
"""How a process complains that it found nobody."""


@dataclasses.dataclass
class Seen:
    """What came of looking at it in a browser."""

    screens: int = 0
    refused: list[str] = dataclasses.field(default_factory=list)
    broken: list[str] = dataclasses.field(default_factory=list)

    def watch(self, page: Page) -> None:
        """Keep what a page is refused, and what it complains of."""
        page.on("response", self._answered)
        page.on("console", lambda said: self._said(said.type, said.text, said.location["url"]))
        page.on("pageerror", lambda error: self.broken.append(str(error)))

    def _answered(self, answer: Any) -> None:
        if answer.status >= 400 and not PROBE.search(answer.url):
            self.refused.append(f"{answer.status} {answer.url}")

    def _said(self, kind: str, text: str, where: str) -> None:
        if kind == "error" and not PROBE.search(where):
            self.broken.append(f"{text} {where}")


def main(folder: Path) -> list[Figure]:
    """Return what came of it."""
    raise_loopback()
    assert interfaces() == ["lo"], interfaces()
    assert counts_a_try(), "the kernel does not count here"
    at_first = tries()
    netlog, data = folder / "netlog.json", folder / "data"
    with stack(data) as system, system.client() as client:
        with Crowd(system.ingest) as crowd:
            guest = furnish(system, client, crowd)
            reports = ask_every_report(client)
            copy(system)
            beside_the_browser = tries() - at_first
            with chromium(netlog) as browser:
                seen = Seen()
                visit(browser, system, client, seen)
                look(browser, system, client, guest, seen)
        assert system.stop() == 0
        hosts = {urlsplit(url).netloc for url in (system.web, system.ingest)}
        asked = read_log(netlog, hosts)
        complaints = [line for line in system.lines if NOT_REACHED.search(line)]
    tell("foreign", asked.foreign)
    tell("failed", asked.failed)
    tell("refused", seen.refused)
    tell("broken", seen.broken)
    tell("complaints", complaints)
    return figures(beside_the_browser, tries() - at_first, reports, seen, asked, complaints)


def figures(
    beside: int, all_: int, reports: int, seen: Seen, asked: Asked, complaints: list[str]
) -> list[Figure]:
    """Return the lines of the table."""
    served = "start, 5 visitors, every report in every format, snapshot, a day as Parquet"
    looked = f"{seen.screens} screens, {asked.ours:,} requests"
    every = len(REPORTS) * len(get_args(Format))
    return [
        Figure("tries to reach another host, no browser yet", beside, "", served, at_most=0),
        Figure("reports answered", reports, "", served, at_least=every),
        Figure("screens drawn", seen.screens, "", looked, at_least=len(SCREENS)),
        Figure("requests to another host", len(asked.foreign), "", looked, at_most=0),
        Figure("requests without an answer", len(asked.failed), "", looked, at_most=0),
        Figure("requests refused (4xx, 5xx)", len(seen.refused), "", looked, at_most=0),
        Figure("errors in the console", len(seen.broken), "", looked, at_most=0),
        Figure("requests of the browser's own", len(asked.of_itself), "", "updates, forms"),
        Figure("tries to reach another host, browser too", all_, "", looked),
        Figure("complaints of processes", len(complaints), "", served, at_most=0),
    ]


def furnish(system: Stack, client: httpx.Client, crowd: Crowd) -> Guest:
    """Let people come, one of whom writes and is answered; return that one."""
    for number in range(5):
        guest = crowd.come()
        guest.open("http://localhost:3000/", "Bosh sahifa", "https://www.google.com/")
        guest.open("http://localhost:3000/pricing", "Narxlar")
        guest.act("custom", "plan_chosen", props={"plan": "pro"})
        if number:
            guest.identify(id=str(number), name="Dilnoza Karimova", email="a@shop.example")
    contact = {"name": "Malika", "email": "m@shop.example"}
    client.post("/api/v1/contacts", params=DEMO, json=contact).raise_for_status()
    guest = crowd.guests[0]
    guest.say("Assalomu alaykum")
    wait_for(lambda: conversation_of(client), 30, "for the conversation")
    wait_for(lambda: len(system.online(client)) == len(crowd.guests), 30, "for the visitors")
    return guest


def conversation_of(client: httpx.Client) -> str:
    """Return the id of the conversation; empty while there is none."""
    found = client.get("/api/v1/conversations", params=DEMO).json()["data"]
    return str(found[0]["id"]) if found else ""


def ask_every_report(client: httpx.Client) -> int:
    """Ask each report in each format; return how many had something to say."""
    told = 0
    for name in REPORTS:
        for form in get_args(Format):
            asked = {**DEMO, "range": "7d", "format": form}
            answer = client.get(f"/api/v1/reports/{name}", params=asked, timeout=60)
            assert answer.status_code == 200, (name, form, answer.text[:200])
            told += bool(answer.content)
    return told


def copy(system: Stack) -> None:
    """Make what the command line makes beside a running system."""
    into = str(system.data.parent / "days")
    for command in (["snapshot"], ["export", "--day", "2026-01-01", "--into", into]):
        subprocess.run(
            [sys.executable, "-m", "hozir.cli", *command],
            env=os.environ | {"HOZIR_DATA": str(system.data)},
            check=True,
            stdout=subprocess.DEVNULL,
        )


@contextmanager
def chromium(netlog: Path) -> Iterator[Browser]:
    """Run a browser that writes down what it asks the network for."""
    arguments = [*CHROMIUM["args"], f"--log-net-log={netlog}", f"--host-resolver-rules={OWN_HOSTS}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM | {"args": arguments})
        yield browser
        browser.close()


def visit(browser: Browser, system: Stack, client: httpx.Client, seen: Seen) -> None:
    """Be the first visitor with a browser: on the demo site, which carries the script."""
    before = len(system.online(client))
    context = browser.new_context()
    page = context.new_page()
    seen.watch(page)
    page.goto(f"{system.ingest}/demo/")
    for _ in range(600):
        if len(system.online(client)) > before:
            break
        page.wait_for_timeout(50)
    else:
        raise AssertionError("the first visitor did not arrive")
    context.close()


def look(browser: Browser, system: Stack, client: httpx.Client, guest: Guest, seen: Seen) -> None:
    """Sign in, and look at every screen in turn."""
    known = {"VISITOR": guest.visitor_id, "CONVERSATION": conversation_of(client)}
    with desk(browser, system, viewport=SMALL) as desk_:
        seen.watch(desk_.page)
        desk_.page.set_default_timeout(PATIENCE)
        desk_.sign_in()
        for path, query, part in SCREENS:
            asked = {name: known.get(value, value) for name, value in query.items()}
            desk_.open(path, **asked).locator(part).first.wait_for()
            unfold(desk_, path)
            tell("stands", [f"{path or 'live'} {query}"])
            seen.screens += 1
        assert not desk_.outside, desk_.outside


def unfold(desk_: Desk, path: str) -> None:
    """Look at what a screen shows only when it is asked to."""
    page = desk_.page
    if path in ("map", "replay"):
        # That it has come is enough: to draw it takes long without a graphics card.
        page.wait_for_function(
            "performance.getEntriesByType('resource').some((one) => /geojson/.test(one.name))"
        )
    elif path == "inbox":
        page.locator(".bell-b").click()
        page.locator(".of-bell .menu").wait_for()
    elif path == "overview":
        page.locator("[class*='st-key-bar_'] button").first.click()
        page.get_by_role("dialog").get_by_test_id("stDataFrame").wait_for()
    elif path == "sql":
        page.locator("[data-testid=stForm] textarea").press("Control+Enter")
        page.get_by_test_id("stDataFrame").wait_for()
        page.get_by_role("tab", name="Chart").click()
        page.get_by_test_id("stVegaLiteChart").wait_for()
    desk_.settled()


def tell(name: str, lines: list[str]) -> None:
    """Print what a figure counts, for whoever has to look for it."""
    for line in lines:
        print(f"{name}: {line.strip()}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    print(json.dumps([dataclasses.asdict(one) for one in main(Path(sys.argv[1]))]))
