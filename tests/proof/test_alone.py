"""All of it works where there is no network but loopback, and asks for none."""

from __future__ import annotations

from pathlib import Path

import pytest

from proof.alone import prove, why_not
from proof.alone_inside import SCREENS

VIEWS = Path(__file__).resolve().parents[2] / "dashboards" / "views"


def test_every_screen_is_looked_at() -> None:
    views = {view.stem for view in VIEWS.glob("*.py")} - {"__init__"}
    assert {path or "live" for path, _, _ in SCREENS} == views


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_system_with_loopback_alone_starts_serves_and_shows_everything() -> None:
    if reason := why_not():
        pytest.skip(reason)
    assert [one for one in prove() if one.verdict == "over budget"] == []
