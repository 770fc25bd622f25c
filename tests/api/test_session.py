"""Signing in and out."""

from __future__ import annotations

import hashlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import select

from api.accounts import Audit, SignIn, User
from api.pace import Pace
from api.sign_in import COOKIE
from api.throttle import KEYS_KEPT, Slowing, Throttle
from hozir.inside import HEADER, SECRET
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


def guess(running: Running, email: str = "admin@localhost", password: str = "guess") -> Response:
    return running.client.post(WHO, json={"email": email, "password": password})


def test_guesses_at_one_account_are_slowed_and_others_are_not(running: Running) -> None:
    running.add_user("other@x.example", "operator", "demo")
    assert [guess(running).status_code for _ in range(5)] == [401] * 5
    slowed = guess(running, password=PASSWORD)
    assert slowed.status_code == 429
    assert slowed.json()["error"]["reason"] == "too_many_attempts"
    assert 0 < int(slowed.headers["retry-after"]) <= 15
    running.sign_in("other@x.example")


def test_strangers_cannot_keep_out_who_signed_in_from_there_before(running: Running) -> None:
    house = running.house
    running.add_user("other@x.example", "operator", "demo")
    stranger = TestClient(running.app, client=("203.0.113.7", 1))
    at_home = TestClient(running.app, client=("198.51.100.20", 1))
    right = {"email": "other@x.example", "password": PASSWORD}
    assert at_home.post(WHO, json=right).status_code == 200
    codes = [stranger.post(WHO, json=right | {"password": "x"}).status_code for _ in range(9)]
    assert codes == [401] * 5 + [429] * 4
    # Another house of the same street, so that one may get a new address over night.
    at_home = TestClient(running.app, client=("198.51.100.99", 1))
    assert at_home.post(WHO, json=right).status_code == 200
    assert stranger.post(WHO, json=right).status_code == 429
    # There, too, guesses are slowed.
    codes = [at_home.post(WHO, json=right | {"password": "x"}).status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert house.sign_ins.was_here("other@x.example", "198.51.100.XX")
    assert not house.sign_ins.was_here("other@x.example", "203.0.113.XX")


def test_each_further_guess_waits_longer_until_one_is_right() -> None:
    now = 0.0
    slowing = Slowing(clock=lambda: now)
    assert [slowing.take("a") for _ in range(5)] == [0] * 5
    waits = []
    for _ in range(9):
        waits.append(wait := slowing.take("a"))
        now += wait
        assert slowing.take("a") == 0
    assert waits == [15, 30, 60, 120, 240, 480, 900, 900, 900]
    assert slowing.take("b") == 0
    slowing.forgive("a")
    assert [slowing.take("a") for _ in range(5)] == [0] * 5
    assert slowing.take("a") == 15
    now += 3_601
    assert [slowing.take("a") for _ in range(5)] == [0] * 5


def test_many_guesses_at_once_are_no_way_around(running: Running) -> None:
    with ThreadPoolExecutor(12) as threads:
        codes = sorted(threads.map(lambda _: guess(running).status_code, range(12)))
    assert codes == [401] * 5 + [429] * 7


@pytest.mark.parametrize(
    ("new", "status"),
    [
        ("short", 400),
        ("admin@localhost", 400),
        ("Password123", 400),
        ("aaaaaaaaaaaa", 400),
        (PASSWORD, 400),
        ("x" * 1025, 400),
        ("correct horse battery", 204),
    ],
)
def test_a_new_password_is_not_one_that_guessers_try(
    running: Running, new: str, status: int
) -> None:
    running.sign_in()
    answer = running.client.post(f"{WHO}/password", json={"old": PASSWORD, "new": new})
    assert answer.status_code == status, answer.text
    running.client.delete(WHO)
    assert guess(running, password=new).status_code == {400: 401, 204: 200}[status] or (
        new in (PASSWORD, "x" * 1025)
    )


def test_the_old_password_must_be_right_and_is_not_to_be_guessed(running: Running) -> None:
    running.sign_in()
    body = {"old": "guess", "new": "correct horse battery"}
    codes = [running.client.post(f"{WHO}/password", json=body).status_code for _ in range(6)]
    assert codes == [403] * 5 + [429]


def test_one_changes_what_is_ones_own(running: Running) -> None:
    running.sign_in()
    told = running.client.patch(WHO, json={"language": "ru", "name": "Аброр", "theme": "dark"})
    assert told.status_code == 200
    user = running.client.get(WHO).json()["user"]
    assert user == told.json()["user"]
    assert (user["language"], user["name"], user["theme"]) == ("ru", "Аброр", "dark")
    running.client.patch(WHO, json={"language": ""})
    user = running.client.get(WHO).json()["user"]
    assert (user["language"], user["name"]) == (None, "Аброр")
    for body in ({"language": "de"}, {"theme": "pink"}, {"name": "a\nb"}, {"name": 1}):
        assert running.client.patch(WHO, json=body).status_code == 400


def test_one_sees_where_one_is_signed_in_and_ends_it(running: Running) -> None:
    firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    elsewhere = TestClient(
        running.app, client=("198.51.100.20", 1), headers={"User-Agent": firefox}
    )
    right = {"email": "admin@localhost", "password": PASSWORD}
    assert elsewhere.post(WHO, json=right).status_code == 200
    running.sign_in()
    rows = running.client.get(f"{WHO}/all").json()["data"]
    assert [row["this"] for row in rows] == [True, False]
    assert (rows[1]["address"], rows[1]["browser"]) == ("198.51.100.XX", "Firefox 140, Linux")
    assert (rows[1]["way"], rows[1]["seen_at"][-1]) == ("password", "Z")
    assert running.client.delete(f"{WHO}/all/{rows[1]['id']}").status_code == 204
    assert running.client.delete(f"{WHO}/all/{rows[1]['id']}").status_code == 404
    assert elsewhere.get(WHO).status_code == 401
    assert running.client.get(WHO).status_code == 200


def test_programs_are_paced_by_site_and_screens_are_not_held_up(running: Running) -> None:
    running.sign_in()
    running.app._pace = Pace(3, 5)
    online, client = "/api/v1/visitors/online", running.client

    def codes(many: int, site: str = "demo", **headers: str) -> list[int]:
        answers = [client.get(online, params={"site": site}, headers=headers) for _ in range(many)]
        return [answer.status_code for answer in answers]

    assert codes(4) == [200, 200, 200, 429]
    slowed = client.get(online, params={"site": "demo"})
    assert slowed.json()["error"]["reason"] == "too_many_requests"
    assert 0 < int(slowed.headers["retry-after"]) <= 60
    assert codes(1, "simulated") == [200]
    assert codes(6, **{"Sec-Fetch-Site": "same-origin"}) == [200] * 5 + [429]
    assert codes(1, Referer="http://testserver/map") == [429]
    assert codes(9, **{HEADER: SECRET}) == [200] * 9
    assert codes(1, **{HEADER: "guess"}) == [429]
    assert codes(1, "nowhere") == [404]  # counted for the person


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


def test_no_number_of_strangers_fills_the_memory() -> None:
    throttle = Throttle(1, 60)
    assert throttle.take("one of us") == 0
    for stranger in range(3 * KEYS_KEPT):
        throttle.take(str(stranger))
        if stranger % 1_000 == 0:
            assert throttle.take("one of us") > 0
    assert len(throttle._attempts) <= KEYS_KEPT


def test_sign_ins_are_audited(running: Running) -> None:
    running.client.post(WHO, json={"email": "admin@localhost", "password": "guess"})
    running.sign_in()
    running.client.delete(WHO)
    with running.house.accounts.open() as store:
        actions = store.scalars(select(Audit.action).order_by(Audit.id)).all()
    assert actions == ["sign_in_refused", "sign_in", "sign_out"]
