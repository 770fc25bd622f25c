"""The pages as Streamlit runs them; what the component does in a browser is tested apart."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards import filters
from dashboards.texts import say

APP = Path(dashboards.__file__).parent / "app.py"


def open_app(**query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=20)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def parts(app: AppTest) -> dict[str, dict[str, Any]]:
    """What each part of the component was given."""
    found = {}
    for element in [*app.main.get("bidi_component"), *app.sidebar.get("bidi_component")]:
        data = json.loads(element.proto.json)
        found[data["part"]] = data
    return found


def html(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.sidebar.get("html"))


def test_the_live_page_gets_its_site_and_words(api: Any) -> None:
    shown = parts(open_app())
    assert shown["head"]["site"]["zone"] == "Asia/Tashkent"
    assert shown["head"]["text"]["live.title"] == "Onlayn tashrif buyuruvchilar"
    assert shown["list"]["site"]["snippet"].startswith("<script async")
    assert shown["browser"] == {"part": "browser", "language": "uz", "sign_out": False}


def test_the_shell_names_the_person_and_never_trusts_a_name(api: Any) -> None:
    shown = html(open_app())
    assert "Malika Yusupova" in shown
    assert "Operator" in shown
    (site,) = parts(open_app())["sites"]["sites"]
    assert (site["name"], site["below"]) == ("Chaqqon <b>Market</b>", "chaqqon.example")


def test_the_address_chooses_the_language(api: Any) -> None:
    app = open_app(lang="ru")
    assert parts(app)["head"]["text"]["live.title"] == "Посетители онлайн"


def test_the_address_comes_before_the_account_and_that_before_the_browser(api: Any) -> None:
    assert parts(open_app())["list"]["language"] == "uz"
    api.answers["/api/v1/session"][1]["user"]["language"] = None
    headers = {"Accept-Language": "de, ru-RU;q=0.9, en;q=0.8"}
    with patch.object(ContextProxy, "headers", headers):
        assert parts(open_app())["list"]["language"] == "ru"
    api.answers["/api/v1/session"][1]["user"]["language"] = "en"
    with patch.object(ContextProxy, "headers", headers):
        assert parts(open_app())["list"]["language"] == "en"
        assert parts(open_app(lang="uz"))["list"]["language"] == "uz"


def test_filters_come_from_the_address_and_reach_the_component(api: Any) -> None:
    app = open_app(country="RU", duration=">15min", q="ali", page_url="/narxlar")
    assert parts(app)["list"]["filters"] == {
        "q": "ali",
        "country": "RU",
        "page_url": "/narxlar",
        "duration": ">15min",
    }


def test_an_unknown_duration_in_the_address_filters_nothing(api: Any) -> None:
    assert parts(open_app(duration="forever"))["list"]["filters"]["duration"] == ""


def test_typing_a_filter_changes_the_address_and_clearing_restores_it(api: Any) -> None:
    app = open_app()
    app.text_input[0].set_value(" Ali ").run()
    assert parts(app)["list"]["filters"]["q"] == "Ali"
    assert app.query_params["q"] in ("Ali", ["Ali"])
    app.button(key="filters_clear").click().run()
    assert parts(app)["list"]["filters"]["q"] == ""
    assert "q" not in app.query_params


def test_a_step_back_in_the_address_is_a_step_back_in_the_filters(api: Any) -> None:
    app = open_app(country="RU")
    app.text_input[0].set_value("ali").run()
    del app.query_params["q"]
    app.run()
    assert parts(app)["list"]["filters"] == {
        "q": "",
        "country": "RU",
        "page_url": "",
        "duration": "",
    }


@pytest.mark.parametrize(
    ("asked", "shown"), [("offline", "offline"), ("all", "all"), ("mine", "online"), ("", "online")]
)
def test_the_list_that_is_shown_stands_in_the_address(api: Any, asked: str, shown: str) -> None:
    told = parts(open_app(tab=asked))
    assert (told["head"]["tab"], told["list"]["tab"]) == (shown, shown)


def test_another_language_keeps_the_filters(api: Any) -> None:
    app = open_app(country="RU", page_url="/narxlar")
    app.query_params["lang"] = "en"
    app.run()
    assert not app.exception
    filters_now = parts(app)["list"]["filters"]
    assert (filters_now["country"], filters_now["page_url"]) == ("RU", "/narxlar")
    assert parts(app)["list"]["language"] == "en"


def test_the_menu_shows_what_the_role_may_and_a_phone_four_of_it(api: Any) -> None:
    def shown(app: AppTest) -> list[str]:
        return [link.proto.label for link in app.sidebar.get("page_link")]

    operator = shown(open_app(lang="en"))
    assert operator[:2] == ["Online", "Map"]
    assert "Team" not in operator
    api.answers["/api/v1/session"][1]["user"]["may"] += ["manage_team", "configure_sites"]
    assert {"Team", "Sites"} <= set(shown(open_app(lang="en")))
    assert "Audit log" not in shown(open_app(lang="en"))
    foot = [link.proto.label for link in open_app(lang="en").main.get("page_link")]
    assert foot == ["Online", "Map", "Conversations", "Contacts"]


def test_a_site_without_visitors_shows_no_filters(api: Any) -> None:
    api.answers["/api/v1/session"][1]["user"]["sites"][0]["had_visitors"] = False
    app = open_app()
    assert not app.text_input
    assert parts(app)["list"]["site"]["had_visitors"] is False


def test_a_visitor_in_the_address_opens_and_an_unknown_one_says_so(api: Any) -> None:
    app = open_app(visitor="v_1")
    assert json.loads(app.get("bidi_component")[-1].proto.json)["visitor"]["id"] == "v_1"
    app = open_app(visitor="v_none")
    assert [info.value for info in app.info] == [
        "Bu mehmon topilmadi. Maʼlumoti oʻchirilgan boʻlishi mumkin."
    ]


def test_who_is_signed_out_is_sent_to_the_door(api: Any) -> None:
    api.answers["/api/v1/session"] = (401, {})
    assert parts(open_app()) == {"browser": {"part": "browser", "leave": "/sign-in"}}


def test_a_server_that_is_away_is_named_in_one_line(api: Any) -> None:
    api.away = True
    app = open_app()
    assert [error.value for error in app.error] == [
        "Server javob bermayapti. Bir ozdan keyin sahifani yangilang."
    ]


def test_who_has_no_site_is_told(api: Any) -> None:
    status, body = api.answers["/api/v1/session"]
    api.answers["/api/v1/session"] = (status, {"user": {**body["user"], "sites": []}})
    assert len(open_app().info) == 1


@pytest.mark.parametrize("told", [None, [], {"countries": 3, "pages": "x"}, {"countries": {}}])
def test_what_a_browser_tells_of_choices_is_checked(told: object, api: Any) -> None:
    filters.learn("checked", "uz", told)
    assert filters.facets("checked", "uz") == filters.Facets()


def test_another_site_begins_without_filters(api: Any) -> None:
    status, body = api.answers["/api/v1/session"]
    sites = [*body["user"]["sites"], {**body["user"]["sites"][0], "site_key": "other"}]
    api.answers["/api/v1/session"] = (status, {"user": {**body["user"], "sites": sites}})
    app = open_app(q="ali")
    assert len(parts(app)["sites"]["sites"]) == 2
    app.session_state["sites"] = {"site": "other"}
    app.query_params.clear()
    app.query_params["site"] = "other"
    app.run()
    assert not app.exception
    shown = parts(app)["list"]
    assert shown["site"]["key"] == "other"
    assert shown["filters"]["q"] == ""


def test_a_new_country_becomes_a_choice(api: Any) -> None:
    app = open_app()
    told = filters.Facets({"KZ": "Qozogʻiston"}, ["/narxlar"])
    app.session_state["facets uz demo"] = told
    app.run()
    assert "Qozogʻiston" in app.selectbox(key="filter country uz").options
    assert "/narxlar" in app.selectbox(key="filter page_url uz").options
    assert parts(app)["list"]["known"] == {"countries": ["KZ"], "pages": ["/narxlar"]}


def test_who_has_a_one_time_password_gets_to_the_account_and_nowhere_else(api: Any) -> None:
    user = api.answers["/api/v1/session"][1]["user"]
    user["must_change_password"] = True
    api.answers["/api/v1/session/all"] = (200, {"data": []})
    app = open_app(lang="en", visitor="v_1")
    assert [warning.value for warning in app.warning] == [say("en", "account.must_change")]
    assert {one.url.path for one in api.asked} == {"/api/v1/session", "/api/v1/session/all"}
    assert "bell" not in parts(app)
    assert not app.error
    links = [*app.sidebar.get("page_link"), *app.main.get("page_link")]
    assert [link.proto.page for link in links] == ["account"]
    api.answers["/api/v1/session/password"] = (204, None)
    for place, text in enumerate(("given by somebody", "a much better one", "a much better one")):
        app.text_input[place + 1].set_value(text)
    user["must_change_password"] = False
    app.button[1].click().run()
    assert not app.exception
    assert not app.warning
    assert [toast.value for toast in app.toast] == [say("en", "account.password_changed")]
    assert "bell" in parts(app)
    assert len(app.sidebar.get("page_link")) > 4


def test_a_password_is_chosen_even_before_there_is_a_site(api: Any) -> None:
    user = api.answers["/api/v1/session"][1]["user"]
    user |= {"must_change_password": True, "sites": []}
    api.answers["/api/v1/session/all"] = (200, {"data": []})
    app = open_app(lang="en")
    assert [warning.value for warning in app.warning] == [say("en", "account.must_change")]
    user["must_change_password"] = False
    app.run()
    assert [info.value for info in app.info] == [say("en", "shell.no_sites")]
