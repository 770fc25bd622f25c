"""What was said before: the door asks web, and says so when web is away."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.batches import an_id
from tests.door import ORIGIN, Door

TOKEN = "a" * 32
TOLD = {
    "conversation_id": an_id("c", 1),
    "status": "active",
    "messages": [{"id": an_id("m", 1), "number": 1, "text": "Salom"}],
}


class Web(ThreadingHTTPServer):
    """A neighbour that answers as it is told, and keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        self.answer: tuple[int, dict[str, str], Any] = (200, {}, TOLD)
        self.asked: list[tuple[str, Any, str]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                question = json.loads(self.rfile.read(length))
                address = self.headers["X-Forwarded-For"]
                web.asked.append((self.path, question, address))
                status, headers, body = web.answer
                content = json.dumps(body).encode()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(content))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    web = Web()
    yield web
    web.shutdown()
    web.server_close()


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory, web: Web) -> Iterator[Door]:
    door = Door(tmp_path_factory.mktemp("door"), web_internal_url=f"{web.url}/")
    yield door
    door.close()


def ask(door: Door, site: str = "demo", **more: Any) -> httpx.Response:
    body = {"visitor_id": an_id("v", 1), "token": TOKEN} | more
    return httpx.post(
        f"{door.url}/w/{site}/history", content=json.dumps(body), headers={"Origin": ORIGIN}
    )


def test_history_comes_from_web_by_the_browsers_secret(door: Door, web: Web) -> None:
    answer = ask(door)
    assert answer.json() == TOLD
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert web.asked[-1] == (
        "/api/v1/chat/history",
        {"site_key": "demo", "visitor_id": an_id("v", 1), "token": TOKEN},
        "127.0.0.1",
    )


@pytest.mark.parametrize("status", [401, 403, 404])
def test_wrong_secret_and_no_conversation_look_the_same(door: Door, web: Web, status: int) -> None:
    web.answer = (status, {}, {"error": {"reason": "unknown_conversation"}})
    answer = ask(door)
    assert (answer.status_code, answer.json()["messages"]) == (200, [])


def test_web_that_is_throttled_or_broken_is_said_to_be_so(door: Door, web: Web) -> None:
    web.answer = (429, {"Retry-After": "7"}, {})
    answer = ask(door)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    web.answer = (500, {}, {})
    answer = ask(door)
    assert (answer.status_code, answer.headers["X-Hozir-Rejected"]) == (503, "web_unavailable")


def test_web_that_is_away_costs_nothing_but_the_history(tmp_path: Path) -> None:
    door = Door(tmp_path, web_internal_url="http://127.0.0.1:9")
    answer = ask(door)
    assert (answer.status_code, answer.headers["X-Hozir-Rejected"]) == (503, "web_unavailable")
    assert int(answer.headers["Retry-After"]) > 0
    door.close()


@pytest.mark.parametrize(
    ("site", "change", "status", "reason"),
    [
        ("nobody", {}, 404, "unknown_site"),
        ("shop", {}, 403, "origin_not_allowed"),
        ("demo", {"token": "x"}, 400, "bad_id"),
        ("demo", {"visitor_id": "x"}, 400, "bad_id"),
        ("demo", {"token": None}, 400, "malformed"),
    ],
)
def test_web_is_not_asked_for_nothing(
    door: Door, web: Web, site: str, change: dict[str, Any], status: int, reason: str
) -> None:
    before = len(web.asked)
    answer = ask(door, site, **change)
    assert (answer.status_code, answer.headers["X-Hozir-Rejected"]) == (status, reason)
    assert len(web.asked) == before
