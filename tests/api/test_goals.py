"""Goals of a site."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Running

GOALS = "/api/v1/goals"
ORDER = {"name": "Order", "kind": "page", "match": "/order/*"}


@pytest.fixture
def running(running: Running) -> Running:
    running.sign_in()
    return running


def make(running: Running, status: int = 201, site: str = "demo", **more: Any) -> dict[str, Any]:
    answer = running.client.post(GOALS, json=ORDER | more, params={"site": site})
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told["data"] if status == 201 else told["error"]


def listed(running: Running, site: str = "demo") -> list[dict[str, Any]]:
    answer = running.client.get(GOALS, params={"site": site})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_a_goal_is_made_listed_and_removed(running: Running) -> None:
    assert listed(running) == []
    page = make(running)
    event = make(running, name="Paid", kind="event", match="purchase")
    assert page == {"id": page["id"], **ORDER}
    assert listed(running) == [page, event]
    assert listed(running, "simulated") == []
    gone = running.client.delete(f"{GOALS}/{page['id']}", params={"site": "demo"})
    assert gone.status_code == 204
    assert listed(running) == [event]


def test_a_goal_that_is_there_is_not_made_again(running: Running) -> None:
    make(running)
    assert make(running, 409, match="/other")["reason"] == "goal_exists", "the same name"
    assert make(running, 409, name="Other")["reason"] == "goal_exists", "the same page"
    make(running, site="simulated")


def test_a_goal_that_makes_no_sense_is_refused(running: Running) -> None:
    for wrong in (
        {"name": " "},
        {"name": "x" * 81},
        {"match": ""},
        {"match": "order"},
        {"match": "/a*b"},
        {"match": "/" + "x" * 500},
        {"match": "/\0"},
        {"kind": "wish"},
    ):
        assert make(running, 400, **wrong)["reason"] == "malformed", wrong
    assert listed(running) == []


def test_a_goal_that_is_not_there_cannot_be_removed(running: Running) -> None:
    ours = make(running)
    for goal_id, site in ((999, "demo"), (ours["id"], "simulated")):
        answer = running.client.delete(f"{GOALS}/{goal_id}", params={"site": site})
        assert answer.status_code == 404
        assert answer.json()["error"]["reason"] == "unknown_goal"
    assert listed(running) == [ours]
