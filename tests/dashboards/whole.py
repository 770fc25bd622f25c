"""One running system and one browser for the tests of whole pages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.desk import Desk, desk
from tests.stack import NO_LIMITS, Stack, stack


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The system, for all files that ask for it."""
    with stack(tmp_path_factory.mktemp("pages"), **NO_LIMITS) as running:
        yield running


@pytest.fixture(scope="module")
def admin(browser: Browser, whole: Stack) -> Iterator[Desk]:
    """An administrator at a screen; nothing may break in it, or ask a third party."""
    with desk(browser, whole) as desk_:
        desk_.sign_in()
        yield desk_
        assert (desk_.outside, desk_.broken) == ([], [])
