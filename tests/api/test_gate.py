"""The gate: nobody passes without a sign-in, and no other site asks in somebody's name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.datastructures import Headers
from starlette.websockets import WebSocketDisconnect

from api.gate import read_cookie, same_origin
from tests.api.conftest import PASSWORD, Running, eventually


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("/", "/sign-in?next=/"),
        ("/map?site=demo&q=a%26b", "/sign-in?next=/map%3Fsite%3Ddemo%26q%3Da%2526b"),
        ("//evil.example/", "/sign-in?next=//evil.example/"),
        ("/api/docs", "/sign-in?next=/api/docs"),
        ("/app/static/secret.csv", "/sign-in?next=/app/static/secret.csv"),
    ],
)
def test_pages_send_to_the_sign_in(running: Running, path: str, to: str) -> None:
    answer = running.client.get(f"http://testserver{path}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, to)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/visitors/online",
        "/api/v1/sites",
        "/api/v1/nothing",
        "/api/openapi.json",
        "/_stcore/host-config",
        "/metrics",
    ],
)
def test_the_api_says_401(running: Running, path: str) -> None:
    for cookie in ("", "hozir_session=", "hozir_session=guess", 'hozir_session="', "a=b; ;;="):
        answer = running.client.get(path, headers={"Cookie": cookie}, follow_redirects=False)
        assert answer.status_code == 401
        assert answer.json()["error"]["reason"] == "signed_out"


@pytest.mark.parametrize("path", ["/sign-in", "/healthz", "/livez"])
def test_what_a_stranger_may_see(running: Running, path: str) -> None:
    eventually(lambda: running.client.get(path).status_code == 200)
    answer = running.client.get(path)
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"


@pytest.mark.parametrize("path", ["/api/v1/live?site=demo", "/_stcore/stream", "/"])
def test_sockets_are_refused(running: Running, path: str) -> None:
    with pytest.raises(WebSocketDisconnect), running.client.websocket_connect(path):
        pass


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://testserver.evil", "://"]
)
def test_other_sites_change_nothing(running: Running, method: str, origin: str) -> None:
    running.sign_in()
    answer = running.client.request(method, "/api/v1/session", headers={"Origin": origin})
    assert answer.status_code == 403
    assert answer.json()["error"]["reason"] == "other_origin"
    assert running.client.get("/api/v1/session").status_code == 200


def test_other_sites_open_no_socket(running: Running) -> None:
    running.sign_in()
    with (
        pytest.raises(WebSocketDisconnect),
        running.client.websocket_connect(
            "/api/v1/live?site=demo", headers={"Origin": "https://evil.example"}
        ),
    ):
        pass


def test_our_own_pages_may(running: Running) -> None:
    running.sign_in()
    answer = running.client.delete("/api/v1/session", headers={"Origin": "http://testserver"})
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("origin", "host", "holds"),
    [
        ("https://hozir.example", "hozir.example", True),
        ("http://localhost:8001", "localhost:8001", True),
        ("http://localhost:8000", "localhost:8001", False),
        ("http://[::1", "localhost", False),
        (None, "anything", True),
    ],
)
def test_the_same_origin(origin: str | None, host: str, holds: bool) -> None:
    headers = {"host": host} | ({"origin": origin} if origin else {})
    assert same_origin(Headers(headers)) is holds


def test_our_cookie_is_found_among_odd_ones() -> None:
    assert read_cookie("a=b; {odd}; hozir_session=tok-en_1; c") == "tok-en_1"
    assert read_cookie("xhozir_session=no") == ""


@pytest.mark.parametrize("path", ["session", "chat/history", "sql", "nothing"])
def test_a_body_without_end_is_not_taken(running: Running, path: str) -> None:
    taken = 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield b"a" * 100_000

    running.sign_in()
    kind = {"Content-Type": "application/json"}
    for body in (endless(), b"1" * 2_000_000):
        answer = running.client.post(f"/api/v1/{path}", content=body, headers=kind)
        if path == "nothing" and answer.status_code == 404:
            continue  # nobody reads it
        assert answer.status_code == 413
        assert answer.json()["error"]["reason"] == "too_large"


def test_a_length_of_any_number_of_digits_is_no_fault_of_ours(running: Running) -> None:
    answer = running.client.post(
        "/api/v1/session", content=b"{}", headers={"Content-Length": "0" * 5_000 + "2"}
    )
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
def test_what_a_form_of_another_site_can_send_is_no_request(running: Running, kind: str) -> None:
    """A page needs no permission to send these, nor, in old browsers, an Origin."""
    body = f'{{"email":"admin@localhost","password":"{PASSWORD}"}}'
    answer = running.client.post("/api/v1/session", content=body, headers={"Content-Type": kind})
    assert answer.status_code == 400
    assert answer.json()["error"]["reason"] == "malformed"
    assert "set-cookie" not in answer.headers


def test_a_cookie_that_somebody_planted_is_not_made_good_by_signing_in(running: Running) -> None:
    for planted in ("planted-by-somebody", "a" * 43):
        answer = running.client.post(
            "/api/v1/session",
            json={"email": "admin@localhost", "password": PASSWORD},
            headers={"Cookie": f"hozir_session={planted}"},
        )
        given = answer.headers["set-cookie"]
        assert planted not in given
        assert "HttpOnly" in given
        assert "SameSite=lax" in given
        running.client.cookies.clear()
        cookie = {"Cookie": f"hozir_session={planted}"}
        assert running.client.get("/api/v1/session", headers=cookie).status_code == 401


def test_the_sign_in_of_another_is_left_behind(running: Running) -> None:
    """Who is brought to a browser that somebody else signed in to goes on as themselves."""
    running.add_user("operator@shop.example", "operator", "demo")
    running.sign_in("operator@shop.example")
    theirs = running.client.cookies["hozir_session"]
    running.sign_in()
    assert running.client.cookies["hozir_session"] != theirs
    running.client.cookies.clear()
    cookie = {"Cookie": f"hozir_session={theirs}"}
    who = running.client.get("/api/v1/session", headers=cookie).json()["user"]["email"]
    assert who == "operator@shop.example"
