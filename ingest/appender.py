"""One transaction for all requests that wait: group commit, in a thread of its own.

It also appends the ticks, by which the log says that time has passed when nobody says anything.
"""

from __future__ import annotations

import asyncio
import threading
import time

from hozir.bus.log import Log
from hozir.contract.codec import TICK
from hozir.contract.errors import HozirError
from hozir.contract.topics import EVENTS

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


class Appender:
    """Appends events for requests that wait. To be made inside the event loop that serves them."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._waiting: list[tuple[int, bytes, Waiting]] = []
        self._wake = threading.Condition()
        self._closing = False
        self._ticker = Ticker(EVENTS.partitions, time.monotonic())
        self._thread = threading.Thread(target=self._run, name="appender", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """True while appends are served."""
        return self._thread.is_alive()

    def append(self, partition: int, value: bytes) -> Waiting:
        """Return what is done when the record is durable; raises LogFull, LogUnavailable."""
        done = self._loop.create_future()
        with self._wake:
            self._waiting.append((partition, value, done))
            self._wake.notify()
        return done

    def close(self) -> None:
        """Serve who waits, then stop."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing or self._waiting:
            with self._wake:
                if not self._waiting and not self._closing:
                    self._wake.wait(TICK_SECONDS / 2)
                batch, self._waiting = self._waiting, []
            self._append(batch)

    def _append(self, batch: list[tuple[int, bytes, Waiting]]) -> None:
        now = time.monotonic()
        for partition, _, _ in batch:
            self._ticker.saw(partition, now)
        records = [(partition, value) for partition, value, _ in batch]
        records += [(partition, TICK) for partition in self._ticker.due(now)]
        problem: HozirError | None = None
        try:
            self._log.append(EVENTS, records)
        except HozirError as error:
            problem = error
        if batch:
            # One call for all of them: each one wakes the loop through a pipe.
            self._loop.call_soon_threadsafe(_settle, [done for _, _, done in batch], problem)


def _settle(waiting: list[Waiting], problem: HozirError | None) -> None:
    for done in waiting:
        if done.done():
            continue  # the client went away meanwhile
        if problem is None:
            done.set_result(None)
        else:
            done.set_exception(problem)
