"""Topic `changes` into the live view at once, and into the warehouse in batches.

Two threads: one reads and delivers, one writes, so that no screen waits for the disk. Where the
writer got to is kept in the warehouse, in the transaction of the rows: killed at any moment, the
loader goes on from there, and nothing is missing or there twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from api.erased import Erased
from api.mishap import keep_trying, set_aside
from api.progress import Progress
from hozir.bus.log import Log, Record
from hozir.clock import wall_clock
from hozir.contract.change import Change
from hozir.contract.codec import decode_change, encode
from hozir.contract.errors import HozirError, Unreadable
from hozir.contract.topics import CHANGES
from hozir.health import Lag
from warehouse.writer import Place, Unwritable, Writer

READER = "warehouse"
READ_AT_ONCE = 1_000
BATCH_SECONDS = 0.25
BATCH_ROWS = 5_000
WAITING_ROWS = 4 * BATCH_ROWS
"""Changes that may wait for the writer before reading pauses."""
POLL_BUSY, POLL_IDLE = 0.005, 0.02
"""Seconds between two looks at the log: a beacon's way to the screen must stay short."""
FIRST_WAIT = 0.2
LAST_TRIES = 4
"""To write what was read, once told to stop."""


class _Waiting(NamedTuple):
    partition: int
    offset: int
    change: Change


class Loader:
    """Reads until stopped. `deliver` gets changes in order, from the reading thread."""

    def __init__(
        self,
        log: Log,
        writer: Writer,
        deliver: Callable[[list[Change]], None] | None = None,
        erased: Erased | None = None,
    ) -> None:
        self._erased = erased or Erased()
        self._writing = threading.Lock()
        self._log = log
        self._writer = writer
        self._deliver = deliver or (lambda changes: None)
        self._progress = Progress(log)
        self._marks: dict[int, int] = {}
        """Read, but some changes of before may still be to be read."""
        self._stop = threading.Event()
        self._room = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._next: dict[int, int] = {}
        self._identity = ""
        self._done_reading = False
        self._written: dict[int, int] = {}
        self._read_until: dict[int, int] = {}
        """Of each partition, the moment up to which all was read."""
        self._problems: dict[str, HozirError | None] = {}
        self.behind = Lag()
        """Of what is not yet written."""
        self._threads = [
            threading.Thread(target=self._read_on, name="loader-read", daemon=True),
            threading.Thread(target=self._write_on, name="loader-write", daemon=True),
        ]
        self._newest_lag_ms = 0
        """How old the newest delivered change was when it was delivered, by its record's time."""
        self.applied = 0
        """New changes written."""
        self.unreadable = 0
        """Records set aside."""

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Write what was read, and end."""
        self._stop.set()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()

    @property
    def running(self) -> bool:
        """True between start and stop."""
        return all(thread.is_alive() for thread in self._threads)

    @property
    def problem(self) -> HozirError | None:
        """What is in the way now; None when nothing is."""
        return next((one for one in self._problems.values() if one is not None), None)

    @property
    def behind_ms(self) -> int:
        """How long ago that was which is known of everybody; 0 while it is as good as now."""
        return self._progress.behind_ms

    @property
    def lag_ms(self) -> int:
        """How old the news are: the newest change when it came, or more while none can come."""
        return max(self._newest_lag_ms, self.behind_ms)

    @property
    def waiting(self) -> int:
        """Changes read and not yet written."""
        return len(self._waiting)

    def finish_writing(self) -> None:
        """Wait for what is being written now: of who was erased before, nothing is after it."""
        with self._writing:
            pass

    def _read_on(self) -> None:
        self._keep_trying(self.find_place)
        try:
            while not self._stop.is_set():
                found = self._keep_trying(self.read_round) or 0
                self._stop.wait(POLL_BUSY if found else POLL_IDLE)
        finally:
            with self._room:
                self._done_reading = True
                self._room.notify_all()

    def find_place(self) -> int:
        """Begin where the warehouse says that it got to."""
        self._identity = self._log.identity
        known = self._writer.offsets(self._identity)
        for partition in range(CHANGES.partitions):
            place = Place(self._identity, CHANGES.name, partition)
            self._next[partition] = known.get(place, 0)
        return 0

    def read_round(self) -> int:
        """Read and deliver what is new in each partition; return how much it was."""
        self._marks |= self._progress.read()
        found = 0
        whole = True
        for partition in range(CHANGES.partitions):
            asked = wall_clock()
            records = self._log.read(CHANGES, partition, self._next[partition], READ_AT_ONCE)
            if records:
                found += len(records)
                self._take(partition, records)
            at_head = len(records) < READ_AT_ONCE
            whole &= at_head
            with self._room:
                self._read_until[partition] = asked if at_head else records[-1].at
        if self._marks and whole:
            self._progress.reach(self._marks)
            self._marks = {}
        return found

    def _take(self, partition: int, records: list[Record]) -> None:
        waiting = []
        for record in records:
            try:
                change = decode_change(record.value)
            except Unreadable as error:
                self._set_aside(partition, record.offset, str(error), record.value)
            else:
                waiting.append(_Waiting(partition, record.offset, change))
        self._newest_lag_ms = max(0, wall_clock() - records[-1].at)
        self._deliver([one.change for one in waiting])
        with self._room:
            while len(self._waiting) > WAITING_ROWS and not self._stop.is_set():
                self._room.wait(1)
            self._waiting += waiting
            self._next[partition] = records[-1].offset + 1
            if len(self._waiting) >= BATCH_ROWS:
                self._room.notify_all()

    def _set_aside(self, partition: int, offset: int, reason: str, value: bytes) -> None:
        self.unreadable += 1
        set_aside(self._log, CHANGES, partition, offset, reason, value)

    def _write_on(self) -> None:
        while True:
            with self._room:
                self._room.wait_for(
                    lambda: self._done_reading or len(self._waiting) >= BATCH_ROWS, BATCH_SECONDS
                )
                last = self._done_reading
            self.write_round()
            if last:
                return

    def write_round(self) -> None:
        """Write what was read, and how far that was."""
        with self._room:
            batch, self._waiting = self._waiting, []
            upto = dict(self._next)
            until = dict(self._read_until)
            self._room.notify_all()
        if upto:
            written = self._keep_trying(partial(self._write, batch, upto), LAST_TRIES)
            if written is not None:
                for partition, moment in until.items():
                    self.behind.reached(partition, moment)

    def _write(self, batch: list[_Waiting], upto: dict[int, int]) -> int:
        if upto == self._written:
            return 0
        with self._writing:
            # Asked here and not when it was read: somebody may have been erased since.
            self._apply([one for one in batch if not self._erased.covers(one.change.session)], upto)
        self._written = upto
        for partition, offset in upto.items():
            self._log.commit(CHANGES, partition, READER, offset)
        return len(batch)

    def _apply(self, batch: list[_Waiting], upto: dict[int, int]) -> None:
        places = {Place(self._identity, CHANGES.name, p): offset for p, offset in upto.items()}
        try:
            self.applied += self._writer.apply([one.change for one in batch], places)
        except Unwritable:
            self._write_singly(batch)
            self._writer.apply([], places)

    def _write_singly(self, batch: list[_Waiting]) -> None:
        """Find the changes that fit no column, set them aside, and write the others."""
        for one in batch:
            try:
                self.applied += self._writer.apply([one.change], {})
            except Unwritable as error:
                self._set_aside(one.partition, one.offset, str(error), encode(one.change))

    def _keep_trying(self, step: Callable[[], int], last_tries: int = 0) -> int | None:
        return keep_trying(
            step,
            self._stop,
            who="loader",
            first_wait=FIRST_WAIT,
            last_tries=last_tries,
            note=partial(self._problems.__setitem__, threading.current_thread().name),
        )
