"""One running system and one browser for all journeys that leave it running."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import CHROMIUM
from tests.journey.stage import OPERATORS_PASSWORD, Desk, Shop, Visitor, hire
from tests.stack import Stack, stack


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The system as people start it. Each journey has a site of its own in it."""
    with stack(tmp_path_factory.mktemp("journeys")) as running:
        yield running
        assert running.stop() == 0


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser that does not say of itself that it is driven."""
    arguments = [*CHROMIUM["args"], "--disable-blink-features=AutomationControlled"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM | {"args": arguments})
        yield browser
        browser.close()


@pytest.fixture
def shop(house: Stack) -> Iterator[Shop]:
    shop = Shop(house)
    yield shop
    shop.close()


@pytest.fixture
def visitor(chromium: Browser, shop: Shop) -> Iterator[Visitor]:
    visitor = Visitor(chromium, shop)
    yield visitor
    visitor.context.close()


@pytest.fixture
def open_desk(chromium: Browser, house: Stack, shop: Shop) -> Iterator[Callable[..., Desk]]:
    """Seat an operator of the shop at a page; nothing may go wrong in it."""
    desks: list[Desk] = []

    def seat(path: str = "/", **context: Any) -> Desk:
        desk = Desk(chromium, house, **context)
        desks.append(desk)
        desk.sign_in(hire(house, shop), OPERATORS_PASSWORD, path)
        return desk

    yield seat
    for desk in desks:
        desk.context.close()
    assert [failure for desk in desks for failure in desk.failures] == []
