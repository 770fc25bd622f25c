"""Where reports run: in a few threads of their own, within a time, as long as somebody waits.

Live updates and the rest of the API have other threads, and so wait for no report. A question
that takes too long, or whose client has gone, is ended in the warehouse, not merely forgotten.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from starlette.requests import Request

from api.outlet import Outlet
from api.problem import Problem
from warehouse.connection import Connection
from warehouse.stoppable import Stoppable

T = TypeVar("T")

ANSWERS = 3
FILES = 2
"""How many are worked on at once; the others wait their turn."""
MOST_WAITING = 60
LOOK_SECONDS = 0.1
"""How often it is looked whether the client is still there."""

Write = Callable[[Connection, Outlet, Callable[[], None]], None]
"""Writes a file; the last is to be called when the warehouse has begun to answer."""


class ReportPool:
    """Runs questions. All but `stop` belong to the event loop; times are in seconds."""

    def __init__(
        self, warehouse: Connection, *, seconds: float = 30.0, file_seconds: float = 600.0
    ) -> None:
        self._warehouse = warehouse
        self._seconds = seconds
        self._file_seconds = file_seconds
        self._answers = ThreadPoolExecutor(ANSWERS, "report")
        self._files = ThreadPoolExecutor(FILES, "report-file")
        self._running: set[_Work[Any]] = set()

    async def answer(self, request: Request, ask: Callable[[Connection], T]) -> T:
        """Return what `ask` does, done in a thread. Raises Problem when it may not be waited for.

        The time counts from here, waiting for a thread included.
        """
        work = self._begin(self._answers, ask, self._seconds)
        try:
            return await self._while_there(request, work, asyncio.wrap_future(work.job))
        finally:
            self._leave(work)

    async def file(self, request: Request, write: Write) -> File:
        """Return a file whose first piece is there. `write` makes it in a thread.

        It has as long as any other answer until it calls `begun`, and then the time of a file.
        """
        loop = asyncio.get_running_loop()
        outlet = Outlet()

        def begun() -> None:
            loop.call_soon_threadsafe(lambda: work.give_time(self._file_seconds))

        def run(connection: Connection) -> None:
            try:
                write(connection, outlet, begun)
                outlet.finish()
            except BaseException as error:
                outlet.fail(error)

        work = self._begin(self._files, run, self._seconds, outlet)
        pieces = outlet.pieces()
        try:
            first = asyncio.ensure_future(_first(pieces))
            started = await self._while_there(request, work, first)
        except BaseException:
            self._leave(work)
            raise
        return File(started, pieces, lambda: self._leave(work))

    def stop(self) -> None:
        """Begin nothing more, end what runs, and wait for it. Not in the loop."""
        for pool in (self._answers, self._files):
            pool.shutdown(wait=False, cancel_futures=True)
        for work in list(self._running):
            work.stop()
        for pool in (self._answers, self._files):
            pool.shutdown()

    def _begin(
        self,
        pool: ThreadPoolExecutor,
        ask: Callable[[Connection], T],
        seconds: float,
        outlet: Outlet | None = None,
    ) -> _Work[T]:
        if len(self._running) >= MOST_WAITING:
            again = {"Retry-After": "5"}
            raise Problem(503, "busy", "Too many reports at once; try again.", again)
        work = _Work(pool, Stoppable(self._warehouse), ask, seconds, outlet)
        self._running.add(work)
        return work

    async def _while_there(
        self, request: Request, work: _Work[Any], awaited: asyncio.Future[T]
    ) -> T:
        try:
            while not awaited.done() and not work.late:
                await asyncio.wait({awaited}, timeout=LOOK_SECONDS)
                if not awaited.done() and await request.is_disconnected():
                    raise Problem(408, "too_slow", "The client has gone.")
            if work.late:
                raise _too_slow()
            return awaited.result()
        except Exception:
            # What is ended while rows are read fails by whatever Arrow makes of it.
            if work.stopped:
                raise _too_slow() from None
            raise
        finally:
            if not awaited.cancel() and not awaited.cancelled():
                awaited.exception()  # looked at, so that nobody is told that nobody did

    def _leave(self, work: _Work[Any]) -> None:
        """Nobody waits for it any more."""
        work.forget_time()
        if work.job.done():
            self._running.discard(work)
            return
        work.stop()
        # A question that was just about to begin missed the first word.
        asyncio.get_running_loop().call_later(LOOK_SECONDS, self._leave, work)


class File:
    """A file on its way. `end` it in any case."""

    def __init__(self, first: bytes, rest: AsyncIterator[bytes], end: Callable[[], None]) -> None:
        self._first = first
        self._rest = rest
        self.end = end

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield it. Raises when the rest cannot be made: the client must not take it for whole."""
        yield self._first
        async for piece in self._rest:
            yield piece


class _Work(Generic[T]):
    """One question in a thread."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        stoppable: Stoppable,
        ask: Callable[[Connection], T],
        seconds: float,
        outlet: Outlet | None,
    ) -> None:
        self.late = False
        self.stopped = False
        self._stoppable = stoppable
        self._outlet = outlet
        self.job = pool.submit(ask, stoppable.as_connection)
        self._timer = asyncio.get_running_loop().call_later(seconds, self._time_is_up)

    def give_time(self, seconds: float) -> None:
        """Let it last so long from now on."""
        if self.stopped:
            return
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._time_is_up)

    def forget_time(self) -> None:
        """Let the clock run no more."""
        self._timer.cancel()

    def stop(self) -> None:
        """End it, or see that it does not begin. From any thread."""
        self.stopped = True
        self.job.cancel()
        self._stoppable.stop()
        if self._outlet is not None:
            self._outlet.give_up()

    def _time_is_up(self) -> None:
        self.late = True
        self.stop()


async def _first(pieces: AsyncIterator[bytes]) -> bytes:
    async for piece in pieces:
        return piece
    return b""


def _too_slow() -> Problem:
    return Problem(503, "too_slow", "This takes too long; ask for fewer days.")
