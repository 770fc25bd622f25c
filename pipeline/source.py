"""Topic `events` as a Bytewax source: one part for each partition, resumed by offset."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta

import msgspec
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition

from hozir.bus.log import Log, Record
from hozir.clock import wall_clock
from hozir.contract.errors import LogUnavailable
from hozir.contract.topics import EVENTS
from pipeline.figures import Figures

READER = "pipeline"
AT_ONCE = 1_000
POLL = timedelta(milliseconds=4)
"""Half of it is the median wait for an event; 8 partitions asked so often take 2% of a core."""
RETRY = timedelta(seconds=1)
COMMIT_SECONDS = 10.0

log = logging.getLogger(__name__)


class Arrivals(msgspec.Struct):
    """Some records of one partition, in order."""

    partition: int
    records: list[Record]


class EventsPart(StatefulSourcePartition[Arrivals, int]):
    """One partition. Its state is the next offset to read."""

    def __init__(
        self,
        bus: Log,
        partition: int,
        offset: int,
        stopping: Callable[[], bool],
        figures: Figures,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bus = bus
        self._clock = clock
        self._partition = partition
        self._offset = offset
        self._stopping = stopping
        self._figures = figures
        self._handed_on: int | None = None
        """What came before this moment was handed on by the read before."""
        self._awake: datetime | None = None
        self._settled = offset
        """Before this, the recovery store needs nothing more."""
        self._snapshotted = offset
        self._committed_at = 0.0

    def next_batch(self) -> Iterable[Arrivals]:
        """Return what is there."""
        if self._stopping():
            raise StopIteration
        if self._handed_on is not None:
            self._figures.lag.reached(self._partition, self._handed_on)
        asked = wall_clock()
        try:
            records = self._bus.read(EVENTS, self._partition, self._offset, AT_ONCE)
            self._commit()
        except LogUnavailable as error:
            self._figures.reading = error
            log.warning("events %d cannot be read now: %s", self._partition, error)
            self._awake = datetime.now(UTC) + RETRY
            return []
        self._figures.reading = None
        self._figures.records += len(records)
        self._handed_on = records[-1].at if len(records) == AT_ONCE else asked
        if not records:
            self._awake = datetime.now(UTC) + POLL
            return []
        self._offset = records[-1].offset + 1
        self._awake = None if len(records) == AT_ONCE else datetime.now(UTC) + POLL
        return [Arrivals(self._partition, records)]

    def next_awake(self) -> datetime | None:
        """Say when to ask again."""
        return self._awake

    def snapshot(self) -> int:
        """Return the next offset. What the epoch before held is in the recovery store by now."""
        self._settled, self._snapshotted = self._snapshotted, self._offset
        return self._offset

    def _commit(self) -> None:
        now = self._clock()
        if now - self._committed_at >= COMMIT_SECONDS:
            self._committed_at = now
            self._bus.commit(EVENTS, self._partition, READER, self._settled)


class EventsSource(FixedPartitionedSource[Arrivals, int]):
    """The partitions that this process reads."""

    def __init__(
        self,
        bus: Log,
        partitions: list[int],
        stopping: Callable[[], bool],
        figures: Figures,
    ) -> None:
        self._bus = bus
        self._partitions = partitions
        self._stopping = stopping
        self._figures = figures

    def list_parts(self) -> list[str]:
        """Name the partitions."""
        return [f"{partition:03d}" for partition in self._partitions]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> EventsPart:
        """Open one partition where it was."""
        partition, offset = int(for_part), resume_state or 0
        return EventsPart(self._bus, partition, offset, self._stopping, self._figures)
