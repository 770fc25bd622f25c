"""Contacts: who may save whom, what they may hold, and whose word counts."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from api.accounts import Audit
from api.contact_rules import BadContact, clean_traits, draft, edited, told_by_site
from tests.api.conftest import Running, eventually
from tests.api.test_people import DILNOZA, a_visit, facts_of, identified, profile
from tests.factories import an_id
from warehouse.contacts import Contact


def ask(
    running: Running, method: str, path: str = "", status: int = 200, body: Any = None, **query: Any
) -> Any:
    answer = running.client.request(
        method,
        f"/api/v1/contacts{path}",
        params={"site": "demo"} | query,
        content=None if body is None else json.dumps(body),  # escapes what is no UTF-8
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def save(running: Running, **body: Any) -> Any:
    return ask(running, "POST", status=201, body=body)["data"]


def refused(running: Running, method: str, path: str, status: int, body: Any = None) -> str:
    return str(ask(running, method, path, status, body)["error"]["reason"])


def test_a_visitor_saved_as_contact_is_shown_by_its_name_at_once(running: Running) -> None:
    running.sign_in()
    visit = a_visit(1)
    running.tell(*visit.changes)
    contact = save(
        running, visitor_id=an_id("v", 1), name=" Oʻtkir ", email="O@x.uz", traits={"plan": "pro"}
    )
    assert contact | {"created_at": "", "updated_at": ""} == {
        "id": contact["id"], "site_key": "demo", "name": "Oʻtkir", "email": "O@x.uz",
        "phone": None, "traits": {"plan": "pro"}, "note": None, "external_id": None,
        "verified": False, "visitors": [an_id("v", 1)], "created_at": "", "updated_at": "",
    }  # fmt: skip
    eventually(lambda: facts_of(running, 1).contact_id == contact["id"])
    told = profile(running, 1)
    assert (told["name"], told["name_source"], told["email"]) == ("Oʻtkir", "contact", "O@x.uz")
    assert told["contact"] == contact
    assert told["contact_draft"] is None
    listed = running.client.get("/api/v1/visitors/online", params={"site": "demo", "q": "o'tkir"})
    assert [one["contact_id"] for one in listed.json()["data"]] == [contact["id"]]
    ask(running, "DELETE", f"/{contact['id']}", 204)
    eventually(lambda: facts_of(running, 1).contact_id is None)
    assert profile(running, 1)["contact"] is None
    assert refused(running, "GET", f"/{contact['id']}", 404) == "unknown_contact"


def test_who_is_there_already_is_named_and_can_be_joined(running: Running) -> None:
    running.sign_in()
    running.tell(*a_visit(1).changes, *a_visit(2).changes)
    first = save(running, visitor_id=an_id("v", 1), name="Aziz", email="a@x.uz", external_id="9")
    for twin in (
        {"name": "Other", "email": "A@X.uz"},
        {"name": "Other", "external_id": "9"},
        {"name": "Other", "visitor_id": an_id("v", 1)},
        {"visitor_id": an_id("v", 2), "email": "a@x.uz"},
    ):
        error = ask(running, "POST", status=409, body=twin)["error"]
        assert (error["reason"], error["contact_id"]) == ("contact_exists", first["id"])
    joined = ask(running, "POST", f"/{first['id']}/visitors", body={"visitor_id": an_id("v", 2)})[
        "data"
    ]
    assert joined["visitors"] == [an_id("v", 1), an_id("v", 2)]
    assert joined["name"] == "Aziz"
    eventually(lambda: facts_of(running, 2).contact_id == first["id"])
    second = save(running, name="Second", email="b@x.uz")
    assert refused(running, "PATCH", f"/{second['id']}", 409, {"email": "a@x.uz"}) == (
        "contact_exists"
    )
    ask(running, "DELETE", f"/{first['id']}/visitors/{an_id('v', 2)}")
    eventually(lambda: facts_of(running, 2).contact_id is None)
    assert ask(running, "GET", f"/{first['id']}")["data"]["visitors"] == [an_id("v", 1)]


def test_edits_change_what_they_name(running: Running) -> None:
    running.sign_in()
    contact = save(running, name="Aziz", phone="+998 90 123-45-67", traits={"a": 1, "b": True})
    path = f"/{contact['id']}"
    after = ask(running, "PATCH", path, body={"phone": None, "traits": {"a": 2}, "note": "x\ny"})
    assert after["data"] | {"updated_at": ""} == contact | {
        "phone": None, "traits": {"a": 2}, "note": "x\ny", "updated_at": "",
    }  # fmt: skip
    assert refused(running, "PATCH", path, 400, {"name": ""}) == "malformed"


def test_search_finds_by_every_field_whatever_the_apostrophe(running: Running) -> None:
    running.sign_in()
    save(running, name="Gʻayrat Oʻrinov", email="g@x.uz", phone="+998 (90) 123-45-67")
    save(running, name="Dilnoza", note="Buyurtma 42", traits={"shahar": "Buxoro"})
    for q, names in (
        ("g'ayrat", ["Gʻayrat Oʻrinov"]), ("G‘AYRAT", ["Gʻayrat Oʻrinov"]),
        ("901234567", ["Gʻayrat Oʻrinov"]), ("@x.uz", ["Gʻayrat Oʻrinov"]),
        ("buxoro", ["Dilnoza"]), ("42", ["Dilnoza"]), ("%", []),
        ("", ["Dilnoza", "Gʻayrat Oʻrinov"]),
    ):  # fmt: skip
        found = ask(running, "GET", q=q)
        assert sorted(one["name"] for one in found["data"]) == sorted(names), q
    page = ask(running, "GET", limit=1, page=2)
    assert page["meta"] == {"total": 2, "total_pages": 2, "current_page": 2, "per_page": 1}
    assert len(page["data"]) == 1


BAD: list[Any] = [
    {},
    {"note": "nobody"},
    {"name": "A", "email": "no address"},
    {"name": "A", "email": "a@b, c@d"},
    {"name": "A", "phone": "call me"},
    {"name": "A", "phone": "12"},
    {"name": "x" * 201},
    {"name": 5},
    {"name": "A", "traits": {"a": {"b": 1}}},
    {"name": "A", "traits": {"a": [1]}},
    {"name": "A", "traits": {"": 1}},
    {"name": "A", "traits": {str(n): n for n in range(51)}},
    {"name": "A", "traits": {"a": "x" * 9000}},
    {"name": "A", "traits": {"a": 10**30}},
    {"name": "A", "traits": {"a": float("nan")}},
    {"name": "A", "traits": {"a": float("inf")}},
    {"name": "A", "traits": []},
    [],
]


def test_what_a_contact_may_not_hold_is_refused(running: Running) -> None:
    running.sign_in()
    for body in BAD:
        assert refused(running, "POST", "", 400, body) == "malformed", body


def test_hostile_text_is_kept_as_data_without_its_controls(running: Running) -> None:
    running.sign_in()
    hostile = "<script>alert(1)</script>'); DROP TABLE contact_rows; --\u202e\x00😀"
    contact = save(running, name=hostile, traits={hostile: hostile, "half": "\ud800"})
    plain = hostile.replace("\u202e", "").replace("\x00", "")
    assert contact["name"] == plain
    assert contact["traits"][plain] == plain
    assert ask(running, "GET", q=plain)["data"] == [contact]


def test_a_stranger_cannot_be_saved(running: Running) -> None:
    running.sign_in()
    for who in (an_id("v", 99), "x", ""):
        assert refused(running, "POST", "", 404, {"visitor_id": who, "name": "A"}) == (
            "unknown_visitor"
        )
    for path in ("/k_x", "/%00", f"/{an_id('k', 1)}"):
        assert refused(running, "PATCH", path, 404, {"name": "A"}) == "unknown_contact"


def test_roles_and_sites_hold(running: Running) -> None:
    running.sign_in()
    contact = save(running, name="A")
    path = f"/{contact['id']}"
    assert refused_elsewhere(running, path) == "unknown_contact"
    for role, may_delete in (("operator", False), ("manager", True)):
        running.add_user(f"{role}@x.uz", role, "demo")
        running.sign_in(f"{role}@x.uz")
        ask(running, "GET", path)
        ask(running, "PATCH", path, body={"note": role})
        if not may_delete:
            assert refused(running, "DELETE", path, 403) == "not_allowed"
        assert ask(running, "GET", path, 404, site="simulated")["error"]["reason"] == "unknown_site"
    ask(running, "DELETE", path, 204)
    running.client.cookies.clear()
    assert refused(running, "GET", path, 401) == "signed_out"


def refused_elsewhere(running: Running, path: str) -> str:
    return str(ask(running, "GET", path, 404, site="simulated")["error"]["reason"])


def test_every_change_is_in_the_audit(running: Running) -> None:
    running.sign_in()
    running.tell(*a_visit(1).changes)
    path = f"/{save(running, name='A')['id']}"
    ask(running, "PATCH", path, body={"note": "x"})
    ask(running, "POST", f"{path}/visitors", body={"visitor_id": an_id("v", 1)})
    ask(running, "DELETE", f"{path}/visitors/{an_id('v', 1)}")
    ask(running, "DELETE", path, 204)
    with running.house.accounts.open() as store:
        actions = store.scalars(select(Audit.action).where(Audit.subject == path[1:])).all()
    assert actions == [
        "contact_made", "contact_edited", "contact_linked", "contact_unlinked", "contact_deleted",
    ]  # fmt: skip


def test_the_site_updates_what_nobody_wrote_by_hand(running: Running) -> None:
    running.sign_in()
    visit = identified(1, traits={"plan": "free", "city": "Buxoro"})
    running.tell(*visit.changes)
    eventually(lambda: facts_of(running, 1).contact_id)
    path = f"/{facts_of(running, 1).contact_id}"
    ask(
        running, "PATCH", path, body={"name": "Dilya", "traits": {"plan": "gold", "city": "Buxoro"}}
    )
    visit.identifies(
        id="7", name="D. Karimova", email="new@shop.uz", phone="nonsense", verified=True,
        traits={"plan": "pro", "city": "Nukus"},
    )  # fmt: skip
    running.tell(visit.changes[-1])
    eventually(lambda: facts_of(running, 1).email == "new@shop.uz")
    contact = ask(running, "GET", path)["data"]
    assert (contact["name"], contact["phone"]) == ("Dilya", None)
    assert contact["traits"] == {"plan": "gold", "city": "Nukus"}
    assert refused(running, "PATCH", path, 400, {"external_id": "8"}) == "malformed"


def test_a_proven_visitor_saved_again_brings_all_browsers_and_the_proof(running: Running) -> None:
    running.sign_in()
    running.tell(*identified(1).changes, *identified(2).changes)
    eventually(lambda: facts_of(running, 1).contact_id and facts_of(running, 2).contact_id)
    ask(running, "DELETE", f"/{facts_of(running, 1).contact_id}", 204)
    contact = save(running, visitor_id=an_id("v", 1), name="Dilya")
    assert contact["visitors"] == [an_id("v", 1), an_id("v", 2)]
    assert (contact["external_id"], contact["verified"]) == ("7", True)


def test_what_was_cleared_by_hand_stays_clear() -> None:
    contact = told_by_site(Contact("k", "demo"), DILNOZA, 1)
    cleared = edited(contact, {"email": None}, 2)
    again = told_by_site(cleared, DILNOZA, 3)
    assert again == cleared, "and nothing else has changed either"


TRAITS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "name", "email", "phone", "traits"]) | st.text(),
                       TRAITS))  # fmt: skip
def test_no_identity_makes_a_contact_that_cannot_be_kept(identity: dict[str, Any]) -> None:
    draft(identity)
    contact = told_by_site(Contact("k", "demo"), identity | {"id": "7"}, 1)
    json.dumps(contact.traits, allow_nan=False).encode()
    assert clean_traits(contact.traits) == contact.traits


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.text(), TRAITS))
def test_traits_are_kept_or_refused(traits: dict[str, Any]) -> None:
    try:
        kept = clean_traits(traits)
    except BadContact:
        return
    assert clean_traits(kept) == kept
