"""The way back to a page: real WebSockets against a real door."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import TICK, decode_events, decode_message, encode
from hozir.contract.event import EventBatch
from hozir.contract.message import Message
from hozir.contract.site import Chat, Site
from hozir.contract.topics import EVENTS, MESSAGES, REPLIES, SITES
from ingest.admit_reply import hash_of
from tests.batches import an_id
from tests.door import ORIGIN, Door, a_beacon

TOKEN, OTHER = "a" * 32, "b" * 32


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """One door for the file: every test has visitors of its own."""
    door = Door(tmp_path_factory.mktemp("door"), address_rate=0)
    door.log.append(
        SITES,
        [
            (0, encode(Site("quiet", "Quiet", loopback=True, chat=Chat(enabled=False)))),
            (0, encode(Site("keyed", "Keyed", loopback=True, keys=["k1"], heartbeat_seconds=15))),
        ],
    )
    wait_for(lambda: door.post(a_beacon(), "k1").status_code == 200)
    yield door
    door.close()


@pytest.fixture
def who() -> int:
    """A number that no other test has."""
    return next(NUMBERS)


NUMBERS = iter(range(1_000, 9_000))


def wait_for(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


@contextmanager
def opened(door: Door, site: str = "demo", **more: Any) -> Iterator[ClientConnection]:
    """Open a socket that has said nothing yet."""
    url = f"{door.url.replace('http', 'ws')}/w/{site}"
    with connect(url, origin=more.pop("origin", ORIGIN), compression=None, **more) as page:
        yield page


def hello(visitor: int, token: str = TOKEN, tab: int | None = None, view: int = 1) -> str:
    return json.dumps(
        {
            "visitor_id": an_id("v", visitor),
            "session_id": an_id("s", visitor),
            "tab_id": an_id("t", tab or visitor),
            "view": view,
            "token": token,
        }
    )


@contextmanager
def a_page(door: Door, visitor: int, token: str = TOKEN, **more: Any) -> Iterator[ClientConnection]:
    """Open a socket and say who it is; return when the door has heard it."""
    with opened(door) as page:
        page.send(hello(visitor, token, **more))
        # The door answers nothing, but what is for this page comes only when it is known.
        for name in map(str, range(100)):
            marker = a_message(visitor, kind="typing", conversation_id="", author_name=name)
            send(door, marker, token_hash=hash_of(token))
            with suppress(TimeoutError):
                while heard(page, 0.1) != {"kind": "typing", "author_name": name}:
                    pass
                break
        yield page


def a_message(visitor: int, number: int = 1, **more: Any) -> Message:
    fields: dict[str, Any] = {
        "kind": "message",
        "site_key": "demo",
        "visitor_id": an_id("v", visitor),
        "id": an_id("m", visitor * 1_000 + number),
        "conversation_id": an_id("c", visitor),
        "at": time.time_ns() // 1_000_000,
        "author": "agent",
        "author_id": "7",
        "author_name": "Malika",
        "text": f"message {number}",
    }
    return Message(**(fields | more))


def send(door: Door, message: Message, **more: Any) -> Message:
    """Append to the log what web would."""
    fields = {name: getattr(message, name) for name in message.__struct_fields__} | more
    message = Message(**fields)
    door.log.append(MESSAGES, [(0, encode(message))])
    return message


def reply(door: Door, visitor: int, kind: str = "message", **more: Any) -> httpx.Response:
    body = {"kind": kind, "visitor_id": an_id("v", visitor), "token": TOKEN, "text": "Salom"}
    return httpx.post(
        f"{door.url}/w/{more.pop('site', 'demo')}",
        content=json.dumps(body | {"id": an_id("m", visitor)} | more),
        headers={"Origin": ORIGIN, "Content-Type": "text/plain"},
    )


def heard(page: ClientConnection, seconds: float = 10) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(page.recv(seconds))
    return told


def hears_nothing(page: ClientConnection, seconds: float = 0.15) -> bool:
    try:
        page.recv(seconds)
    except TimeoutError:
        return True
    return False


def replies(door: Door, visitor: int) -> list[Message]:
    records = [decode_message(record.value) for record in door.log.read(REPLIES, 0, 0, 10_000)]
    return [record for record in records if record.visitor_id == an_id("v", visitor)]


def leaves(door: Door, visitor: int) -> list[EventBatch]:
    found = []
    for partition in range(EVENTS.partitions):
        for record in door.log.read(EVENTS, partition, 0, 10_000):
            if record.value != TICK:
                found.append(decode_events(record.value))
    return [b for b in found if b.visitor_id == an_id("v", visitor) and b.n == 0]


def test_message_reaches_the_visitor_it_is_for_and_nobody_else(door: Door, who: int) -> None:
    other = next(NUMBERS)
    with a_page(door, who) as page, a_page(door, other) as elsewhere:
        message = send(door, a_message(who))
        assert heard(page) == {
            "kind": "message",
            "id": message.id,
            "conversation_id": message.conversation_id,
            "at": message.at,
            "author": "agent",
            "author_name": "Malika",
            "text": "message 1",
        }
        send(door, a_message(who, 2, site_key="shop"))
        assert hears_nothing(elsewhere)
        assert hears_nothing(page), "another site's visitor of the same id is another visitor"


def test_what_the_team_does_is_told_as_far_as_it_is_for_visitors(door: Door, who: int) -> None:
    with a_page(door, who) as page:
        send(door, a_message(who, kind="assigned", text="", detail={"user_id": "8"}))
        send(door, a_message(who, kind="typing", id="", text=""))
        send(door, a_message(who, kind="seen", author="agent", text=""))
        send(door, a_message(who, kind="closed", id="", text=""))
        assert heard(page) == {"kind": "typing", "author_name": "Malika"}
        assert heard(page) == {"kind": "seen", "id": a_message(who).id}
        assert heard(page) == {"kind": "closed"}


def test_browser_with_another_secret_gets_nothing_of_a_claimed_conversation(
    door: Door, who: int
) -> None:
    with a_page(door, who, TOKEN) as mine, a_page(door, who, OTHER, tab=who + 1) as other:
        first = send(door, a_message(who, 1))
        assert heard(mine)["id"] == heard(other)["id"] == first.id, "it is claimed by none yet"
        assert reply(door, who, "delivered", id=first.id).status_code == 204
        send(door, a_message(who, 2), token_hash=hash_of(TOKEN))
        assert heard(mine)["text"] == "message 2"
        assert hears_nothing(other)
        send(door, a_message(who, 3))
        assert heard(mine)["text"] == "message 3"
        assert hears_nothing(other), "the door knows who claimed it before web has said so"
    with opened(door) as other:
        other.send(hello(who, OTHER))
        assert hears_nothing(other)


def test_what_was_sent_while_no_page_was_open_comes_in_order_with_the_next(
    door: Door, who: int
) -> None:
    sent = [send(door, a_message(who, number)) for number in (1, 2, 3)]
    wait_for(lambda: door.post(a_beacon(1, visitor=who)).json().get("wait"))
    with opened(door) as page:
        page.send(hello(who))
        assert [heard(page)["id"] for _ in sent] == [message.id for message in sent]
    with opened(door) as page:
        page.send(hello(who))
        assert heard(page)["id"] == sent[0].id, "nobody has acknowledged it"
    assert reply(door, who, "seen", id=sent[1].id).status_code == 204
    with a_page(door, who):
        pass
    with opened(door) as page:
        page.send(hello(who))
        assert heard(page)["id"] == sent[2].id
    assert reply(door, who, "delivered", id=sent[2].id).status_code == 204
    wait_for(lambda: door.post(a_beacon(2, visitor=who)).json() == {"chat": 1})


def test_reply_is_in_the_log_when_it_is_acknowledged_and_in_the_other_tabs_at_once(
    door: Door, who: int
) -> None:
    with a_page(door, who) as tab, a_page(door, who, OTHER, tab=who + 1) as stranger:
        answer = reply(door, who, text="Narxi\nqancha?", conversation_id=an_id("c", who))
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
        (record,) = replies(door, who)
        assert (record.kind, record.text, record.token_hash) == (
            "message",
            "Narxi\nqancha?",
            hash_of(TOKEN),
        )
        frame = heard(tab)
        assert (frame["author"], frame["id"], frame["text"]) == (
            "visitor",
            record.id,
            "Narxi\nqancha?",
        )
        assert hears_nothing(stranger)


def test_typing_is_told_again_at_once_after_a_message(door: Door, who: int) -> None:
    with a_page(door, who) as page:
        page.send('{"typing": true}')
        wait_for(lambda: len(replies(door, who)) == 1)
        assert reply(door, who).status_code == 204
        page.send('{"typing": true}')
        wait_for(lambda: len(replies(door, who)) == 3)
    assert [record.kind for record in replies(door, who)] == ["typing", "message", "typing"]


def test_typing_is_told_at_most_once_in_three_seconds(
    door: Door, who: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On average: one sign may come before its time."""
    monkeypatch.setattr("ingest.downlink.TYPING_SECONDS", 0.5)
    with a_page(door, who) as page:
        began = time.monotonic()
        for _ in range(30):
            page.send('{"typing": true}')
            time.sleep(0.05)
        most = 2 + (time.monotonic() - began) / 0.5
        time.sleep(0.1)
    told = [record.kind for record in replies(door, who)]
    assert set(told) == {"typing"}
    assert 3 <= len(told) <= most


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"site": "nobody"}, 404, "unknown_site"),
        ({"site": "quiet"}, 403, "chat_off"),
        ({"site": "shop"}, 403, "origin_not_allowed"),
        ({"kind": "shout"}, 400, "malformed"),
        ({"token": 7}, 400, "malformed"),
        ({"token": "short"}, 400, "bad_id"),
        ({"text": "x" * 2_001}, 413, "too_long"),
        ({"text": "x" * 40_000}, 413, "too_large"),
        ({"text": " "}, 400, "no_text"),
    ],
)
def test_every_no_to_a_reply_has_its_reason(
    door: Door, who: int, change: dict[str, Any], status: int, reason: str
) -> None:
    answer = reply(door, who, **change)
    assert (answer.status_code, answer.headers["X-Hozir-Rejected"]) == (status, reason)
    assert replies(door, who) == []


def test_closing_the_only_page_makes_the_visitor_leave(door: Door, who: int) -> None:
    with a_page(door, who, view=4):
        time.sleep(0.05)
    wait_for(lambda: leaves(door, who))
    (batch,) = leaves(door, who)
    assert (batch.site_key, batch.session_id, batch.tab_id) == (
        "demo",
        an_id("s", who),
        an_id("t", who),
    )
    assert [(event.kind, event.view) for event in batch.events] == [("leave", 4)]


def test_killed_browser_leaves_too_and_with_its_newest_page(door: Door, who: int) -> None:
    with a_page(door, who) as page:
        page.send(hello(who, view=9))
        time.sleep(0.1)
        page.socket.shutdown(socket.SHUT_RDWR)
        wait_for(lambda: leaves(door, who))
    assert leaves(door, who)[0].events[0].view == 9


def test_page_that_is_back_in_time_has_not_left(door: Door, who: int) -> None:
    with a_page(door, who):
        pass
    with a_page(door, who, view=2):
        time.sleep(0.5)
        assert leaves(door, who) == []
    wait_for(lambda: leaves(door, who))
    assert [batch.events[0].view for batch in leaves(door, who)] == [2]


def test_page_that_said_nothing_leaves_nobody(door: Door, who: int) -> None:
    with opened(door):
        pass
    time.sleep(0.4)
    assert leaves(door, who) == []


@pytest.mark.parametrize(
    ("site", "origin", "code"),
    [("nobody", ORIGIN, 4404), ("shop", ORIGIN, 4403), ("quiet", ORIGIN, 4403)],
)
def test_page_that_may_not_have_a_socket_is_told_by_the_code(
    door: Door, site: str, origin: str, code: int
) -> None:
    with opened(door, site, origin=origin) as page, pytest.raises(ConnectionClosed) as closed:
        page.recv(5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == code


@pytest.mark.parametrize(
    "frame",
    [
        "x",
        "[]",
        "{}",
        '{"typing": true}',
        b"\x00",
        "[" * 4_000,
        hello(1).replace("v_", "x_"),
        hello(1, "secret"),
        hello(1, view=-1),
    ],
)
def test_page_that_talks_nonsense_is_closed(door: Door, frame: str | bytes) -> None:
    with opened(door) as page:
        page.send(frame)
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4400


def test_enormous_frame_is_not_taken(door: Door) -> None:
    with opened(door) as page:
        page.send("x" * 5_000)
        with pytest.raises(ConnectionClosed) as closed:
            page.recv(5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1009


def test_page_that_reads_nothing_holds_up_nobody(door: Door, who: int) -> None:
    other = next(NUMBERS)
    text = "x" * 2_000
    with a_page(door, other) as quick:
        address = door.url.removeprefix("http://").split(":")
        with closing(socket.socket()) as raw:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            raw.connect((address[0], int(address[1])))
            with connect(
                f"ws://{address[0]}:{address[1]}/w/demo",
                sock=raw,
                origin=ORIGIN,
                compression=None,
                max_queue=1,
                close_timeout=0.1,
            ) as slow:
                slow.send(hello(who))
                time.sleep(0.1)
                waits = []
                for _ in range(40):
                    # None of it waits for an acknowledgement, so all of it is sent at once.
                    records = [
                        (0, encode(a_message(who, n, kind="seen", id=text[:1_900])))
                        for n in range(50)
                    ]
                    door.log.append(MESSAGES, records)
                    began = time.monotonic()
                    send(door, a_message(other, kind="typing"))
                    assert heard(quick)["kind"] == "typing"
                    waits.append(time.monotonic() - began)
                    if dropped(door):
                        break
                assert dropped(door) == 1
                assert max(waits) < 0.5


def dropped(door: Door) -> float:
    metrics = httpx.get(f"{door.url}/metrics").text
    (line,) = (
        line for line in metrics.splitlines() if line.startswith("hozir_downlinks_dropped_total ")
    )
    return float(line.split()[1])


@pytest.mark.parametrize(
    ("after", "code"),
    [({"chat": Chat(enabled=False)}, 4403), ({"deleted": True}, 4404)],
    ids=["switched off", "removed"],
)
def test_sockets_of_a_site_whose_chat_goes_are_closed_and_nobody_leaves(
    door: Door, who: int, after: dict[str, Any], code: int
) -> None:
    key = f"going{who}"
    door.log.append(SITES, [(0, encode(Site(key, "Going", loopback=True, keys=["going"])))])
    wait_for(lambda: door.post(a_beacon(), "going").status_code == 200)
    with opened(door, "going") as page, opened(door, "going") as silent, a_page(door, who) as other:
        page.send(hello(who))
        time.sleep(0.1)
        began = time.monotonic()
        door.log.append(SITES, [(0, encode(Site(key, "Going", loopback=True, **after)))])
        for one in (page, silent):
            with pytest.raises(ConnectionClosed) as closed:
                one.recv(timeout=5)
            assert closed.value.rcvd
            assert closed.value.rcvd.code == code
        assert time.monotonic() - began < 3
        send(door, a_message(who))
        assert heard(other)["text"] == "message 1"
        time.sleep(0.5)
        assert not [batch for batch in leaves(door, who) if batch.site_key == key]


def test_no_more_sockets_than_the_setting_says(tmp_path: Path) -> None:
    door = Door(tmp_path, downlink_most=2)
    with opened(door), opened(door):
        with pytest.raises(InvalidStatus) as refused, opened(door):
            pass
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["X-Hozir-Rejected"] == "downlinks_full"
        metrics = httpx.get(f"{door.url}/metrics").text
        assert "hozir_downlinks 2.0" in metrics
        assert "hozir_downlinks_refused_total 1.0" in metrics
    wait_for(lambda: "hozir_downlinks 0.0" in httpx.get(f"{door.url}/metrics").text)
    with opened(door):
        pass
    door.close()


def test_site_that_is_flooded_gets_no_more_sockets_and_replies(tmp_path: Path) -> None:
    door = Door(tmp_path, site_rate=0.01, site_burst=2)
    with opened(door):
        assert reply(door, 1).status_code == 204
        with pytest.raises(InvalidStatus) as refused, opened(door):
            pass
        assert refused.value.response.status_code == 429
        assert refused.value.response.headers["X-Hozir-Rejected"] == "site_rate"
        late = reply(door, 2)
        assert (late.status_code, late.headers["X-Hozir-Rejected"]) == (429, "site_rate")
    door.close()


def test_door_that_stops_makes_nobody_leave_and_starts_with_what_waits(tmp_path: Path) -> None:
    door = Door(tmp_path)
    with a_page(door, 1) as page, a_page(door, 2) as other:
        first = send(door, a_message(1, 1))
        assert heard(page)["id"] == first.id
        second = send(door, a_message(1, 2))
        assert heard(page)["id"] == second.id
        theirs = send(door, a_message(2, 1))
        assert heard(other)["id"] == theirs.id
        assert reply(door, 1, "delivered", id=first.id).status_code == 204
        door.close()
        with pytest.raises(ConnectionClosed) as closed:
            list(page)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1012
    with closing(EmbeddedLog(tmp_path)) as log:
        needed = log.committed(MESSAGES, 0, "door")
        assert decode_message(log.read(MESSAGES, 0, needed, 1)[0].value).id == second.id
        assert log.committed(REPLIES, 0, "door") == 0, "when it came, nobody had replied yet"
    again = Door(tmp_path)
    assert [batch for batch in again.stored() if batch.n == 0] == []
    third = send(again, a_message(1, 3))
    with opened(again) as page:
        page.send(hello(1))
        assert [heard(page)["id"], heard(page)["id"]] == [second.id, third.id]
    with opened(again) as other:
        other.send(hello(2))
        assert heard(other)["id"] == theirs.id
    for visitor, message in ((1, third), (2, theirs)):
        assert reply(again, visitor, "seen", id=message.id).status_code == 204
    time.sleep(0.5)
    again.close()
    with closing(EmbeddedLog(tmp_path)) as log:
        for topic in (MESSAGES, REPLIES):
            assert log.committed(topic, 0, "door") == log.head(topic, 0), "all may be dropped"


def test_pages_carry_the_keys_of_their_site_and_none_other(door: Door, who: int) -> None:
    beacon = a_beacon(1, visitor=who)
    assert door.post(beacon, "k1").json() == {"chat": 1, "beat": 15}
    assert door.post(beacon, "keyed").status_code == 404, "the keys were changed"
    (batch,) = [batch for batch in door.stored() if batch.visitor_id == an_id("v", who)]
    assert (batch.site_key, batch.heartbeat_seconds) == ("keyed", 15)
    with opened(door, "k1") as page:
        page.send(hello(who))
        time.sleep(0.1)
        message = send(door, a_message(who, site_key="keyed"))
        assert heard(page)["id"] == message.id
    door.log.append(SITES, [(0, encode(Site("keyed", "Keyed", loopback=True, keys=["k2", "k1"])))])
    wait_for(lambda: door.post(beacon, "k2").status_code == 200)
    assert door.post(beacon, "k1").status_code == 200
    door.log.append(SITES, [(0, encode(Site("keyed", "Keyed", deleted=True)))])
    wait_for(lambda: door.post(beacon, "k2").status_code == 404)
    assert door.post(beacon, "k1").status_code == 404


def test_site_without_chat_has_nothing_to_say(door: Door, who: int) -> None:
    answer = door.post(a_beacon(1, visitor=who), "quiet")
    assert (answer.status_code, answer.content) == (204, b"")


def test_look_is_told_to_the_sites_own_pages(door: Door) -> None:
    answer = httpx.get(f"{door.url}/w/demo/look", headers={"Origin": ORIGIN})
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert answer.json() == {
        "title": "Demo",
        "colour": "#4f46e5",
        "side": "right",
        "greeting": "",
        "launcher": False,
        "bot_name": "",
        "privacy_notice": "",
        "privacy_url": "",
    }
    elsewhere = httpx.get(f"{door.url}/w/demo/look", headers={"Origin": "https://evil.example"})
    assert elsewhere.json()["error"]["reason"] == "origin_not_allowed"
    assert httpx.get(f"{door.url}/w/quiet/look").json()["error"]["reason"] == "chat_off"
    assert httpx.post(f"{door.url}/w/demo/look").status_code == 405
    assert httpx.get(f"{door.url}/w/demo/history").status_code == 405
    assert httpx.get(f"{door.url}/w/demo/more").status_code == 404
    assert httpx.get(f"{door.url}/w/demo").status_code == 405


@pytest.mark.parametrize("name", ["w.js", "chat.js"])
def test_scripts_of_the_chat_are_served_as_the_first_one_is(door: Door, name: str) -> None:
    script = httpx.get(f"{door.url}/{name}")
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert script.headers["Cache-Control"] == "public, max-age=3600"
    assert script.headers["Content-Encoding"] == "gzip"
    known = httpx.get(f"{door.url}/{name}", headers={"If-None-Match": script.headers["ETag"]})
    assert known.status_code == 304
