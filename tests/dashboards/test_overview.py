"""The overview and the audience, as Streamlit runs them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.texts import LANGUAGES
from tests.dashboards import report_answers
from tests.dashboards.report_answers import EVIL

APP = Path(dashboards.__file__).parent / "app.py"
VIEWS = Path(dashboards.__file__).parent / "views"


@pytest.fixture
def manager(api: Any) -> Any:
    """An API with a day of figures, and somebody who may see them."""
    api.answers["/api/v1/session"][1]["user"]["may"] = ["view_visitors", "view_reports"]
    report_answers.a_day(api)
    return api


def open_page(view: str = "overview", **query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    app.switch_page(str(VIEWS / f"{view}.py"))
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def shown(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.main.get("html"))


def asked(api: Any, report: str) -> list[dict[str, str]]:
    path = f"/api/v1/reports/{report}"
    return [dict(one.url.params) for one in api.asked if one.url.path == path]


def test_the_sentence_comes_first(manager: Any) -> None:
    told = shown(open_page(lang="en"))
    assert "<b>12% more visitors</b> than yesterday by this hour" in told
    assert "two thirds of the growth came from <b>Telegram</b>" in told
    assert "Fewer conversations: 87 instead of 93." in told


def test_tiles_say_the_figure_its_past_and_its_meaning(manager: Any) -> None:
    tiles = {one.label: one.proto for one in open_page(lang="en").metric}
    assert list(tiles)[:2] == ["Visitors", "Visits"]
    assert len(tiles) == 6
    visitors, bounce = tiles["Visitors"], tiles["Bounce rate"]
    assert (visitors.body, visitors.delta, visitors.delta_description) == (
        "1,247",
        "▲\u00a012%",
        "was 1,113",
    )
    assert all(tile.help for tile in tiles.values())
    assert all(len(tile.chart_data) > 0 for tile in tiles.values())
    # Fewer are better, so both are of the same colour.
    assert bounce.delta == "▼\u00a04 pp"
    assert bounce.color == visitors.color
    assert tiles["Conversations"].color != visitors.color


@pytest.mark.parametrize("language", list(LANGUAGES))
@pytest.mark.parametrize("view", ["overview", "audience"])
def test_pages_draw_in_every_language_and_markup_stays_text(
    manager: Any, view: str, language: str
) -> None:
    app = open_page(view, lang=language)
    assert "<img" not in shown(app)
    labels = [button.label for button in app.button]
    assert not any(EVIL in label for label in labels)
    assert any("evil" in label for label in labels)


def test_every_report_is_asked_once_for_the_period_of_the_address(manager: Any) -> None:
    app = open_page(range="30d", compare="none")
    for report in (
        "overview",
        "visitors",
        "conversations",
        "pages",
        "sources",
        "hours",
        "countries",
        "devices",
    ):
        (query,) = asked(manager, report)
        assert (query["site"], query["range"], query["compare"]) == ("demo", "30d", "none")
    # The answers stay fresh for some seconds.
    app.run()
    assert len(asked(manager, "overview")) == 1


def test_a_day_has_the_hours_of_thirty(manager: Any) -> None:
    open_page(range="yesterday")
    (query,) = asked(manager, "hours")
    assert (query["range"], query["compare"]) == ("30d", "none")


def test_a_chosen_period_goes_into_the_address(manager: Any) -> None:
    app = open_page()
    app.button_group(key="range chosen").set_value("7d").run()
    assert app.query_params["range"] in ("7d", ["7d"])
    assert asked(manager, "overview")[-1]["range"] == "7d"


def test_a_bar_opens_the_visitors_behind_it_and_no_other_page(manager: Any) -> None:
    manager.answers["/api/v1/reports/sources/visitors"] = (200, {"data": []})
    app = open_page(lang="en")
    app.button(key="bar sources 0").click().run()
    assert not app.exception
    (query,) = asked(manager, "sources/visitors")
    assert (query["value"], query["site"], query["range"]) == ("Telegram", "demo", "today")
    assert "limit" not in query
    app.switch_page(str(VIEWS / "audience.py"))
    app.run()
    assert not app.exception


def test_a_report_that_is_missing_takes_only_its_box(manager: Any) -> None:
    manager.answers["/api/v1/reports/countries"] = (503, {"error": {"reason": "busy"}})
    app = open_page(lang="en")
    assert "12% more visitors" in shown(app)
    assert any("did not give this table" in one.value for one in app.caption)


def test_a_site_without_visitors_is_told_what_to_do(manager: Any) -> None:
    manager.answers["/api/v1/session"][1]["user"]["sites"][0]["had_visitors"] = False
    report_answers.nothing(manager)
    app = open_page(lang="en")
    assert "Waiting for the first visitor…" in shown(app)
    assert "h.js" in app.code[0].value
    assert not app.metric


def test_a_period_without_visitors_shows_zeros(manager: Any) -> None:
    report_answers.nothing(manager)
    app = open_page(lang="en")
    assert "0 visitors came in the period." in shown(app)
    assert app.metric[0].value == "0"


def test_without_an_answer_the_page_says_so(api: Any) -> None:
    api.answers["/api/v1/session"][1]["user"]["may"] = ["view_visitors", "view_reports"]
    app = open_page(lang="en")
    assert "does not answer" in app.error[0].value
