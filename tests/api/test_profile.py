"""One visitor in full: now, the past, and the end of a visit by hand."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from api.accounts import Audit
from hozir.contract.change import Fact
from hozir.contract.codec import decode_events
from hozir.contract.topics import EVENTS
from tests.api.conftest import Running
from tests.api.test_people import a_visit, now_ms, profile
from tests.factories import Visit, a_change, an_id

V1 = an_id("v", 1)


def ended(visit: Visit) -> Visit:
    visit.becomes("offline")
    visit.ends()
    return visit


def post_end(running: Running, visitor_id: str = V1, site: str = "demo") -> tuple[int, str]:
    answer = running.client.post(f"/api/v1/visitors/{visitor_id}/end", params={"site": site})
    return answer.status_code, answer.json().get("error", {}).get("reason", "")


def ends(running: Running) -> list[list[tuple[str, str]]]:
    found = []
    for partition in range(EVENTS.partitions):
        records = running.log.read(EVENTS, partition, 0, 10)
        batches = [decode_events(record.value) for record in records]
        found.append([(batch.site_key, batch.end) for batch in batches])
    return found


def test_a_profile_tells_of_all_visits(running: Running) -> None:
    running.sign_in()
    before = ended(a_visit(2, 1, ago=3_600_000 * 24))
    bounce = Visit(3, 1, started_at=now_ms() - 3_600_000 * 48)
    bounce.opens()
    ended(bounce)
    visit = a_visit(1)
    visit.does("click")
    running.tell(*before.changes, *bounce.changes, *visit.changes)
    told = profile(running, 1)
    totals = told["totals"]
    assert (totals["visits"], totals["pages_viewed"]) == (3, 5)
    assert totals["avg_session_seconds"] == 7, "the mean of 11, 1 and 11 seconds"
    assert totals["bounce_rate"] == 0.3333
    assert totals["top_pages"] == [{"url": "/", "views": 3}, {"url": "/pricing", "views": 2}]
    assert totals["first_seen_at"] < totals["last_seen_at"] <= told["last_seen_at"]
    assert told["landing_page"] == {"url": "/", "title": "Page /"}
    assert [page["url"] for page in told["page_history"]] == ["/pricing", "/", "/pricing", "/", "/"]
    first = told["page_history"][0]
    assert (first["interactions"], first["session_id"], first["visitor_id"]) == (
        1,
        an_id("s", 1),
        V1,
    )
    assert told["page_history"][1]["duration_seconds"] == 10
    assert told["insight"]["rule"] == "returning"
    assert told["insight"]["values"]["n"] == 3
    assert (told["person"], told["contact"], told["contact_draft"]) == (None, None, None)
    assert told["conversations"] == []


def test_somebody_who_left_has_the_same_profile(running: Running) -> None:
    running.sign_in()
    visit = a_visit(1)
    running.tell(*visit.changes)
    online = profile(running, 1)
    before = len(visit.changes)
    running.tell(*ended(visit).changes[before:])
    told = profile(running, 1)
    assert told.keys() == online.keys()
    assert told["is_online"] is False
    assert told["current_page"]["url"] == "/pricing"
    assert [page["url"] for page in told["pages"]] == ["/", "/pricing"]
    assert told["landing_page"] == online["landing_page"]


def test_pages_to_read_the_insight_from_are_those_of_now(running: Running) -> None:
    running.sign_in()
    visit = Visit(1, started_at=now_ms() - 400_000)
    visit.opens()
    visit.reads("/pricing")
    visit.page.visible = 301_000
    visit.does("click")
    running.tell(*visit.changes)
    told = profile(running, 1)["insight"]
    assert told["rule"] == "high_intent"
    assert told["values"]["page"] == "Page /pricing"
    assert (told["values"]["minutes"], told["values"]["seconds"]) == (5, 301)


def test_events_are_for_those_who_may_see_them(running: Running) -> None:
    visit = a_visit(1)
    visit.does("click")
    fact = Fact(kind="custom", at=visit.at, name="trial", path="/pricing", props={"plan": "pro"})
    custom = a_change("custom", visit.seq + 1, visit.session, visit.page, fact=fact)
    running.tell(*visit.changes, custom)
    for role, seen in (("operator", False), ("manager", True), ("admin", True)):
        running.add_user(f"{role}@x.uz", role, "demo")
        running.sign_in(f"{role}@x.uz")
        events = profile(running, 1)["events"]
        if not seen:
            assert events is None
            continue
        assert [event["kind"] for event in events] == ["custom", "interaction"]
        assert events[0]["props"] == {"plan": "pro"}
        assert events[0]["name"] == "trial"
        assert events[0]["url"] == "/pricing"


def test_a_draft_takes_what_the_page_said_and_can_be_kept(running: Running) -> None:
    running.sign_in()
    visit = a_visit(1)
    visit.identifies(
        id="7", name="Aziz", email="not one", phone="90 123 45 67", verified=False,
        traits={"plan": "pro"},
    )  # fmt: skip
    running.tell(*visit.changes)
    draft = profile(running, 1)["contact_draft"]
    assert draft == {
        "name": "Aziz", "email": None, "phone": "90 123 45 67", "traits": {"plan": "pro"},
    }  # fmt: skip
    answer = running.client.post(
        "/api/v1/contacts", params={"site": "demo"}, json=draft | {"visitor_id": V1}
    )
    assert answer.status_code == 201


def test_an_end_is_told_to_every_partition_and_noted(running: Running) -> None:
    running.sign_in()
    running.tell(*a_visit(1).changes)
    assert post_end(running) == (202, "")
    assert ends(running) == [[("demo", an_id("s", 1))]] * EVENTS.partitions
    with running.house.accounts.open() as store:
        audit = store.scalars(select(Audit).where(Audit.action == "session_ended")).one()
        assert (audit.subject, audit.detail["session"]) == (V1, an_id("s", 1))


def test_who_is_not_there_cannot_be_ended(running: Running) -> None:
    running.sign_in()
    visit = a_visit(1)
    running.tell(*visit.changes)
    assert post_end(running, site="simulated") == (404, "unknown_visitor")
    before = len(visit.changes)
    running.tell(*ended(visit).changes[before:])
    for who in (V1, an_id("v", 9), "x", "%00"):
        assert post_end(running, who) == (404, "unknown_visitor")
    assert ends(running) == [[]] * EVENTS.partitions


@pytest.mark.parametrize("role", ["operator", "manager"])
def test_only_an_admin_ends_a_visit(running: Running, role: str) -> None:
    running.add_user("person@x.uz", role, "demo")
    running.tell(*a_visit(1).changes)
    running.sign_in("person@x.uz")
    assert post_end(running) == (403, "not_allowed")


def test_the_history_is_bounded(running: Running) -> None:
    running.sign_in()
    visit: Any = a_visit(1)
    for number in range(30):
        visit.reads(f"/{number}")
    running.tell(*visit.changes)
    answer = running.client.get(
        f"/api/v1/visitors/{V1}/page-history", params={"site": "demo", "limit": 5}
    )
    assert [page["url"] for page in answer.json()["page_views"]] == [
        f"/{number}" for number in range(29, 24, -1)
    ]
