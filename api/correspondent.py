"""Topics `messages` and `replies` into the conversations kept, and on to the screens.

The log is the truth: what is said, and what is done with a conversation, happens when its record
is stored, whoever wrote it. How far was read is kept in the transaction of the rows, so that a
crash at any moment loses nothing and doubles nothing.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from api.conversation_records import Refused, line_id
from api.conversation_rules import Book, Mark, Typing
from api.mishap import keep_trying, set_aside
from hozir.bus.log import Log, Record
from hozir.contract.codec import decode_message
from hozir.contract.errors import HozirError, LogUnavailable, Unreadable
from hozir.contract.message import Message
from hozir.contract.topics import MESSAGES, REPLIES, Topic
from warehouse.connection import Connection
from warehouse.conversation_reads import last_messages
from warehouse.conversations import Conversation, ConversationWriter, Line
from warehouse.writer import Place, Unwritable

READER = "conversations"
READ_AT_ONCE = 500
POLL_BUSY, POLL_IDLE = 0.005, 0.02
"""Seconds between two looks at the log."""
BUSY_SECONDS = 60.0
"""After a record, the log is looked at often for so long: somebody is talking."""
COMMIT_SECONDS = 10.0
FIRST_WAIT = 0.02

_log = logging.getLogger(__name__)


class Entry(NamedTuple):
    """A record that was read, with what it says."""

    topic: Topic
    record: Record
    message: Message


@dataclass(frozen=True)
class News:
    """What some records did. All of it is stored."""

    before: dict[str, Conversation]
    changed: list[Conversation]
    newest: dict[tuple[str, str], Conversation]
    """The newest conversation of each visitor whose conversations changed."""
    last: dict[str, Line]
    """The newest message of each changed conversation."""
    lines: list[Line]
    marks: list[Mark]
    typing: list[Typing]


class Correspondent:
    """Reads until stopped. `deliver` gets news in order, from the reading thread."""

    def __init__(
        self, log: Log, connection: Connection, deliver: Callable[[News], None] | None = None
    ) -> None:
        self._log = log
        self._connection = connection.cursor()
        self._writer = ConversationWriter(connection)
        self._deliver = deliver or (lambda news: None)
        self._stop = threading.Event()
        self._look = threading.Event()
        self._moved = threading.Condition()
        self._identity = ""
        self._next: dict[str, int] = {}
        self._committed: dict[str, int] = {}
        self._commit_at = 0.0
        self._busy_until = 0.0
        self._thread = threading.Thread(target=self._run, name="correspondent", daemon=True)
        self.problem: HozirError | None = None
        """What is in the way now; None when nothing is."""
        self.stored = 0
        """Messages and notes stored."""
        self.refused = 0
        """Records set aside."""

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being stored."""
        self._stop.set()
        self._look.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def running(self) -> bool:
        """True between start and stop."""
        return self._thread.is_alive()

    def settle(self, seconds: float) -> bool:
        """Wait until all that the team has written up to now is stored; tell whether it is.

        Raises LogUnavailable.
        """
        head = self._log.head(MESSAGES, 0)
        until = time.monotonic() + seconds
        with self._moved:
            while self._next.get(MESSAGES.name, 0) < head or not self._next:
                self._look.set()
                if (left := until - time.monotonic()) <= 0:
                    return False
                self._moved.wait(left)
        return True

    def _run(self) -> None:
        if not self._keep_trying(self._find_place):
            return
        while not self._stop.is_set():
            found = self._keep_trying(self._round)
            if found:
                self._busy_until = time.monotonic() + BUSY_SECONDS
            else:
                busy = time.monotonic() < self._busy_until
                self._look.wait(POLL_BUSY if busy else POLL_IDLE)
                self._look.clear()
        self._commit(last=True)

    def _find_place(self) -> int:
        self._identity = self._log.identity
        known = self._writer.offsets(self._identity)
        with self._moved:
            for topic in (MESSAGES, REPLIES):
                self._next[topic.name] = known.get(Place(self._identity, topic.name, 0), 0)
            self._moved.notify_all()
        return 1

    def _round(self) -> int:
        """Read once, and store what was read."""
        # Replies first: what they answer is then in what is read of the messages.
        replies = self._log.read(REPLIES, 0, self._next[REPLIES.name], READ_AT_ONCE)
        messages = self._log.read(MESSAGES, 0, self._next[MESSAGES.name], READ_AT_ONCE)
        records = [(MESSAGES, one) for one in messages] + [(REPLIES, one) for one in replies]
        if records:
            # As they happened, whichever way they came.
            records.sort(key=lambda one: one[1].at)
            for some in (messages, replies):
                if len(some) == READ_AT_ONCE:  # there may be more before the rest of the other
                    records = [one for one in records if one[1].at <= some[-1].at]
            self._store(records)
        self._commit()
        return len(records)

    def _store(self, records: list[tuple[Topic, Record]]) -> None:
        try:
            news = self._transact(records)
        except Unwritable as error:
            if len(records) > 1:
                for one in records:
                    self._store([one])
                return
            self._set_aside(*records[0], str(error))
            news = self._transact([], after=records)
        with self._moved:
            for topic, record in records:
                self._next[topic.name] = max(self._next[topic.name], record.offset + 1)
            self._moved.notify_all()
        if news is not None:
            self.stored += len(news.lines)
            self._deliver(news)

    def _transact(
        self,
        records: list[tuple[Topic, Record]],
        after: list[tuple[Topic, Record]] | None = None,
    ) -> News | None:
        """Store what the records do. `after` are passed over, as they were set aside."""
        entries = self._read(records)
        places = {
            Place(self._identity, topic.name, 0): record.offset + 1
            for topic, record in [*records, *(after or [])]
        }
        if entries and all(entry.message.kind == "typing" for entry in entries) and not after:
            places = {}  # nothing is lost if these are read again
        with self._writer.transaction():
            book = self._open_book(entries)
            for entry in entries:
                try:
                    book.take(
                        entry.message,
                        from_visitor=entry.topic is REPLIES,
                        logged_at=entry.record.at,
                    )
                except Refused as refused:
                    if entry.message.kind != "typing":
                        self._set_aside(entry.topic, entry.record, refused.reason)
            self._writer.write(book.changed.values(), book.lines, places)
        if not (book.changed or book.marks or book.typing):
            return None
        changed = list(book.changed.values())
        return News(
            before=book.before,
            changed=changed,
            newest={
                (one.site_key, one.visitor_id): book.newest(one.site_key, one.visitor_id)
                for one in changed
            },
            last=last_messages(self._connection, list(book.changed)) if changed else {},
            lines=book.lines,
            marks=book.marks,
            typing=book.typing,
        )

    def _read(self, records: list[tuple[Topic, Record]]) -> list[Entry]:
        entries = []
        for topic, record in records:
            try:
                entries.append(Entry(topic, record, decode_message(record.value)))
            except Unreadable as error:
                self._set_aside(topic, record, str(error))
        return entries

    def _open_book(self, entries: list[Entry]) -> Book:
        if not entries:
            return Book([], [])
        messages = [entry.message for entry in entries]
        return Book(
            self._writer.conversations(
                {(one.site_key, one.visitor_id) for one in messages},
                {one.conversation_id for one in messages if one.conversation_id},
            ),
            self._writer.lines({line_id(one) for one in messages}),
        )

    def _set_aside(self, topic: Topic, record: Record, reason: str) -> None:
        self.refused += 1
        set_aside(self._log, topic, 0, record.offset, reason, record.value)

    def _commit(self, *, last: bool = False) -> None:
        """Say now and then what the log needs no more."""
        if time.monotonic() < self._commit_at and not last:
            return
        self._commit_at = time.monotonic() + COMMIT_SECONDS
        try:
            for topic in (MESSAGES, REPLIES):
                offset = self._next[topic.name]
                if self._committed.get(topic.name) != offset:
                    self._log.commit(topic, 0, READER, offset)
                    self._committed[topic.name] = offset
        except LogUnavailable as error:
            _log.warning("%s; it keeps more for now", error)

    def _keep_trying(self, step: Callable[[], int]) -> int | None:
        def note(problem: HozirError | None) -> None:
            self.problem = problem

        return keep_trying(step, self._stop, who="correspondent", first_wait=FIRST_WAIT, note=note)
