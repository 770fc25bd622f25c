"""Persons and contacts as the warehouse keeps them, and a profile out of a large past."""

from __future__ import annotations

import msgspec

from tests.factories import NOON, Visit, an_id
from warehouse.connection import open_warehouse
from warehouse.contacts import (
    Contact,
    by_email,
    by_external_id,
    by_id,
    delete_contact,
    linked,
    of_visitor,
    search,
    write_contact,
)
from warehouse.people import Verified, proofs_since, verified_visitors, write_verified
from warehouse.profile import events, past
from warehouse.writer import Writer

CONTACT = Contact(
    contact_id=an_id("k", 1),
    site_key="demo",
    name="Aziz",
    email="A@x.uz",
    traits={"plan": "pro", "seats": 3, "paid": True, "none": 1.5},
    external_id="7",
    by_hand=frozenset({"name", "traits.plan"}),
    created_at=NOON,
    updated_at=NOON,
    visitors=(an_id("v", 1), an_id("v", 2)),
)


def test_a_contact_is_read_as_it_was_written() -> None:
    with open_warehouse(None) as warehouse:
        write_contact(warehouse, CONTACT, "aziz")
        write_contact(warehouse, CONTACT, "aziz")
        assert by_id(warehouse, "demo", CONTACT.contact_id) == CONTACT
        assert by_email(warehouse, "demo", "a@X.uz") == CONTACT
        assert by_external_id(warehouse, "demo", "7") == CONTACT
        assert of_visitor(warehouse, "demo", an_id("v", 2)) == CONTACT
        assert search(warehouse, "demo", "ziz", 10, 0) == (1, [CONTACT])
        assert by_id(warehouse, "other", CONTACT.contact_id) is None
        assert of_visitor(warehouse, "other", an_id("v", 2)) is None
        assert len(list(linked(warehouse))) == 2
        delete_contact(warehouse, CONTACT)
        assert search(warehouse, "demo", "", 10, 0) == (0, [])
        assert list(linked(warehouse)) == []


def test_a_visitor_is_of_one_contact() -> None:
    other = msgspec.structs.replace(
        CONTACT, contact_id=an_id("k", 2), visitors=(an_id("v", 2), an_id("v", 3))
    )
    with open_warehouse(None) as warehouse:
        write_contact(warehouse, CONTACT, "")
        write_contact(warehouse, other, "")
        assert by_id(warehouse, "demo", CONTACT.contact_id) == msgspec.structs.replace(
            CONTACT, visitors=(an_id("v", 1),)
        )


def test_a_visitor_is_of_one_person() -> None:
    first = Verified("demo", an_id("v", 1), "7", "p_1", NOON, NOON)
    then = Verified("demo", an_id("v", 1), "8", "p_2", NOON + 1, NOON + 2)
    with open_warehouse(None) as warehouse:
        for one in (first, then):
            write_verified(warehouse, one)
            assert verified_visitors(warehouse) == [one]


def test_only_what_may_be_a_proof_is_read_again() -> None:
    visit = Visit(1)
    visit.opens()
    visit.identifies(id="7", verified=False)
    visit.identifies(id="8", verified=True)
    with open_warehouse(None) as warehouse:
        Writer(warehouse).apply(visit.changes, {})
        (proof,) = proofs_since(warehouse, 0)
        assert (proof.visitor_id, proof.at, proof.identity["id"]) == (
            an_id("v", 1),
            visit.at,
            "8",
        )
        assert list(proofs_since(warehouse, visit.at + 1)) == []


def test_analysts_see_contact_and_person_without_double_rows() -> None:
    visit = Visit(1)
    visit.opens()
    with open_warehouse(None) as warehouse:
        Writer(warehouse).apply(visit.changes, {})
        write_contact(warehouse, CONTACT, "")
        write_verified(warehouse, Verified("demo", an_id("v", 1), "7", "p_1", NOON, NOON))
        rows = warehouse.sql("SELECT contact_id, person_id FROM visitor_sessions").fetchall()
        assert rows == [(CONTACT.contact_id, "p_1")]
        columns = warehouse.sql("SELECT * FROM visitor_sessions").columns
        assert columns[-1] == "person_id"
        assert {"contacted", "contacted_at", "contacted_by"} <= set(columns)
        assert warehouse.sql("SELECT verified FROM contacts").fetchall() == [(False,)]


def test_strangers_have_no_past() -> None:
    with open_warehouse(None) as warehouse:
        known = past(warehouse, "demo", [an_id("v", 1)], pages=1, top=1)
        assert (known.visits, known.figures, known.pages) == ([], None, [])
        assert events(warehouse, "demo", [an_id("v", 1)]) == []


def test_the_past_of_a_visitor_is_all_visits_together() -> None:
    first = Visit(1, visitor=9)
    first.opens()
    first.reads("/pricing")
    first.becomes("offline")
    first.ends()
    second = Visit(2, visitor=9, started_at=NOON + 3_600_000)
    second.opens()
    second.becomes("offline", 60_000)
    who = [an_id("v", 9)]
    with open_warehouse(None) as warehouse:
        Writer(warehouse).apply([*first.changes, *second.changes], {})
        known = past(warehouse, "demo", who, pages=10, top=3)
        figures = known.figures
        assert figures is not None
        assert (figures.first_seen_at, figures.visits, figures.pages_viewed) == (NOON, 2, 3)
        assert figures.bounces == 1
        assert [one.page.path for one in known.pages] == ["/", "/pricing", "/"]
        assert known.top == [("/", 2), ("/pricing", 1)]
        assert [one.session_id for one in known.visits] == [an_id("s", 2), an_id("s", 1)]
        assert known.newest[who[0]].session_id == an_id("s", 2)
        assert past(warehouse, "other", who, pages=10, top=3).figures is None


def test_the_past_is_of_the_visit_asked_for_and_of_all_visitors() -> None:
    first, second = Visit(1, 1), Visit(2, 2, started_at=NOON + 3_600_000)
    for visit, path in ((first, "/a"), (second, "/b")):
        visit.opens()
        visit.reads(path)
        visit.does("click")
    changes = [*first.changes, *second.changes, first.becomes("offline"), first.ends()]
    both = [an_id("v", 1), an_id("v", 2)]
    with open_warehouse(None) as warehouse:
        Writer(warehouse).apply(changes, {})
        known = past(warehouse, "demo", both, pages=3, top=1)
        assert [one.visitor_id for one in known.visits] == both[::-1]
        assert {key: one.session_id for key, one in known.newest.items()} == {
            both[0]: an_id("s", 1),
            both[1]: an_id("s", 2),
        }
        assert known.figures
        assert (known.figures.visits, known.figures.pages_viewed) == (2, 4)
        assert [(one.page.path, one.visitor_id) for one in known.pages] == [
            ("/b", both[1]),
            ("/", both[1]),
            ("/a", both[0]),
        ]
        assert known.top == [("/", 2)]
        assert known.landing
        assert known.current
        assert (known.landing.path, known.current.path) == ("/", "/a")
        asked = past(warehouse, "demo", both, session_id=an_id("s", 2), pages=1, top=0)
        assert asked.current
        assert (asked.current.path, asked.top) == ("/b", [])
        assert len(events(warehouse, "demo", both)) == 2
        assert len(events(warehouse, "demo", both[:1])) == 1
        assert events(warehouse, "other", both) == []
