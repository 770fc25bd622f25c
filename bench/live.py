"""Beacon sent → card changed, in a real browser, among 1,000 visitors; and memory meanwhile."""

from __future__ import annotations

import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

from bench.figure import Figure
from bench.memory import resident_mb
from bench.traffic import AGENT, an_id, fill
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import encode
from tests.chromium import CHROMIUM
from tests.stack import EMAIL, NO_LIMITS, PASSWORD, Stack, stack, wait_for

VISITORS = 1_000
SAMPLES = 200
SITE = "simulated"
PROCESSES = ("ingest", "pipeline", "web")

WATCH = """(list) => {
  window.seen = {};
  const look = () => {
    for (const card of list.querySelectorAll(".card")) {
      const title = card.querySelector(".t")?.textContent ?? "";
      if (title.startsWith("Sinov ") && !(title in window.seen)) window.seen[title] = Date.now();
    }
  };
  new MutationObserver(look).observe(list,
    { subtree: true, childList: true, characterData: true });
}"""


def measure() -> list[Figure]:
    """Measure with the whole system on the embedded log."""
    with tempfile.TemporaryDirectory() as folder:
        figures = _latency(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        return figures + _memory_of_many(Path(folder))


def _latency(folder: Path) -> list[Figure]:
    with stack(folder, **NO_LIMITS) as system:
        load = subprocess.Popen(
            [sys.executable, "-m", "hozir.cli", "simulate", "--visitors", str(VISITORS)]
            + ["--url", system.ingest, "--site", SITE],
            stdout=subprocess.DEVNULL,
        )
        try:
            with system.client() as client:
                wait_for(lambda: online(client) >= 0.95 * VISITORS, 180, "for the crowd")
                delays = sample(system)
                there = online(client)
            memory = {name: resident_mb(_pid(system, name)) for name in PROCESSES}
        finally:
            load.send_signal(signal.SIGTERM)
            load.wait()
    cuts = statistics.quantiles(delays, n=100)
    work = f"{len(delays)} beacons, {there:,} online, heartbeats and pages going on"
    return [
        Figure("beacon sent to card changed, p50", cuts[49], "ms", work, at_most=100),
        Figure("beacon sent to card changed, p99", cuts[98], "ms", work, at_most=300),
        *(
            Figure(f"memory of {name}, {VISITORS:,} live sessions", mb, "MB", "one dashboard open")
            for name, mb in memory.items()
        ),
    ]


def sample(system: Stack, number: int = 999_999) -> list[float]:
    """Return the delays of a numbered visitor's pages to a card, in milliseconds."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{system.web}/?site={SITE}")
        page.locator("input[type=email]").fill(EMAIL)
        page.locator("input[type=password]").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.locator(".of-list .vr").first.wait_for(timeout=60_000)
        # From 100 visitors on the list opens as rows; cards are what is asked about.
        page.get_by_role("radio").first.click()
        page.locator(".of-list .card").first.wait_for()
        delays = _probe(system, page, number)
        browser.close()
    return delays


def _probe(system: Stack, page: Page, number_of_visitor: int) -> list[float]:
    dice = random.Random(3)
    visitor, session, tab = (an_id(prefix, number_of_visitor) for prefix in "vst")
    sent: dict[str, float] = {}
    with httpx.Client(headers={"User-Agent": AGENT, "X-Hozir-Simulated": "1"}) as door:
        for number in range(1, SAMPLES + 2):
            title = f"Sinov {number}"
            view = ClaimedEvent(
                "page_view", view=number, url=f"https://shop.example/{number}", title=title
            )
            context = Context(timezone="Asia/Tashkent")
            body = encode(Beacon(visitor, session, tab, number, [view], context))
            sent[title] = time.time() * 1000
            door.post(f"{system.ingest}/e/{SITE}", content=body).raise_for_status()
            if number == 1:
                # With the pointer inside, nothing re-orders, and the card stays in sight.
                page.locator(".of-list .card", has_text=title).hover(timeout=10_000)
                page.locator(".of-list").evaluate(WATCH)
            # Two changes within the tenth of a second between two frames would show as one.
            time.sleep(dice.uniform(0.15, 0.45))
    page.wait_for_timeout(1_000)
    seen: dict[str, float] = page.evaluate("window.seen")
    # The first arrived before anybody watched.
    missing = [title for title in list(sent)[1:] if title not in seen]
    if missing:
        raise RuntimeError(f"{len(missing)} of {SAMPLES} changes never showed")
    return [seen[title] - sent[title] for title in list(sent)[1:]]


def _memory_of_many(folder: Path) -> list[Figure]:
    sessions = 100_000
    fill(EmbeddedLog(folder / "log", fsync=False), sessions, 0)
    with stack(folder) as system:
        with system.client() as client:
            wait_for(lambda: _sessions(client) >= sessions, 300, "for the sessions")
        time.sleep(5)
        memory = {name: resident_mb(_pid(system, name)) for name in PROCESSES}
    return [
        Figure(f"memory of {name}, {sessions:,} live sessions", mb, "MB", "read from the log")
        for name, mb in memory.items()
    ]


def online(client: httpx.Client) -> int:
    """Return how many are on the site now."""
    answer = client.get("/api/v1/visitors/online", params={"site": SITE, "limit": 1})
    return int(answer.json()["meta"]["total_online"])


def _sessions(client: httpx.Client) -> int:
    """Return the live sessions that web knows, by its own metric."""
    for line in client.get("/metrics").text.splitlines():
        if line.startswith("hozir_live_sessions "):
            return int(float(line.split()[1]))
    return 0


def _pid(system: Stack, name: str) -> int:
    pid = system.pid(name)
    assert pid is not None
    return pid
