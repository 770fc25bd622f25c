"""Conversations as they are kept: the rows, and the one writer of them.

What a record does to a conversation is decided elsewhere; here it is remembered, in one
transaction with how far the log was read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

import duckdb
import msgspec
import pyarrow as pa

from hozir.contract.message import Author, MessageKind
from warehouse.chain import session_key
from warehouse.connection import Connection
from warehouse.rows import Row, frame
from warehouse.writer import Place, Unwritable, WarehouseUnavailable

Status = Literal["waiting", "active", "closed"]
"""waiting: the visitor wrote and nobody has answered."""


class Conversation(msgspec.Struct, frozen=True, gc=False):
    """A conversation as it stands. Times in milliseconds."""

    conversation_id: str
    site_key: str
    visitor_id: str
    status: Status
    started_by: Author
    opened_at: int
    last_at: int
    """When the newest line was written."""
    waiting_since: int | None = None
    closed_at: int | None = None
    assignee_id: str | None = None
    lines: int = 0
    """Messages and notes; the number of the newest."""
    messages: int = 0
    from_visitor: int = 0
    delivered: int = 0
    """The browser has all lines up to this number."""
    seen: int = 0
    """They were on the visitor's screen up to this number."""
    team_read: int = 0
    team_read_from_visitor: int = 0
    """The visitor's messages among those that the team has read."""
    token_hash: str | None = None
    """Of the browser that the conversation belongs to; None while none has claimed it."""
    contacted_session: str | None = None
    """The session that the team wrote into last."""

    @property
    def unread(self) -> int:
        """The visitor's messages that the team has not read."""
        return self.from_visitor - self.team_read_from_visitor


class Line(msgspec.Struct, frozen=True, gc=False):
    """A message, or a note of what was done with the conversation."""

    conversation_id: str
    site_key: str
    visitor_id: str
    number: int
    """Counts the lines of the conversation from 1."""
    kind: MessageKind
    id: str
    happened_at: int
    author: Author
    author_id: str | None
    author_name: str | None
    text: str
    session_id: str | None
    proactive: bool
    """Whether it was sent to a visitor from outside a conversation."""
    from_visitor: int
    """The visitor's messages up to here."""
    detail: dict[str, Any]


class Known(NamedTuple):
    """What a line is known by: ids are made by browsers, so they count for one visitor."""

    site_key: str
    visitor_id: str
    kind: str
    id: str


_TIMES = ("opened_at", "last_at", "waiting_since", "closed_at", "happened_at")
_COUNTS = frozenset(
    ("lines", "messages", "from_visitor", "delivered", "seen")
    + ("team_read", "team_read_from_visitor", "number")
)


def _schema(struct: type[msgspec.Struct]) -> pa.Schema:
    def kind(name: str) -> pa.DataType:
        if name in _TIMES:
            return pa.timestamp("ms")
        if name in _COUNTS:
            return pa.int32()
        return pa.bool_() if name == "proactive" else pa.string()

    return pa.schema([(name, kind(name)) for name in struct.__struct_fields__])


def _columns(struct: type[msgspec.Struct]) -> str:
    return ", ".join(
        f"epoch_ms({name})" if name in _TIMES else name for name in struct.__struct_fields__
    )


CONVERSATION_SCHEMA, LINE_SCHEMA = _schema(Conversation), _schema(Line)
CONVERSATION_COLUMNS, LINE_COLUMNS = _columns(Conversation), _columns(Line)
"""What to select for `read_conversation` and `read_line`."""


def read_conversation(row: Row) -> Conversation:
    """Turn a row of CONVERSATION_COLUMNS into a conversation."""
    return Conversation(*row)


def read_line(row: Row) -> Line:
    """Turn a row of LINE_COLUMNS into a line."""
    *values, detail = row
    known = dict(zip(Line.__struct_fields__, values, strict=False))
    return Line(**known, detail=msgspec.json.decode(detail) if detail else {})


class ConversationWriter:
    """The only writer of conversations. For one thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection.cursor()

    def offsets(self, log: str) -> dict[Place, int]:
        """Return where to go on reading in a log. Raises WarehouseUnavailable."""
        with _reported():
            rows = self._connection.execute(
                'SELECT log, topic, "partition", next_offset FROM offsets WHERE log = ?', [log]
            ).fetchall()
        return {Place(name, topic, partition): offset for name, topic, partition, offset in rows}

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is read and written within is one; left with an error, nothing was written.

        Raises WarehouseUnavailable (also when another writer came between), Unwritable.
        """
        with _reported():
            self._connection.begin()
            try:
                yield
                self._connection.commit()
            except BaseException:
                self._connection.rollback()
                raise

    def conversations(
        self, visitors: Collection[tuple[str, str]], ids: Iterable[str]
    ) -> list[Conversation]:
        """Return at least the conversations of these (site, visitor) pairs, and of these ids.

        Lists as parameters cost a third of what joins with tables of one row do.
        """
        rows = self._connection.execute(
            f"SELECT {CONVERSATION_COLUMNS} FROM conversation_states "
            "WHERE (list_contains(?, visitor_id) AND list_contains(?, site_key)) "
            "OR list_contains(?, conversation_id) ORDER BY opened_at, conversation_id",
            [
                [visitor_id for _, visitor_id in visitors],
                [site_key for site_key, _ in visitors],
                [*ids],
            ],
        ).fetchall()
        return [read_conversation(row) for row in rows]

    def lines(self, ids: Iterable[str]) -> list[Line]:
        """Return the lines of these ids, of whatever visitor."""
        rows = self._connection.execute(
            f"SELECT {LINE_COLUMNS} FROM conversation_lines WHERE list_contains(?, id)", [[*ids]]
        ).fetchall()
        return [read_line(row) for row in rows]

    def write(
        self,
        conversations: Iterable[Conversation],
        lines: Iterable[Line],
        offsets: Mapping[Place, int],
    ) -> None:
        """Replace conversations, add lines, and note how far the log was read."""
        run = self._connection.execute
        changed = list(conversations)
        states = frame(map(msgspec.structs.astuple, changed), CONVERSATION_SCHEMA)
        if states.num_rows:
            self._connection.register("new_states", states)
            run(
                "DELETE FROM conversation_states WHERE list_contains(?, conversation_id)",
                [[one.conversation_id for one in changed]],
            )
            run("INSERT INTO conversation_states BY NAME SELECT * FROM new_states")
        added = frame((_line_row(line) for line in lines), LINE_SCHEMA)
        if added.num_rows:
            self._connection.register("new_lines", added)
            run(
                "INSERT INTO conversation_lines BY NAME "
                f"SELECT *, {session_key('new_lines')} AS session FROM new_lines"
            )
        for place, next_offset in offsets.items():
            run('DELETE FROM offsets WHERE log = ? AND topic = ? AND "partition" = ?', [*place])
            run("INSERT INTO offsets VALUES (?, ?, ?, ?)", [*place, next_offset])


def _line_row(line: Line) -> Row:
    *values, detail = msgspec.structs.astuple(line)
    return (*values, msgspec.json.encode(detail).decode() if detail else None)


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except (duckdb.DataError, pa.ArrowException, OverflowError, UnicodeError) as error:
        raise Unwritable(str(error)) from error
    except duckdb.Error as error:
        raise WarehouseUnavailable(str(error)) from error
