"""Send → popup visible: from the team's API to a page of the site, in a real browser."""

from __future__ import annotations

import random
import statistics
import tempfile
import time
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page, sync_playwright

from bench.figure import Figure
from tests.chromium import CHROMIUM
from tests.stack import Stack, stack, wait_for

PAGES = 40
EACH = 2
"""Messages to each page: one for which it loads the popup, and one that the popup takes."""
AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0.0.0 Safari/537.36"
)
WATCH = """() => {
  window.seen = {};
  const look = () => {
    const shadow = document.querySelector("hozir-chat")?.shadowRoot;
    for (const one of shadow?.querySelectorAll(".m") ?? []) {
      if (one.checkVisibility() && !(one.textContent in seen)) seen[one.textContent] = Date.now();
    }
    requestAnimationFrame(look);
  };
  look();
}"""


def measure() -> list[Figure]:
    """Measure with the whole system on the embedded log."""
    with tempfile.TemporaryDirectory() as folder, stack(Path(folder)) as system:
        arguments = [*CHROMIUM["args"], "--disable-blink-features=AutomationControlled"]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(**CHROMIUM | {"args": arguments})
            first, later = _sample(system, browser)
            browser.close()
    figures = []
    for which, delays in (("first on a page", first), ("further ones", later)):
        work = f"{len(delays)} messages to pages that were open, fsync on"
        for name, at in (("p50", 49), ("p95", 94)):
            value = statistics.quantiles(delays, n=100, method="inclusive")[at]
            what = f"Send to popup visible, {which}, {name}"
            figures.append(Figure(what, value, "ms", work, at_most=200 if at == 94 else None))
    return figures


def _sample(system: Stack, browser: Browser) -> tuple[list[float], list[float]]:
    """Return the delays in ms of the first message on each page, and of those after it."""
    first: list[float] = []
    later: list[float] = []
    dice = random.Random(7)
    with system.client() as client:
        for visitor in range(PAGES + 1):
            context = browser.new_context(user_agent=AGENT)
            page = context.new_page()
            page.goto(f"{system.ingest}/demo/")
            page.wait_for_function("window.hozir?.door?.tell && hozir.door.ids()")
            visitor_id = page.evaluate("hozir.door.ids().visitor_id")
            wait_for(lambda: _knows(client, visitor_id), 30, "for the visitor")  # noqa: B023
            page.evaluate(WATCH)
            page.wait_for_timeout(500)
            for number in range(EACH):
                delay = _send(client, page, visitor_id, f"Sinov {visitor}.{number}")
                if visitor:  # the first page warms all processes up
                    (later if number else first).append(delay)
                time.sleep(dice.uniform(0.2, 0.5))
            context.close()
    return first, later


def _send(client: httpx.Client, page: Page, visitor_id: str, text: str) -> float:
    sent = time.time() * 1000
    answer = client.post(
        f"/api/v1/visitors/{visitor_id}/message",
        params={"site": "demo"},
        json={"message": text, "as": "agent"},
    )
    answer.raise_for_status()
    page.wait_for_function("text => text in seen", arg=text, timeout=30_000)
    seen: float = page.evaluate("text => seen[text]", text)
    return seen - sent


def _knows(client: httpx.Client, visitor_id: str) -> bool:
    path = f"/api/v1/visitors/{visitor_id}"
    return client.get(path, params={"site": "demo"}).status_code == 200
