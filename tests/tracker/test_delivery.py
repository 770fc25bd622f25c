"""Beacons arrive, once, in order, though the server or the network is away for a while."""

from __future__ import annotations

import pytest
from playwright.sync_api import ConsoleMessage, Page

from tests.tracker.recorder import Answer, Recorder

pytestmark = pytest.mark.browser

NO_WORKER = "window.Worker = class { constructor() { throw new Error('no') } };"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_refused_beacon_comes_again_with_its_number_and_a_new_age(
    page: Page, recorder: Recorder, status: int
) -> None:
    recorder.answers = [Answer(status)]
    page.goto("/")
    recorder.wait_for("page_view", 2)
    first, second = recorder.received
    assert first.beacon.n == second.beacon.n == 1
    assert first.beacon.session_id == second.beacon.session_id
    waited = (second.at - first.at) * 1000
    assert 400 < waited < 2500
    grown = second.beacon.events[0].age - first.beacon.events[0].age
    assert abs(grown - waited) < 250
    assert second.beacon.context == first.beacon.context


def test_retry_after_is_honoured(page: Page, recorder: Recorder) -> None:
    recorder.answers = [Answer(429, {"Retry-After": "2"})]
    page.goto("/")
    recorder.wait_for("page_view", 2)
    first, second = recorder.received
    assert second.at - first.at >= 1.9


def test_waits_grow(page: Page, recorder: Recorder) -> None:
    page.add_init_script("Math.random = () => 0.5")
    page.add_init_script(NO_WORKER)
    recorder.otherwise = Answer(503)
    page.clock.install()
    page.goto("/")
    recorder.wait_for("page_view")
    page.wait_for_timeout(100)
    for seconds, tries in ((1, 2), (2, 3), (4, 4), (8, 5)):
        page.clock.run_for(seconds * 1000 - 900)
        page.wait_for_timeout(30)
        assert len(recorder.received) == tries - 1
        page.clock.run_for(1000)
        recorder.wait_for("page_view", tries)
        page.wait_for_timeout(60)


@pytest.mark.parametrize("status", [400, 413])
def test_beacon_that_the_server_will_never_take_is_dropped(
    page: Page, recorder: Recorder, status: int
) -> None:
    recorder.answers = [Answer(status)]
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("hozir('event', 'next')")
    recorder.wait_for("custom")
    assert [beacon.n for beacon in recorder.beacons()] == [1, 2]


def test_what_happened_while_the_network_was_away_arrives_in_order(
    page: Page, recorder: Recorder
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.context.set_offline(True)
    for number in range(3):
        page.evaluate(f"history.pushState(0, '', '/{number}')")
        page.wait_for_timeout(60)
    assert len(recorder.beacons()) == 1
    page.context.set_offline(False)
    recorder.wait_for("page_view", 4)
    assert [beacon.n for beacon in recorder.beacons()] == [1, 2, 3, 4]


def test_queue_is_bounded_and_loses_heartbeats_first(page: Page, recorder: Recorder) -> None:
    page.add_init_script(NO_WORKER)
    page.clock.install()
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("window.fetching = fetch; void (window.fetch = () => Promise.reject())")
    for number in range(8):
        page.evaluate(f"hozir('event', 'kept {number}')")
        page.clock.run_for(150_000)
    page.evaluate("void (window.fetch = window.fetching)")
    for _ in range(200):
        if len(recorder.events("custom")) == 8:
            break
        page.clock.run_for(1_500)
        page.wait_for_timeout(30)
    names = [event.name for event in recorder.events("custom")]
    assert names == [f"kept {number}" for number in range(8)]
    beats = len(recorder.events("heartbeat"))
    assert 0 < beats < 30, "forty were made"


def test_one_beacon_at_a_time(page: Page, recorder: Recorder) -> None:
    recorder.answers = [Answer(delay=0.4)]
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("hozir('event', 'a')")
    recorder.wait_for("custom")
    first, second = recorder.received
    assert second.at - first.at >= 0.35


def test_leaving_waits_for_nothing(page: Page, recorder: Recorder) -> None:
    recorder.answers = [Answer(503), Answer(204), Answer(204)]
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("hozir('event', 'queued')")
    page.wait_for_timeout(150)
    page.goto("about:blank")
    recorder.wait_for("leave")
    recorder.wait_for("page_view", 2)
    recorder.wait_for("custom")


def test_page_of_another_origin_sends_without_asking_first(page: Page, recorder: Recorder) -> None:
    page.goto(f"http://localhost:{recorder.origin.rsplit(':', 1)[1]}/elsewhere")
    recorder.wait_for("page_view")
    headers = recorder.received[0].headers
    assert headers["sec-fetch-site"] == "cross-site"
    assert "cookie" not in headers


def test_debug_prints_only_when_asked(page: Page, recorder: Recorder) -> None:
    printed: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "hozir" in message.text:
            printed.append(message.text)

    page.on("console", note)
    page.goto("/")
    recorder.wait_for("page_view")
    assert not printed
    page.evaluate("localStorage.hozir_debug = '1'")
    page.goto("/two")
    recorder.wait_for("page_view", 2)
    page.wait_for_timeout(50)
    assert any("page_view" in line for line in printed)
