"""Visitor, session and tab ids: kept, shared, renewed, restored."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from hozir.contract.beacon import Beacon
from hozir.contract.ids import SESSION_ID, TAB_ID, VISITOR_ID
from tests.tracker.recorder import Answer, Recorder

pytestmark = pytest.mark.browser

NO_STORAGE = """
for (const name of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, name, { get() { throw new Error("refused") } });
Object.defineProperty(Document.prototype, "cookie", {
  get() { throw new Error("refused") }, set() { throw new Error("refused") } });
"""
# A single timer that the test's clock governs, instead of a worker's own.
NO_WORKER = "window.Worker = class { constructor() { throw new Error('no') } };"


def cookies(context: BrowserContext) -> dict[str, Any]:
    return {cookie["name"]: cookie for cookie in context.cookies()}


def is_farewell(beacon: Beacon) -> bool:
    """Tell whether it says that a tab has left, and nothing else."""
    return [event.kind for event in beacon.events] == ["leave"]


def test_first_visit_makes_ids_of_the_contract(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    (beacon,) = recorder.beacons()
    assert VISITOR_ID.fullmatch(beacon.visitor_id)
    assert SESSION_ID.fullmatch(beacon.session_id)
    assert TAB_ID.fullmatch(beacon.tab_id)
    assert beacon.n == 1
    assert recorder.received[0].path == "/e/demo"


def test_ids_are_of_the_contract_without_crypto(page: Page, recorder: Recorder) -> None:
    page.add_init_script("Object.defineProperty(window, 'crypto', {value: undefined})")
    page.goto("/")
    recorder.wait_for("page_view")
    beacon = recorder.beacons()[0]
    assert VISITOR_ID.fullmatch(beacon.visitor_id)
    assert SESSION_ID.fullmatch(beacon.session_id)
    assert beacon.visitor_id[2:] != beacon.session_id[2:]


def test_visitor_is_kept_in_local_storage_and_cookie_for_a_year(
    page: Page, recorder: Recorder, context: BrowserContext
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    visitor = recorder.beacons()[0].visitor_id
    assert page.evaluate("localStorage.hozir_visitor") == visitor
    cookie = cookies(context)["hozir_visitor"]
    assert cookie["value"] == visitor
    assert cookie["sameSite"] == "Lax"
    assert cookie["path"] == "/"
    lasts = cookie["expires"] - page.evaluate("Date.now() / 1000")
    assert 364.9 * 86400 < lasts < 365.1 * 86400


@pytest.mark.parametrize("cleared", ["localStorage", "cookies", "garbage"])
def test_visitor_is_restored_from_whichever_survives(
    page: Page, recorder: Recorder, context: BrowserContext, cleared: str
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    visitor = recorder.beacons()[0].visitor_id
    if cleared == "cookies":
        context.clear_cookies()
    elif cleared == "localStorage":
        page.evaluate("localStorage.clear()")
    else:
        page.evaluate("localStorage.hozir_visitor = ''")
    page.goto("/again")
    recorder.wait_for("page_view", 2)
    assert recorder.beacons()[-1].visitor_id == visitor
    assert page.evaluate("localStorage.hozir_visitor") == visitor
    assert cookies(context)["hozir_visitor"]["value"] == visitor


def test_damaged_ids_are_made_anew(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate(
        "localStorage.hozir_visitor = '<b>'; localStorage.hozir_session = 'x,y,z';"
        "addEventListener('pagehide', () => { sessionStorage.hozir_tab = '1,2,3' })"
    )
    page.goto("/again")
    recorder.wait_for("page_view", 2)
    beacon = recorder.beacons()[-1]
    assert VISITOR_ID.fullmatch(beacon.visitor_id)
    assert SESSION_ID.fullmatch(beacon.session_id)
    assert TAB_ID.fullmatch(beacon.tab_id)


def test_works_in_memory_when_storage_throws(page: Page, recorder: Recorder) -> None:
    page.add_init_script(NO_STORAGE)
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("history.pushState(0, '', '/two')")
    recorder.wait_for("page_view", 2)
    first, second = recorder.beacons()
    assert (first.visitor_id, first.session_id, first.tab_id) == (
        second.visitor_id,
        second.session_id,
        second.tab_id,
    )
    assert second.n == 2
    assert not errors


def test_session_stays_one_when_storage_is_full(page: Page, recorder: Recorder) -> None:
    page.add_init_script("Storage.prototype.setItem = () => { throw new Error('full') }")
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("history.pushState(0, '', '/two')")
    recorder.wait_for("page_view", 2)
    assert len({beacon.session_id for beacon in recorder.beacons()}) == 1


def test_tabs_share_visitor_and_session_but_not_the_tab_id(
    page: Page, recorder: Recorder, context: BrowserContext
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    other = context.new_page()
    other.goto("/other")
    recorder.wait_for("page_view", 2)
    first, second = recorder.beacons()
    assert first.visitor_id == second.visitor_id
    assert first.session_id == second.session_id
    assert first.tab_id != second.tab_id
    assert second.n == 1


def test_n_and_view_count_up_across_page_loads_of_a_tab(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.goto("/two")
    recorder.wait_for("page_view", 2)
    page.reload()
    recorder.wait_for("page_view", 3)
    beacons = recorder.beacons()
    assert len({beacon.tab_id for beacon in beacons}) == 1
    assert sorted(beacon.n for beacon in beacons) == list(range(1, len(beacons) + 1))
    assert [event.view for event in recorder.events("page_view")] == [1, 2, 3]
    assert {event.view for event in recorder.events("leave")} == {1, 2}


def test_duplicated_tab_gets_its_own_id(
    page: Page, recorder: Recorder, context: BrowserContext
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    with context.expect_page():
        page.evaluate("void window.open('/copy')")
    recorder.wait_for("page_view", 2)
    first, second = recorder.beacons()
    assert first.tab_id != second.tab_id
    assert page.evaluate("sessionStorage.hozir_tab") is None


def test_new_session_after_half_an_hour_of_silence_opens_with_the_page(
    page: Page, recorder: Recorder
) -> None:
    page.add_init_script(NO_WORKER)
    page.clock.install()
    page.goto("/read")
    recorder.wait_for("page_view")
    page.clock.fast_forward("30:01")  # asleep: one beat of the timer, at the end
    recorder.wait_for("page_view", 2)
    page.evaluate("hozir('event', 'woke')")
    page.clock.run_for(60)
    recorder.wait_for("custom")
    first, *later = [beacon for beacon in recorder.beacons() if not is_farewell(beacon)]
    assert {beacon.session_id for beacon in later} != {first.session_id}
    assert len({beacon.session_id for beacon in later}) == 1
    opening = later[0].events[0]
    assert opening.kind == "page_view"
    assert opening.url.endswith("/read")
    assert opening.view == 2
    assert opening.visible == 0
    assert first.context is not None
    assert later[0].context is not None
    assert (first.context.visit, later[0].context.visit) == (1, 2)


def test_new_session_shows_in_the_other_tab_too(
    page: Page, recorder: Recorder, context: BrowserContext
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    other = context.new_page()
    other.goto("/other")
    recorder.wait_for("page_view", 2)
    # In one go: a tab that still settles would touch the session in between.
    page.evaluate(
        "localStorage.hozir_session = localStorage.hozir_session.split(',')"
        ".map((part, i) => i == 2 ? part - 31 * 6e4 : part).join(','); hozir('event', 'x')"
    )
    other.evaluate("hozir('event', 'x')")
    recorder.wait_for("page_view", 4)
    recorder.wait_for("custom", 2)
    last = [b for b in recorder.beacons() if b.events[-1].kind == "custom"]
    assert len({beacon.session_id for beacon in last}) == 1
    assert last[0].session_id != recorder.beacons()[0].session_id


def test_new_session_after_a_day(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate(
        "localStorage.hozir_session = localStorage.hozir_session.split(',')"
        ".map((part, i) => i == 1 ? part - 24 * 36e5 : part).join(',')"
    )
    page.goto("/next")
    recorder.wait_for("page_view", 2)
    sessions = [b.session_id for b in recorder.beacons() if b.events[0].kind == "page_view"]
    assert sessions[0] != sessions[1]


def test_new_session_when_nothing_reached_the_server_for_half_an_hour(
    page: Page, recorder: Recorder
) -> None:
    page.add_init_script(NO_WORKER)
    page.clock.install()
    page.goto("/")
    recorder.wait_for("page_view")
    page.wait_for_function("localStorage.hozir_session")
    recorder.otherwise = Answer(503)

    def pass_minutes(minutes: int) -> None:
        for _ in range(2 * minutes):
            page.clock.run_for(30_000)
            page.wait_for_timeout(15)  # for the answers

    pass_minutes(32)
    refused = len(recorder.received)
    assert refused > 10
    recorder.otherwise = Answer()
    pass_minutes(5)
    taken = [r.beacon for r in recorder.received if r.status == 204]
    first, *later = [beacon for beacon in taken if not is_farewell(beacon)]
    assert {beacon.session_id for beacon in later} != {first.session_id}
    assert len({beacon.session_id for beacon in later}) == 1
    assert later[0].events[0].kind == "page_view"


def test_old_session_is_left_when_a_clock_put_right_begins_a_new_one(
    page: Page, recorder: Recorder
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate(
        "const right = Date.now; Date.now = () => right() + 12 * 36e5; hozir('event', 'x')"
    )
    recorder.wait_for("page_view", 2)
    recorder.wait_for("leave")
    first = recorder.beacons()[0]
    (left,) = filter(is_farewell, recorder.beacons())
    assert (left.session_id, left.tab_id) == (first.session_id, first.tab_id)
    assert left.events[0].view == first.events[0].view
    assert len({beacon.n for beacon in recorder.beacons()}) == len(recorder.beacons())


def test_leaving_after_the_session_ended_begins_no_new_one(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate(
        "localStorage.hozir_session = localStorage.hozir_session.split(',')"
        ".map((part, i) => i == 2 ? part - 31 * 6e4 : part).join(',')"
    )
    page.goto("about:blank")
    recorder.wait_for("leave")
    first, last = recorder.beacons()
    assert is_farewell(last)
    assert last.session_id == first.session_id
