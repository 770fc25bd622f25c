"""The team: who is added, as what, and that a change holds at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from tests.api.conftest import PASSWORD, Running

USERS, WHO = "/api/v1/users", "/api/v1/session"


def add(running: Running, email: str = "new@x.example", **more: Any) -> dict[str, Any]:
    body = {"email": email, "role": "operator", "sites": ["demo"]} | more
    answer = running.client.post(USERS, json=body)
    assert answer.status_code == 201, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def change(running: Running, user_id: int, status: int = 200, **body: Any) -> dict[str, Any]:
    answer = running.client.patch(f"{USERS}/{user_id}", json=body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told["data"] if status == 200 else told["error"]


def other(running: Running, email: str, password: str = PASSWORD) -> TestClient:
    """Return a second browser that is signed in."""
    client = TestClient(running.app)
    answer = client.post(WHO, json={"email": email, "password": password})
    assert answer.status_code == 200, answer.text
    return client


def id_of(running: Running, email: str) -> int:
    users = running.client.get(USERS).json()["data"]
    return next(int(user["id"]) for user in users if user["email"] == email)


def test_who_is_added_changes_the_password_first(running: Running) -> None:
    running.sign_in()
    told = add(running, " New@X.example ", name="Nodira Karimova", language="uz")
    assert (told["email"], told["role"], told["sites"]) == ("new@x.example", "operator", ["demo"])
    assert told["must_change_password"] is True
    assert "password" not in running.client.get(USERS).text.replace("must_change_password", "")
    theirs = other(running, "new@x.example", told["password"])
    user = theirs.get(WHO).json()["user"]
    assert (user["must_change_password"], user["language"]) == (True, "uz")
    refused = theirs.get("/api/v1/visitors/online")
    assert (refused.status_code, refused.json()["error"]["reason"]) == (403, "password_due")
    with pytest.raises(WebSocketDisconnect), theirs.websocket_connect("/api/v1/live?site=demo"):
        pass
    body = {"old": told["password"], "new": "a much better one"}
    assert theirs.post(f"{WHO}/password", json=body).status_code == 204
    assert theirs.get("/api/v1/visitors/online").status_code == 200
    assert theirs.get(WHO).json()["user"]["must_change_password"] is False


def test_who_has_no_site_yet_is_told_of_the_password_and_can_change_it(running: Running) -> None:
    running.sign_in()
    told = add(running, sites=[])
    theirs = TestClient(running.app)
    body = {"email": "new@x.example", "password": told["password"]}
    signed = theirs.post(WHO, json=body)
    assert signed.status_code == 200
    for user in (signed.json()["user"], theirs.get(WHO).json()["user"]):
        assert (user["must_change_password"], user["sites"]) == (True, [])
    new = {"old": told["password"], "new": "a much better one"}
    assert theirs.post(f"{WHO}/password", json=new).status_code == 204
    user = theirs.get(WHO).json()["user"]
    assert (user["must_change_password"], user["sites"]) == (False, [])


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        ({"email": "ADMIN@localhost"}, 409, "user_exists"),
        ({"sites": ["nowhere"]}, 404, "unknown_site"),
        ({"role": "owner"}, 400, "malformed"),
        ({"email": "no address"}, 400, "malformed"),
        ({"email": "a@b\x00"}, 400, "malformed"),
        ({"name": "two\nlines"}, 400, "malformed"),
        ({"language": "de"}, 400, "malformed"),
        ({"password": "of my choice"}, 400, "malformed"),
    ],
)
def test_what_cannot_be_added_is_refused(
    running: Running, body: dict[str, Any], status: int, reason: str
) -> None:
    running.sign_in()
    answer = running.client.post(USERS, json={"email": "n@x", "role": "operator"} | body)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (status, reason)
    assert len(running.client.get(USERS).json()["data"]) == 1


@pytest.mark.parametrize("role", ["manager", "operator"])
def test_only_admins_manage_the_team(running: Running, role: str) -> None:
    running.add_user("m@x.example", role, "demo")
    running.sign_in("m@x.example")
    for answer in (
        running.client.get(USERS),
        running.client.post(USERS, json={"email": "n@x", "role": "admin"}),
        running.client.patch(f"{USERS}/1", json={"disabled": True}),
        running.client.get("/api/v1/audit"),
    ):
        assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "not_allowed")


@pytest.mark.parametrize("body", [{"disabled": True}, {"role": "manager"}])
def test_the_last_admin_stays(running: Running, body: dict[str, Any]) -> None:
    running.sign_in()
    assert change(running, 1, 409, **body)["reason"] == "last_admin"
    running.add_user("second@x.example", "admin")
    second = id_of(running, "second@x.example")
    assert change(running, second, disabled=True)["disabled"] is True
    assert change(running, 1, 409, **body)["reason"] == "last_admin"
    change(running, second, disabled=False)
    change(running, 1, **body)


def test_nobody_by_that_id(running: Running) -> None:
    running.sign_in()
    assert change(running, 99, 404, name="x")["reason"] == "unknown_user"
    assert running.client.patch(f"{USERS}/{2**70}", json={}).status_code == 400


def closed_with(socket: WebSocketTestSession) -> int:
    while (message := socket.receive())["type"] != "websocket.close":
        pass
    return int(message["code"])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"disabled": True}, 4401),
        ({"reset_password": True}, 4401),
        ({"sites": []}, 4404),
        ({"role": "manager"}, 1012),
    ],
)
def test_a_change_holds_at_once_on_open_sockets(
    running: Running, body: dict[str, Any], code: int
) -> None:
    running.add_user("o@x.example", "operator", "demo", "simulated")
    theirs = other(running, "o@x.example")
    running.sign_in()
    user_id = id_of(running, "o@x.example")
    with theirs.websocket_connect("/api/v1/live?site=demo") as socket:
        assert socket.receive_json()["event"] == "snapshot"
        change(running, user_id, **body)
        assert closed_with(socket) == code
    status = theirs.get("/api/v1/visitors/online?site=demo").status_code
    assert status == {4401: 401, 4404: 404, 1012: 200}[code]


def test_a_change_that_takes_nothing_leaves_sockets_open(running: Running) -> None:
    running.add_user("o@x.example", "operator", "demo", "simulated")
    theirs = other(running, "o@x.example")
    running.sign_in()
    with theirs.websocket_connect("/api/v1/live?site=demo") as socket:
        assert socket.receive_json()["event"] == "snapshot"
        change(running, id_of(running, "o@x.example"), sites=["demo"], name="Otabek")
        socket.send_json({"event": "snapshot"})
        assert socket.receive_json()["event"] == "snapshot"


def test_a_reset_password_is_told_once_and_changed_first(running: Running) -> None:
    running.add_user("o@x.example", "operator", "demo")
    running.sign_in()
    told = change(running, id_of(running, "o@x.example"), reset_password=True)
    assert told["must_change_password"] is True
    theirs = other(running, "o@x.example", told["password"])
    assert theirs.get(WHO).json()["user"]["must_change_password"] is True


OWN: list[tuple[str, Callable[[TestClient], Any]]] = [
    ("everywhere", lambda client: client.delete(f"{WHO}/all")),
    (
        "password",
        lambda client: client.post(
            f"{WHO}/password", json={"old": PASSWORD, "new": "quite another one"}
        ),
    ),
]


@pytest.mark.parametrize(("name", "act"), OWN, ids=[name for name, _ in OWN])
def test_ones_other_sign_ins_end_with_their_sockets(
    running: Running, name: str, act: Callable[[TestClient], Any]
) -> None:
    running.sign_in()
    elsewhere = other(running, "admin@localhost")
    with elsewhere.websocket_connect("/api/v1/live?site=demo") as socket:
        assert act(running.client).status_code == 204
        assert closed_with(socket) == 4401
    assert elsewhere.get(WHO).status_code == 401
    assert running.client.get(WHO).status_code == (401 if name == "everywhere" else 200)
