"""The pipeline: its own source, splitter, shards and sink, on what Bytewax promises and no more.

What is kept of Bytewax is this: items of one key stay in order, keys do not; what an epoch has
concluded is written before its end; offsets and shards of one epoch are kept together, or not at
all; and a new life begins with the newest epoch that was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import msgspec

from hozir.contract.codec import encode
from hozir.contract.topics import CHANGES, DEAD_LETTERS, EVENTS, DeadLetter, Mark
from pipeline.figures import Figures
from pipeline.shards import Bundle, Concluded, Shard
from pipeline.sink import TopicPart
from pipeline.source import EventsPart
from pipeline.splitter import Splitter
from proof.simulated.clock import Clock, Life
from proof.simulated.disk import Disk
from proof.simulated.faults import Faults
from proof.simulated.log import SimulatedLog

STORE = "recovery"
Kept = tuple[dict[int, int], dict[str, bytes]]
"""What an epoch leaves: offsets of the partitions, and the shards that it touched."""

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Kept).decode


class Pipeline:
    """One life of the pipeline process."""

    def __init__(
        self, clock: Clock, life: Life, faults: Faults, disk: Disk, log: SimulatedLog
    ) -> None:
        self._clock = clock
        self._life = life
        self._random: Random = faults.random
        self._disk = disk
        self._due: dict[int, int] = {}
        self._splitter = Splitter(self._due)
        figures = Figures()
        self._sink = TopicPart(log, CHANGES, figures)
        self._letters = TopicPart(log, DEAD_LETTERS, figures)
        self._shards: dict[str, Shard] = {}
        self._queue: dict[str, list[Bundle]] = {}
        self._touched: set[str] = set()
        offsets, shards = recall(disk)
        for key, snapshot in shards.items():
            faults.stage("start", "pipeline")
            self._shards[key] = Shard(self._due, snapshot, self._set_aside)
        self._parts = [
            EventsPart(
                log, partition, offsets.get(partition, 0), lambda: False, figures, clock.time
            )
            for partition in range(EVENTS.partitions)
        ]
        self._later(self._random.uniform(0.001, 0.3), self._read_on)
        self._later(self._random.uniform(0.05, 1.5), self._end_epochs)

    def _read_on(self) -> None:
        self._read()
        self._conclude(everything=self._random.random() < 0.7)
        self._later(self._random.uniform(0.02, 0.4), self._read_on)

    def _end_epochs(self) -> None:
        self.end_epoch()
        self._later(self._random.uniform(0.2, 1.5), self._end_epochs)

    def _read(self) -> None:
        count = self._random.choice([2, 5, len(self._parts)])
        for part in self._random.sample(self._parts, count):
            for key, item in self._splitter(list(part.next_batch())):
                if isinstance(item, DeadLetter):
                    self._set_aside(item)
                # How far it has come is told to screens alone, which are not simulated.
                elif not isinstance(item, Mark):
                    self._queue.setdefault(key, []).append(item)

    def _conclude(self, *, everything: bool) -> None:
        keys = list(self._queue)
        self._random.shuffle(keys)
        out: list[Concluded] = []
        for key in keys if everything else keys[: len(keys) // 2]:
            shard = self._shards.get(key)
            if shard is None:
                shard = self._shards[key] = Shard(self._due, None, self._set_aside)
            self._touched.add(key)
            out += shard.on_batch(self._queue.pop(key))[0]
            if out and self._random.random() < 0.5:
                self._sink.write_batch(out)
                out = []
        if out:
            self._sink.write_batch(out)

    def end_epoch(self) -> None:
        """Conclude what is under way, and keep where it all stands."""
        self._conclude(everything=True)
        offsets = {number: part.snapshot() for number, part in enumerate(self._parts)}
        shards = {key: self._shards[key].snapshot() for key in sorted(self._touched)}
        keep(self._disk, (offsets, shards))
        self._touched.clear()

    def is_done(self, log: SimulatedLog) -> bool:
        """Tell whether all that the log holds is concluded and kept."""
        offsets, _ = recall(self._disk)
        return all(
            offsets.get(partition, 0) == log.head(EVENTS, partition)
            for partition in range(EVENTS.partitions)
        )

    def _set_aside(self, letter: DeadLetter) -> None:
        self._letters.write_batch([(0, encode(letter))])

    def _later(self, seconds: float, what: Callable[[], None]) -> None:
        self._clock.call_later(seconds, self._life, what)


def keep(disk: Disk, kept: Kept) -> None:
    """Write an epoch down, all of it or nothing."""
    disk.write(STORE, _encode(kept))


def recall(disk: Disk) -> Kept:
    """Return the newest offsets and the newest state of each shard."""
    offsets: dict[int, int] = {}
    shards: dict[str, bytes] = {}
    for _, payload in disk.file(STORE).frames(0):
        some_offsets, some_shards = _decode(payload)
        offsets |= some_offsets
        shards |= some_shards
    return offsets, shards
