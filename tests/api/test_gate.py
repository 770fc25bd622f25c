"""The gate: nobody passes without a sign-in, and no other site asks in somebody's name."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers
from starlette.websockets import WebSocketDisconnect

from api.gate import read_cookie, same_origin
from tests.api.conftest import Running, eventually


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
