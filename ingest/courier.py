"""Carries what the log says to the pages that it is for. Everything here runs in the event loop."""

from __future__ import annotations

import logging
from collections.abc import Callable

from hozir.bus.log import Record
from hozir.clock import wall_clock
from hozir.contract.codec import decode_message
from hozir.contract.errors import Unreadable
from hozir.contract.message import Message
from ingest.frames import frame_of
from ingest.metrics import Metrics
from ingest.sockets import Socket, Sockets
from ingest.waiting import KEPT_MS, Waiting

log = logging.getLogger(__name__)


class Courier:
    """Takes records in, keeps what waits, and hands frames to sockets.

    `settled` holds the offsets of messages and of replies that a door which starts anew has to
    read from.
    """

    def __init__(
        self,
        waiting: Waiting,
        sockets: Sockets,
        metrics: Metrics,
        settled: tuple[int, int],
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self._waiting = waiting
        self._sockets = sockets
        self._metrics = metrics
        self._clock = clock
        self._messages, self._replies = settled
        self.settled = settled

    def take(self, messages: list[Record], replies: list[Record]) -> None:
        """Take in what was appended since, messages before the replies to them."""
        for record in messages:
            self._messages = record.offset + 1
            if (message := _read(record)) is not None:
                self._waiting.send(message, record.offset, self._replies)
                self._carry(message)
        for record in replies:
            self._replies = record.offset + 1
            if (reply := _read(record)) is not None:
                if count := self._waiting.reply(reply):
                    self._metrics.delivered.inc(count)
                if reply.kind == "message":
                    self._carry(reply)
        self._waiting.forget_before(self._clock() - KEPT_MS)
        oldest = self._waiting.oldest()
        self.settled = (
            (oldest.offset, oldest.replies) if oldest else (self._messages, self._replies)
        )

    def greet(self, socket: Socket) -> None:
        """Send a page what waits for its visitor."""
        for message in self._waiting.of(socket.site_key, socket.visitor_id, socket.token_hash):
            if frame := frame_of(message):
                socket.push(frame)

    def _carry(self, record: Message) -> None:
        there = self._sockets.of(record)
        if not there or (frame := frame_of(record)) is None:
            return
        for socket in list(there):
            if self._waiting.may_have(record, socket.token_hash):
                socket.push(frame)


def _read(record: Record) -> Message | None:
    try:
        return decode_message(record.value)
    except Unreadable as error:
        log.error("a record of a conversation cannot be read: %s", error)
        return None
