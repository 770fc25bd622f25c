"""The inbox socket, and what the live socket tells of messages."""

from __future__ import annotations

import time
from typing import Any

import pytest
from starlette.testclient import WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from hozir.contract.codec import decode_message
from hozir.contract.topics import MESSAGES
from tests.api.conftest import Running, eventually, tell
from tests.api.test_conversations import V1, arrives, call, conversation, now_ms, says, write
from tests.conversing import from_visitor, new_id, reply
from tests.factories import an_id

INBOX = "/api/v1/inbox?site=demo"


def frames_until(socket: WebSocketTestSession, *wanted: str) -> dict[str, Any]:
    """Return the first frame of each kind, when all have come."""
    found: dict[str, Any] = {}
    while not set(wanted) <= set(found):
        told = socket.receive_json()
        assert set(told) == {"event", "seq", "data"}
        found.setdefault(told["event"], told["data"])
    return found


def test_a_conversation_as_an_inbox_sees_it(running: Running) -> None:
    running.sign_in()
    visit = arrives(running)
    with running.client.websocket_connect(f"{INBOX}&lang=uz") as socket:
        first = socket.receive_json()
        assert (first["event"], first["seq"]) == ("snapshot", 1)
        assert set(first["data"]) == {"conversations", "counts", "now", "me", "team"}
        assert first["data"]["me"] == {"id": 1, "name": "admin"}
        assert first["data"]["team"] == [{"id": 1, "name": "admin", "role": "admin"}]

        said = from_visitor("Salom", at=now_ms())
        reply(running.log, said)
        told = frames_until(socket, "conversation", "message")
        opened = told["conversation"]["conversation"]
        assert (opened["status"], opened["unread"]) == ("waiting", 1)
        assert opened["visitor"]["location"]["country"] == "Oʻzbekiston"
        assert opened["visitor"]["pages"]
        assert told["message"]["message"]["text"] == "Salom"
        assert told["message"]["counts"] == {"waiting": 1, "active": 0, "closed": 0, "unread": 1}

        path = f"conversations/{opened['id']}"
        sent = call(running, "POST", f"{path}/messages", {"id": new_id(), "text": "Ha"}, 201)
        told = frames_until(socket, "conversation", "message")
        assert told["message"]["message"] == sent["data"]
        assert told["conversation"]["counts"]["unread"] == 0

        for kind in ("delivered", "seen"):
            named = {"id": sent["data"]["id"], "conversation_id": opened["id"]}
            reply(running.log, from_visitor(kind=kind, **named))
            state = frames_until(socket, "state")["state"]
            assert state == {"conversation_id": opened["id"], "id": named["id"], "state": kind}

        reply(running.log, from_visitor(kind="typing", id="", at=now_ms()))
        typing = frames_until(socket, "typing")["typing"]
        assert typing == {"conversation_id": opened["id"], "author": "visitor", "name": None}

        tell(running.log, visit.becomes("away"))
        presence = frames_until(socket, "presence")["presence"]
        assert presence["conversation_id"] == opened["id"]
        assert (presence["presence"]["presence"], presence["presence"]["looking"]) == (
            "away",
            False,
        )

        call(running, "POST", f"{path}/close")
        told = frames_until(socket, "conversation", "message")
        assert told["conversation"]["conversation"]["status"] == "closed"
        assert told["message"]["message"]["detail"]["what"] == "closed"

        socket.send_json({"event": "snapshot"})
        again = frames_until(socket, "snapshot")["snapshot"]
        assert again["counts"] == {"waiting": 0, "active": 0, "closed": 1, "unread": 0}
        assert again["conversations"][0]["id"] == opened["id"]


def test_a_visit_that_is_ended_by_hand_is_over_in_the_inbox_before_the_warehouse_has_it(
    running: Running,
) -> None:
    running.sign_in()
    visit = arrives(running)
    says(running, "Salom")
    with running.client.websocket_connect(INBOX) as socket:
        frames_until(socket, "snapshot")
        running.house.hub.deliver([visit.becomes("offline"), visit.ends()])
        presence = frames_until(socket, "presence")["presence"]["presence"]
    assert (presence["is_online"], presence["presence"]) == (False, "offline")
    assert conversation(running)["visitor"]["presence"] == "offline"
    told = call(running, "GET", f"visitors/{V1}")["data"]
    assert (told["is_online"], told["presence_since"]) == (False, told["last_seen_at"])


def test_typing_by_the_socket_reaches_the_visitor_and_the_colleagues(running: Running) -> None:
    running.sign_in()
    says(running, "Salom")
    found = conversation(running)["id"]
    with running.client.websocket_connect(INBOX) as socket:
        frames_until(socket, "snapshot")
        for _ in range(5):
            socket.send_json({"event": "typing", "data": {"conversation_id": found}})
        for odd in ("x", 5, None, an_id("c", 99)):
            socket.send_json({"event": "typing", "data": {"conversation_id": odd}})
        typing = frames_until(socket, "typing")["typing"]
        assert typing == {"conversation_id": found, "author": "agent", "name": "admin"}
        socket.send_json({"event": "snapshot"})
        frames_until(socket, "snapshot")
    records = [decode_message(one.value) for one in running.log.read(MESSAGES, 0, 0, 9)]
    assert [(one.kind, one.author_name) for one in records] == [("typing", "admin")]


def test_every_live_screen_of_the_site_hears_of_a_proactive_message(running: Running) -> None:
    running.sign_in()
    arrives(running)
    # Whoever the screen's filter lets pass.
    with running.client.websocket_connect("/api/v1/live?country=RU&site=demo") as mine:
        frames_until(mine, "snapshot")
        sent = write(running, text="Yordam kerakmi?")
        told = frames_until(mine, "proactive_message.sent")["proactive_message.sent"]
        assert {name: told[name] for name in ("visitor_id", "conversation_id", "agent_id")} == {
            "visitor_id": V1,
            "conversation_id": sent["conversation_id"],
            "agent_id": 1,
        }
        assert (told["message"], told["timestamp"]) == ("Yordam kerakmi?", sent["sent_at"])
        assert told["visitor"]["contacted"]
        assert told["counts"]["online"] == 1


def test_news_of_another_site_does_not_come(running: Running) -> None:
    running.sign_in()
    with running.client.websocket_connect("/api/v1/inbox?site=simulated") as socket:
        frames_until(socket, "snapshot")
        says(running, "Salom")
        says(running, "Meniki", site_key="simulated", visitor=5)
        told = frames_until(socket, "message")["message"]
        assert told["message"]["text"] == "Meniki"
        assert told["counts"]["waiting"] == 1


def test_the_snapshot_holds_what_is_open_first(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.inbox.SNAPSHOT", 2)
    running.sign_in()
    for number in (1, 2, 3):
        says(running, "Salom", visitor=number)
    last = conversation(running)
    call(running, "POST", f"conversations/{last['id']}/close")
    with running.client.websocket_connect(INBOX) as socket:
        shown = frames_until(socket, "snapshot")["snapshot"]["conversations"]
    assert [one["visitor"]["id"] for one in shown] == [an_id("v", 2), an_id("v", 1)]


def test_the_figures_survive_a_restart_of_the_hub(running: Running) -> None:
    from api.inbox_hub import InboxHub
    from warehouse.conversation_reads import counts

    running.sign_in()
    for number in (1, 2):
        says(running, "Salom", visitor=number)
    told = call(running, "GET", "conversations")["meta"]
    anew = InboxHub(running.house.hub, counts(running.house.warehouse))
    eventually(lambda: running.house.inbox.counts("demo")._asdict() == told)
    assert anew.counts("demo")._asdict() == told


def test_a_screen_that_is_far_behind_gets_a_snapshot_instead(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.inbox_hub.WAITING_NEWS", 3)
    running.sign_in()
    with running.client.websocket_connect(INBOX) as socket:
        frames_until(socket, "snapshot")
        reply(running.log, *(from_visitor(f"{n}", at=now_ms()) for n in range(50)))
        while True:
            told = socket.receive_json()
            if told["event"] == "snapshot":
                break
        assert told["data"]["counts"]["unread"] == 50


def test_open_sockets_of_all_kinds_are_counted_together(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.sign_in()
    monkeypatch.setattr(running.house.hub, "_most", 2)
    connect = running.client.websocket_connect
    with connect("/api/v1/live?site=demo"), connect(INBOX) as second:
        frames_until(second, "snapshot")
        with connect(INBOX) as third, pytest.raises(WebSocketDisconnect) as closed:
            third.receive_json()
        assert closed.value.code == 4429
        with connect("/api/v1/inbox?site=simulated") as elsewhere:
            frames_until(elsewhere, "snapshot")
    eventually(lambda: len(running.house.inbox) == 0)
    with connect(INBOX) as again:
        frames_until(again, "snapshot")


def test_nobody_listens_to_the_inbox_of_another(running: Running) -> None:
    running.add_user("operator@x.example", "operator", "demo")
    running.sign_in("operator@x.example")
    for site in ("nothing", "simulated"):
        with running.client.websocket_connect(f"/api/v1/inbox?site={site}") as socket:
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_json()
            assert closed.value.code == 4404


def test_without_a_sign_in_there_is_no_inbox(running: Running) -> None:
    with (
        pytest.raises(WebSocketDisconnect),
        running.client.websocket_connect(INBOX),
    ):
        pass


def test_a_client_that_talks_nonsense_is_closed(running: Running) -> None:
    running.sign_in()
    for text in ("", "{", "[]", '{"event":1}', '{"event":"x","data":[]}', "\x00"):
        with running.client.websocket_connect(INBOX) as socket:
            frames_until(socket, "snapshot")
            socket.send_text(text)
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_json()
            assert closed.value.code == 4400


def test_a_flood_reaches_an_inbox_in_at_most_ten_flushes_a_second(running: Running) -> None:
    running.sign_in()
    with running.client.websocket_connect(INBOX) as socket:
        frames_until(socket, "snapshot")
        began = time.monotonic()
        for number in range(40):
            reply(running.log, from_visitor(f"{number}", at=now_ms()))
        conversations = messages = 0
        while messages < 40:
            event = socket.receive_json()["event"]
            messages += event == "message"
            conversations += event == "conversation"
        # Once a flush, as the conversation's news are merged.
        assert conversations <= (time.monotonic() - began) * 10 + 2
