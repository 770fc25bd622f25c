"""The list in a browser: who comes, who goes, and that nothing moves under a hand."""

from __future__ import annotations

import pytest

from tests.dashboards.live_screen import Screen, counts, iso, visitor

pytestmark = pytest.mark.browser


def lefts_and_gap(screen: Screen) -> tuple[int, int]:
    """Return how many columns the cards stand in, and the pixels between the first two lines."""
    boxes = screen.page.evaluate(
        """[...host.shadowRoot.querySelectorAll(".card")]
        .map((card) => card.getBoundingClientRect())
        .map((box) => [box.left, box.top, box.bottom])"""
    )
    columns = len({round(left) for left, _, _ in boxes})
    return columns, round(boxes[columns][1] - boxes[0][2]) if len(boxes) > columns else 0


def test_nothing_moves_under_the_pointer(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    screen.page.mouse.move(100, 100)
    screen.arrive(visitor(1), 3)
    screen.leave(visitor(3), 2)
    screen.page.wait_for_timeout(700)
    assert screen.names() == ["Visitor 2", "Visitor 3"]
    assert screen.page.locator(".newer").inner_text() == "1 ta yangi"
    assert screen.page.locator(".slot").last.locator(".pill").first.inner_text() == "Chiqdi"
    screen.page.mouse.move(600, 790)
    screen.until(lambda: screen.names() == ["Visitor 1", "Visitor 2"])


def test_nothing_moves_under_a_keyboard_focus(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    screen.page.evaluate("host.shadowRoot.querySelector('.slot').focus()")
    screen.page.keyboard.press("ArrowRight")
    screen.arrive(visitor(1), 3)
    assert screen.names() == ["Visitor 2", "Visitor 3"]
    screen.page.locator(".newer").click()
    screen.until(lambda: screen.names() == ["Visitor 1", "Visitor 2", "Visitor 3"])


def test_a_focus_that_a_click_left_behind_holds_nothing(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    screen.page.locator(".hist").first.click()
    screen.page.mouse.move(600, 790)
    screen.arrive(visitor(1), 3)
    assert screen.names() == ["Visitor 1", "Visitor 2", "Visitor 3"]


def test_who_leaves_fades_and_who_comes_back_stays(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1), visitor(2)])
    screen.leave(visitor(1), 1)
    assert screen.page.locator(".slot.out").count() == 1
    screen.arrive(visitor(1), 2)
    screen.page.wait_for_timeout(700)
    assert screen.names() == ["Visitor 1", "Visitor 2"]
    screen.leave(visitor(2), 1)
    screen.until(lambda: screen.names() == ["Visitor 1"])


def test_who_is_filtered_away_is_not_said_to_have_left(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1), visitor(2)])
    screen.page.mouse.move(100, 100)
    data = {"visitor_id": "v_1", "visitor": visitor(1), "timestamp": iso(0), "counts": counts(2)}
    screen.send("visitor.offline", {**data, "reason": "filtered"})
    screen.settle()
    assert screen.page.locator(".card-h .pill").first.inner_text() == "Onlayn"
    screen.page.mouse.move(600, 790)
    screen.until(lambda: screen.names() == ["Visitor 2"])


@pytest.mark.parametrize("view", ["cards", "rows"])
def test_a_thousand_visitors_keep_few_nodes_in_the_page(screen: Screen, view: str) -> None:
    screen.page.evaluate("view => localStorage.setItem('hozir.view.1', view)", view)
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 1001)])
    grid = screen.page.locator(".grid")
    assert 0 < screen.page.locator(".slot").count() < 80
    assert int(grid.get_attribute("aria-rowcount") or 0) >= 1000
    screen.page.evaluate("main.scrollTop = main.scrollHeight")
    screen.until(lambda: screen.names()[-1] == "Visitor 1000")
    assert screen.page.locator(".slot").count() < 80


def test_a_crowd_opens_as_rows_unless_the_person_chose_cards(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 120)])
    assert screen.page.locator(".grid.rows").count() == 1


@pytest.mark.parametrize(
    ("window", "around", "columns", "gap"),
    [(1440, 232 + 48, 3, 20), (768, 48, 2, 20), (375, 32, 1, 12)],
)
def test_a_desktop_has_three_columns_a_tablet_two_and_a_phone_one(
    screen: Screen, window: int, around: int, columns: int, gap: int
) -> None:
    """`around` is what menu and padding take from the window at that width."""
    screen.page.set_viewport_size({"width": window - around, "height": 800})
    screen.mount()
    screen.snapshot([visitor(number) for number in range(1, 8)])
    screen.until(lambda: lefts_and_gap(screen) == (columns, gap))
    assert screen.page.evaluate("main.scrollWidth <= main.clientWidth")
