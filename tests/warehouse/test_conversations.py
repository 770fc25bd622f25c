"""Conversations in the warehouse: written once, read as written, and shown to analysts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.factories import NOON, Visit, an_id
from warehouse import conversation_reads as reads
from warehouse.connection import open_warehouse
from warehouse.conversations import Conversation, ConversationWriter, Line
from warehouse.writer import Place, Unwritable, WarehouseUnavailable, Writer

PLACE = Place("log", "messages", 0)
HOSTILE = "'); DROP TABLE conversation_lines; -- <script>alert(1)</script> \u202e\x00 😀"


def a_conversation(number: int = 1, **more: Any) -> Conversation:
    values: dict[str, Any] = {
        "site_key": "demo",
        "visitor_id": an_id("v", number),
        "status": "waiting",
        "started_by": "visitor",
        "opened_at": NOON,
        "last_at": NOON + number,
        "waiting_since": NOON,
        "lines": 1,
        "messages": 1,
        "from_visitor": 1,
    } | more
    return Conversation(conversation_id=an_id("c", number), **values)


def a_line(conversation: Conversation, number: int = 1, **more: Any) -> Line:
    values: dict[str, Any] = {
        "kind": "message",
        "id": an_id("m", number),
        "happened_at": NOON + number,
        "author": "visitor",
        "author_id": None,
        "author_name": None,
        "text": f"line {number}",
        "session_id": None,
        "proactive": False,
        "from_visitor": number,
        "detail": {},
    } | more
    return Line(
        conversation_id=conversation.conversation_id,
        site_key=conversation.site_key,
        visitor_id=conversation.visitor_id,
        number=number,
        **values,
    )


def keep(
    connection: duckdb.DuckDBPyConnection, conversation: Conversation, *lines: Line, upto: int = 1
) -> None:
    writer = ConversationWriter(connection)
    with writer.transaction():
        writer.write([conversation], lines, {PLACE: upto})


def test_what_is_written_is_read_again_also_by_the_next_process(tmp_path: Path) -> None:
    conversation = a_conversation(assignee_id="7", token_hash="ab" * 32, closed_at=NOON)
    line = a_line(conversation, text=HOSTILE, detail={"what": "closed", "by": HOSTILE})
    with open_warehouse(tmp_path / "hozir.duckdb") as connection:
        keep(connection, conversation, line, upto=7)
    with open_warehouse(tmp_path / "hozir.duckdb") as connection:
        writer = ConversationWriter(connection)
        assert writer.offsets("log") == {PLACE: 7}
        assert writer.offsets("another log") == {}
        assert writer.conversations([("demo", an_id("v", 1))], []) == [conversation]
        assert writer.lines([line.id]) == [line]


def test_a_conversation_is_found_by_its_id_whoever_asks_and_by_its_own_visitor_alone() -> None:
    connection = open_warehouse(None)
    conversation = a_conversation()
    keep(connection, conversation)
    writer = ConversationWriter(connection)
    assert writer.conversations([("other", an_id("v", 1))], []) == []
    assert writer.conversations([("demo", an_id("v", 2))], []) == []
    found = writer.conversations([("demo", an_id("v", 2))], [conversation.conversation_id])
    assert found == [conversation]
    assert reads.conversation(connection, "other", conversation.conversation_id) is None


def test_a_conversation_is_replaced_and_lines_are_added() -> None:
    connection = open_warehouse(None)
    first = a_conversation()
    keep(connection, first, a_line(first))
    second = a_conversation(lines=2, status="active")
    keep(connection, second, a_line(first, 2), upto=2)
    assert reads.conversations_of(connection, "demo", [an_id("v", 1)]) == [second]
    kept = reads.lines(connection, first.conversation_id, 10)
    assert [line.number for line in kept] == [1, 2]
    assert [line.number for line in reads.lines(connection, first.conversation_id, 1)] == [2]
    assert [line.number for line in reads.lines(connection, first.conversation_id, 9, 2)] == [1]


def test_an_error_within_leaves_nothing() -> None:
    connection = open_warehouse(None)
    writer = ConversationWriter(connection)
    conversation = a_conversation()
    with pytest.raises(ZeroDivisionError), writer.transaction():  # noqa: PT012
        writer.write([conversation], [a_line(conversation)], {PLACE: 1})
        raise ZeroDivisionError
    assert writer.offsets("log") == {}
    assert reads.conversation(connection, "demo", conversation.conversation_id) is None
    assert reads.lines(connection, conversation.conversation_id, 10) == []


def test_what_fits_no_column_is_unwritable() -> None:
    connection = open_warehouse(None)
    with pytest.raises(Unwritable):
        keep(connection, a_conversation(lines=2**40))
    with pytest.raises(Unwritable):
        keep(connection, a_conversation(), a_line(a_conversation(), happened_at=2**70))


def test_two_who_change_the_same_conversation_do_not_both_succeed() -> None:
    connection = open_warehouse(None)
    keep(connection, a_conversation())
    one, other = ConversationWriter(connection), ConversationWriter(connection)
    with pytest.raises(WarehouseUnavailable), one.transaction():  # noqa: PT012
        one.write([a_conversation(status="closed")], [], {})
        with other.transaction():
            other.write([a_conversation(status="active")], [], {})
    counts = reads.counts(connection)["demo"]
    assert counts.waiting + counts.active + counts.closed == 1


def test_the_loader_writes_beside_without_a_conflict() -> None:
    connection = open_warehouse(None)
    visit = Visit()
    visit.opens()
    conversation = a_conversation()
    writer = ConversationWriter(connection)
    with writer.transaction():
        writer.write([conversation], [], {PLACE: 1})
        Writer(connection).apply(visit.changes, {Place("log", "changes", 0): 1})
    assert len(writer.offsets("log")) == 2


def test_the_order_of_lists() -> None:
    connection = open_warehouse(None)
    closed = a_conversation(4, status="closed", closed_at=NOON + 9)
    some = [a_conversation(1), a_conversation(2, status="active", assignee_id="5"), closed]
    for one in some:
        keep(connection, one)
    keep(connection, a_conversation(3, site_key="other"))

    def ids(found: list[Conversation]) -> list[str]:
        return [one.conversation_id for one in found]

    first, second, last = ids(some)
    assert ids(reads.open_first(connection, "demo", 2)) == [second, first]
    assert ids(reads.newest(connection, "demo", limit=9)) == [last, second, first]
    behind = reads.newest(connection, "demo", before=some[1], limit=9)
    assert ids(behind) == [first]
    assert ids(reads.newest(connection, "demo", status="closed", limit=9)) == [last]
    assert ids(reads.newest(connection, "demo", assignee="5", limit=9)) == [second]
    assert ids(reads.newest(connection, "demo", unassigned=True, limit=9)) == [last, first]
    assert ids(reads.newest(connection, "demo", within=[first], limit=9)) == [first]
    assert reads.newest(connection, "demo", within=[], limit=9) == []
    assert reads.counts(connection)["demo"] == reads.Counts(1, 1, 1, 3)
    assert set(reads.counts(connection)) == {"demo", "other"}
    assert len(list(reads.newest_of_visitors(connection))) == 4


def test_the_last_message_is_no_note() -> None:
    connection = open_warehouse(None)
    conversation = a_conversation()
    note = a_line(conversation, 2, kind="closed", author="system", text="")
    keep(connection, conversation, a_line(conversation), note)
    last = reads.last_messages(connection, [conversation.conversation_id])
    assert last[conversation.conversation_id].number == 1
    assert reads.last_messages(connection, []) == {}


def test_analysts_read_conversations_and_messages_by_their_words() -> None:
    connection = open_warehouse(None)
    visit = Visit()
    visit.opens()
    Writer(connection).apply(visit.changes, {})
    conversation = a_conversation(delivered=2, seen=1, team_read=3, team_read_from_visitor=1)
    told = {"author": "agent", "author_id": "7", "session_id": an_id("s", 1)}
    lines = [
        a_line(conversation, 1, proactive=True, **told),
        a_line(conversation, 2, **told),
        a_line(conversation, 3),
        a_line(conversation, 4, **(told | {"session_id": None})),
    ]
    keep(connection, conversation, *lines)
    read = connection.execute("SELECT status, messages, unread FROM conversations").fetchall()
    assert read == [("waiting", 1, 0)]
    states = connection.execute("SELECT state, proactive FROM messages ORDER BY number").fetchall()
    assert states == [("seen", True), ("delivered", False), ("seen", False), ("sent", False)]
    columns = {name for name, *_ in connection.execute("DESCRIBE conversations").fetchall()}
    assert "token_hash" not in columns
    contacted = connection.execute(
        "SELECT contacted, epoch_ms(contacted_at), contacted_by FROM visitor_sessions"
    ).fetchall()
    assert contacted == [(True, NOON + 1, "7")]
