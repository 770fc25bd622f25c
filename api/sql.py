"""Analysts' statements: a few at once, in threads of their own, streamed as they are read."""

from __future__ import annotations

import asyncio
import io
import logging
import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from api.accounts import Accounts, write_audit
from api.memory import resident_memory, whole_memory
from api.problem import Reason
from api.sql_desks import Desks
from api.sql_rows import as_rows
from hozir.settings import Settings
from warehouse.connection import Connection
from warehouse.sql import Desk, SqlError, bound_memory, lower_helpers

ROWS_AT_ONCE = 32_768
ROWS_FOR_SCREENS = 1_000
LONGEST_IN_AUDIT = 2_000
_PIECES_AHEAD = 4
"""Pieces that wait for a slow reader; then the statement waits too."""
_PACKED = pa.ipc.IpcWriteOptions(compression="lz4")
"""A third of the bytes, in less time than it takes to send the rest."""
_POLL_SECONDS = 0.05
_LOOK_SECONDS = 0.25
_MOST_WAITING = 100

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Question:
    """A statement, and in whose name it is asked."""

    sql: str
    params: list[Any] | dict[str, Any] | None
    site_keys: tuple[str, ...]
    sees_all: bool
    """Whether the person may see every site, so that nothing is to be kept from them."""
    user_id: int
    for_screen: bool = False
    """As JSON, cut after some rows, instead of as Arrow."""


@dataclass(frozen=True)
class Failure:
    """Why there are no rows, or no more."""

    reason: Reason
    message: str
    retry_seconds: int = 0


Piece = bytes | dict[str, Any] | Failure | None
"""Of an Arrow stream; the whole answer for a screen; why it ended; or that it is complete."""


class Statements:
    """Runs statements. To be used in the event loop."""

    def __init__(self, warehouse: Connection, accounts: Accounts, settings: Settings) -> None:
        self._desks = Desks(warehouse)
        self._accounts = accounts
        self.seconds = settings.sql_seconds
        self.most_rows = settings.sql_rows
        self._threads = ThreadPoolExecutor(settings.sql_at_once, thread_name_prefix="sql")
        self._places = asyncio.Semaphore(settings.sql_at_once)
        self._waiting = 0
        self.running: set[Run] = set()
        bound_memory(warehouse, settings.sql_memory)
        lower_helpers(warehouse)
        self._memory = settings.sql_memory or whole_memory() // 2

    async def start(self, question: Question) -> Run | Failure:
        """Begin a statement, or say why not. Waits for its turn."""
        busy = Failure("busy", "Too many statements are running; try again.", 5)
        if self._waiting >= _MOST_WAITING:
            return busy
        self._waiting += 1
        try:
            async with asyncio.timeout(self.seconds):
                await self._places.acquire()
        except TimeoutError:
            return busy
        finally:
            self._waiting -= 1
        run = Run(question, self._desks, self.seconds, self.most_rows, self._memory)
        self.running.add(run)
        context = copy_context()
        work = asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: context.run(self._work, run)
        )
        work.add_done_callback(lambda _: self._ended(run))
        return run

    def _work(self, run: Run) -> None:
        run.work()
        asked = run.question
        try:
            with self._accounts.open() as store:
                write_audit(
                    store,
                    asked.user_id,
                    "sql_run",
                    site=asked.site_keys[0] if len(asked.site_keys) == 1 else "",
                    sql=asked.sql[:LONGEST_IN_AUDIT],
                    rows=run.rows,
                    ms=round(run.seconds * 1000),
                    **({"refused": run.failure.reason} if run.failure else {}),
                )
        except Exception:
            _log.exception("a statement was run and could not be noted in the audit")

    def _ended(self, run: Run) -> None:
        self.running.discard(run)
        self._places.release()

    async def stop(self) -> None:
        """End what is running."""
        for run in list(self.running):
            run.give_up()
        await asyncio.to_thread(self._threads.shutdown)
        self._desks.close()


class Run:
    """One statement under way: a thread reads rows, the event loop takes them."""

    def __init__(
        self, question: Question, desks: Desks, seconds: float, most_rows: int, memory: int
    ) -> None:
        self.question = question
        self.rows = 0
        self.seconds = 0.0
        self.failure: Failure | None = None
        self._desks = desks
        self._most_seconds = seconds
        self._most_rows = most_rows
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[Piece] = asyncio.Queue()
        self._room = threading.Semaphore(_PIECES_AHEAD)
        self._stopped = threading.Event()
        self._done = threading.Event()
        self._too_slow = False
        self._desk: Desk | None = None
        self._sitting = threading.Lock()
        self._guard = self._loop.call_later(seconds, self._time_is_up)
        self._most_memory = resident_memory() + memory if memory else 0
        self._too_large = False
        self._look_at_memory()

    async def piece(self) -> Piece:
        """Return what comes next; after a failure or None there is nothing more."""
        found = await self._pieces.get()
        self._room.release()
        return found

    def give_up(self) -> None:
        """Stop soon: nobody wants it any more, or it took too long."""
        self._stopped.set()
        self._guard.cancel()
        self._interrupt()

    def _time_is_up(self) -> None:
        self._too_slow = True
        self.give_up()

    def _look_at_memory(self) -> None:
        # What one value takes, or a result under way, the database does not count.
        if self._most_memory and resident_memory() > self._most_memory:
            self._too_large = True
            self.give_up()
        elif not self._done.is_set():
            self._loop.call_later(_LOOK_SECONDS, self._look_at_memory)

    def _interrupt(self) -> None:
        # Again and again: one that comes just before the statement begins is lost.
        if not self._done.is_set():
            with self._sitting:  # the next one who sits there is not meant
                if self._desk is not None:
                    self._desk.interrupt()
            self._loop.call_later(_POLL_SECONDS, self._interrupt)

    def work(self) -> None:
        """Run it, in a thread."""
        began = time.monotonic()
        try:
            last: Piece = None
            with closing(self._read()) as pieces:
                for piece in pieces:
                    self._put(piece)
        except SqlError as error:
            last = self.failure = self._failure_of(error)
        except Exception:
            _log.exception("a statement could not be run")
            last = self.failure = Failure("server_error", "Something went wrong here.")
        finally:
            self._done.set()
            self.seconds = time.monotonic() - began
            self._tell(last)

    @contextmanager
    def _at_desk(self) -> Iterator[Desk]:
        asked = self.question
        with self._desks.lent(asked.site_keys, sees_all=asked.sees_all) as desk:
            self._desk = desk
            try:
                if self._stopped.is_set():
                    raise SqlError("interrupted", "")
                yield desk
            finally:
                with self._sitting:
                    self._desk = None

    def _read(self) -> Generator[Piece, None, None]:
        asked, began = self.question, time.monotonic()
        with self._at_desk() as desk:
            found = desk.read(asked.sql, asked.params, ROWS_AT_ONCE)
            if asked.for_screen:
                rows, more = as_rows(found.batches(), ROWS_FOR_SCREENS)
                found.close()
                self.rows = len(rows)
                took = round((time.monotonic() - began) * 1000)
                yield {"columns": found.columns, "rows": rows, "more": more, "ms": took}
                return
            held = io.BytesIO()
            with pa.ipc.new_stream(held, found.schema, options=_PACKED) as stream:
                for batch in found.batches():
                    self.rows += batch.num_rows
                    if self.rows > self._most_rows:
                        raise SqlError("too_many", "")
                    stream.write_batch(batch)
                    yield _take(held)
            yield _take(held)

    def _put(self, piece: Piece) -> None:
        """Hand a piece over, waiting for room."""
        while not self._room.acquire(timeout=_POLL_SECONDS):
            if self._stopped.is_set():
                raise SqlError("interrupted", "")
        if self._stopped.is_set():
            raise SqlError("interrupted", "")
        self._tell(piece)

    def _tell(self, piece: Piece) -> None:
        self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)

    def _failure_of(self, error: SqlError) -> Failure:
        if error.kind == "memory" or self._too_large:
            return Failure(
                "too_much_memory", "The statement needs more memory than there is for it."
            )
        if self._stopped.is_set() and not self._too_slow:
            return Failure("too_slow", "Nobody waited for the end of the statement.")
        if error.kind == "interrupted" or self._too_slow:
            return Failure(
                "too_slow",
                f"The statement was ended after {self._most_seconds:g} seconds; ask for less.",
            )
        if error.kind == "too_many":
            return Failure(
                "too_many_rows",
                f"The result has more than {self._most_rows} rows; aggregate, or add a LIMIT.",
            )
        if error.kind == "refused":
            return Failure("sql_refused", str(error))
        return Failure("sql_failed", str(error))


def _take(held: io.BytesIO) -> bytes:
    piece = held.getvalue()
    held.seek(0)
    held.truncate()
    return piece
