"""Persons: what a site has proven joins browsers; what a page claims joins nothing."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from api.contacts import Contacts
from api.hub import Hub
from api.live_view import LiveView
from api.people import People, person_id_of
from hozir.contract.change import Change
from tests.api.conftest import Running, eventually
from tests.factories import NOON, Visit, an_id
from warehouse.connection import Connection, open_warehouse
from warehouse.people import verified_visitors
from warehouse.writer import Writer

DILNOZA = {"id": "7", "name": "Dilnoza", "email": "d@shop.uz", "verified": True}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def a_visit(session: int, visitor: int | None = None, ago: int = 120_000, **more: Any) -> Visit:
    visit = Visit(session, visitor, started_at=now_ms() - ago, **more)
    visit.opens()
    visit.reads("/pricing")
    return visit


def identified(number: int, **props: Any) -> Visit:
    visit = a_visit(number)
    visit.identifies(**DILNOZA | props)
    return visit


def facts_of(running: Running, number: int) -> Any:
    return running.house.hub.view.facts("demo", an_id("v", number))


def profile(running: Running, number: int) -> Any:
    answer = running.client.get(f"/api/v1/visitors/{an_id('v', number)}", params={"site": "demo"})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def written(running: Running) -> set[tuple[str, str]]:
    return {(v.visitor_id, v.external_id) for v in verified_visitors(running.house.warehouse)}


def test_a_proof_joins_two_browsers_into_one_person_with_one_contact(running: Running) -> None:
    running.sign_in()
    phone, desk = identified(1), identified(2)
    running.tell(*phone.changes, *desk.changes)
    eventually(lambda: facts_of(running, 1).contact_id and facts_of(running, 2).contact_id)
    one, two = profile(running, 1), profile(running, 2)
    assert one["person_id"] == two["person_id"] == person_id_of("demo", "7")
    assert one["contact_id"] == two["contact_id"] == one["contact"]["id"]
    assert one["name"] == "Dilnoza"
    assert one["contact"]["verified"]
    assert sorted(one["contact"]["visitors"]) == [an_id("v", 1), an_id("v", 2)]
    assert one["person"]["external_id"] == "7"
    assert [v["id"] for v in one["person"]["visitors"]] == [an_id("v", 1), an_id("v", 2)]
    assert one["person"]["visitors"][1]["device"]["browser"] == "Chrome"
    assert one["totals"]["visits"] == 2
    assert {page["visitor_id"] for page in two["page_history"]} == {an_id("v", 1), an_id("v", 2)}
    assert one["totals"]["top_pages"] == [{"url": "/", "views": 2}, {"url": "/pricing", "views": 2}]
    rows = running.house.warehouse.cursor().execute(
        "SELECT DISTINCT contact_id, person_id FROM visitor_sessions"
    )
    assert rows.fetchall() == [(one["contact_id"], one["person_id"])]


@pytest.mark.parametrize(
    "claim",
    [
        {"id": "7", "verified": False},
        {"id": "7"},
        {"id": "7", "verified": "true"},
        {"id": "7", "verified": False, "traits": {"verified": True}},
    ],
)
def test_a_claim_joins_nothing(running: Running, claim: dict[str, Any]) -> None:
    running.sign_in()
    mallory = a_visit(2)
    mallory.identifies(**{"name": "Dilnoza", "email": "d@shop.uz"} | claim)
    running.tell(*identified(1).changes, *mallory.changes)
    eventually(lambda: facts_of(running, 1).contact_id)
    told = profile(running, 2)
    assert (told["person"], told["person_id"], told["contact"]) == (None, None, None)
    assert told["contact_draft"] | {"traits": {}} == {
        "name": "Dilnoza", "email": "d@shop.uz", "phone": None, "traits": {},
    }  # fmt: skip
    assert profile(running, 1)["totals"]["visits"] == 1
    assert written(running) == {(an_id("v", 1), "7")}


def test_the_same_id_on_another_site_is_another_person(running: Running) -> None:
    elsewhere = a_visit(2, site_key="simulated")
    elsewhere.identifies(**DILNOZA)
    running.tell(*identified(1).changes, *elsewhere.changes)
    other = running.house.people.of("simulated", an_id("v", 2))
    mine = running.house.people.of("demo", an_id("v", 1))
    assert mine
    assert other
    assert mine.person_id != other.person_id


def test_a_visitor_who_is_proven_to_be_another_moves(running: Running) -> None:
    running.sign_in()
    visit = identified(1)
    visit.identifies(id="8", name="Aziz", email="a@shop.uz", verified=True)
    running.tell(*visit.changes, *identified(2).changes)
    eventually(lambda: facts_of(running, 1).name == "Aziz" and facts_of(running, 2).contact_id)
    one, two = profile(running, 1), profile(running, 2)
    assert one["person"]["external_id"] == "8"
    assert [v["id"] for v in two["person"]["visitors"]] == [an_id("v", 2)]
    assert two["contact"]["visitors"] == [an_id("v", 2)]
    eventually(lambda: written(running) == {(an_id("v", 1), "8"), (an_id("v", 2), "7")})


def test_a_proof_that_comes_again_late_moves_nobody_back(running: Running) -> None:
    visit = identified(1)
    (proof,) = visit.changes[2:]
    visit.identifies(id="8", verified=True)
    running.tell(*visit.changes)
    running.house.people.hear(proof)
    known = running.house.people.of("demo", an_id("v", 1))
    assert known
    assert known.external_id == "8"


def test_a_proven_email_takes_no_other_contact_over(running: Running) -> None:
    running.sign_in()
    boss = running.house.contacts.create("demo", {"name": "Boss", "email": "d@shop.uz"})
    running.tell(*identified(1).changes)
    eventually(lambda: facts_of(running, 1).contact_id)
    assert facts_of(running, 1).contact_id != boss.contact_id


def test_a_browser_that_somebody_gave_a_contact_keeps_it_when_it_is_proven(
    running: Running,
) -> None:
    visit = a_visit(1)
    running.tell(*visit.changes)
    saved = running.house.contacts.create("demo", {"name": "Dilya"}, [an_id("v", 1)])
    visit.identifies(**DILNOZA)
    running.tell(visit.changes[-1])
    eventually(lambda: facts_of(running, 1).email)
    contact = running.house.contacts.find("demo", saved.contact_id)
    assert (contact.name, contact.email, contact.external_id) == ("Dilya", "d@shop.uz", "7")
    assert contact.verified


def restored(warehouse: Connection) -> tuple[Hub, People]:
    hub = Hub(LiveView())
    contacts = Contacts(warehouse, hub, lambda: NOON)
    contacts.restore()
    people = People(warehouse, hub, contacts)
    people.restore()
    return hub, people


def test_a_start_knows_everybody_and_catches_up_with_what_was_not_written(tmp_path: Path) -> None:
    visit = Visit(1)
    visit.opens()
    visit.identifies(**DILNOZA)
    with open_warehouse(tmp_path / "memory") as warehouse:
        Writer(warehouse).apply(visit.changes, {})
        hub, people = restored(warehouse)  # the process before died without a word of it
        people.start()
        people.stop()
        contact_id = hub.view.facts("demo", an_id("v", 1)).contact_id
        assert contact_id
    with open_warehouse(tmp_path / "memory") as warehouse:
        hub, people = restored(warehouse)
        facts = hub.view.facts("demo", an_id("v", 1))
        assert (facts.contact_id, facts.name) == (contact_id, "Dilnoza")
        assert facts.person_id == person_id_of("demo", "7")
        assert people.visitors_of(person_id_of("demo", "7")) == (an_id("v", 1),)
        assert people._proofs.empty(), "what is known is not done again"


def test_a_contact_that_was_deleted_stays_so_after_a_start(tmp_path: Path) -> None:
    visit = Visit(1)
    visit.opens()
    visit.identifies(**DILNOZA)
    with open_warehouse(tmp_path / "memory") as warehouse:
        Writer(warehouse).apply(visit.changes, {})
        hub, people = restored(warehouse)
        people.start()
        people.stop()
        contacts = Contacts(warehouse, hub, lambda: NOON)
        contacts.delete("demo", str(hub.view.facts("demo", an_id("v", 1)).contact_id))
        hub, people = restored(warehouse)
        people.start()
        people.stop()
        assert hub.view.facts("demo", an_id("v", 1)).contact_id is None
        assert contacts.search("demo", "", 10, 0) == (0, [])


def test_a_visitor_who_is_forgotten_is_no_part_of_the_person(running: Running) -> None:
    running.sign_in()
    running.tell(*identified(1).changes, *identified(2).changes)
    eventually(lambda: len(written(running)) == 2)
    running.house.people.forget("demo", an_id("v", 2))
    eventually(lambda: facts_of(running, 2).person_id is None)
    assert [v["id"] for v in profile(running, 1)["person"]["visitors"]] == [an_id("v", 1)]
    assert profile(running, 2)["person"] is None


def test_a_session_adopted_from_the_middle_is_known_by_its_identity(running: Running) -> None:
    visit = a_visit(1, identity=DILNOZA)
    running.tell(*visit.changes)
    assert facts_of(running, 1).person_id == person_id_of("demo", "7")


@pytest.mark.parametrize(
    "identity",
    [{"verified": True}, {"id": 7, "verified": True}, {"id": "", "verified": True}, {"id": "7"}],
)
def test_what_names_nobody_is_passed_over(running: Running, identity: dict[str, Any]) -> None:
    visit = a_visit(1)
    change: Change = visit.identifies(**identity)
    running.house.people.hear(change)
    assert running.house.people.of("demo", an_id("v", 1)) is None
