"""All that is kept of one visitor, in one file."""

from __future__ import annotations

from sqlalchemy import select

from api.accounts import Audit
from tests.api.conftest import Running
from tests.api.test_rest import a_visit, get


def test_a_visitor_gets_everything_that_is_kept_of_them_and_nothing_of_others(
    running: Running,
) -> None:
    running.sign_in()
    mine, others = a_visit(1), a_visit(2)
    mine.does("click", "button.buy", total=10)
    running.tell(*mine.changes, *others.changes)
    visitor_id = mine.session.visitor_id
    contact = {"name": "Dilnoza", "email": "d@mijoz.example", "visitor_id": visitor_id}
    made = running.client.post("/api/v1/contacts", params={"site": "demo"}, json=contact)
    assert made.status_code == 201, made.text
    told = get(running, f"visitors/{visitor_id}/data")["data"]
    assert [row["visitor_id"] for row in told["sessions"]] == [visitor_id]
    assert {row["url"] for row in told["page_views"]} == {"/", "/pricing"}
    assert told["events"][0]["target"] == "button.buy"
    assert told["contacts"][0]["email"] == "d@mijoz.example"
    assert told["sessions"][0]["session_started_at"].endswith("Z")
    assert others.session.visitor_id not in str(told)
    with running.house.accounts.open() as store:
        assert store.scalar(select(Audit.subject).where(Audit.action == "visitor_exported"))


def test_what_was_said_is_part_of_it(running: Running) -> None:
    running.sign_in()
    visit = a_visit(1)
    running.tell(*visit.changes)
    visitor_id = visit.session.visitor_id
    sent = running.client.post(
        f"/api/v1/visitors/{visitor_id}/message", params={"site": "demo"}, json={"message": "Salom"}
    )
    assert sent.status_code == 201
    told = get(running, f"visitors/{visitor_id}/data")["data"]
    assert [row["text"] for row in told["messages"]] == ["Salom"]
    assert "author_id" not in told["messages"][0]


def test_a_stranger_has_no_data(running: Running) -> None:
    running.sign_in()
    get(running, "visitors/v_nobody/data", status=404)
