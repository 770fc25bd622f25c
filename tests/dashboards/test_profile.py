"""The profile in a real browser, and the drawer as Streamlit runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.components import mount
from tests.dashboards.parts import OnePart, iso, seen, whole_visitor

APP = Path(dashboards.__file__).parent / "app.py"
EVIL = '"><img src=x onerror="window.hit=1"><script>window.hit=1</script>'
Still = tuple[OnePart, dict[str, Any]]
MAY = ["send_messages", "edit_contacts", "end_sessions"]


@contextmanager
def open_panel(browser: Browser) -> Iterator[OnePart]:
    """A page with nothing but a profile; an error in it fails the test."""
    context = browser.new_context(viewport={"width": 800, "height": 900})
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield OnePart(page, "profile")
    context.close()
    assert failures == []


@pytest.fixture
def panel(browser: Browser) -> Iterator[OnePart]:
    with open_panel(browser) as opened:
        yield opened


@pytest.fixture(scope="module")
def still(browser: Browser) -> Iterator[Still]:
    """A profile that tests only look at, and whose it is."""
    with open_panel(browser) as opened:
        device = whole_visitor()["device"] | {"language": "uz-UZ,ru-RU"}
        who = whole_visitor(device=device)
        opened.mount(who, may=MAY)
        yield opened, who


def rows(panel: OnePart) -> list[str]:
    return panel.page.locator(".tl .t").all_inner_texts()


def known(panel: OnePart, section: str) -> dict[str, str]:
    """What a section says, by its names."""
    pairs = (
        "(all) => Object.fromEntries(all.map((dt) => [dt, dt.nextSibling].map((x) => x.innerText)))"
    )
    found: dict[str, str] = panel.page.locator(f".s-{section} dt").evaluate_all(pairs)
    return found


def style(panel: OnePart, of: str, name: str) -> str:
    found: str = panel.page.locator(of).first.evaluate(f"(one) => getComputedStyle(one).{name}")
    return found


def clock(moment: str) -> str:
    """The time of a moment in the site's zone, which is UTC in these tests."""
    return moment[11:16]


def day(moment: str) -> str:
    at = datetime.fromisoformat(moment)
    year = "" if at.year == datetime.now(UTC).year else f" {at.year}"
    return f"{at.day} {at:%b}{year}"


@pytest.mark.browser
def test_a_profile_tells_who_what_happened_and_what_is_known(panel: OnePart) -> None:
    panel.mount(whole_visitor(), may=MAY)
    assert panel.text(".marks h2") == "Anonymous #12847"
    assert panel.text(".idn .clip") == "Tashkent, Uzbekistan"
    assert "(UTC+5)" in panel.text(".own")
    stats = panel.page.locator(".six dd").all_inner_texts()
    assert stats[1:3] == ["just now", "2 times"]
    assert stats[3].startswith("3m")
    assert stats[4:] == ["3", "2m\u00a005s"]
    assert rows(panel) == ["Page /pricing", "Page /", "Page /blog"]
    assert "65% down · 3 clicks" in panel.text(".tl .cur .bar")
    assert panel.text(".s-source dd >> nth=0") == "Google, search"
    assert panel.text(".s-source .mono") == "/"
    assert "50%" in panel.text(".s-behaviour")
    assert panel.page.get_by_role("complementary").get_attribute("aria-label") == (
        "Visitor profile for Anonymous #12847"
    )


@pytest.mark.browser
def test_the_head_shows_flag_masked_address_and_six_facts(still: Still) -> None:
    panel, who = still
    assert panel.text(".idn .flag") in {"UZ", "\U0001f1fa\U0001f1ff"}
    assert panel.text(".idn p.mono") == "82.215.x.x"
    hint = panel.page.locator(".idn p.mono").get_attribute("title")
    assert hint == "Partly hidden for privacy"
    assert style(panel, ".idn .av", "width") == "80px"
    names = "First seen|Last seen|Visits|This visit|Pages in all|Average visit"
    assert panel.page.locator(".six dt").all_inner_texts() == names.split("|")
    assert panel.text(".six dd") == day(who["totals"]["first_seen_at"])
    ticking = ".six div:nth-child(4) dd"
    before = panel.text(ticking)
    panel.until(lambda: panel.text(ticking) != before)


@pytest.mark.browser
def test_each_section_has_its_title_and_its_facts(still: Still) -> None:
    panel, who = still
    titles = panel.page.locator("section h3:visible").all_inner_texts()
    assert titles == [
        *("This visit", "Page history", "Conversations"),
        *("Came from", "Behaviour", "Technical details", "Contact details"),
    ]
    assert known(panel, "device") == {
        "Place": "Tashkent, Uzbekistan",
        "Time zone": "Asia/Tashkent · UTC+5",
        "Language": "uz-UZ, ru-RU",
        "Device": "Desktop",
        "System": "Windows 11",
        "Browser": "Chrome 131.0",
        "Screen": "1920 × 1080",
        "IP address": "82.215.x.x",
    }
    assert known(panel, "behaviour")["Average visit"] == "2m\u00a005s"
    assert known(panel, "source")["Started"] == clock(who["session"]["started_at"])
    assert panel.text(".profile .h .muted").startswith("2 pages · 3m\u00a0")
    top = panel.page.locator(".top li")
    assert [one.split() for one in top.all_inner_texts()] == [["/pricing", "14"], ["/", "7"]]
    widths = "(bars) => bars.map((bar) => bar.style.width)"
    assert top.locator(".track i").evaluate_all(widths) == ["100%", "50%"]


@pytest.mark.browser
def test_the_timeline_has_title_path_length_and_time(still: Still) -> None:
    panel, who = still
    here, first, before = who["page_history"]
    assert panel.page.locator(".tl .mono").all_inner_texts() == ["/pricing", "/", "/blog"]
    assert panel.page.locator(".tl time").all_inner_texts() == [
        *(clock(here["timestamp"]), clock(first["timestamp"])),
        day(before["timestamp"]),
    ]
    assert panel.page.locator(".tl .bar").all_inner_texts()[1:] == ["1m\u00a000s", "30s"]
    assert style(panel, ".tl .t", "fontSize") == "14px"
    assert "mono" in style(panel, ".tl .mono", "fontFamily").lower()


@pytest.mark.browser
def test_what_somebody_left_is_shown_and_a_contact_with_all_its_details(panel: OnePart) -> None:
    draft = {"name": "Ann", "phone": "+998 90 000-00-01"}
    direct = {"source": "(direct)", "medium": "(none)"}
    who = whole_visitor(email="ann@x.example", contact_draft=draft, referrer=direct)
    panel.mount(who, may=MAY)
    assert known(panel, "source")["Source"] == "Direct"
    assert known(panel, "contact") == {
        "Name": "Ann",
        "E-mail": "ann@x.example",
        "Phone": "+998 90 000-00-01",
    }
    page = panel.page
    assert page.get_by_role("button", name="Save as contact").is_visible()
    contact = {"name": "Dilnoza", "email": "d@x.example", "phone": "1", "traits": {"plan": "pro"}}
    found = whole_visitor(contact={**contact, "note": "Spring"}, contact_id="c_1", name="Dilnoza")
    panel.mount(found, may=MAY)
    panel.until(lambda: "plan" in known(panel, "contact"))
    assert list(known(panel, "contact").items()) == [
        *(("Name", "Dilnoza"), ("E-mail", "d@x.example"), ("Phone", "1")),
        *(("plan", "pro"), ("Note", "Spring")),
    ]
    page.get_by_role("button", name="Edit contact").click()
    page.get_by_role("button", name="Send a message").click()
    assert [len(panel.told(name)) for name in ("contact", "message")] == [1, 1]


@pytest.mark.browser
def test_events_and_the_insight_with_its_reason_are_told(panel: OnePart) -> None:
    minute_ago = iso(60)
    at = {"url": "/trial", "timestamp": minute_ago, "props": {}}
    events = [
        {"kind": "custom", "name": "Signed up for trial", "target": "", **at},
        {"kind": "interaction", "name": "click", "target": "button.cta", **at},
    ]
    values = {"page": "Pricing", "minutes": 4, "n": 3}
    insight = {"rule": "high_intent", "values": values}
    panel.mount(whole_visitor(events=events, insight=insight), may=MAY)
    assert panel.text(".s-events h3") == "Events"
    shown = [text.split("\n") for text in panel.page.locator(".s-events li").all_inner_texts()]
    assert [one[:2] for one in shown] == [
        ["Signed up for trial", "/trial"],
        ["Click: button.cta", "/trial"],
    ]
    assert panel.text(".s-events time") == clock(minute_ago)
    assert panel.page.locator(".s-events svg").count() == 2
    assert panel.text(".insight b") == "High intent"
    why = "Why: “Pricing”: 4 min of attention, prices opened in 3 visits within 7 days."
    assert panel.text(".insight p") == why


@pytest.mark.browser
def test_opening_another_tab_and_another_page_are_said_aloud(panel: OnePart) -> None:
    panel.page.set_viewport_size({"width": 375, "height": 800})
    who = whole_visitor()
    panel.mount(who, may=MAY)
    said = panel.page.locator(".profile > .sr")
    assert said.get_attribute("aria-live") == "polite"
    opened = "Visitor profile opened for Anonymous #12847 from Tashkent, Uzbekistan."
    panel.until(lambda: said.inner_text() == opened)
    assert panel.text(".now-on:visible") == "Page /pricing"
    panel.snapshot(who)
    # From here on time passes by `run_for` alone: one thing is said in ten seconds.
    panel.page.clock.install(time=datetime.now(UTC))
    panel.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=1))
    panel.page.get_by_role("tab", name="Device").click()
    panel.page.clock.run_for(10_000)
    assert said.inner_text() == "Showing the Device tab."
    page = seen(3, "/buy", 1, 1)
    moved = {**who, "current_page": page, "pages": [*who["pages"], page]}
    panel.change(moved, "visitor.page_change")
    panel.page.clock.run_for(10_000)
    assert said.inner_text() == "Anonymous #12847 navigated to Page /buy."


@pytest.mark.browser
def test_a_profile_lives_while_it_is_open(panel: OnePart) -> None:
    who = whole_visitor()
    panel.mount(who, may=MAY)
    panel.snapshot(who)
    page = seen(3, "/buy", 1, 1)
    moved = {**who, "current_page": page, "pages": [*who["pages"], page]}
    panel.change(moved, "visitor.page_change")
    assert rows(panel)[0] == "Page /buy"
    before = panel.text(".tl .cur .bar")
    panel.until(lambda: panel.text(".tl .cur .bar") != before)
    panel.change({**moved, "presence": "away"})
    assert panel.text(".marks .pill") == "Away"
    panel.answers["/api/v1/visitors/v_1"] = (200, {"data": {**moved, "contacted": True}})
    panel.leave(moved)
    assert panel.text(".marks .pill") == "Left"
    assert panel.page.locator(".tl .cur").count() == 0
    panel.change({**moved, "contacted": True}, "visitor.online")
    assert panel.text(".marks .pill") == "Online"
    panel.until(lambda: ("GET", "/api/v1/visitors/v_1", None) in panel.asked)


@pytest.mark.browser
def test_hostile_text_is_only_text_in_the_profile(panel: OnePart) -> None:
    page = seen(1, EVIL, 5, 5, title=EVIL)
    who = whole_visitor(
        name=EVIL,
        name_source="claimed",
        email=EVIL,
        ip_address=EVIL,
        identity={"id": EVIL, "verified": False},
        location=dict.fromkeys(("country", "country_code", "city", "region", "timezone"), EVIL),
        device=dict.fromkeys(("type", "os", "browser", "language", "screen_resolution"), EVIL),
        referrer=dict.fromkeys(("source", "medium", "campaign", "url"), EVIL),
        current_page=page,
        pages=[page],
        page_history=[page],
        contact={"name": EVIL, "email": EVIL, "phone": EVIL, "note": EVIL, "traits": {EVIL: EVIL}},
        insight={"rule": EVIL, "values": {EVIL: EVIL}},
        conversations=[{"id": EVIL, "status": EVIL, "last_message": {"text": EVIL}}],
        events=[{"kind": EVIL, "name": EVIL, "url": "javascript:hit=1", "timestamp": EVIL}],
        person={"visitors": [{"id": EVIL, "number": 2, "presence": EVIL, "device": EVIL}]},
    )
    panel.mount(who, may=MAY)
    assert panel.text(".marks h2") == EVIL
    assert panel.page.locator("#host img, #host script, #host a[href^=javascript]").count() == 0
    assert panel.page.evaluate("window.hit") is None
    box = panel.page.locator(".profile").evaluate("node => node.scrollWidth <= node.clientWidth")
    assert box


@pytest.mark.browser
def test_what_a_page_claims_is_marked_and_what_a_site_proves_too(panel: OnePart) -> None:
    who = whole_visitor(name="Ann", name_source="claimed", identity={"id": "7", "verified": False})
    panel.mount(who, may=MAY)
    mark = panel.page.locator(".marks .pill").last
    assert mark.inner_text() == "Claimed"
    assert "nobody has checked" in (mark.get_attribute("title") or "")
    panel.change({**who, "name_source": "verified", "identity": {"id": "7", "verified": True}})
    assert mark.inner_text() == "Verified"


@pytest.mark.browser
def test_in_a_narrow_drawer_keys_walk_between_three_tabs(panel: OnePart) -> None:
    panel.page.set_viewport_size({"width": 375, "height": 800})
    panel.mount(whole_visitor(), may=MAY)
    shown = panel.page.locator("[role=tabpanel]:visible")
    chosen = panel.page.locator("[role=tab][aria-selected=true]")
    panel.page.get_by_role("tab", name="Activity").focus()
    for key, name in {"ArrowRight": "Device", "End": "History", "Home": "Activity"}.items():
        panel.page.keyboard.press(key)
        assert chosen.inner_text() == name
        assert shown.count() == 1
        assert shown.get_attribute("aria-labelledby") == chosen.get_attribute("id")
    panel.page.set_viewport_size({"width": 800, "height": 800})
    panel.page.locator(".body.wide").wait_for()
    assert panel.page.get_by_role("tab").count() == 0


@pytest.mark.browser
def test_only_who_may_sees_an_action_and_ending_asks_first(panel: OnePart) -> None:
    panel.mount(whole_visitor(), may=[])
    assert panel.page.locator(".acts .btn:visible").count() == 0
    panel.mount(whole_visitor(), may=MAY)
    panel.page.get_by_role("button", name="End the session").click()
    assert panel.asked == []
    panel.answers["/api/v1/visitors/v_1/end"] = (202, {})
    panel.page.get_by_role("button", name="End it").click()
    panel.until(lambda: ("POST", "/api/v1/visitors/v_1/end", None) in panel.asked)
    panel.until(lambda: "being ended" in panel.text(".acts .note"))


@pytest.mark.browser
def test_links_lead_to_talks_and_to_other_browsers_of_a_proven_person(panel: OnePart) -> None:
    other = {"id": "v_2", "number": 9, "presence": "offline", "device": "Safari"}
    talk: dict[str, Any] = {
        "id": "c_1",
        "status": "closed",
        "last_at": iso(60),
        "assignee": {"name": "Malika"},
    }
    person = {"verified": True, "visitors": [{**other, "last_seen_at": iso(300)}]}
    panel.mount(whole_visitor(conversations=[talk], person=person), may=MAY)
    assert "Malika · closed" in panel.text(".s-talks")
    assert panel.text(".s-talks a") == clock(talk["last_at"])
    assert "5 minutes ago" in panel.text(".s-person")
    panel.page.locator(".s-talks a").click()
    panel.page.locator(".s-person a").click()
    assert panel.told("conversation") == ["c_1"]
    assert panel.told("visitor") == ["v_2"]


@pytest.mark.browser
def test_somebody_unknown_to_the_server_is_said_to_be_gone(panel: OnePart) -> None:
    panel.mount(whole_visitor(), may=MAY)
    panel.snapshot()
    panel.page.get_by_role("alert").wait_for(timeout=8000)
    assert "not found" in panel.text(".note >> nth=0")


def open_app(**query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=20)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def parts(app: AppTest) -> dict[str, dict[str, Any]]:
    told = [json.loads(element.proto.json) for element in app.get("bidi_component")]
    return {data["part"]: data for data in told}


def test_the_address_opens_a_profile_with_its_words(api: Any) -> None:
    api.answers["/api/v1/visitors/v_1"] = (200, {"data": whole_visitor()})
    shown = parts(open_app(visitor="v_1"))["profile"]
    assert shown["visitor"]["id"] == "v_1"
    assert shown["text"]["profile.first"] == "Birinchi tashrif"
    assert shown["site"] == {"key": "demo", "zone": "Asia/Tashkent"}


def test_the_address_opens_the_message_too(api: Any) -> None:
    api.answers["/api/v1/visitors/v_1"] = (200, {"data": whole_visitor()})
    shown = parts(open_app(visitor="v_1", write="1"))
    assert shown["composer"]["me"] == {"id": "u_1", "name": "Malika Yusupova"}
    assert shown["composer"]["inside"] is False
    assert "profile" not in shown


def test_the_message_is_written_inside_the_drawer(api: Any) -> None:
    api.answers["/api/v1/visitors/v_1"] = (200, {"data": whole_visitor()})
    app = open_app(visitor="v_1")
    app.session_state["profile step"] = "message"
    app.run()
    assert parts(app)["composer"]["inside"] is True
    app.button(key="profile_back").click().run()
    assert "profile" in parts(app)


def answer_as(monkeypatch: pytest.MonkeyPatch, part: str, told: dict[str, Any]) -> None:
    """Let a part tell what a browser would."""
    draw = mount.part

    def answering(name: str, *rest: Any, **more: Any) -> Any:
        drawn = draw(name, *rest, **more)
        return SimpleNamespace(**told) if name == part else drawn

    monkeypatch.setattr(mount, "part", answering)


@pytest.mark.parametrize("word", ["sent", "cancel"])
def test_a_message_of_its_own_closes_and_the_page_under_it_stays(
    api: Any, monkeypatch: pytest.MonkeyPatch, word: str
) -> None:
    api.answers["/api/v1/visitors/v_1"] = (200, {"data": whole_visitor()})
    answer_as(monkeypatch, "composer", {"sent": None, "cancel": None, word: "c_1"})
    app = open_app(visitor="v_1", write="1")
    assert not app.query_params
    assert "list" in parts(app)
    assert "composer" not in parts(app)


@pytest.mark.parametrize(
    ("part", "word", "step"),
    [("composer", "sent", "message"), ("profile", "conversation", "profile")],
)
def test_what_was_sent_or_opened_in_the_drawer_leads_to_the_inbox(
    api: Any, monkeypatch: pytest.MonkeyPatch, part: str, word: str, step: str
) -> None:
    api.answers["/api/v1/visitors/v_1"] = (200, {"data": whole_visitor()})
    app = open_app(visitor="v_1")
    told = dict.fromkeys(("sent", "cancel", "conversation", "visitor")) | {word: "c_1"}
    answer_as(monkeypatch, part, told)
    app.session_state["profile step"] = step
    app.run()
    assert not app.exception
    assert dict(app.query_params) == {"site": "demo", "lang": "uz", "conversation": "c_1"}
    assert "inbox" in parts(app)
    assert "profile" not in parts(app)


def test_an_unknown_visitor_in_the_address_is_told_in_words(api: Any) -> None:
    assert [info.value for info in open_app(visitor="v_none").info] == [
        "Bu mehmon topilmadi. Maʼlumoti oʻchirilgan boʻlishi mumkin."
    ]
