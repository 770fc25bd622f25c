"""The simulated engine of the log: one file of frames on the simulated disk for each topic.

It keeps the contract of `hozir/bus/log.py`, by the same tests as the true engines, and has the two
steps of the embedded one (`insert`, and what makes it durable) that the door works with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import msgspec

from hozir.bus.log import Record
from hozir.clock import wall_clock
from hozir.contract.errors import LogUnavailable
from hozir.contract.topics import Topic
from proof.simulated.disk import Disk, File

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder().decode

Records = Sequence[tuple[int, bytes]]


class _Part:
    """One partition as far as it was read."""

    def __init__(self) -> None:
        self.first = 0
        self.records: list[Record] = []
        self.last_at = 0

    @property
    def head(self) -> int:
        return self.first + len(self.records)


class _Index:
    """One topic as far as it was read, by whoever has it open."""

    def __init__(self, topic: Topic, file: File) -> None:
        self.file = file
        self.position = 0
        self.parts = [_Part() for _ in range(topic.partitions)]
        self.readers: dict[tuple[str, int], int] = {}

    def catch_up(self) -> None:
        if self.position == self.file.shown:
            return
        for end, payload in self.file.frames(self.position):
            self.position = end
            kind, content = _decode(payload)
            if kind == "records":
                for partition, offset, at, value in content:
                    part = self.parts[partition]
                    part.records.append(Record(offset, at, value))
                    part.last_at = at
            elif kind == "reader":
                reader, partition, offset = content
                self.readers[reader, partition] = offset
            else:
                for partition, first in content:
                    part = self.parts[partition]
                    del part.records[: first - part.first]
                    part.first = first


class SimulatedLog:
    """One opener of the log on a disk.

    `pace` says how many of the records that a read may bring it brings, `refuse` how many of those
    that are appended get there before the log becomes unavailable; None if it does not.
    """

    identity = "simulated"

    def __init__(
        self,
        disk: Disk,
        *,
        clock: Callable[[], int] = wall_clock,
        pace: Callable[[int], int] = lambda limit: limit,
        refuse: Callable[[Topic, int], int | None] = lambda topic, count: None,
    ) -> None:
        self._disk = disk
        self._clock = clock
        self._pace = pace
        self._refuse = refuse

    def append(self, topic: Topic, records: Records) -> None:
        """See Log."""
        if records:
            self.insert(topic, records)()

    def insert(self, topic: Topic, records: Records) -> Callable[[], None]:
        """See EmbeddedLog."""
        return partial(self._commit, topic, records, self._clock())

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Record]:
        """See Log."""
        index = self._index(topic)
        with index.file.lock:
            index.catch_up()
            part = index.parts[partition]
            begin = max(0, offset - part.first)
            return part.records[begin : begin + self._pace(limit)]

    def head(self, topic: Topic, partition: int) -> int:
        """See Log."""
        index = self._index(topic)
        with index.file.lock:
            index.catch_up()
            return index.parts[partition].head

    def commit(self, topic: Topic, partition: int, reader: str, offset: int) -> None:
        """See Log."""
        self._disk.write(_name(topic), _encode(("reader", (reader, partition, offset))))

    def drop_read(self, topic: Topic, retention_ms: int) -> int:
        """See EmbeddedLog."""
        index = self._index(topic)
        with index.file.lock:
            index.catch_up()
            before = self._clock() - retention_ms
            firsts = []
            for partition, part in enumerate(index.parts):
                read = [o for (_, p), o in index.readers.items() if p == partition]
                most = max(0, min(read) - part.first) if read else 0
                old = sum(1 for record in part.records[:most] if record.at < before)
                if old:
                    firsts.append((partition, part.first + old, old))
            if firsts:
                content = [(partition, first) for partition, first, _ in firsts]
                self._disk.write(_name(topic), _encode(("drop", content)))
            return sum(old for _, _, old in firsts)

    def close(self) -> None:
        """See Log."""

    def _commit(self, topic: Topic, records: Records, now: int) -> None:
        index = self._index(topic)
        with index.file.lock:
            index.catch_up()
            got_there = self._refuse(topic, len(records))
            rows = _numbered(index, records[:got_there], now)
            if rows:
                self._disk.write(_name(topic), _encode(("records", rows)))
            if got_there is not None:
                raise LogUnavailable("the disk refused")

    def _index(self, topic: Topic) -> _Index:
        file = self._disk.file(_name(topic))
        with file.lock:
            if file.index is None:
                file.index = _Index(topic, file)
            return cast(_Index, file.index)


def stamp(now: int, last_at: int) -> int:
    """A clock set back must not take the log's time back with it."""
    return max(now, last_at)


def _numbered(index: _Index, records: Records, now: int) -> list[Any]:
    heads: dict[int, int] = {}
    rows = []
    for partition, value in records:
        part = index.parts[partition]
        offset = heads.get(partition, part.head)
        heads[partition] = offset + 1
        rows.append((partition, offset, stamp(now, part.last_at), value))
    return rows


def _name(topic: Topic) -> str:
    return f"log/{topic.name}"
