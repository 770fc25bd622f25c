"""The health page: what it says of each answer of the API, and all of it in a browser."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.client import Site
from dashboards.shell import Shell
from dashboards.texts import LANGUAGES, Language, say, texts
from dashboards.verdict import length, share, size
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import encode
from hozir.contract.topics import DEAD_LETTERS, DeadLetter
from hozir.health import REASONS as UNREADY
from ingest.reject import REASONS
from tests.chromium import PATIENCE
from tests.crowd import Crowd
from tests.desk import Desk, desk
from tests.stack import NO_LIMITS, Stack, stack, wait_for

VIEW = Path(dashboards.__file__).parent / "views" / "health.py"
APP = VIEW.parents[1] / "app.py"
EVIL = "![x](http://evil.test/x.png) <img src=x onerror=alert(1)> :material/bolt: `c` " * 3


def told(**more: Any) -> dict[str, Any]:
    """Return what the API answers while all is well."""
    now = datetime.now(UTC)
    course = [
        {"at": (now - timedelta(minutes=n)).isoformat(), "leaves": n, "ghosts": 0}
        for n in range(14, -1, -1)
    ]
    data: dict[str, Any] = {
        "window": "15m",
        "since": (now - timedelta(minutes=5)).isoformat(),
        "whole": True,
        "verdict": {"word": "true", "beyond": [], "step": "", "since": None},
        "join": {
            "visits": 1683,
            "p50_ms": 41.2,
            "p95_ms": 84.0,
            "p99_ms": 140.6,
            "goal_ms": 100,
            "from_ms": 0,
            "step_ms": 25,
            "bars": [9, 5, 2, 1] + [0] * 10,
        },
        "leave": {
            "farewells": 90,
            "silent": 15,
            "p50_ms": 5170.0,
            "p95_ms": 5290.0,
            "p99_ms": 5400.0,
            "goal_ms": 6000,
            "from_ms": 5000,
            "step_ms": 100,
            "bars": [3, 80, 7] + [0] * 13,
        },
        "ghosts": {
            "leaves": 105,
            "ghosts": 0,
            "share": 0.0,
            "goal": 0.01,
            "flickers": 2,
            "course": course,
        },
        "steps": [
            a_step("door", durable_ms=2.5),
            a_step("pipeline", lag_ms=21.0),
            a_step("screens", open=12),
            a_step("warehouse", lag_ms=240.0),
        ],
        "dead_letters": {"of_day": 0, "newest": []},
        "turned_away": {"accepted": 84_310, "reasons": {}, "since": now.isoformat()},
    }
    return data | more


def a_step(name: str, **more: Any) -> dict[str, Any]:
    return {"step": name, "place": None, "ready": True, "reason": "", "lag_ms": 0.0} | more


def empty() -> dict[str, Any]:
    """Return what the API answers where nobody came."""
    data = told(verdict={"word": "nobody", "beyond": [], "step": "", "since": None})
    none = {"p50_ms": None, "p95_ms": None, "p99_ms": None}
    data["join"] |= none | {"visits": 0, "bars": [0] * 14}
    data["leave"] |= none | {"farewells": 0, "silent": 0, "bars": [0] * 16}
    data["ghosts"] |= {"leaves": 0, "share": None, "flickers": 0}
    return data


def open_page(api: Any, data: dict[str, Any], language: str = "en") -> AppTest:
    user = api.answers["/api/v1/session"][1]["user"]
    user["may"] = ["view_visitors", "see_health"]
    api.answers["/api/v1/health"] = (200, {"data": data})
    app = AppTest.from_file(str(APP), default_timeout=20)
    app.query_params["lang"] = language
    app.run()
    app.switch_page(str(VIEW)).run()
    assert not app.exception
    return app


def html(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.main.get("html"))


def said(app: AppTest) -> str:
    """Return the verdict as it is read."""
    found = re.search(r'<div class="hz-verdict.*?</i>(.*?)</div></div>', html(app), re.S)
    assert found
    return unescape(re.sub("<[^>]+>", " ", found[1])).strip()


def captions(app: AppTest) -> list[str]:
    return [str(one.value) for one in app.caption]


def test_verdict_is_the_first_thing_and_says_the_figures(api: Any) -> None:
    app = open_page(api, told())
    assert said(app).startswith("Presence is true")
    assert "appears within 84 ms and, having left, disappears within 5.3 s" in said(app)
    assert [metric.value for metric in app.metric] == ["84 ms", "5.3 s", "0%"]
    assert "p95 · goal 100 ms · p50 41 ms · p99 141 ms" in captions(app)
    assert "p95 · goal 6 s · 5 s is grace, on purpose" in captions(app)
    assert "of 105 leaves · goal under 1% · 15 fell silent · 2 flickers" in captions(app)


def test_what_is_late_is_named_with_its_goal(api: Any) -> None:
    data = told(
        verdict={"word": "late", "beyond": ["join", "leave", "ghosts"], "step": "", "since": None}
    )
    data["join"]["p95_ms"], data["leave"]["p95_ms"] = 47_100.0, 127_000.0
    data["ghosts"] |= {"ghosts": 2, "share": 0.019}
    assert said(open_page(api, data)).split("  ")[-1] == (
        "A visitor appears within 47 s (95 of 100); the goal is 100 ms."
        " Who left disappears within 2m\u00a007s (95 of 100); the goal is 6 s."
        " 1.9% of those who left were shown too long; the goal is under 1%."
    )


def test_step_that_does_not_answer_is_said_first(api: Any) -> None:
    since = datetime.now(UTC).isoformat()
    word = {"word": "unknown", "beyond": [], "step": "pipeline", "since": since}
    data = told(verdict=word)
    data["steps"][1] = a_step("pipeline", ready=False, reason="no_answer", lag_ms=None)
    app = open_page(api, data)
    assert "Nothing new can be learnt" in said(app)
    assert "Pipeline: no answer. Since " in said(app)
    assert '<li class="hz-stuck"><b>Pipeline</b><span>No answer</span>' in html(app)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_nobody_yet_has_its_words_and_no_nought(api: Any, language: Language) -> None:
    app = open_page(api, empty(), language)
    assert said(app).startswith(say(language, "health.nobody"))
    assert [metric.value for metric in app.metric] == ["–", "–", "–"]
    assert say(language, "health.letters_none") in captions(app)
    assert say(language, "health.away_none") in captions(app)
    assert "{" not in html(app) + "".join(captions(app))


@pytest.mark.parametrize("missing", ["join", "leave"])
def test_half_of_the_figures_is_enough_for_a_verdict(api: Any, missing: str) -> None:
    data = told()
    data[missing] = empty()[missing]
    words = {"join": "Nobody new came.", "leave": "Nobody has left with a farewell yet."}
    assert words[missing] in said(open_page(api, data))


def test_who_all_fell_silent_is_told(api: Any) -> None:
    data = told(join=empty()["join"], leave=empty()["leave"] | {"silent": 105})
    assert "fell silent" in said(open_page(api, data))


def test_since_when_it_is_measured_is_said_where_that_is_not_all_of_the_time(api: Any) -> None:
    assert "Measured since" not in said(open_page(api, told()))
    assert "a new start begins anew" in said(open_page(api, told(whole=False)))


def test_what_could_not_be_read_or_was_turned_away_is_text(api: Any) -> None:
    letter = {
        "at": datetime.now(UTC).isoformat(),
        "topic": "events",
        "partition": 3,
        "offset": 88_412,
        "reason": EVIL,
        "size": 65_536,
    }
    away = {"accepted": 84_310, "reasons": {"unknown_site": 318, EVIL: 1}, "since": None}
    app = open_page(api, told(dead_letters={"of_day": 3, "newest": [letter]}, turned_away=away))
    assert "3 records of the last 24 hours could not be read" in said(app)
    (table,) = app.dataframe
    assert table.value.iloc[0, 1:].tolist() == ["events · 3 · 88412", "64.0 KiB", EVIL]
    assert "<img" not in html(app)
    labels = [str(button.label) for button in app.main.button]
    assert "Unknown site" in labels
    assert not [one for one in labels if re.search(r"(?<!\\)!\[|(?<!:)(?<!\\):material", one)]
    assert "<b>318</b><small>0.4%</small>" in html(app)


def test_where_log_and_door_do_not_answer_it_says_so_and_not_nought(api: Any) -> None:
    app = open_page(api, told(dead_letters=None, turned_away=None))
    assert say("en", "health.letters_unknown") in captions(app)
    assert say("en", "health.away_unknown") in captions(app)


def test_api_that_gives_no_answer_leaves_the_title(api: Any) -> None:
    app = open_page(api, told())
    del api.answers["/api/v1/health"]
    app.run()
    assert app.error[0].value == say("en", "shell.no_answer")
    assert "<h1>Health</h1>" in html(app)


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_reason_has_its_words(language: Language) -> None:
    known = texts(language)
    assert [one for one in REASONS if f"health.away_{one}" not in known] == []
    assert [one for one in (*UNREADY, "no_answer") if f"health.reason_{one}" not in known] == []


def test_lengths_are_as_short_as_they_are() -> None:
    here: Any = Shell(None, None, Site("demo", "Demo"), "en")  # type: ignore[arg-type]
    lengths = (None, 0.0, 1.25, 9.96, 84.4, 999.0, 1_000, 5_290, 47_100, 127_000)
    assert [length(here, ms) for ms in lengths] == [
        *("–", "0 ms", "1.2 ms", "10 ms", "84 ms", "999 ms", "1 s", "5.3 s", "47 s"),
        "2m\u00a007s",
    ]
    assert [share(here, part) for part in (None, 0.0, 0.003, 0.41)] == ["–", "0%", "0.3%", "41%"]
    assert [size(here, n) for n in (0, 412, 1_126)] == ["0 B", "412 B", "1.1 KiB"]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A system that is well, and stands still where a test wants it to."""
    with stack(tmp_path_factory.mktemp("health"), **NO_LIMITS) as running:
        yield running


@pytest.fixture(scope="module")
def here(browser: Browser, system: Stack) -> Iterator[Desk]:
    with desk(browser, system) as desk_:
        desk_.sign_in()
        yield desk_
        assert (desk_.outside, desk_.broken) == ([], [])


def becomes(page: Page, words: str) -> None:
    """Wait until the verdict has these words, without touching the page."""
    expect(page.locator(".hz-verdict")).to_contain_text(words, timeout=3 * PATIENCE)


@pytest.mark.browser
@pytest.mark.slow
def test_real_visit_is_measured_while_one_looks(here: Desk, system: Stack) -> None:
    page = here.open("health")
    becomes(page, "Nobody came in this time")
    with Crowd(system.ingest) as crowd:
        for _ in range(3):
            crowd.come().open("http://localhost:3000/", "Bosh sahifa")
        expect(page.get_by_test_id("stMetricValue").first).to_contain_text("s")
        crowd.guests.pop().leave()
        leave = page.get_by_test_id("stMetricValue").nth(1)
        expect(leave).to_have_text(re.compile(r"\d s|\d{2,} s|m"))
        page.locator(".st-key-box_leave svg.marks").wait_for()
    with system.client() as client:
        data = client.get("/api/v1/health").json()["data"]
    assert (data["join"]["visits"], data["leave"]["farewells"]) == (3, 1)
    assert data["leave"]["p95_ms"] >= 5_000
    assert data["verdict"]["word"] in ("true", "late")
    assert [step["step"] for step in data["steps"]] == ["door", "pipeline", "screens", "warehouse"]
    assert all(step["ready"] for step in data["steps"])


@pytest.mark.browser
@pytest.mark.slow
def test_period_is_kept_in_the_address(here: Desk) -> None:
    page = here.open("health")
    page.get_by_text("24 h", exact=True).first.click()
    page.wait_for_url(re.compile("window=24h"))
    here.settled()
    expect(page.get_by_role("radio", name="24 h")).to_be_checked()
    page.reload()
    here.settled()
    expect(page.get_by_role("radio", name="24 h")).to_be_checked()


@pytest.mark.browser
@pytest.mark.slow
def test_dead_letter_and_what_the_door_refused_show(here: Desk, system: Stack) -> None:
    letter = DeadLetter("events", 3, 88_412, EVIL, b"+998 90 123-45-67")
    log = EmbeddedLog(system.data / "log")
    log.append(DEAD_LETTERS, [(0, encode(letter))])
    log.close()
    for _ in range(2):
        httpx.post(f"{system.ingest}/e/nobody", content=b"{}")
    page = here.open("health")
    becomes(page, "1 record of the last 24 hours could not be read")
    cells = page.locator("[data-testid=stDataFrame] td")
    expect(cells.filter(has_text="88412").first).to_be_attached()
    expect(page.locator(".st-key-box_away")).to_contain_text("Unknown site")
    assert page.locator("[data-testid=stMain] img").count() == 0
    assert "123-45-67" not in page.content()
    page.set_viewport_size({"width": 375, "height": 812})
    here.settled()
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    page.set_viewport_size({"width": 1440, "height": 1000})


@pytest.mark.browser
@pytest.mark.slow
def test_charts_stay_while_the_page_refreshes(here: Desk) -> None:
    page = here.open("health")
    page.locator(".st-key-box_join svg.marks").wait_for()
    page.wait_for_timeout(3_000)
    seen = page.evaluate(
        """() => new Promise((done) => {
          const boxes = ["join", "leave"], seen = [], end = performance.now() + 12_000;
          const look = () => {
            seen.push(boxes.filter((name) =>
              document.querySelector(`.st-key-box_${name} svg.marks`)).length);
            if (performance.now() < end) requestAnimationFrame(look); else done(seen);
          };
          look();
        })"""
    )
    assert set(seen) == {2}


@pytest.mark.browser
@pytest.mark.slow
def test_pipeline_that_stands_still_is_named_and_comes_back(here: Desk, system: Stack) -> None:
    page = here.open("health")
    pid = system.pid("pipeline")
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        becomes(page, "Nothing new can be learnt")
        becomes(page, "Pipeline: no answer")
        expect(page.locator(".hz-stuck")).to_contain_text("No answer")
    finally:
        os.kill(pid, signal.SIGCONT)
    expect(page.locator(".hz-verdict")).not_to_contain_text("Nothing new", timeout=3 * PATIENCE)
    wait_for(lambda: not page.locator(".hz-stuck").count(), 60)
