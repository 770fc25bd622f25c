"""A person opens the demo, and a card appears: through every real part, in a real browser."""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.stack import EMAIL, PASSWORD, Stack, stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)], scope="module")
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    bus = "embedded"
    if request.param == "kafka":
        bus = "kafka://" + ",".join(request.getfixturevalue("kafka_servers"))
    with stack(tmp_path_factory.mktemp(request.param), bus) as running:
        yield running
        assert running.stop() == 0


@pytest.fixture
def dashboard(system: Stack, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="uz-UZ")
    page = context.new_page()
    page.goto(system.web)
    page.locator("input[type=email]").fill(EMAIL)
    page.locator("input[type=password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".of-head .big .n")).to_have_text("0", timeout=30_000)
    yield page
    context.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="uz-UZ")
    yield context
    context.close()


class Watcher:
    """Everything that the live socket says, as it says it."""

    def __init__(self, system: Stack) -> None:
        self.frames: list[tuple[float, dict[str, Any]]] = []
        with system.client() as client:
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self._connection = connect(
            system.web.replace("http", "ws") + "/api/v1/live?site=demo",
            additional_headers={"Cookie": cookie},
            origin=Origin(system.web),
            max_size=None,
        )

    def __enter__(self) -> Watcher:
        self._socket = self._connection.__enter__()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.__exit__(None, None, None)
        self._thread.join()

    def said(self, event: str) -> list[tuple[float, dict[str, Any]]]:
        return [(at, frame) for at, frame in list(self.frames) if frame["event"] == event]

    def _listen(self) -> None:
        try:
            for message in self._socket:
                self.frames.append((time.time(), json.loads(message)))
        except ConnectionClosed:
            pass


@pytest.fixture
def watcher(system: Stack) -> Iterator[Watcher]:
    with Watcher(system) as watcher:
        wait_for(lambda: watcher.said("snapshot"))
        yield watcher


def nobody_is_online(system: Stack) -> bool:
    with system.client() as client:
        return not system.online(client)


def go_to(page: Page, link: str) -> None:
    page.locator(f'a[href*="{link}"]:visible').first.click()


def test_visitor_appears_moves_and_leaves_on_the_dashboard(
    system: Stack, dashboard: Page, visitor: BrowserContext, watcher: Watcher
) -> None:
    cards = dashboard.locator(".of-list .card:not(.leaving)")
    expect(cards).to_have_count(0)

    page = visitor.new_page()
    page.goto(f"{system.ingest}/demo/")
    expect(cards).to_have_count(1, timeout=5_000)
    expect(cards.locator(".mono")).to_have_text("/demo/")
    expect(dashboard.locator(".of-head .big .n")).to_have_text("1")

    for name in ("features", "pricing", "blog"):
        go_to(page, name)
        expect(cards.locator(".mono")).to_have_text(re.compile(f"^/demo/{name}"), timeout=5_000)
        expect(cards).to_have_count(1)
    assert [frame["data"]["to_url"] for _, frame in watcher.said("visitor.page_change")] == [
        "/demo/features/",
        "/demo/pricing/",
        "/demo/blog/",
    ]

    second = visitor.new_page()
    second.goto(f"{system.ingest}/demo/")
    expect(cards.locator(".mono")).to_have_text("/demo/", timeout=5_000)
    second.close()
    expect(cards.locator(".mono")).to_have_text(re.compile("^/demo/blog"), timeout=5_000)
    time.sleep(7)
    assert watcher.said("visitor.offline") == [], "one tab is open still"
    assert all(
        frame["data"]["presence"] != "leaving" for _, frame in watcher.said("visitor.presence")
    )

    dashboard.reload()
    expect(cards).to_have_count(1, timeout=30_000)
    expect(cards.locator(".mono")).to_have_text(re.compile("^/demo/blog"))

    closed_at = time.time()
    page.close()
    wait_for(lambda: watcher.said("visitor.offline"), 8, "for the visitor to go")
    ((gone_at, frame),) = watcher.said("visitor.offline")
    assert 4.9 <= gone_at - closed_at <= 6
    assert frame["data"]["pages_viewed"] == 5
    expect(cards).to_have_count(0, timeout=3_000)
    expect(dashboard.locator(".of-head .big .n")).to_have_text("0")


def test_hidden_page_is_away_and_active_when_it_is_back(
    system: Stack, visitor: BrowserContext, watcher: Watcher
) -> None:
    wait_for(lambda: nobody_is_online(system), 10)
    page = visitor.new_page()
    page.goto(f"{system.ingest}/demo/")
    wait_for(lambda: watcher.said("visitor.online"), 5)

    def show(state: str) -> None:
        # Headless Chromium never hides a page; this is what one that is hidden says of itself.
        page.evaluate(
            """state => {
              const say = (name, value) =>
                Object.defineProperty(document, name, { value, configurable: true });
              say("visibilityState", state);
              say("hidden", state === "hidden");
              document.dispatchEvent(new Event("visibilitychange"));
            }""",
            state,
        )

    show("hidden")
    wait_for(lambda: watcher.said("visitor.presence"), 5)
    show("visible")
    wait_for(lambda: len(watcher.said("visitor.presence")) == 2, 5)
    presences = [frame["data"]["presence"] for _, frame in watcher.said("visitor.presence")]
    assert presences == ["away", "active"]
    page.close()
    wait_for(lambda: nobody_is_online(system), 10)
