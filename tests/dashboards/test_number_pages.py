"""Pages, acquisition, hours, sites and events: what they ask, say and offer."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.texts import LANGUAGES, say
from dashboards.week import quietest
from tests.dashboards.conftest import SITE
from tests.dashboards.parts import whole_visitor

HERE = Path(dashboards.__file__).parent
EVIL = "![x](http://evil.test/x.png) <img src=x onerror=alert(1)> :material/bolt: $x$ `c`"
OTHER = {**SITE, "site_key": "shop", "name": "Shop"}
PAGES = {
    "pages": ("pages", "entry_pages", "exit_pages", "steps", "conversation_pages"),
    "acquisition": ("sources", "overview"),
    "hours": ("hours", "talk_hours"),
    "sites_compare": ("sites", "agents"),
    "events": ("events", "goals"),
}
UNITS = {
    "bounce_rate": "share",
    "exit_rate": "share",
    "conversion_rate": "share",
    "page_seconds": "seconds",
    "session_seconds": "seconds",
    "first_response_seconds": "seconds",
    "scroll_depth": "percent_depth",
    "pages_per_session": "per_session",
}
VISITS = {"sessions": 30, "bounce_rate": 0.4, "session_seconds": 95.0, "pages_per_session": 2.5}
ROWS: dict[str, list[dict[str, Any]]] = {
    "pages": [
        {"page": "/narxlar", "visitors": 12, "page_views": 20, "page_seconds": 61.4},
        {"page": EVIL, "visitors": 3, "page_views": 4, "page_seconds": None},
    ],
    "entry_pages": [{"entry_page": "/", "visitors": 9, **VISITS}],
    "exit_pages": [{"exit_page": "/narxlar", "exits": 5, "exit_rate": 0.25}],
    "steps": [
        {"step": 1, "sessions": 40, "exits": 10, "exit_rate": 0.25},
        {"step": 2, "sessions": 30, "exits": 10, "exit_rate": 0.33},
        {"step": 3, "sessions": 20, "exits": 20, "exit_rate": 1.0},
    ],
    "conversation_pages": [{"page": "/narxlar", "conversations": 3}],
    "sources": [
        {"source": "Telegram", "visitors": 20, **VISITS, "conversions": 6, "conversion_rate": 0.2},
        {"source": EVIL, "visitors": 5, **VISITS, "conversions": 0, "conversion_rate": 0.0},
    ],
    "campaigns": [
        {"campaign": "spring", "visitors": 8, **VISITS, "conversions": 1, "conversion_rate": 0.03}
    ],
    "overview": [{"visitors": 25, "sessions": 60}],
    "hours": [
        {"weekday": 2, "hour": 16, "visitors": 47, "sessions": 50},
        {"weekday": 2, "hour": 9, "visitors": 11, "sessions": 60},
    ],
    "talk_hours": [{"weekday": 5, "hour": 14, "conversations": 6}],
    "sites": [
        {
            "site": "demo",
            "site_name": EVIL,
            "visitors": 60,
            "visitors_before": 50,
            "conversations": 4,
            **VISITS,
        },
        {
            "site": "shop",
            "site_name": "Shop",
            "visitors": 20,
            "visitors_before": 40,
            "conversations": 0,
            **VISITS,
        },
    ],
    "agents": [
        {
            "agent": "1",
            "agent_name": "Malika",
            "conversations": 4,
            "messages": 9,
            "first_response_seconds": 45.0,
        }
    ],
    "events": [{"event": "signup", "events": 7, "event_visitors": 5}],
    "goals": [{"goal": EVIL, "conversions": 3, "visitors": 3, "conversion_rate": 0.05}],
}
DIMENSIONS = {"weekday", "hour", "step", *(key for rows in ROWS.values() for key in [*rows[0]][:1])}
GOALS = [{"id": 7, "name": EVIL, "kind": "event", "match": "signup"}]


def told(name: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the API answers for a report."""
    columns = [
        {
            "name": key,
            "kind": "dimension" if key in DIMENSIONS - {"visitors"} else "metric",
            "unit": UNITS.get(key, "count"),
            "better": "fewer" if key == "bounce_rate" else "more",
        }
        for key in ROWS[name][0]
        if not key.endswith(("_before", "_name"))
    ]
    days = {"from": "2026-03-02", "to": "2026-03-02", "timezone": "Asia/Tashkent"}
    return {
        "report": name,
        "meaning": "",
        "range": {**days, "granularity": "hour", "until": "2026-03-02T09:00:00Z"},
        "before": None,
        "columns": columns,
        "rows": rows,
        "total": len(rows),
    }


@pytest.fixture
def manager(api: Any) -> Any:
    """An API with numbers of two sites, and somebody who may see them."""
    user = api.answers["/api/v1/session"][1]["user"]
    user["may"] = ["view_visitors", "view_reports", "edit_goals"]
    user["sites"] = [SITE, OTHER]
    for name, rows in ROWS.items():
        api.answers[f"/api/v1/reports/{name}"] = (200, told(name, rows))
        behind = {"report": name, "value": "", "data": [whole_visitor()]}
        api.answers[f"/api/v1/reports/{name}/visitors"] = (200, behind)
    api.answers["/api/v1/goals"] = (200, {"data": GOALS})
    return api


def open_page(name: str, **query: str) -> AppTest:
    app = AppTest.from_file(str(HERE / "app.py"), default_timeout=20)
    app.query_params["lang"] = "en"
    app.run()
    app.switch_page(str(HERE / "views" / f"{name}.py"))
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def html(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.main.get("html"))


def lede(app: AppTest) -> str:
    found = re.search(r'<p class="hz-lede"[^>]*>(.*?)</p>', html(app), re.S)
    return unescape(re.sub("<[^>]+>", "", found[1])) if found else ""


def asked(api: Any, path: str) -> list[dict[str, str]]:
    """Return the parameters of every question to a path below the API, in order."""
    return [dict(one.url.params) for one in api.asked if one.url.path == f"/api/v1/{path}"]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.exception
    return app


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("page", list(PAGES))
def test_every_page_begins_with_a_sentence_and_gives_its_tables(
    manager: Any, page: str, language: Any
) -> None:
    app = open_page(page, lang=language)
    assert say(language, f"page.{page}") in html(app)
    assert lede(app)
    files = set(re.findall(r"/api/v1/reports/(\w+)\?[^\"]*format=(?:csv|xlsx|parquet)", html(app)))
    assert files >= set(PAGES[page]) - {"overview"}


@pytest.mark.parametrize("page", list(PAGES))
def test_nothing_that_strangers_wrote_is_markup(manager: Any, page: str) -> None:
    app = open_page(page)
    assert "<img" not in html(app)
    for element in [*app.button, *app.subheader, *app.caption]:
        text = str(getattr(element, "label", "") or element.value)
        assert not re.search(r"(?<!\\)!\[|(?<!\\)`c|(?<!:)(?<!\\):material", text), text


@pytest.mark.parametrize("page", list(PAGES))
def test_where_nothing_happened_the_page_says_so_and_offers_more(manager: Any, page: str) -> None:
    for name in ROWS:
        manager.answers[f"/api/v1/reports/{name}"] = (200, told(name, []))
    manager.answers["/api/v1/goals"] = (200, {"data": []})
    app = open_page(page)
    assert not lede(app)
    if page == "events":
        assert say("en", "events.no_goals") in [one.value for one in app.caption]
        assert "signup" in app.code[0].value
        return
    assert say("en", f"{page}.empty") in html(app)
    longer = next(one.key for one in app.button if str(one.key).startswith("longer_"))
    press(app, str(longer))
    assert asked(manager, f"reports/{PAGES[page][0]}")[-1]["range"] == "90d"


@pytest.mark.parametrize("page", list(PAGES))
def test_a_server_that_is_away_is_told_and_breaks_nothing(manager: Any, page: str) -> None:
    for path in [path for path in manager.answers if "reports" in path]:
        manager.answers[path] = (503, {"error": {"reason": "busy"}})
    app = open_page(page)
    assert say("en", "shell.no_answer") in [one.value for one in app.error]


def test_an_operator_finds_none_of_them(manager: Any) -> None:
    manager.answers["/api/v1/session"][1]["user"]["may"] = ["view_visitors", "send_messages"]
    app = AppTest.from_file(str(HERE / "app.py"), default_timeout=20)
    app.run()
    links = {element.proto.page for element in app.sidebar.get("page_link")}
    assert links
    assert not links & set(PAGES)


def test_a_page_of_the_address_is_asked_of_every_report(manager: Any) -> None:
    one = {**ROWS["pages"][0], "scroll_depth": 55, "entries": 4, "exits": 2, "exit_rate": 0.1}
    manager.answers["/api/v1/reports/pages"] = (200, told("pages", [one]))
    app = open_page("pages", page="/narxlar")
    for name in PAGES["pages"]:
        assert asked(manager, f"reports/{name}")[-1]["page"] == "/narxlar"
    assert [tile.label for tile in app.metric][:2] == ["Visitors", "Page views"]
    assert app.metric[0].value == "12"
    app.selectbox[0].set_value("").run()
    assert "page" not in app.query_params


def test_a_row_opens_the_visitors_behind_it(manager: Any) -> None:
    app = press(open_page("pages"), "bar left 0")
    query = asked(manager, "reports/exit_pages/visitors")[-1]
    assert (query["value"], query["site"]) == ("/narxlar", "demo")
    assert app.dataframe


def test_how_far_visits_go_is_told_in_words(manager: Any) -> None:
    words = "25% of visits end on their first page, 50% reach a third one."
    assert words in [one.value for one in open_page("pages").caption]


def test_acquisition_turns_to_another_way(manager: Any) -> None:
    app = open_page("acquisition", by="campaigns")
    assert "spring" in lede(app)
    app = open_page("acquisition", by="nonsense")
    assert "Telegram" in lede(app)


def test_a_goal_is_counted_among_the_visits_that_met_it(manager: Any) -> None:
    manager.answers["/api/v1/reports/sources"] = (200, told("sources", ROWS["sources"]))
    app = open_page("acquisition", goal="7")
    assert {"event": "signup"}.items() <= asked(manager, "reports/sources")[-1].items() or (
        {"event": "signup"}.items() <= asked(manager, "reports/sources")[-2].items()
    )
    # The stand-in answers both questions alike: every visit met the goal.
    rates = {row["conversion_rate"] for row in app.dataframe[0].value.to_dict("records")}
    assert rates == {1.0}


def test_the_peak_and_the_quiet_hours_are_told_in_words(manager: Any) -> None:
    app = open_page("hours", range="30d")
    assert "Tuesday, 16:00 to 17:00. Visitors: 47." in lede(app)
    assert "Tuesday, 09:00" in lede(open_page("hours", range="30d", by="sessions"))
    assert "Friday, 14:00 to 15:00. Conversations: 6." in lede(
        open_page("hours", range="30d", by="conversations")
    )
    press(app, "bar top 0")
    assert asked(manager, "reports/hours/visitors")[-1]["value"] == "2-16"


@pytest.mark.parametrize(
    ("busy", "begin"),
    [(range(8, 20), 1), ([*range(3, 24)], 0), ([*range(10), *range(13, 24)], 10), ([], None)],
)
def test_the_quietest_hours_are_found_over_midnight_too(busy: Any, begin: int | None) -> None:
    assert quietest({hour: 5.0 if hour in busy else 0.0 for hour in range(24)}) == begin


def test_sites_stand_side_by_side_with_what_became_of_them(manager: Any) -> None:
    app = open_page("sites_compare")
    assert "site" not in asked(manager, "reports/sites")[-1]
    rows = app.dataframe[0].value.to_dict("records")
    assert [row["visitors change"] for row in rows] == ["▲ 20%", "▼ 50%"]
    assert rows[1]["site"] == "Shop"
    assert "75% of all" in lede(app)
    assert "by 20%" in lede(app)
    assert app.dataframe[1].value.to_dict("records")[0]["agent"] == "Malika"


def test_all_sites_are_told_by_the_days_that_the_head_names(manager: Any) -> None:
    user = manager.answers["/api/v1/session"][1]["user"]
    user["sites"] = [{**SITE, "timezone": "Pacific/Kiritimati"}, {**OTHER, "timezone": "UTC"}]
    open_page("sites_compare")
    for report in ("sites", "agents"):
        assert asked(manager, f"reports/{report}")[-1]["tz"] == "Pacific/Kiritimati"


def test_a_goal_is_made(manager: Any) -> None:
    app = press(open_page("events"), "goal_new")
    press(app, "goal_make")
    assert say("en", "events.incomplete") in [one.value for one in app.error]
    manager.answers["POST /api/v1/goals"] = (201, {"data": GOALS[0]})
    app.selectbox(key="goal match page").set_value("/narxlar")
    app.text_input(key="goal name").set_value(" Prices ").run()
    manager.asked.clear()
    app.button(key="goal_make").click().run()
    made = next(one for one in manager.asked if one.method == "POST")
    assert json.loads(made.content) == {"name": "Prices", "kind": "page", "match": "/narxlar"}
    assert dict(made.url.params) == {"site": "demo"}


def test_a_goal_that_is_there_already_is_said(manager: Any) -> None:
    app = press(open_page("events"), "goal_new")
    manager.answers["POST /api/v1/goals"] = (409, {"error": {"reason": "goal_exists"}})
    app.selectbox(key="goal match page").set_value("/narxlar")
    app.text_input(key="goal name").set_value("Prices").run()
    app.button(key="goal_make").click().run()
    assert say("en", "events.exists") in [one.value for one in app.error]


def test_a_goal_is_removed_after_a_question(manager: Any) -> None:
    manager.answers["/api/v1/goals/7"] = (204, None)
    app = press(open_page("events"), "goal_remove_7")
    assert not [one for one in manager.asked if one.method == "DELETE"]
    press(app, "sure_yes")
    assert [one.url.path for one in manager.asked if one.method == "DELETE"] == ["/api/v1/goals/7"]


def test_who_may_not_edit_goals_is_offered_nothing(manager: Any) -> None:
    manager.answers["/api/v1/session"][1]["user"]["may"] = ["view_reports"]
    keys = {str(one.key) for one in open_page("events").button}
    assert not any(key.startswith(("goal_new", "goal_remove")) for key in keys)
    assert press(open_page("events"), "goal open 7")
    assert asked(manager, "reports/goals/visitors")[-1]["value"] == EVIL
