"""A person opens the demo, and a card appears: through every real part, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.chromium import CHROMIUM
from tests.stack import EMAIL, PASSWORD, Stack, stack

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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def dashboard(system: Stack, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, locale="uz-UZ")
    page = context.new_page()
    page.goto(system.web)
    page.get_by_label(re.compile("mail|pochta", re.IGNORECASE)).fill(EMAIL)
    page.get_by_label(re.compile("parol|password", re.IGNORECASE)).first.fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator(".live")).to_be_visible(timeout=30_000)
    yield page
    context.close()


@pytest.fixture
def visitor(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(locale="uz-UZ")
    yield context
    context.close()
