"""Tokens: a program's way in, with its owner's rights and never more."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.websockets import WebSocketDisconnect

from api.accounts import Token, User, utc_now
from tests.api.conftest import Running

TOKENS = "/api/v1/tokens"


def make(running: Running, **body: Any) -> dict[str, Any]:
    answer = running.client.post(TOKENS, json={"name": "notebook"} | body)
    assert answer.status_code == 201, answer.text
    told: dict[str, Any] = answer.json()["data"]
    return told


def bearing(running: Running, token: str, path: str = "/api/v1/session") -> httpx.Response:
    """Ask without a cookie."""
    running.client.cookies.clear()
    return running.client.get(path, headers={"Authorization": f"Bearer {token}"})


def reason(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["reason"])


def test_a_token_opens_what_its_owner_may_open(running: Running) -> None:
    running.add_user("m@shop.example", "manager", "demo")
    running.sign_in("m@shop.example")
    token = make(running)["token"]
    assert token.startswith("hz_")
    assert len(token) > 40
    assert bearing(running, token).json()["user"]["email"] == "m@shop.example"
    assert bearing(running, token, "/api/v1/visitors/counts?site=demo").status_code == 200
    assert bearing(running, token, "/api/v1/visitors/counts?site=simulated").status_code == 404
    assert reason(bearing(running, token, "/api/v1/users")) == "not_allowed"


def test_a_token_is_shown_once_and_kept_hashed(running: Running) -> None:
    running.sign_in()
    told = make(running, days=7)
    listed = running.client.get(TOKENS).json()["data"]
    assert told["token"] not in str(listed)
    assert [(one["name"], one["begins"]) for one in listed] == [("notebook", told["token"][:8])]
    with running.house.accounts.open() as store:
        kept = store.query(Token).one()
        assert told["token"] not in str(vars(kept))
        assert timedelta(days=6.9) < kept.expires_at - utc_now() < timedelta(days=7)


def test_the_last_use_is_kept(running: Running) -> None:
    running.sign_in()
    token = make(running)["token"]
    assert running.client.get(TOKENS).json()["data"][0]["used_at"] is None
    told = bearing(running, token, TOKENS).json()["data"][0]
    assert told["used_at"] is not None
    assert told["address"]


def test_a_revoked_token_opens_nothing_at_once(running: Running) -> None:
    running.sign_in()
    made = make(running)
    assert bearing(running, made["token"]).status_code == 200
    running.sign_in()
    assert running.client.delete(f"{TOKENS}/{made['id']}").status_code == 204
    assert reason(bearing(running, made["token"])) == "signed_out"


def test_an_expired_token_opens_nothing_and_is_still_listed(running: Running) -> None:
    running.sign_in()
    made = make(running)
    with running.house.accounts.open() as store:
        store.get_one(Token, made["id"]).expires_at = utc_now() - timedelta(seconds=1)
    assert reason(bearing(running, made["token"])) == "signed_out"
    running.sign_in()
    assert [one["expired"] for one in running.client.get(TOKENS).json()["data"]] == [True]


def test_who_may_not_sign_in_has_no_tokens_either(running: Running) -> None:
    running.add_user("m@shop.example", "manager", "demo")
    running.sign_in("m@shop.example")
    token = make(running)["token"]
    running.sign_in()
    found = running.client.get("/api/v1/users").json()["data"]
    user_id = next(one["id"] for one in found if one["email"] == "m@shop.example")
    running.client.patch(f"/api/v1/users/{user_id}", json={"disabled": True})
    assert reason(bearing(running, token)) == "signed_out"
    with running.house.accounts.open() as store:
        user = store.get_one(User, user_id)
        user.disabled, user.must_change_password = False, True
    running.house.team_changed(user_id)
    assert reason(bearing(running, token, "/api/v1/visitors/counts?site=demo")) == "password_due"


def test_a_token_makes_no_tokens_and_is_not_made_good_by_a_cookie(running: Running) -> None:
    running.sign_in()
    token = make(running)["token"]
    ask = {"Authorization": f"Bearer {token}"}
    refused = running.client.post(TOKENS, json={"name": "more"}, headers=ask)
    assert (refused.status_code, reason(refused)) == (403, "not_allowed")
    wrong = running.client.get(TOKENS, headers={"Authorization": "Bearer hz_wrong"})
    assert (wrong.status_code, reason(wrong)) == (401, "signed_out")


@pytest.mark.parametrize("header", ["Basic aHo6aHo=", "Bearer", "Bearer eyJhbGciOi.x.y", "hz_x"])
def test_what_is_no_token_of_ours_leaves_the_cookie_alone(running: Running, header: str) -> None:
    running.sign_in()
    asked = running.client.get("/api/v1/session", headers={"Authorization": header})
    assert asked.status_code == 200
    assert asked.json()["user"]["email"] == "admin@localhost"


def test_nobody_revokes_the_token_of_another(running: Running) -> None:
    running.sign_in()
    made = make(running)
    running.add_user("m@shop.example", "manager", "demo")
    running.sign_in("m@shop.example")
    assert running.client.get(TOKENS).json()["data"] == []
    refused = running.client.delete(f"{TOKENS}/{made['id']}")
    assert (refused.status_code, reason(refused)) == (404, "unknown_token")


def test_a_socket_opens_by_a_token(running: Running) -> None:
    running.sign_in()
    made = make(running)
    running.client.cookies.clear()
    ask = {"Authorization": f"Bearer {made['token']}"}
    with running.client.websocket_connect("/api/v1/live?site=demo", headers=ask) as socket:
        assert socket.receive_json()["event"] == "snapshot"
        running.client.delete(f"{TOKENS}/{made['id']}", headers=ask)
        with pytest.raises(WebSocketDisconnect) as closed:
            list(iter(socket.receive_json, None))
        assert closed.value.code == 4401


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": " "}, {"name": "a\nb"}, {"name": "x", "days": 0}]
)
def test_a_token_without_a_name_or_with_odd_days_is_refused(
    running: Running, body: dict[str, Any]
) -> None:
    running.sign_in()
    refused = running.client.post(TOKENS, json=body)
    assert (refused.status_code, reason(refused)) == (400, "malformed")


def test_there_is_a_bound_to_ones_tokens(running: Running) -> None:
    running.sign_in()
    for _ in range(20):
        make(running)
    assert running.client.post(TOKENS, json={"name": "one more"}).status_code == 400
