"""How many of each thing one may keep: the routes say no beyond it, and go on when one is gone."""

from __future__ import annotations

from typing import Any

import pytest

from api.contact_rules import MOST_TRAIT_BYTES, MOST_TRAITS
from tests.api.conftest import Running
from tests.api.furnished import PREFIX

ONE_OF: dict[str, Any] = {
    "tokens": lambda n: {"name": f"program {n}"},
    "goals": lambda n: {"name": f"Goal {n}", "kind": "page", "match": f"/thanks/{n}"},
    "sql/saved": lambda n: {"name": f"Query {n}", "sql": "SELECT 1"},
    "templates": lambda n: {"title": f"Title {n}", "text": "Salom"},
}


@pytest.mark.parametrize(
    ("path", "bound"),
    [
        ("tokens", "api.tokens.MOST_TOKENS"),
        ("goals", "api.goals.MOST_GOALS"),
        ("sql/saved", "api.routes.saved_queries.MOST_QUERIES"),
        ("templates", "api.routes.templates.MOST_TEMPLATES"),
    ],
)
def test_of_each_thing_there_is_a_most(
    running: Running, monkeypatch: pytest.MonkeyPatch, path: str, bound: str
) -> None:
    running.sign_in()
    ask: dict[str, Any] = {"params": {"site": "demo"}} if path != "tokens" else {}
    there = len(running.client.get(f"{PREFIX}{path}", **ask).json()["data"])
    most = there + 3
    monkeypatch.setattr(bound, most)  # the real one takes a while to reach

    def add(number: int) -> Any:
        return running.client.post(f"{PREFIX}{path}", json=ONE_OF[path](number), **ask)

    made = [add(number) for number in range(3)]
    assert {answer.status_code for answer in made} == {201}
    refused = add(most)
    assert refused.status_code == 400
    assert refused.json()["error"]["reason"] == "malformed"
    assert str(most) in refused.json()["error"]["message"]
    gone = made[-1].json()["data"]["id"]
    assert running.client.delete(f"{PREFIX}{path}/{gone}", **ask).status_code == 204
    assert add(most + 1).status_code == 201


@pytest.mark.parametrize(
    "traits",
    [
        {f"trait {n}": "x" for n in range(MOST_TRAITS + 1)},
        {"long": "x" * MOST_TRAIT_BYTES},
    ],
)
def test_a_contact_has_no_more_traits_than_fit(running: Running, traits: dict[str, str]) -> None:
    running.sign_in()
    body = {"name": "Dilnoza", "traits": traits}
    answer = running.client.post(f"{PREFIX}contacts", json=body, params={"site": "demo"})
    assert answer.status_code == 400
    assert answer.json()["error"]["reason"] == "malformed"
