"""What stands in place of the list, and below it."""

from __future__ import annotations

import pytest

from tests.dashboards.live_screen import Screen, iso, stand_still, visitor

pytestmark = pytest.mark.browser


def test_the_first_minute_offers_the_line_to_paste(screen: Screen) -> None:
    line = '<script async src="http://localhost:8000/h.js" data-site="demo"></script>'
    site = {"key": "demo", "name": "Demo", "zone": "UTC", "had_visitors": False}
    screen.mount(site={**site, "snippet": line, "demo": "javascript:window.hit=1"})
    screen.snapshot([])
    assert screen.page.locator("code").inner_text() == line
    assert screen.page.locator(".first a").count() == 0
    screen.arrive(visitor(1), 1)
    screen.until(lambda: screen.page.locator(".first").count() == 0)
    assert screen.names() == ["Visitor 1"]


def test_a_snapshot_that_takes_longer_than_200_ms_is_awaited_by_a_skeleton(
    screen: Screen,
) -> None:
    stand_still(screen)
    screen.mount()
    skeleton = screen.page.get_by_role("status", name="Yuklanmoqda")
    footer = screen.page.locator(".foot")
    screen.page.clock.run_for(150)
    assert skeleton.count() == 0
    screen.page.clock.run_for(100)
    assert skeleton.locator(".card").count() == 6
    shimmer = "(bar) => getComputedStyle(bar).animationName"
    assert skeleton.locator(".skel").first.evaluate(shimmer) == "shimmer"
    assert not footer.is_visible()
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    assert skeleton.count() == 0
    assert screen.names() == ["Visitor 1"]
    assert footer.is_visible()


def test_a_quick_snapshot_shows_no_skeleton(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.page.clock.run_for(100)
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(500)
    assert screen.page.locator(".skeletons").count() == 0


def test_the_foot_says_how_long_ago_it_was_updated(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(1000)
    foot = screen.page.locator(".foot")
    assert foot.inner_text().startswith("Hozir yangilandi")
    screen.page.clock.run_for(4100)
    # It is written on the full second, so up to one second may not be counted yet.
    said = foot.inner_text()
    assert any(said.startswith(f"{n} soniya oldin yangilandi") for n in (4, 5))
    screen.send("ping", {"now": iso(0), "lag_ms": 300})
    screen.settle()
    screen.page.clock.run_for(1000)
    assert "0,3" in foot.inner_text()
