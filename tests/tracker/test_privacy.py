"""Nothing without consent, nothing after opting out, no secrets in addresses."""

from __future__ import annotations

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.tracker.recorder import Recorder

pytestmark = pytest.mark.browser

GPC = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })"
KEPT = (
    "[...Object.keys(localStorage), ...Object.keys(sessionStorage), "
    "...document.cookie.split('; ').filter(x => x)]"
)


def nothing_comes(page: Page, recorder: Recorder, since: int = 0) -> None:
    page.evaluate("window.hozir && hozir('event', 'x')")
    page.evaluate("history.pushState(0, '', '/else' + Math.random())")
    page.mouse.move(5, 5)
    page.wait_for_timeout(200)
    page.goto("about:blank")
    assert len(recorder.received) == since


def test_global_privacy_control_is_honoured(page: Page, recorder: Recorder) -> None:
    page.add_init_script(GPC)
    page.goto("/")
    page.wait_for_function("window.hozir && hozir.door")
    assert page.evaluate(KEPT) == []
    nothing_comes(page, recorder)


def test_global_privacy_control_can_be_overruled(page: Page, recorder: Recorder) -> None:
    page.add_init_script(GPC)
    recorder.attributes += ' data-respect-gpc="false"'
    page.goto("/")
    recorder.wait_for("page_view")


def test_nothing_is_kept_or_sent_before_consent(page: Page, recorder: Recorder) -> None:
    recorder.attributes += ' data-consent="required"'
    page.goto("/")
    page.wait_for_function("window.hozir && hozir.door")
    assert page.evaluate(KEPT) == []
    nothing_comes(page, recorder)


def test_consent_begins_and_is_remembered(page: Page, recorder: Recorder) -> None:
    recorder.attributes += ' data-consent="required"'
    page.goto("/one")
    page.wait_for_function("window.hozir && hozir.door")
    page.evaluate("hozir('consent', true)")
    (first,) = recorder.wait_for("page_view")
    assert first.url.endswith("/one")
    page.goto("/two")
    recorder.wait_for("page_view", 2)


def test_withdrawn_consent_removes_everything(page: Page, recorder: Recorder) -> None:
    recorder.attributes += ' data-consent="required"'
    page.goto("/")
    page.wait_for_function("window.hozir && hozir.door")
    page.evaluate("hozir('consent', true)")
    recorder.wait_for("page_view")
    page.evaluate("hozir('consent', false)")
    assert page.evaluate(KEPT) == []
    nothing_comes(page, recorder, since=1)


def test_refusal_counts_where_consent_is_not_required(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("hozir('consent', false)")
    page.goto("/two")
    page.wait_for_function("window.hozir && hozir.door")
    nothing_comes(page, recorder, since=1)


def test_opting_out_removes_the_ids_and_lasts(
    page: Page, recorder: Recorder, context: BrowserContext
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("hozir('optOut')")
    kept = page.evaluate(KEPT)
    assert set(kept) == {"hozir_optout", "hozir_optout=1"}
    page.evaluate("localStorage.clear()")
    page.goto("/again")
    page.wait_for_function("window.hozir && hozir.door")
    nothing_comes(page, recorder, since=1)


def test_opting_out_holds_in_other_open_tabs(
    page: Page, recorder: Recorder, context: BrowserContext
) -> None:
    other = context.new_page()
    other.goto("/other")
    page.goto("/")
    recorder.wait_for("page_view", 2)
    page.evaluate("hozir('optOut')")
    nothing_comes(other, recorder, since=2)


def test_opting_out_before_the_script_came_sends_nothing(page: Page, recorder: Recorder) -> None:
    page.add_init_script(
        "if (!window.hozir) (window.hozir = function () {"
        "(hozir.q = hozir.q || []).push(arguments) })('optOut')"
    )
    page.goto("/")
    page.wait_for_function("window.hozir && hozir.door")
    page.wait_for_timeout(200)
    assert not recorder.received


def test_opting_in_again_begins_as_a_new_visitor(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("hozir('optOut')")
    page.evaluate("hozir('optIn')")
    recorder.wait_for("page_view", 2)
    first, second = recorder.beacons()
    assert first.visitor_id != second.visitor_id
    assert first.tab_id != second.tab_id


JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


SECRET = {
    "/u/ali.valiyev@shop.uz/x": "/u/***/x",
    "/x?to=ali%40shop.uz&a=1": "/x?to=***&a=1",
    "/reset?token=abc&a=1": "/reset?token=***&a=1",
    "/x?api_key=abc&accessToken=d&PHPSESSID=e": "/x?api_key=***&accessToken=***&PHPSESSID=***",
    "/x?password=p&code=123&client_secret=s": "/x?password=***&code=***&client_secret=***",
    "/x#access_token=abc&state=1": "/x#access_token=***&state=1",
    f"/x?v={JWT}": "/x?v=***",
    "/x/0123456789abcdef0123456789abcdef": "/x/***",
    "/x?c=8600123412341234": "/x?c=***",
    "/x?c=8600+1234+1234+1234": "/x?c=***",
    "/x?c=8600%201234%201234%201234": "/x?c=***",
}
READABLE = [
    "/blog/how-to-sell-more-in-2024-with-one-page",
    "/katalog/telefonlar?keyword=redmi&author=ali&page=2",
    "/x?utm_source=telegram&utm_medium=social&utm_campaign=navruz-2025",
    "/p/4780012345678",
    "/@shop/post",
]


def test_secrets_leave_addresses_and_titles_and_the_rest_stays(
    page: Page, recorder: Recorder
) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    expected = SECRET | {address: address for address in READABLE}
    for count, (address, clean) in enumerate(expected.items(), 2):
        page.evaluate("to => { history.pushState(0, '', to); document.title = 'T ' + to }", address)
        event = recorder.wait_for("page_view", count)[-1]
        assert event.url == recorder.origin + clean
        assert event.title == "T " + clean


def test_secrets_leave_the_referrer(page: Page, recorder: Recorder) -> None:
    page.goto("/one?token=abc")
    recorder.wait_for("page_view")
    page.evaluate("location.href = '/two'")
    recorder.wait_for("page_view", 2)
    context = recorder.beacons()[-1].context
    assert context is not None
    assert context.referrer == f"{recorder.origin}/one?token=***"
