"""Clicks, downloads, outbound links, forms and what the site itself says."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.tracker.recorder import Recorder

pytestmark = pytest.mark.browser

BODY = """
<script>addEventListener("click", e => {
  if (e.target.closest("a")) e.preventDefault();
})</script>
<button class="cta-pricing big">Buy</button>
<button id="save"><b>Save</b></button>
<a class="nav" href="/pricing?email=me@shop.uz">Pricing</a>
<a id="pdf" href="/files/price-list.pdf">List</a>
<a id="named" download href="/export">Export</a>
<a id="out" href="https://other.example/page">Other</a>
<button id="buy" data-hozir-event="buy" data-hozir-plan="pro" data-hozir-plan-size="xl">
  Buy</button>
<p id="text">Just text</p>
<form id="contact" onsubmit="event.preventDefault()">
  <input name="email"><input name="password" type="password"><textarea name="note"></textarea>
  <button id="send">Send</button>
</form>
"""


@pytest.fixture
def shop(page: Page, recorder: Recorder) -> Page:
    recorder.pages["/shop"] = BODY
    page.goto("/shop")
    recorder.wait_for("page_view")
    return page


@pytest.mark.parametrize(
    ("selector", "name", "target"),
    [
        (".cta-pricing", "click", "button.cta-pricing"),
        ("#save b", "click", "button#save"),
        (".nav", "click", "a.nav /pricing?email=***"),
        ("#pdf", "download", "a#pdf /files/price-list.pdf"),
        ("#named", "download", "a#named /export"),
        ("#out", "outbound", "a#out https://other.example/page"),
    ],
)
def test_click_tells_what_was_touched(
    shop: Page, recorder: Recorder, selector: str, name: str, target: str
) -> None:
    shop.click(selector)
    (event,) = recorder.wait_for("interaction")
    assert (event.name, event.target, event.view) == (name, target, 1)


def test_click_on_text_tells_nothing(shop: Page, recorder: Recorder) -> None:
    shop.click("#text")
    shop.click("#save")
    (event,) = recorder.wait_for("interaction")
    assert event.target == "button#save"


def test_tagged_element_is_a_custom_event_with_its_props(shop: Page, recorder: Recorder) -> None:
    shop.click("#buy")
    (event,) = recorder.wait_for("custom")
    assert event.name == "buy"
    assert event.props == {"plan": "pro", "plan-size": "xl"}
    assert not recorder.events("interaction")


def test_form_tells_view_and_submit_but_no_value(shop: Page, recorder: Recorder) -> None:
    shop.fill("[name=email]", "someone@private.example")
    shop.fill("[name=password]", "hunter2hunter2")
    shop.fill("[name=note]", "my secret note")
    shop.press("[name=email]", "Enter")
    recorder.wait_until(
        lambda: "form_submit" in [event.name for event in recorder.events("interaction")]
    )
    told = [(event.name, event.target) for event in recorder.events("interaction")]
    assert told.count(("form_view", "form#contact")) == 1
    assert told.count(("form_submit", "form#contact")) == 1
    everything = repr(recorder.beacons())
    for typed in ("someone", "private", "hunter2", "secret note"):
        assert typed not in everything


def test_at_most_a_hundred_interactions_per_page_view(shop: Page, recorder: Recorder) -> None:
    shop.evaluate("for (let i = 0; i < 150; i++) document.querySelector('#save').click()")
    recorder.wait_for("interaction", 100)
    shop.evaluate("history.pushState(0, '', '/next')")
    recorder.wait_for("page_view", 2)
    assert len(recorder.events("interaction")) == 100
    assert max(len(beacon.events) for beacon in recorder.beacons()) <= 50
    shop.click("#save")
    assert recorder.wait_for("interaction", 101)[-1].view == 2


def test_events_close_together_share_a_beacon(shop: Page, recorder: Recorder) -> None:
    shop.evaluate("hozir('event', 'a'); Promise.resolve().then(() => hozir('event', 'b'))")
    recorder.wait_for("custom", 2)
    _, beacon = recorder.beacons()
    assert [event.name for event in beacon.events] == ["a", "b"]
    assert beacon.context is None


def test_event_and_identify_carry_what_the_site_says(shop: Page, recorder: Recorder) -> None:
    shop.evaluate("hozir('event', 'order', { total: 12.5, items: ['a', 'b'], gift: true })")
    shop.evaluate("hozir('identify', { id: '7', name: 'Aziza', traits: { plan: 'pro' } })")
    (order,) = recorder.wait_for("custom")
    (who,) = recorder.wait_for("identify")
    assert order.name == "order"
    assert order.props == {"total": 12.5, "items": ["a", "b"], "gift": True}
    assert who.props == {"id": "7", "name": "Aziza", "traits": {"plan": "pro"}}


def test_calls_before_the_script_came_are_kept(page: Page, recorder: Recorder) -> None:
    page.add_init_script(
        """window.hozir = window.hozir || function () {
          (hozir.q = hozir.q || []).push(arguments)
        };
        hozir("event", "early", { a: 1 });
        hozir("identify", { id: "9" });"""
    )
    page.goto("/")
    recorder.wait_for("identify")
    kinds = [event.kind for event in recorder.events()]
    assert kinds == ["page_view", "custom", "identify"]


NONSENSE = [
    "hozir()",
    "hozir('nonsense', 1)",
    "hozir('event')",
    "hozir('event', Symbol('x'))",
    "{ const loop = {}; loop.loop = loop; hozir('event', 'loop', loop) }",
    "hozir('event', 'big', { n: 10n })",
    "hozir('event', 'fine', 'not an object')",
    "hozir('event', 'fine', [1, 2])",
    "hozir('identify', null)",
]


def test_nonsense_from_the_page_harms_neither_it_nor_the_beacons(
    page: Page, recorder: Recorder
) -> None:
    errors: list[object] = []
    page.on("pageerror", lambda error: errors.append(error))
    page.goto("/")
    recorder.wait_for("page_view")
    for call in NONSENSE:
        page.evaluate(f"() => {{ {call} }}")
    page.evaluate("hozir('event', 'after')")
    recorder.wait_until(lambda: any(e.name == "after" for e in recorder.events("custom")))
    assert [event.name for event in recorder.events("custom")] == ["fine", "fine", "after"]
    assert not errors


def test_history_works_for_the_page_when_ours_fails(page: Page, recorder: Recorder) -> None:
    page.goto("/")
    recorder.wait_for("page_view")
    page.evaluate("void (performance.now = () => { throw new Error('broken') })")
    page.evaluate("history.pushState({ kept: 1 }, '', '/moved')")
    assert page.evaluate("[location.pathname, history.state.kept]") == ["/moved", 1]
    refused = "try { history.pushState(0, '', 'https://else.example/'); 'no' } catch { 'yes' }"
    assert page.evaluate(refused) == "yes", "the page's own errors must stay"
