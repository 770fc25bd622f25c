"""Conversations by REST: writing, reading, handling, and what each may not."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from typing import Any

import pytest
from sqlalchemy import select

from api.accounts import Audit, SiteRow, User
from api.conversation_view import conversations_of
from hozir.contract.codec import decode_message
from hozir.contract.errors import LogUnavailable
from hozir.contract.ids import visitor_number
from hozir.contract.message import Message
from hozir.contract.topics import MESSAGES
from tests.api.conftest import Running, eventually
from tests.conversing import TOKEN, from_visitor, hash_of, new_id, reply
from tests.factories import Visit, an_id

V1, V2 = an_id("v", 1), an_id("v", 2)
JSON = {"Content-Type": "application/json"}
HOSTILE = "<img src=x onerror=alert(1)>'); DROP TABLE x; -- \u202e\x00 😀"


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def call(
    running: Running, method: str, path: str, body: Any = None, status: int = 200, **query: Any
) -> Any:
    query = {"site": "demo"} | query
    content = None if body is None else json.dumps(body)  # escapes what is no UTF-8
    answer = running.client.request(
        method, f"/api/v1/{path}", params=query, content=content, headers=JSON
    )
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def arrives(running: Running, number: int = 1, **more: Any) -> Visit:
    visit = Visit(number, started_at=now_ms(), **more)
    running.tell(visit.opens())
    return visit


def write(running: Running, visitor: str = V1, text: str = "Salom", status: int = 201) -> Any:
    return call(running, "POST", f"visitors/{visitor}/message", {"message": text}, status)


def says(running: Running, text: str, **more: Any) -> Message:
    """A visitor says something, and it is stored."""
    message = from_visitor(text, **({"at": now_ms()} | more))
    before = running.house.correspondent.stored
    reply(running.log, message)
    eventually(lambda: running.house.correspondent.stored > before)
    return message


def conversation(running: Running, number: int = 0) -> Any:
    return call(running, "GET", "conversations")["data"][number]


def audited(running: Running) -> list[Audit]:
    with running.house.accounts.open() as store:
        return list(store.scalars(select(Audit).where(~Audit.action.startswith("sign_in"))))


def reason(told: Any) -> str:
    found: str = told["error"]["reason"]
    return found


def test_a_message_opens_a_conversation_and_is_read_at_once(running: Running) -> None:
    running.sign_in()
    visit = arrives(running)
    sent = write(running)
    assert set(sent) == {"conversation_id", "message_id", "sent_at"}
    (told,) = call(running, "GET", "conversations")["data"]
    assert told["id"] == sent["conversation_id"]
    assert (told["status"], told["started_by"], told["unread"]) == ("active", "agent", 0)
    assert told["visitor"]["id"] == V1
    assert told["visitor"]["is_online"]
    assert told["visitor"]["last_seen_at"]
    assert told["visitor"]["contacted"]
    assert told["last_message"]["text"] == "Salom"
    assert told["last_message"]["state"] == "sent"
    assert told["last_message"]["author_name"] == "admin"
    path = f"conversations/{told['id']}"
    (line,) = call(running, "GET", f"{path}/messages")["data"]
    assert line == told["last_message"]
    assert call(running, "GET", path)["data"] == told
    (record,) = [decode_message(one.value) for one in running.log.read(MESSAGES, 0, 0, 9)]
    assert (record.kind, record.token_hash, record.text) == ("message", "", "Salom")
    assert record.session_id == visit.session.session_id
    again = write(running, text="Yana")
    assert again["conversation_id"] == sent["conversation_id"]


def test_what_is_sent_is_audited_without_its_text(running: Running) -> None:
    running.sign_in()
    arrives(running)
    sent = write(running, text="mahfiy soʻz")
    call(
        running,
        "POST",
        f"conversations/{sent['conversation_id']}/messages",
        {"id": new_id(), "text": "ikki", "as": "bot"},
        201,
    )
    first, second = audited(running)
    assert (first.action, first.subject, first.site_key) == ("message_sent", V1, "demo")
    assert first.detail == {
        "conversation_id": sent["conversation_id"],
        "length": len("mahfiy soʻz"),
        "voice": "agent",
    }
    assert (second.detail["voice"], second.detail["length"]) == ("bot", 4)


def test_the_visit_counts_as_contacted_and_the_next_one_does_not(running: Running) -> None:
    running.sign_in()
    visit = arrives(running)
    write(running)

    def visitor() -> Any:
        return call(running, "GET", f"visitors/{V1}")["data"]

    eventually(lambda: visitor()["contacted"])
    assert not visitor()["chatting"]
    says(running, "Salom")
    eventually(lambda: visitor()["chatting"])
    running.tell(visit.becomes("offline"), visit.ends())
    running.tell(Visit(7, visitor=1, started_at=now_ms()).opens())
    assert (visitor()["contacted"], visitor()["chatting"]) == (False, True)
    assert visitor()["conversation_id"] == conversation(running)["id"]
    rows = running.house.warehouse.cursor().execute(
        "SELECT session_id, contacted FROM visitor_sessions ORDER BY session_id"
    )
    assert rows.fetchall() == [(an_id("s", 1), True), (an_id("s", 7), False)]


def test_who_writes_as_bot_or_with_a_name(running: Running) -> None:
    running.sign_in()
    arrives(running)
    body = {"message": "Salom", "as": "bot"}
    call(running, "POST", f"visitors/{V1}/message", body, 201)
    assert conversation(running)["last_message"]["author_name"] == "Demo"
    with running.house.accounts.open() as store:
        store.get_one(SiteRow, "demo").chat = {"bot_name": "Yordamchi"}
        store.scalars(select(User)).one().name = "Malika"
    running.house.sign_ins.forget()
    call(running, "POST", f"visitors/{V1}/message", body, 201)
    last = conversation(running)["last_message"]
    assert (last["author"], last["author_name"]) == ("bot", "Yordamchi")
    write(running)
    last = conversation(running)["last_message"]
    assert (last["author"], last["author_name"]) == ("agent", "Malika")


def test_five_a_day_also_when_ten_are_sent_at_once(running: Running) -> None:
    running.sign_in()
    arrives(running)
    arrives(running, 2)

    def send(number: int) -> int:
        return running.client.post(
            f"/api/v1/visitors/{V1}/message", params={"site": "demo"}, json={"message": f"{number}"}
        ).status_code

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(send, range(10)))
    assert sorted(answers) == [201] * 5 + [429] * 5
    assert reason(write(running, status=429)) == "too_many_messages"
    assert running.log.head(MESSAGES, 0) == 5
    assert len(call(running, "GET", "conversations")["data"]) == 1
    write(running, V2)
    # In a conversation there is no such bound.
    path = f"conversations/{conversation(running, 1)['id']}/messages"
    call(running, "POST", path, {"id": new_id(), "text": "davomi"}, 201)


def test_tomorrow_begins_at_midnight_of_the_site(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.sign_in()
    arrives(running)
    for _ in range(5):
        write(running)
    write(running, status=429)
    day = 24 * 3_600_000
    # Midnight of Tashkent is 19:00 UTC.
    midnight = now_ms() - (now_ms() - 19 * 3_600_000) % day + day
    clock = running.house.conversations
    monkeypatch.setattr(clock, "_clock", lambda: midnight - 1)
    write(running, status=429)
    monkeypatch.setattr(clock, "_clock", lambda: midnight)
    write(running)


def test_to_whom_nothing_can_be_sent(running: Running) -> None:
    running.sign_in()
    for stranger in (V1, "x", "%00", "'; DROP TABLE conversation_lines"):
        assert reason(write(running, stranger, status=404)) == "unknown_visitor"
    arrives(running)
    for body in (
        *({}, {"message": ""}, {"message": " \n"}, {"message": "a" * 501}, {"message": 5}),
        *({"message": "a", "as": "god"}, {"message": "\ud800"}, [], "x"),
    ):
        told = call(running, "POST", f"visitors/{V1}/message", body, 400)
        assert reason(told) == "malformed"
    body = {"message": "a", "agent_id": "99"}
    assert reason(call(running, "POST", f"visitors/{V1}/message", body, 403)) == "not_allowed"
    call(running, "POST", f"visitors/{V1}/message", body | {"agent_id": 1}, 201)
    with running.house.accounts.open() as store:
        store.get_one(SiteRow, "demo").chat = {"enabled": False}
    assert reason(write(running, status=409)) == "chat_off"
    assert audited(running)[-1].action == "message_sent"
    assert len(audited(running)) == 1


def test_a_message_with_the_same_id_is_written_once(running: Running) -> None:
    running.sign_in()
    says(running, "Salom")
    path = f"conversations/{conversation(running)['id']}/messages"
    body = {"id": new_id(), "text": "Assalomu alaykum"}
    first = call(running, "POST", path, body, 201)
    assert call(running, "POST", path, body, 201) == first
    with ThreadPoolExecutor(4) as pool:
        both = {"id": new_id(), "text": "bir marta"}
        answers = list(pool.map(lambda _: call(running, "POST", path, both, 201), range(4)))
    assert len({json.dumps(one) for one in answers}) == 1
    lines = call(running, "GET", path)["data"]
    assert [line["text"] for line in lines] == ["Salom", "Assalomu alaykum", "bir marta"]
    assert [line["number"] for line in lines] == [1, 2, 3]
    taken = {"id": lines[0]["id"], "text": "meniki"}
    assert reason(call(running, "POST", path, taken, 400)) == "malformed"
    for wrong in ({"id": "m_1"}, {"id": ""}, {"text": ""}, {"text": " "}, {"text": "a" * 2001}):
        call(running, "POST", path, body | wrong, 400)
    record = decode_message(running.log.read(MESSAGES, 0, 0, 1)[0].value)
    assert record.token_hash == hash_of(TOKEN)


def test_reading_counts_down_and_tells_the_visitor(running: Running) -> None:
    running.sign_in()
    said = [says(running, text) for text in ("bir", "ikki", "uch")]
    told = conversation(running)
    assert (told["status"], told["unread"], told["messages"]) == ("waiting", 3, 3)
    assert told["waiting_since"]
    assert call(running, "GET", "conversations")["meta"] == {
        "waiting": 1,
        "active": 0,
        "closed": 0,
        "unread": 3,
    }
    path = f"conversations/{told['id']}"
    assert call(running, "POST", f"{path}/read", {"number": 2})["data"]["unread"] == 1
    lines = call(running, "GET", f"{path}/messages")["data"]
    assert [line["state"] for line in lines] == ["seen", "seen", "delivered"]
    call(running, "POST", f"{path}/read", {"number": 1})
    call(running, "POST", f"{path}/read", {"number": 0})
    (record,) = [decode_message(one.value) for one in running.log.read(MESSAGES, 0, 0, 9)]
    assert (record.kind, record.id) == ("seen", said[1].id)
    assert call(running, "POST", f"{path}/read", {"number": 2**31 - 1})["data"]["unread"] == 0
    for wrong in ({}, {"number": -1}, {"number": 2**31}, {"number": "x"}):
        call(running, "POST", f"{path}/read", wrong, 400)


def test_states_of_what_the_team_wrote(running: Running) -> None:
    running.sign_in()
    arrives(running)
    sent = write(running)
    path = f"conversations/{sent['conversation_id']}"
    for kind in ("delivered", "seen"):
        named = {"id": sent["message_id"], "conversation_id": sent["conversation_id"]}
        reply(running.log, from_visitor(kind=kind, **named))
        eventually(lambda kind=kind: conversation(running)["last_message"]["state"] == kind)
    call(running, "POST", f"{path}/messages", {"id": new_id(), "text": "yana"}, 201)
    lines = call(running, "GET", f"{path}/messages")["data"]
    assert [line["state"] for line in lines] == ["seen", "sent"]
    # From now on only the browser that claimed it is told.
    record = decode_message(running.log.read(MESSAGES, 0, 1, 1)[0].value)
    assert record.token_hash == hash_of(TOKEN)


def test_closing_and_opening_again(running: Running) -> None:
    running.sign_in()
    says(running, "Salom")
    path = f"conversations/{conversation(running)['id']}"
    assert call(running, "POST", f"{path}/close")["data"]["status"] == "closed"
    assert call(running, "POST", f"{path}/close")["data"]["status"] == "closed"
    assert call(running, "POST", f"{path}/reopen")["data"]["status"] == "active"
    assert call(running, "POST", f"{path}/reopen")["data"]["status"] == "active"
    call(running, "POST", f"{path}/close")
    says(running, "Yana")
    assert conversation(running)["status"] == "waiting"
    lines = call(running, "GET", f"{path}/messages")["data"]
    notes = [(line["author"], line["text"], line["detail"]) for line in lines[1:-1]]
    assert notes == [
        ("system", "", {"what": what, "by": "admin"}) for what in ("closed", "reopened", "closed")
    ]
    actions = [one.action for one in audited(running)]
    assert actions == ["conversation_closed", "conversation_reopened", "conversation_closed"]


def test_giving_it_to_somebody(running: Running) -> None:
    running.add_user("olim@x.example", "operator", "demo")
    running.add_user("other@x.example", "operator", "simulated")
    running.sign_in()
    says(running, "Salom")
    says(running, "Men ham", visitor=2)
    with running.house.accounts.open() as store:
        ids = {user.email: user.id for user in store.scalars(select(User))}
    told = conversation(running, 1)
    path = f"conversations/{told['id']}/assign"
    given = call(running, "POST", path, {"user_id": ids["olim@x.example"]})["data"]
    assert given["assignee"] == {"id": ids["olim@x.example"], "name": "olim"}
    last = call(running, "GET", f"conversations/{told['id']}/messages")["data"][-1]
    assert last["detail"] == {"what": "assigned", "by": "admin", "to": "olim"}
    assert len(call(running, "GET", "conversations", assigned="none")["data"]) == 1
    assert call(running, "GET", "conversations", assigned="me")["data"] == []
    for stranger in (ids["other@x.example"], 999):
        answer = call(running, "POST", path, {"user_id": stranger}, 404)
        assert reason(answer) == "unknown_user"
    for wrong in ({}, {"user_id": 0}, {"user_id": 2**40}, {"user_id": "x"}):
        call(running, "POST", path, wrong, 400)
    assert call(running, "POST", path, {"user_id": None})["data"]["assignee"] is None
    running.sign_in("olim@x.example")
    call(running, "POST", path, {"user_id": ids["olim@x.example"]})
    assert len(call(running, "GET", "conversations", assigned="me")["data"]) == 1


def test_the_list_by_status_page_and_words(running: Running) -> None:
    running.sign_in()
    arrives(running, 1, identity={"name": "Jahongir “Joni”", "email": "j@x.example"})
    for number in range(1, 6):
        says(running, f"Savol {number} 100%", visitor=number)
    everybody = [one["id"] for one in call(running, "GET", "conversations")["data"]]
    assert len(everybody) == 5
    pages = []
    before = ""
    while page := call(running, "GET", "conversations", limit=2, before=before)["data"]:
        pages += [one["id"] for one in page]
        before = page[-1]["id"]
    assert pages == everybody

    def found(of: str = "", **query: Any) -> list[str]:
        asked = {"site": "demo"} | query | ({"status": of} if of else {})
        data = running.client.get("/api/v1/conversations", params=asked).json()["data"]
        return [one["visitor"]["id"] for one in data]

    assert found(q="savol 3") == [an_id("v", 3)]
    assert found(q="JAHONGIR “jo") == [V1]
    assert found(q="j@X.example") == [V1]
    assert found(q=f"#{visitor_number(V2)}") == [V2]
    assert len(found(q="0%")) == 5
    for text in ("%%", "_", "'", "\\", "\x00", "email", "{", "yoʻq"):
        assert found(q=text) == []
    call(running, "POST", f"conversations/{everybody[0]}/close")
    assert found(of="closed") == [an_id("v", 5)]
    assert len(found(of="waiting")) == 4
    for wrong in ({"status": "lost"}, {"assigned": "you"}, {"limit": 0}, {"limit": 201}):
        answer = running.client.get("/api/v1/conversations", params={"site": "demo"} | wrong)
        assert answer.status_code == 400


def test_messages_by_pages_oldest_first(running: Running) -> None:
    running.sign_in()
    for number in range(1, 6):
        says(running, f"{number}")
    path = f"conversations/{conversation(running)['id']}/messages"

    def numbers(**query: Any) -> list[int]:
        return [line["number"] for line in call(running, "GET", path, **query)["data"]]

    assert numbers(limit=2) == [4, 5]
    assert numbers(limit=2, before=4) == [2, 3]
    assert numbers(limit=2, before=2) == [1]
    assert numbers(before=1) == []


def test_whether_the_visitor_is_there(running: Running) -> None:
    running.sign_in()
    visit = arrives(running, tabs=2)
    says(running, "Salom")
    path = f"conversations/{conversation(running)['id']}/presence"
    told = call(running, "GET", path)
    assert set(told) == {
        *("is_online", "presence", "last_seen_at", "tabs", "looking", "typing", "current_page"),
    }
    assert (told["is_online"], told["tabs"], told["looking"]) == (True, 2, True)
    assert told["current_page"]["url"] == "/"
    reply(running.log, from_visitor(kind="typing", id="", at=now_ms()))
    eventually(lambda: call(running, "GET", path)["typing"])
    says(running, "mana")
    eventually(lambda: not call(running, "GET", path)["typing"])
    running.tell(visit.becomes("away"))
    eventually(lambda: not call(running, "GET", path)["looking"])
    running.tell(visit.becomes("offline"))
    eventually(lambda: not call(running, "GET", path)["is_online"])
    running.tell(visit.ends())
    told = call(running, "GET", path)
    assert (told["is_online"], told["tabs"], told["typing"]) == (False, 0, False)
    # Somebody whose visits are not kept any more.
    says(running, "Kimdir", visitor=9)
    path = f"conversations/{conversation(running)['id']}/presence"
    assert call(running, "GET", path)["presence"] == "offline"
    assert conversation(running)["visitor"]["id"] == an_id("v", 9)


def test_the_newest_of_several_conversations_is_what_a_visitor_shows(running: Running) -> None:
    running.sign_in()
    says(running, "Salom")
    says(running, "Boshqa brauzer", token_hash=hash_of("x"))
    told = conversations_of(running.house.warehouse, "demo", [V1, V2])
    assert [one["last_message"]["text"] for one in told] == ["Boshqa brauzer", "Salom"]
    assert conversations_of(running.house.warehouse, "demo", []) == []
    assert conversations_of(running.house.warehouse, "simulated", [V1]) == []
    assert running.house.hub.view.facts("demo", V1).conversation_id == told[0]["id"]


def test_without_the_log_nothing_is_said_and_nothing_audited(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.sign_in()
    says(running, "Salom")
    told = conversation(running)
    append = running.log.append

    def away(topic: Any, records: Any) -> None:
        if topic is MESSAGES:
            raise LogUnavailable("gone")
        append(topic, records)

    monkeypatch.setattr(running.log, "append", away)
    arrives(running)
    path = f"conversations/{told['id']}"
    for where, body in (
        (f"visitors/{V1}/message", {"message": "a"}),
        (f"{path}/messages", {"id": new_id(), "text": "a"}),
        (f"{path}/typing", None),
        (f"{path}/read", {"number": 1}),
        (f"{path}/close", None),
        (f"{path}/assign", {"user_id": 1}),
    ):
        assert reason(call(running, "POST", where, body, 503)) == "log_unavailable"
    assert audited(running) == []


def test_a_store_that_falls_behind_is_waited_for_and_then_said_so(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.sign_in()
    says(running, "Salom")
    path = f"conversations/{conversation(running)['id']}/messages"
    monkeypatch.setattr("api.conversations.SETTLE_SECONDS", 0.05)
    running.house.correspondent.stop()
    body = {"id": new_id(), "text": "keyin"}
    assert reason(call(running, "POST", path, body, 503)) == "log_unavailable"
    assert decode_message(running.log.read(MESSAGES, 0, 0, 1)[0].value).text == "keyin"


ENDPOINTS = (
    ("GET", "conversations/{}", None),
    ("GET", "conversations/{}/messages", None),
    ("POST", "conversations/{}/messages", {"id": an_id("m", 1), "text": "a"}),
    ("POST", "conversations/{}/typing", None),
    ("POST", "conversations/{}/read", {"number": 1}),
    ("POST", "conversations/{}/close", None),
    ("POST", "conversations/{}/reopen", None),
    ("POST", "conversations/{}/assign", {"user_id": None}),
    ("GET", "conversations/{}/presence", None),
    ("GET", "conversations?before={}", None),
)


def test_nobody_reaches_the_conversations_of_another_site(running: Running) -> None:
    arrives(running)
    says(running, "Salom")
    running.sign_in()
    found = conversation(running)["id"]
    running.add_user("other@x.example", "manager", "simulated")
    running.sign_in("other@x.example")
    before = running.log.head(MESSAGES, 0)
    for method, path, body in (*ENDPOINTS, ("POST", f"visitors/{V1}/message", {"message": "a"})):
        for site, expected in (("demo", "unknown_site"), ("simulated", "unknown_")):
            answer = running.client.request(
                method,
                f"/api/v1/{path.format(found)}",
                params={"site": site} | ({"before": found} if "before" in path else {}),
                content=json.dumps(body) if body else None,
                headers=JSON,
            )
            assert answer.status_code == 404, path
            assert reason(answer.json()).startswith(expected)
    assert call(running, "GET", "conversations", site="simulated")["data"] == []
    assert call(running, "GET", "conversations", site="simulated", q="Salom")["data"] == []
    assert running.log.head(MESSAGES, 0) == before


def test_nobody_without_a_sign_in(running: Running) -> None:
    for method, path, body in ENDPOINTS:
        answer = running.client.request(
            method, f"/api/v1/{path.format(an_id('c', 1))}", content=json.dumps(body)
        )
        assert answer.status_code == 401


def test_odd_ids_are_not_found(running: Running) -> None:
    running.sign_in()
    odd_ids = ("x", "%00", "c_", "'; DROP TABLE conversation_states", "c" * 5000)
    for odd, (method, path, body) in product(odd_ids, ENDPOINTS):
        if "before" not in path:
            assert reason(call(running, method, path.format(odd), body, 404)) in (
                "unknown_conversation",
                "not_found",
            )


def test_hostile_text_passes_as_data(running: Running) -> None:
    running.sign_in()
    says(running, HOSTILE)
    told = conversation(running)
    assert told["last_message"]["text"] == HOSTILE
    path = f"conversations/{told['id']}/messages"
    sent = call(running, "POST", path, {"id": new_id(), "text": HOSTILE}, 201)
    assert sent["data"]["text"] == HOSTILE
    assert len(call(running, "GET", "conversations", q=HOSTILE[:30])["data"]) == 1


def test_every_role_writes(running: Running) -> None:
    arrives(running)
    for role in ("admin", "manager", "operator"):
        running.add_user(f"{role}@x.example", role, "demo")
        running.sign_in(f"{role}@x.example")
        write(running)
        assert conversation(running)["last_message"]["author_name"] == role
