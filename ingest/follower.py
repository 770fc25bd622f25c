"""A thread that follows topics `messages` and `replies` of the door's own log."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from hozir.bus.embedded import EmbeddedLog
from hozir.bus.log import Record
from hozir.contract.errors import LogUnavailable
from hozir.contract.topics import MESSAGES, REPLIES
from ingest.courier import Courier

READER = "door"
BUSY_SECONDS = 0.005
"""Between two looks while a page is open; half of it is what a message waits."""
IDLE_SECONDS = 0.25
"""The same while none is: only the answers to beacons say then what waits."""
RETRY_SECONDS = 1.0
COMMIT_SECONDS = 10.0
AT_ONCE = 500

log = logging.getLogger(__name__)


class Follower:
    """Reads, and leaves the rest to the courier in the event loop.

    To be made inside that loop; what the log holds by then has been taken in when it is there.
    """

    def __init__(self, bus: EmbeddedLog, courier: Courier, is_busy: Callable[[], bool]) -> None:
        self._bus = bus
        self._courier = courier
        self._is_busy = is_busy
        self._messages, self._replies = courier.settled
        self._committed: tuple[int, int] | None = None
        self._loop = asyncio.get_running_loop()
        self._closing = threading.Event()
        try:
            while found := self._read():
                self._courier.take(*found)
        except LogUnavailable as error:
            log.warning("conversations cannot be read now: %s", error)
        self._thread = threading.Thread(target=self._follow, name="messages", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop following."""
        self._closing.set()
        self._thread.join()

    def _follow(self) -> None:
        commit_due = 0.0
        pause = BUSY_SECONDS
        while not self._closing.wait(pause):
            try:
                while found := self._read():
                    self._loop.call_soon_threadsafe(self._courier.take, *found)
                if time.monotonic() >= commit_due:
                    self._commit()
                    commit_due = time.monotonic() + COMMIT_SECONDS
                pause = BUSY_SECONDS if self._is_busy() else IDLE_SECONDS
            except LogUnavailable as error:
                log.warning("conversations cannot be read now: %s", error)
                pause = RETRY_SECONDS
        try:
            self._commit()
        except LogUnavailable as error:
            log.warning("conversations cannot be committed now: %s", error)

    def _read(self) -> tuple[list[Record], list[Record]] | None:
        messages = self._bus.read(MESSAGES, 0, self._messages, AT_ONCE)
        # A reply is taken in after the message that it answers: not while more of those wait.
        replies = (
            self._bus.read(REPLIES, 0, self._replies, AT_ONCE) if len(messages) < AT_ONCE else []
        )
        if messages:
            self._messages = messages[-1].offset + 1
        if replies:
            self._replies = replies[-1].offset + 1
        return (messages, replies) if messages or replies else None

    def _commit(self) -> None:
        settled = self._courier.settled
        if settled != self._committed:
            self._bus.commit(MESSAGES, 0, READER, settled[0])
            self._bus.commit(REPLIES, 0, READER, settled[1])
            self._committed = settled


def committed(bus: EmbeddedLog) -> tuple[int, int]:
    """Return the offsets of messages and replies to begin at. Raises LogUnavailable."""
    return bus.committed(MESSAGES, 0, READER), bus.committed(REPLIES, 0, READER)
