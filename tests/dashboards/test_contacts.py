"""The page of contacts and the form, as Streamlit runs them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.contact_form import check
from dashboards.plain import plain
from tests.dashboards.parts import whole_visitor

APP = Path(dashboards.__file__).parent / "app.py"
PAGE = str(Path(dashboards.__file__).parent / "views" / "contacts.py")
EVIL = "![x](http://evil.test/x.png) [y](javascript:1) <img src=x> :material/bolt: $x$ `c`"
CONTACT: dict[str, Any] = {
    "id": "c_1",
    "site_key": "demo",
    "name": "Dilnoza Karimova",
    "email": "dilnoza@mijoz.example",
    "phone": "+998 90 000-00-00",
    "traits": {"plan": "pro", "seats": 5},
    "note": "Calls back in spring",
    "external_id": None,
    "verified": True,
    "visitors": ["v_1"],
}
FIELDS: dict[str, Any] = {"name": "Ann", "email": None, "phone": None, "traits": {}, "note": None}


@pytest.fixture
def team(api: Any) -> Any:
    """An API with one contact, and somebody who may edit and delete."""
    api.answers["/api/v1/session"][1]["user"]["may"] = ["edit_contacts", "delete_contacts"]
    api.answers["/api/v1/visitors/v_1"] = (200, {"data": whole_visitor()})
    api.answers["/api/v1/contacts/c_1"] = (200, {"data": CONTACT})
    listed(api, [CONTACT])
    return api


def listed(api: Any, contacts: list[dict[str, Any]], total: int | None = None) -> None:
    meta = {"total": len(contacts) if total is None else total}
    api.answers["/api/v1/contacts"] = (200, {"data": contacts, "meta": meta})


def open_page(**query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=20)
    app.run()
    app.switch_page(PAGE)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def sent(api: Any, method: str) -> list[tuple[str, Any]]:
    return [
        (request.url.path, json.loads(request.content) if request.content else None)
        for request in api.asked
        if isinstance(request, httpx.Request) and request.method == method
    ]


def shown(app: AppTest) -> str:
    return "".join(element.proto.body for element in app.main.get("html"))


def test_contacts_are_listed_and_a_name_is_never_markup(team: Any) -> None:
    listed(team, [CONTACT, {**CONTACT, "id": "c_2", "name": EVIL, "email": "<b>x</b>"}])
    app = open_page()
    assert app.button(key="contact_open_c_1").label == "Dilnoza Karimova"
    assert app.button(key="contact_open_c_2").label == plain(EVIL)
    assert "&lt;b&gt;x&lt;/b&gt;" in shown(app)
    assert "<b>x</b>" not in shown(app)


def test_a_search_and_a_page_reach_the_api(team: Any) -> None:
    listed(team, [CONTACT], total=60)
    app = open_page(q="dil", page="2")
    asked = [dict(one.url.params) for one in team.asked if one.url.path == "/api/v1/contacts"][-1]
    assert (asked["q"], asked["page"], asked["site"]) == ("dil", "2", "demo")
    app.button(key="contacts_later").click().run()
    assert app.query_params["page"] in ("3", ["3"])
    app.text_input(key="contacts q").set_value("ann").run()
    assert app.query_params["q"] in ("ann", ["ann"])
    assert "page" not in app.query_params


@pytest.mark.parametrize(
    ("q", "words"), [("", "Hali kontakt yoʻq"), ("zzz", "Bunday kontakt topilmadi")]
)
def test_an_empty_list_says_what_is_so(team: Any, q: str, words: str) -> None:
    listed(team, [])
    assert words in shown(open_page(**({"q": q} if q else {})))


@pytest.mark.parametrize("page", ["x", "-1", "0", "٣", "99999999999999999999"])
def test_an_odd_page_in_the_address_breaks_nothing(team: Any, page: str) -> None:
    open_page(page=page)


def test_a_contact_is_edited_and_what_was_not_touched_keeps_its_kind(team: Any) -> None:
    app = open_page(contact="c_1")
    assert app.text_input(key="contact c_1 email").value == "dilnoza@mijoz.example"
    app.text_input(key="contact c_1 name").set_value(" Dilnoza K. ")
    app.text_input(key="contact c_1 value 0").set_value("free")
    app.button(key="contact save c_1").click().run()
    assert not app.exception
    path, body = sent(team, "PATCH")[0]
    assert path == "/api/v1/contacts/c_1"
    assert body["name"] == "Dilnoza K."
    assert body["traits"] == {"plan": "free", "seats": 5}


def test_deleting_asks_first(team: Any) -> None:
    app = open_page(contact="c_1")
    app.button(key="contact_delete").click().run()
    assert sent(team, "DELETE") == []
    app.button(key="contact_delete_yes").click().run()
    assert sent(team, "DELETE") == [("/api/v1/contacts/c_1", None)]


def test_who_may_not_edit_is_offered_nothing_to_change(team: Any) -> None:
    team.answers["/api/v1/session"][1]["user"]["may"] = []
    app = open_page(contact="c_1")
    keys = [button.key for button in app.button]
    assert "contact save c_1" not in keys
    assert "contact_delete" not in keys
    assert "contact_new" not in keys


def test_what_a_page_claimed_is_a_draft_and_is_said_to_be_one(team: Any) -> None:
    who = whole_visitor(contact_draft={"name": "Ann", "email": "ann@x.example", "traits": {"a": 1}})
    team.answers["/api/v1/visitors/v_1"] = (200, {"data": who})
    app = AppTest.from_file(str(APP), default_timeout=20)
    app.query_params["visitor"] = "v_1"
    app.session_state["profile step"] = "contact"
    app.run()
    assert [warning.value[:4] for warning in app.warning] == ["Bu m"]
    assert app.text_input(key="contact v_1 name").value == "Ann"
    team.answers["/api/v1/contacts"] = (
        409,
        {"error": {"reason": "contact_exists", "message": "", "contact_id": "c_1"}},
    )
    app.button(key="contact save v_1").click().run()
    path, body = sent(team, "POST")[-1]
    assert (path, body["visitor_id"], body["traits"]) == ("/api/v1/contacts", "v_1", {"a": 1})
    team.answers["/api/v1/contacts/c_1/visitors"] = (200, {"data": CONTACT})
    app.button(key="contact link v_1").click().run()
    assert not app.exception
    assert sent(team, "POST")[-1] == ("/api/v1/contacts/c_1/visitors", {"visitor_id": "v_1"})


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({}, None),
        ({"name": None}, "contacts.bad_nothing"),
        ({"email": "ann"}, "contacts.bad_email"),
        ({"email": "ann@x.example"}, None),
        ({"phone": "call me"}, "contacts.bad_phone"),
        ({"phone": "+998 (90) 123-45-67"}, None),
        ({"phone": "12"}, "contacts.bad_phone"),
        ({"traits": None}, "contacts.bad_trait"),
    ],
)
def test_a_field_that_is_wrong_is_named(fields: dict[str, Any], wrong: str | None) -> None:
    assert check(FIELDS | fields) == wrong


def test_plain_text_is_one_line_that_markdown_leaves_alone() -> None:
    assert plain("a\n\n# b") == "a \\# b"
    assert plain("[x](y)") == "\\[x\\]\\(y\\)"
    assert plain("x" * 200).endswith("…")
    assert len(plain("x" * 200)) == 120
