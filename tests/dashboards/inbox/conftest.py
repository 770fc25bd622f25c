"""A page with the inbox on it, and a desk that answers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext

from tests.dashboards.inbox.inbox_desk import Desk, Screen


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile; an error in a page of it fails the test."""
    context = browser.new_context(viewport={"width": 1250, "height": 800}, locale="en-GB")
    failures: list[str] = []
    context.on("weberror", lambda error: failures.append(str(error.error)))
    yield context
    context.close()
    assert failures == []


@pytest.fixture
def screen(context: BrowserContext, desk: Desk) -> Screen:
    return Screen(context.new_page(), desk)
