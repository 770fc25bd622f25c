"""The live socket, over the whole web process."""

from __future__ import annotations

import time
from typing import Any

import pytest
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from tests.api.conftest import Running, tell
from tests.factories import Visit, an_id

LIVE = "/api/v1/live?site=demo"


def frame(socket: WebSocketTestSession) -> tuple[str, int, dict[str, Any]]:
    told = socket.receive_json()
    assert set(told) == {"event", "seq", "data"}
    return told["event"], told["seq"], told["data"]


def a_visit(number: int = 1, **more: Any) -> Visit:
    return Visit(number, started_at=time.time_ns() // 1_000_000, **more)


def test_a_visit_as_a_screen_sees_it(running: Running) -> None:
    running.sign_in()
    visit = a_visit()
    with running.client.websocket_connect(LIVE) as socket:
        event, seq, data = frame(socket)
        assert (event, seq) == ("snapshot", 1)
        assert set(data) == {"visitors", "counts", "now", "truncated"}
        expected: list[tuple[Any, str, set[str]]] = [
            (
                visit.opens,
                "visitor.online",
                {"session_id", "anonymous_id", "location", "current_page", "device_type"},
            ),
            (
                lambda: visit.reads("/pricing"),
                "visitor.page_change",
                {"from_url", "to_url", "page_title"},
            ),
            (
                lambda: visit.does("click"),
                "visitor.interaction",
                {"interaction_type", "element"},
            ),
            (lambda: visit.becomes("away"), "visitor.presence", {"presence"}),
            (
                lambda: visit.becomes("offline"),
                "visitor.offline",
                {"session_duration_seconds", "pages_viewed", "reason"},
            ),
        ]
        for number, (step, name, keys) in enumerate(expected, 2):
            tell(running.log, step())
            event, seq, data = frame(socket)
            assert (event, seq) == (name, number)
            assert set(data) == keys | {"visitor_id", "timestamp", "visitor", "counts"}
            assert data["visitor_id"] == data["visitor"]["id"] == an_id("v", 1)
        assert data["counts"] == {"online": 0, "active": 0, "away": 0, "matching": 0}


def test_filters_at_connection_and_later(running: Running) -> None:
    running.sign_in()
    visit = a_visit()
    running.tell(visit.opens())
    with running.client.websocket_connect(f"{LIVE}&country=RU&lang=ru") as socket:
        _, _, data = frame(socket)
        assert data["visitors"] == []
        assert data["counts"]["online"] == 1
        socket.send_json({"event": "filter", "data": {"country": "UZ", "bots": True}})
        event, seq, data = frame(socket)
        assert (event, seq) == ("snapshot", 2)
        assert data["visitors"][0]["location"]["country"] == "Узбекистан"
        socket.send_json({"event": "snapshot"})
        assert frame(socket)[:2] == ("snapshot", 3)


def test_a_screen_that_opens_later_sees_the_same(running: Running) -> None:
    running.sign_in()
    visit = a_visit()
    with running.client.websocket_connect(LIVE) as first:
        frame(first)
        running.tell(visit.opens(), visit.reads("/pricing"))
        seen: dict[str, Any] = {}
        while seen.get("current_page", {}).get("url") != "/pricing":
            seen = frame(first)[2]["visitor"]
        with running.client.websocket_connect(LIVE) as second:
            (visitor,) = frame(second)[2]["visitors"]
    assert visitor["pages"] == seen["pages"]


@pytest.mark.parametrize(
    ("query", "code"),
    [("site=nothing", 4404), ("", 4404), ("site=demo&duration=long", 4400)],
)
def test_what_cannot_be_served_is_closed_with_its_code(
    running: Running, query: str, code: int
) -> None:
    running.sign_in()
    with running.client.websocket_connect(f"/api/v1/live?{query}") as socket:
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == code


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"event":"filter","data":{"q":5}}', '{"event":1}', "\x00"]
)
def test_a_client_that_talks_nonsense_is_closed(running: Running, text: str) -> None:
    running.sign_in()
    with running.client.websocket_connect(LIVE) as socket:
        frame(socket)
        socket.send_text(text)
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4400


def test_nobody_listens_to_the_site_of_another(running: Running) -> None:
    running.add_user("operator@x.example", "operator", "simulated")
    running.sign_in("operator@x.example")
    with running.client.websocket_connect(LIVE) as socket:
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4404


def test_signing_out_ends_the_sockets_of_that_sign_in(running: Running) -> None:
    running.sign_in()
    with running.client.websocket_connect(LIVE) as socket:
        frame(socket)
        assert running.client.delete("/api/v1/session").status_code == 204
        with pytest.raises(WebSocketDisconnect) as closed:
            socket.receive_json()
        assert closed.value.code == 4401


@pytest.mark.parametrize("role", ["admin", "manager", "operator"])
def test_every_role_may_listen(running: Running, role: str) -> None:
    running.add_user("person@x.example", role, "demo")
    running.sign_in("person@x.example")
    visit = a_visit()
    with running.client.websocket_connect(LIVE) as socket:
        assert frame(socket)[0] == "snapshot"
        running.tell(visit.opens())
        assert frame(socket)[0] == "visitor.online"


def test_a_flood_reaches_a_screen_in_at_most_ten_flushes_a_second(running: Running) -> None:
    running.sign_in()
    visit = a_visit()
    running.tell(visit.opens())
    with running.client.websocket_connect(LIVE) as socket:
        frame(socket)
        began = time.monotonic()
        for number in range(100):
            tell(running.log, visit.reads(f"/page-{number}"))
            time.sleep(0.005)
        # Each flush brings the one visitor once, whatever happened to them meanwhile.
        flushes, page = 0, ""
        while page != "/page-99":
            page = frame(socket)[2]["visitor"]["current_page"]["url"]
            flushes += 1
        # One at once, then one for each tenth of a second that has begun.
        assert 2 <= flushes <= (time.monotonic() - began) / 0.1 + 2


def test_the_first_news_after_a_pause_waits_for_no_flush(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.screen_socket.FLUSH_SECONDS", 0.5)
    running.sign_in()
    visit = a_visit()
    with running.client.websocket_connect(LIVE) as socket:
        frame(socket)
        time.sleep(0.6)
        told = time.monotonic()
        tell(running.log, visit.opens())
        assert frame(socket)[0] == "visitor.online"
        waited = time.monotonic() - told
        tell(running.log, visit.reads("/pricing"))
        assert frame(socket)[0] == "visitor.page_change"
        assert waited < 0.5
        assert time.monotonic() - told >= 0.5
