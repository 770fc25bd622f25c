"""From the log into the conversations kept: in order, once, and whatever crashes in between."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.accounts import Accounts
from api.app import create_app
from api.correspondent import Correspondent, News
from api.house import House
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import decode_dead_letter
from hozir.contract.errors import LogUnavailable
from hozir.contract.topics import DEAD_LETTERS, MESSAGES, REPLIES
from hozir.settings import Settings
from tests.api.conftest import PASSWORD, eventually
from tests.api.conftest import tell as tell_changes
from tests.conversing import OTHER_TOKEN, from_team, from_visitor, hash_of, reply, tell
from tests.factories import NOON, Visit, an_id
from warehouse import conversation_reads as reads
from warehouse.connection import Connection, open_warehouse
from warehouse.conversations import ConversationWriter
from warehouse.writer import Place, WarehouseUnavailable, Writer

PROACTIVE = f"/api/v1/visitors/{an_id('v', 1)}/message?site=demo"
TABLES = ("conversation_states", "conversation_lines")


def tables(connection: Connection) -> dict[str, list[Any]]:
    return {
        name: sorted(connection.cursor().execute(f"FROM {name}").fetchall(), key=repr)
        for name in TABLES
    }


@contextmanager
def reading(
    log: EmbeddedLog, connection: Connection, news: list[News] | None = None
) -> Iterator[Correspondent]:
    correspondent = Correspondent(log, connection, news.append if news is not None else None)
    correspondent.start()
    try:
        yield correspondent
    finally:
        correspondent.stop()


def read_all(log: EmbeddedLog, connection: Connection) -> None:
    """Wait until everything in the log is stored."""
    heads = {MESSAGES.name: log.head(MESSAGES, 0), REPLIES.name: log.head(REPLIES, 0)}

    def done() -> bool:
        known = ConversationWriter(connection).offsets(log.identity)
        return all(
            known.get(Place(log.identity, name, 0), 0) >= head for name, head in heads.items()
        )

    eventually(done)


@contextmanager
def a_process(settings: Settings, log: EmbeddedLog) -> Iterator[tuple[TestClient, House]]:
    accounts = Accounts(f"sqlite:///{settings.data / 'accounts.db'}")
    with open_warehouse(settings.data / "hozir.duckdb") as warehouse:
        app = create_app(settings, log, warehouse, accounts, screens=False)
        with TestClient(app) as client:
            yield client, app.inner.state.house
    accounts.close()


def sign_in(client: TestClient) -> None:
    who = {"email": "admin@localhost", "password": PASSWORD}
    assert client.post("/api/v1/session", json=who).status_code == 200


def letters(log: EmbeddedLog) -> list[str]:
    records = log.read(DEAD_LETTERS, 0, 0, 1000)
    return [decode_dead_letter(record.value).reason for record in records]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Connection]:
    with open_warehouse(tmp_path / "hozir.duckdb") as connection:
        yield connection


def test_both_sides_are_stored_in_the_order_in_which_they_spoke(
    log: EmbeddedLog, warehouse: Connection
) -> None:
    named = {"conversation_id": an_id("c", 1)}
    for number in range(10):
        if number % 2:
            reply(log, from_visitor(f"{number}", **named))
        else:
            tell(log, from_team(f"{number}", **named))
        # The log counts milliseconds.
        threading.Event().wait(0.003)
    with reading(log, warehouse):
        read_all(log, warehouse)
    lines = reads.lines(warehouse, an_id("c", 1), 100)
    assert [(line.number, line.text) for line in lines] == [(n + 1, str(n)) for n in range(10)]


def test_reading_it_all_again_changes_nothing(log: EmbeddedLog, warehouse: Connection) -> None:
    told = [from_team(f"{number}") for number in range(20)]
    tell(log, *told, from_team(kind="closed"), from_team("yana"))
    reply(log, from_visitor("Salom"), from_visitor(kind="seen", id=told[9].id))
    with reading(log, warehouse):
        read_all(log, warehouse)
    before = tables(warehouse)
    warehouse.execute("DELETE FROM offsets")
    news: list[News] = []
    with reading(log, warehouse, news):
        read_all(log, warehouse)
    assert tables(warehouse) == before
    assert news == []


def test_killed_between_any_two_steps_it_goes_on_without_loss_or_double(
    log: EmbeddedLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Transactions fail at random, before and after they committed, and so do whole processes."""
    chance = random.Random(7)
    path = tmp_path / "hozir.duckdb"
    whole = ConversationWriter.transaction

    @contextmanager
    def shaky(self: ConversationWriter) -> Iterator[None]:
        with whole(self):
            yield
            if chance.random() < 0.3:
                raise WarehouseUnavailable("the disk is full")
        if chance.random() < 0.3:
            raise WarehouseUnavailable("it is not known whether it was written")

    said = []
    for _ in range(6):
        with monkeypatch.context() as patch, open_warehouse(path) as connection:
            patch.setattr(ConversationWriter, "transaction", shaky)
            with reading(log, connection) as correspondent:
                for _ in range(5):
                    said.append(from_visitor(f"{len(said)}"))
                    reply(log, said[-1])
                    tell(log, from_team(f"t{len(said)}", visitor=2))
                if chance.random() < 0.5:
                    correspondent.settle(0.05)
    with open_warehouse(path) as connection, reading(log, connection):
        read_all(log, connection)
        (own,) = reads.conversations_of(connection, "demo", [an_id("v", 1)])
        lines = reads.lines(connection, own.conversation_id, 100)
        assert [line.id for line in lines] == [one.id for one in said]
        assert [line.number for line in lines] == list(range(1, 31))
        assert (own.messages, own.unread) == (30, 30)
        (others,) = reads.conversations_of(connection, "demo", [an_id("v", 2)])
        assert others.messages == 30


def test_what_was_said_when_the_process_died_is_there_when_the_next_one_begins(
    settings: Settings, log: EmbeddedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.conversations.SETTLE_SECONDS", 5.0)
    message = {"message": "Salom"}
    with a_process(settings, log) as (client, house):
        visit = Visit(started_at=time.time_ns() // 1_000_000)
        tell_changes(log, visit.opens())
        eventually(lambda: house.loader.applied)
        sign_in(client)
        for _ in range(4):
            assert client.post(PROACTIVE, json=message).status_code == 201
        found = client.get("/api/v1/conversations?site=demo").json()["data"][0]
        # From here on it is as if the process had been killed after the append.
        house.correspondent.stop()
        monkeypatch.setattr("api.conversations.SETTLE_SECONDS", 0.05)
        said = {"id": an_id("m", 1), "text": "davomi"}
        path = f"/api/v1/conversations/{found['id']}/messages?site=demo"
        assert client.post(path, json=said).status_code == 503
    monkeypatch.setattr("api.conversations.SETTLE_SECONDS", 5.0)
    with a_process(settings, log) as (client, house):
        sign_in(client)
        assert client.post(path, json=said).status_code == 201
        lines = client.get(path).json()["data"]
        assert [line["number"] for line in lines] == [1, 2, 3, 4, 5]
        assert lines[-1]["id"] == said["id"]
        assert house.hub.view.facts("demo", an_id("v", 1)).conversation_id == found["id"]
        assert house.hub.view.facts("demo", an_id("v", 1)).contacted_session == an_id("s", 1)
        assert house.inbox.counts("demo").active == 1
        answers = [client.post(PROACTIVE, json=message).status_code for _ in range(2)]
        assert answers == [201, 429]


def test_what_cannot_be_read_or_may_not_be_is_set_aside_and_the_rest_goes_on(
    log: EmbeddedLog, warehouse: Connection
) -> None:
    log.append(REPLIES, [(0, b"{"), (0, b""), (0, b'{"kind":"shout"}'), (0, b"\xff\xfe")])
    reply(log, from_visitor("Salom"), from_visitor(" "), from_visitor("Salom", token_hash=""))
    reply(log, from_visitor("Men", token_hash=hash_of(OTHER_TOKEN), conversation_id="c_x"))
    reply(log, from_visitor("Oxirgi"))
    with reading(log, warehouse) as correspondent:
        read_all(log, warehouse)
        assert correspondent.refused == 7
    assert letters(log)[4:] == ["bad_text", "no_token", "bad_id"]
    assert [row[0] for row in warehouse.execute("SELECT text FROM messages").fetchall()] == [
        "Salom",
        "Oxirgi",
    ]


def test_a_word_that_fits_no_column_does_not_stop_the_others(
    log: EmbeddedLog, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply(log, from_visitor("a"), from_visitor("b"), from_visitor("c"))
    write = ConversationWriter.write

    def odd(self: ConversationWriter, conversations: Any, lines: Any, offsets: Any) -> None:
        lines = list(lines)
        if any(line.text == "b" for line in lines):
            raise OverflowError("no column is so wide")
        write(self, conversations, lines, offsets)

    monkeypatch.setattr(ConversationWriter, "write", odd)
    with reading(log, warehouse):
        read_all(log, warehouse)
    (kept,) = reads.conversations_of(warehouse, "demo", [an_id("v", 1)])
    assert [line.text for line in reads.lines(warehouse, kept.conversation_id, 9)] == ["a", "c"]
    assert kept.messages == 2
    assert letters(log) == ["no column is so wide"]


def test_a_log_that_is_away_is_waited_for(
    log: EmbeddedLog, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply(log, from_visitor("Salom"))
    read, away = log.read, threading.Event()

    def broken(*asked: Any) -> Any:
        if not away.is_set():
            away.set()
            raise LogUnavailable("gone")
        return read(*asked)

    monkeypatch.setattr(log, "read", broken)
    with reading(log, warehouse) as correspondent:
        read_all(log, warehouse)
        assert correspondent.running
    assert away.is_set()
    assert reads.counts(warehouse)["demo"].waiting == 1


def test_the_loader_writes_at_the_same_time(log: EmbeddedLog, warehouse: Connection) -> None:
    writer = Writer(warehouse)
    with reading(log, warehouse):
        for number in range(1, 40):
            visit = Visit(number)
            visit.opens()
            tell(log, from_team("Salom", visitor=number, conversation_id=an_id("c", number)))
            writer.apply(visit.changes, {Place(log.identity, "changes", number % 8): number})
        read_all(log, warehouse)
    assert reads.counts(warehouse)["demo"].active == 39
    rows = warehouse.execute("SELECT topic, count(*) FROM offsets GROUP BY 1").fetchall()
    assert dict(rows)["messages"] == 1


def test_more_than_one_reading_keeps_the_order(
    log: EmbeddedLog, warehouse: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.correspondent.READ_AT_ONCE", 3)
    named = {"conversation_id": an_id("c", 1)}
    for number in range(12):
        tell(log, from_team(f"t{number}", **named))
        if number == 7:
            threading.Event().wait(0.003)
            reply(log, from_visitor("mine", **named))
            threading.Event().wait(0.003)
    with reading(log, warehouse):
        read_all(log, warehouse)
    texts = [line.text for line in reads.lines(warehouse, an_id("c", 1), 100)]
    assert texts == [*(f"t{n}" for n in range(8)), "mine", *(f"t{n}" for n in range(8, 12))]


def test_typing_is_told_and_kept_nowhere(log: EmbeddedLog, warehouse: Connection) -> None:
    tell(log, from_team("Salom"))
    news: list[News] = []
    with reading(log, warehouse, news) as correspondent:
        assert correspondent.settle(5)
        before = tables(warehouse)
        reply(log, from_visitor(kind="typing", id=""))
        tell(log, from_team(kind="typing", id=""))
        eventually(lambda: sum(len(one.typing) for one in news) == 2)
        assert correspondent.settle(5)
    assert tables(warehouse) == before
    told = [typing for one in news for typing in one.typing]
    assert {(one.by_visitor, one.name, one.at) for one in told} == {
        (True, "", NOON),
        (False, "Malika", NOON),
    }
