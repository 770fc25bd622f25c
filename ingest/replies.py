"""Appends what visitors say to topic `replies`, many in one transaction."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import encode
from hozir.contract.errors import HozirError
from hozir.contract.message import Message
from hozir.contract.topics import REPLIES

log = logging.getLogger(__name__)


class Replies:
    """To be made inside the event loop that serves the visitors."""

    def __init__(self, bus: EmbeddedLog) -> None:
        self._bus = bus
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[bytes, asyncio.Future[None] | None]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="replies")

    async def append(self, reply: Message) -> None:
        """Return when the reply is durable. Raises LogFull, LogUnavailable."""
        done: asyncio.Future[None] = self._loop.create_future()
        self._put(reply, done)
        await done

    def mention(self, reply: Message) -> None:
        """Append what nobody misses if it is lost."""
        self._put(reply, None)

    async def close(self) -> None:
        """Serve who waits, then stop."""
        if self._writing is not None:
            await self._writing
        self._thread.shutdown()

    def _put(self, reply: Message, done: asyncio.Future[None] | None) -> None:
        self._waiting.append((encode(reply), done))
        if self._writing is None:
            self._writing = self._loop.create_task(self._write())

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            records = [(0, value) for value, _ in batch]
            problem: HozirError | None = None
            try:
                await self._loop.run_in_executor(self._thread, self._bus.append, REPLIES, records)
            except HozirError as error:
                problem = error
                log.warning("replies cannot be kept now: %s", error)
            for _, done in batch:
                if done is None or done.done():
                    continue  # nobody waits, or the client went away meanwhile
                if problem is None:
                    done.set_result(None)
                else:
                    done.set_exception(problem)
        self._writing = None
