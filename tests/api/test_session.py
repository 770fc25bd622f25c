"""Signing in and out."""

from __future__ import annotations

import hashlib
import sqlite3

import pytest
from sqlalchemy import select

from api.accounts import Audit, SignIn, User
from api.sign_in import COOKIE
from api.throttle import Throttle
from tests.api.conftest import PASSWORD, Running

WHO = "/api/v1/session"


def test_sign_in_says_who_and_where_to_begin(running: Running) -> None:
    answer = running.client.post(WHO, json={"email": " Admin@LOCALHOST ", "password": PASSWORD})
    assert answer.status_code == 200
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    user = answer.json()["user"]
    assert (user["email"], user["role"]) == ("admin@localhost", "admin")
    demo, simulated = user["sites"]
    assert demo["snippet"] == (
        '<script async src="http://localhost:8000/h.js" data-site="demo"></script>'
    )
    assert demo["demo_url"] == "http://localhost:8000/demo/"
    assert demo["had_visitors"] is False
    assert (simulated["simulated"], simulated["demo_url"]) == (True, None)
    assert running.client.get(WHO).json()["user"] == user


def test_over_https_the_cookie_stays_there(running: Running) -> None:
    running.client.base_url = "https://hozir.example"  # type: ignore[assignment]
    answer = running.client.post(WHO, json={"email": "admin@localhost", "password": PASSWORD})
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("email", "password"),
    [("admin@localhost", "wrong"), ("nobody@localhost", PASSWORD), ("", ""), ("\x00", "\x00")],
)
def test_what_does_not_fit_is_refused_alike(running: Running, email: str, password: str) -> None:
    answer = running.client.post(WHO, json={"email": email, "password": password})
    assert answer.status_code == 401
    assert answer.json()["error"]["reason"] == "wrong_password"
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"email":1}', b'{"email":"\\ud800","password":"\\ud800"}', b"\xff"]
)
def test_what_cannot_be_read_is_malformed(running: Running, body: bytes) -> None:
    answer = running.client.post(WHO, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["error"]["reason"] == "malformed"


def test_after_signing_out_the_cookie_opens_nothing(running: Running) -> None:
    running.sign_in()
    token = running.client.cookies[COOKIE]
    assert running.client.delete(WHO).status_code == 204
    running.client.cookies.set(COOKIE, token)
    assert running.client.get(WHO).status_code == 401
    assert running.client.get("/api/v1/visitors/online").status_code == 401
    assert running.client.delete(WHO).status_code == 204


def test_a_sign_in_ends_in_time(running: Running) -> None:
    running.sign_in()
    with running.house.accounts.open() as store:
        for row in store.scalars(select(SignIn)):
            row.expires_at = row.created_at
    running.house.sign_ins.forget()
    assert running.client.get(WHO).status_code == 401


def test_who_is_disabled_is_out(running: Running) -> None:
    running.add_user("left@x.example", "manager", "demo")
    running.sign_in("left@x.example")
    with running.house.accounts.open() as store:
        store.scalars(select(User).where(User.email == "left@x.example")).one().disabled = True
    running.house.sign_ins.forget()
    assert running.client.get(WHO).status_code == 401
    refused = running.client.post(WHO, json={"email": "left@x.example", "password": PASSWORD})
    assert refused.status_code == 401


def test_neither_password_nor_token_is_stored(running: Running) -> None:
    running.sign_in()
    token = running.client.cookies[COOKIE]
    with sqlite3.connect(running.house.settings.data / "accounts.db") as connection:
        dump = "\n".join(connection.iterdump())
    connection.close()
    assert token not in dump
    assert PASSWORD not in dump
    assert hashlib.sha256(token.encode()).hexdigest() in dump
    assert "$argon2id$" in dump


def test_attempts_at_one_account_are_slowed_and_others_are_not(running: Running) -> None:
    running.add_user("other@x.example", "operator", "demo")
    house = running.house
    house.of_account = Throttle(3, 300)
    guess = {"email": "admin@localhost", "password": "guess"}
    assert [running.client.post(WHO, json=guess).status_code for _ in range(3)] == [401] * 3
    slowed = running.client.post(WHO, json=guess | {"password": PASSWORD})
    assert slowed.status_code == 429
    assert slowed.json()["error"]["reason"] == "too_many_attempts"
    assert 0 < int(slowed.headers["retry-after"]) <= 300
    running.sign_in("other@x.example")


def test_attempts_from_one_address_are_slowed(running: Running) -> None:
    running.house.of_address = Throttle(2, 300)
    codes = [
        running.client.post(WHO, json={"email": f"{n}@x", "password": "x"}).status_code
        for n in range(3)
    ]
    assert codes == [401, 401, 429]


def test_the_window_slides() -> None:
    now = 0.0
    throttle = Throttle(2, 10, clock=lambda: now)
    assert [throttle.take("a"), throttle.take("a"), throttle.take("b")] == [0, 0, 0]
    now = 4.0
    assert throttle.take("a") == 6
    now = 10.0
    assert throttle.take("a") == 0
    throttle.forgive("a")
    assert [throttle.take("a"), throttle.take("a")] == [0, 0]


def test_sign_ins_are_audited(running: Running) -> None:
    running.client.post(WHO, json={"email": "admin@localhost", "password": "guess"})
    running.sign_in()
    running.client.delete(WHO)
    with running.house.accounts.open() as store:
        actions = store.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions == ["sign_in_refused", "sign_in", "sign_out"]
