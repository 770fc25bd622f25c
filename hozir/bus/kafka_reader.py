"""Reads a Kafka topic by offset, as the log's protocol does, over a client that streams."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from hozir.bus.log import Record

AT_HEADER = "at"
"""Header with the arrival time that counts, in decimal milliseconds: the door's, not Kafka's."""

IDLE_SECONDS = 0.001
"""After a poll that brought nothing, the next one is not worth its cost sooner."""
WAIT_SECONDS = 0.25
"""How long a read waits for records that are known or likely to be there."""
BUFFERED = 4_000
"""Records of one partition that wait for their reader before its fetching pauses."""


class Message(NamedTuple):
    """A record and its headers."""

    record: Record
    headers: dict[str, bytes]


class _Lane:
    """One partition: what was fetched and not yet taken, and the offset that comes next."""

    def __init__(self, offset: int) -> None:
        self.next = offset
        self.fetched: deque[Any] = deque()
        self.latest_at = 0

    def skip_to(self, offset: int) -> bool:
        """Drop what lies before `offset`; return whether the rest begins there."""
        while self.fetched and self.fetched[0].offset < offset:
            self.fetched.popleft()
        if self.next < offset and self.fetched:
            self.next = offset
        return self.next == offset

    def take(self, limit: int) -> list[Message]:
        """Take up to `limit` messages."""
        taken: list[Message] = []
        while self.fetched and len(taken) < limit:
            raw = self.fetched.popleft()
            if raw.offset < self.next:  # a reset took the client back
                continue
            headers = dict(raw.headers)
            stamp = headers.get(AT_HEADER, b"")
            at = int(stamp) if stamp.isdigit() else raw.timestamp
            # Doors have clocks of their own, and a broker's may be set back.
            self.latest_at = max(self.latest_at, at)
            record = Record(raw.offset, self.latest_at, raw.value or b"")
            taken.append(Message(record, headers))
            self.next = raw.offset + 1
        return taken


class Reader:
    """One consumer over the partitions asked so far. For one thread.

    A reader that goes on where it was gets what was fetched meanwhile; another offset costs a
    seek. `bounds` returns the first offset and the head of a partition.
    """

    def __init__(
        self, topic: str, client: dict[str, Any], bounds: Callable[[int], tuple[int, int]]
    ) -> None:
        self._topic = topic
        self._bounds = bounds
        self._lanes: dict[int, _Lane] = {}
        self._idle_until = 0.0
        self._consumer = KafkaConsumer(
            **client,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            fetch_max_wait_ms=50,
            fetch_min_bytes=1,
        )

    def take(self, partition: int, offset: int, limit: int) -> list[Message]:
        """Return up to `limit` messages from `offset` on."""
        lane = self._lanes.get(partition)
        if lane is None or not lane.skip_to(offset):
            lane = self._go_to(partition, offset)
            if lane is None:
                return []
        if not lane.fetched:
            self._fetch(partition, lane, limit)
        return lane.take(limit)

    def close(self) -> None:
        """Let go of the connection."""
        self._consumer.close(timeout_ms=1_000)

    def _go_to(self, partition: int, offset: int) -> _Lane | None:
        first, end = self._bounds(partition)
        if offset > end:
            return None
        if partition not in self._lanes:
            places = [TopicPartition(self._topic, known) for known in (*self._lanes, partition)]
            self._consumer.assign(places)
        lane = self._lanes[partition] = _Lane(offset)
        place = TopicPartition(self._topic, partition)
        self._consumer.resume(place)
        self._consumer.seek(place, max(offset, first))
        return lane

    def _fetch(self, partition: int, lane: _Lane, limit: int) -> None:
        place = TopicPartition(self._topic, partition)
        self._consumer.resume(place)
        deadline = time.monotonic() + WAIT_SECONDS
        wait_ms = 0
        while not lane.fetched:
            head = self._consumer.highwater(place)
            at_head = head is not None and lane.next >= head
            now = time.monotonic()
            if now > deadline or (at_head and (wait_ms or now < self._idle_until)):
                return
            polled = self._consumer.poll(timeout_ms=wait_ms, max_records=limit)
            if not polled:
                self._idle_until = time.monotonic() + IDLE_SECONDS
            for found, raws in polled.items():
                self._keep(found, raws)
            wait_ms = 5

    def _keep(self, place: Any, raws: list[Any]) -> None:
        fetched = self._lanes[place.partition].fetched
        fetched.extend(raws)
        if len(fetched) >= BUFFERED:
            self._consumer.pause(place)
