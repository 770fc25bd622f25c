"""One transaction for all requests that wait: group commit.

It also appends the ticks, by which the log says that time has passed when nobody says anything.
"""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import TICK
from hozir.contract.errors import HozirError
from hozir.contract.topics import EVENTS
from ingest.metrics import Metrics

GATHER_SECONDS = 0.001
"""How long the first of a group waits for others."""
TICK_SECONDS = 0.25
"""How late a visitor's leaving is concluded, at most, beside the grace itself."""
QUIET_TICK_SECONDS = 10.0
"""The same where nothing has happened for long: only ends of sessions are waited for."""
QUIET_AFTER_SECONDS = 120.0


class Ticker:
    """When a partition is owed a tick. Time is an argument, in seconds."""

    def __init__(self, partitions: int, now: float) -> None:
        self._record_at = [now] * partitions
        self._event_at = [now] * partitions

    def saw(self, partition: int, now: float) -> None:
        """Note that an event was appended."""
        self._record_at[partition] = self._event_at[partition] = now

    def due(self, now: float) -> list[int]:
        """Return the partitions that are owed a tick, and take them as given."""
        partitions = []
        for partition, record_at in enumerate(self._record_at):
            quiet = now - self._event_at[partition] > QUIET_AFTER_SECONDS
            if now - record_at >= (QUIET_TICK_SECONDS if quiet else TICK_SECONDS):
                self._record_at[partition] = now
                partitions.append(partition)
        return partitions


Waiting = asyncio.Future[None]
Batch = list[tuple[int, bytes, Waiting | None]]


class Appender:
    """Appends events for requests that wait. To be made inside the event loop that serves them.

    Inserting runs in the loop, because beside a busy loop a thread waits for the interpreter lock
    at each step of SQLite. The commit alone, which waits for the disk, runs in a thread; meanwhile
    the next batch gathers.
    """

    def __init__(self, log: EmbeddedLog, metrics: Metrics) -> None:
        self._log = log
        self._metrics = metrics
        self._loop = asyncio.get_running_loop()
        self._waiting: Batch = []
        self._committing: Waiting | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._ticker = Ticker(EVENTS.partitions, self._loop.time())
        self._next_tick = self._loop.call_later(TICK_SECONDS / 2, self._tick)
        self._since = 0.0
        """When the oldest that waits came."""
        self._committing_since = 0.0
        self.problem: HozirError | None = None
        """What the newest append ran into; None if it went well. A tick is an append, too."""

    def append(self, partition: int, value: bytes) -> Waiting:
        """Return what is done when the record is durable; raises LogFull, LogUnavailable."""
        done = self._loop.create_future()
        if not self._waiting:
            self._since = time.monotonic()
            self._loop.call_later(GATHER_SECONDS, self._flush)
        self._waiting.append((partition, value, done))
        return done

    def note(self, partition: int, value: bytes) -> None:
        """Append with the next group what the door itself saw, and nobody waits for."""
        if not self._waiting:
            self._since = time.monotonic()
            self._loop.call_later(GATHER_SECONDS, self._flush)
        self._waiting.append((partition, value, None))

    @property
    def lag_ms(self) -> int:
        """How long the oldest beacon waits to be durable, in milliseconds; 0 if none waits."""
        if self._committing is not None:
            since = self._committing_since
        elif self._waiting:
            since = self._since
        else:
            return 0
        return int(1000 * (time.monotonic() - since))

    async def close(self) -> None:
        """Serve who waits, then stop."""
        self._next_tick.cancel()
        while self._waiting or self._committing is not None:
            self._flush()
            if self._committing is not None:
                await asyncio.wait([self._committing])  # whoever waits is told how it went
                await asyncio.sleep(0)
        self._thread.shutdown()

    def _tick(self) -> None:
        self._next_tick = self._loop.call_later(TICK_SECONDS / 2, self._tick)
        self._flush()

    def _flush(self) -> None:
        if self._committing is not None:
            return  # what waits goes with the next commit, as soon as this one is done
        batch, self._waiting = self._waiting, []
        now = self._loop.time()
        for partition, _, _ in batch:
            self._ticker.saw(partition, now)
        records = [(partition, value) for partition, value, _ in batch]
        records += [(partition, TICK) for partition in self._ticker.due(now)]
        if not records:
            return
        began = time.perf_counter()
        try:
            commit = self._log.insert(EVENTS, records)
        except HozirError as error:
            self._settle(batch, began, error)
            return
        self._committing_since = self._since if batch else now
        self._committing = self._loop.run_in_executor(self._thread, commit)
        self._committing.add_done_callback(partial(self._committed, batch, began))

    def _committed(self, batch: Batch, began: float, commit: Waiting) -> None:
        self._committing = None
        error = commit.exception()
        if error is not None and not isinstance(error, HozirError):
            raise error
        self._settle(batch, began, error)
        if self._waiting:
            self._flush()

    def _settle(self, batch: Batch, began: float, problem: HozirError | None) -> None:
        self.problem = problem
        if batch:
            # Counted by the batch: by the beacon it took a tenth of the door's time.
            self._metrics.append_seconds.observe(time.perf_counter() - began)
            noted = sum(done is None for _, _, done in batch)
            self._metrics.accepted.inc(0 if problem else len(batch) - noted)
        for _, _, done in batch:
            if done is None or done.done():
                continue  # the client went away meanwhile
            if problem is None:
                done.set_result(None)
            else:
                done.set_exception(problem)
