"""What moves in the list, for how long, and what stands while it waits."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.dashboards.live_screen import Screen, a_whole_visitor, iso, stand_still, visitor

pytestmark = pytest.mark.browser


def note_motion(screen: Screen) -> Callable[[], list[list[str]]]:
    """Note each animation that begins from here on: its name, its length, whom it moves."""
    screen.page.evaluate(
        """window.motion = [];
        host.shadowRoot.addEventListener("animationstart", ({ animationName, target }) => {
          const { animationDuration } = getComputedStyle(target);
          const name = target.closest(".slot")?.querySelector(".nm").textContent ?? "";
          motion.push([animationName, animationDuration, name]);
        })"""
    )

    def noted() -> list[list[str]]:
        found: list[list[str]] = screen.page.evaluate("motion")
        return found

    return noted


def test_a_new_page_shows_and_flashes(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(1)])
    page = {"url": "/narxlar", "title": "Narxlar", "timestamp": iso(0), "number": 2}
    screen.arrive(visitor(1, current_page=page), 1, "visitor.page_change")
    assert screen.page.locator(".card.moved .t").inner_text() == "Narxlar"


def test_timers_go_on_by_the_second_and_are_not_spoken(screen: Screen) -> None:
    stand_still(screen)
    screen.mount(language="en")
    screen.snapshot([a_whole_visitor()])
    timers = screen.page.locator(".card .timer")

    def seconds() -> list[int]:
        texts = [text.rstrip("s").split("m\u00a0") for text in timers.all_inner_texts()]
        return [60 * int(minutes) + int(rest) for minutes, rest in texts]

    screen.page.clock.run_for(1100)
    before = seconds()
    assert len(before) == 2
    for passed in (1, 2, 3):
        screen.page.clock.run_for(1000)
        assert seconds() == [one + passed for one in before]
    spoken = "(all) => all.map((one) => [one.getAttribute('role'), one.ariaLive])"
    assert timers.evaluate_all(spoken) == [["timer", "off"]] * 2
    assert timers.evaluate_all("(all) => all.flatMap((one) => one.getAnimations())") == []


def test_the_number_beats_once_a_second_at_most_and_its_dot_pulses(screen: Screen) -> None:
    stand_still(screen)
    screen.mount("head")
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    noted = note_motion(screen)
    screen.arrive(visitor(2), 2)
    screen.page.clock.run_for(100)
    screen.until(lambda: ["beat", "0.3s", ""] in noted())
    for online in (3, 4):
        screen.arrive(visitor(online), online)
        screen.page.clock.run_for(100)
    assert screen.page.locator(".big .n").inner_text() == "4"
    assert screen.page.locator("h1").inner_text() == "Onlayn tashrif buyuruvchilar"
    assert [one for one in noted() if one[0] == "beat"] == [["beat", "0.3s", ""]]
    middle = """(n) => { const [beat] = n.getAnimations(); beat.pause(); beat.currentTime = 150;
      return getComputedStyle(n).transform }"""
    screen.page.clock.run_for(1000)
    screen.arrive(visitor(5), 5)
    screen.page.clock.run_for(100)
    assert screen.page.locator(".big .n").evaluate(middle) == "matrix(1.2, 0, 0, 1.2, 0, 0)"
    halo = "(dot) => { const s = getComputedStyle(dot, '::after');"
    halo += " return [s.animationName, s.animationDuration, s.animationIterationCount] }"
    assert screen.page.locator(".big .dot").evaluate(halo) == ["pulse", "2s", "infinite"]


def test_an_arriving_card_comes_down_within_a_third_of_a_second(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    noted = note_motion(screen)
    screen.arrive(visitor(1), 3)
    arrival = ["arrive", "0.3s", "Visitor 1"]
    screen.until(lambda: arrival in noted())
    assert [one for one in noted() if one[0] == "arrive"] == [arrival]
    assert screen.names()[0] == "Visitor 1"


def test_a_card_that_has_arrived_glides_as_the_others_do(screen: Screen) -> None:
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    screen.arrive(visitor(1), 3)
    screen.until(lambda: screen.page.locator(".slot.in").count() == 0)
    slots = "[...host.shadowRoot.querySelectorAll('.slot')]"
    lengths = f"{slots}.map((one) => getComputedStyle(one).transitionDuration)"
    screen.until(lambda: screen.page.evaluate(lengths) == ["0.3s"] * 3)


def test_a_leaving_card_fades_and_is_gone_after_600_ms(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.snapshot([visitor(1), visitor(2)])
    screen.page.clock.run_for(100)
    noted = note_motion(screen)
    screen.leave(visitor(1), 1)
    screen.page.clock.run_for(100)
    screen.until(lambda: ["leave", "0.5s", "Visitor 1"] in noted())
    assert screen.names() == ["Visitor 1", "Visitor 2"]
    screen.page.clock.run_for(500)
    assert screen.names() == ["Visitor 2"]


def test_a_changed_page_flashes_and_calms_down(screen: Screen) -> None:
    stand_still(screen)
    screen.mount()
    screen.snapshot([visitor(1)])
    screen.page.clock.run_for(100)
    noted = note_motion(screen)
    page = {"url": "/narxlar", "title": "Narxlar", "timestamp": iso(0), "number": 2}
    screen.arrive(visitor(1, current_page=page), 1, "visitor.page_change")
    screen.page.clock.run_for(100)
    screen.until(lambda: ["moved", "1.6s", "Visitor 1"] in noted())
    screen.page.clock.run_for(1600)
    assert screen.page.locator(".card.moved").count() == 0


def test_who_wants_no_motion_sees_none(screen: Screen) -> None:
    screen.page.emulate_media(reduced_motion="reduce")
    screen.mount()
    screen.snapshot([visitor(2), visitor(3)])
    noted = note_motion(screen)
    screen.arrive(visitor(1), 3)
    page = {"url": "/narxlar", "title": "Narxlar", "timestamp": iso(0), "number": 2}
    screen.arrive(visitor(2, current_page=page), 3, "visitor.page_change")
    screen.leave(visitor(3), 2)
    screen.until(lambda: screen.names() == ["Visitor 1", "Visitor 2"])
    assert {name for name, _, _ in noted()} & {"arrive", "leave", "pulse", "beat"} == set()
    assert all(float(length.rstrip("s")) < 0.001 for _, length, _ in noted())
    slots = "[...host.shadowRoot.querySelectorAll('.slot, .card')]"
    lengths = screen.page.evaluate(
        f"{slots}.map((one) => parseFloat(getComputedStyle(one).transitionDuration))"
    )
    assert max(lengths) < 0.001
