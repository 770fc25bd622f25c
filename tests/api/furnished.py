"""A site with one of each thing on it, for tests that go through every endpoint."""

from __future__ import annotations

import time
from dataclasses import dataclass

from tests.api.conftest import Running
from tests.factories import Visit

PREFIX = "/api/v1/"
A_GOAL = {"name": "Order", "kind": "page", "match": "/order"}


@dataclass
class Site:
    """What a site holds, so that an allowed request has something to work on."""

    key: str
    visitor_id: str
    conversation_id: str
    contact_id: str
    template_id: int
    goal_id: int
    query_id: int

    def fill(self, text: str) -> str:
        """Return a path with the ids of this site."""
        values = {**vars(self), "site": self.key, "user_id": 1, "sign_in_id": "nothing"}
        values["token_id"] = 999
        return text.format(**values)


def furnish(running: Running, number: int, site_key: str) -> Site:
    """Put a visitor, a conversation, a contact and a canned response on a site, as admin."""
    at = time.time_ns() // 1_000_000 - 60_000
    visit = Visit(number, started_at=at, site_key=site_key)
    visit.opens()
    running.tell(*visit.changes)
    visitor_id = visit.session.visitor_id
    ask = {"site": site_key}
    sent = running.client.post(
        f"{PREFIX}visitors/{visitor_id}/message", json={"message": "Salom"}, params=ask
    )
    assert sent.status_code == 201, sent.text
    contact = running.client.post(
        f"{PREFIX}contacts",
        json={"name": "Dilnoza", "email": f"d{number}@mijoz.example"},
        params=ask,
    )
    assert contact.status_code == 201, contact.text
    templates = running.client.get(f"{PREFIX}templates", params=ask).json()["data"]
    goal = running.client.post(
        f"{PREFIX}goals", json=A_GOAL | {"name": "Basket", "match": "/basket"}, params=ask
    )
    assert goal.status_code == 201, goal.text
    query = running.client.post(
        f"{PREFIX}sql/saved", json={"name": "Visits", "sql": "SELECT 1"}, params=ask
    )
    assert query.status_code == 201, query.text
    return Site(
        site_key,
        visitor_id,
        sent.json()["conversation_id"],
        contact.json()["data"]["id"],
        templates[0]["id"],
        goal.json()["data"]["id"],
        query.json()["data"]["id"],
    )
