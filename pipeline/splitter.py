"""From records to bundles: decode, group by shard, set aside what cannot be read."""

from __future__ import annotations

from hozir.contract.codec import TICK, decode_events
from hozir.contract.errors import Unreadable
from hozir.contract.event import EventBatch
from hozir.contract.ids import SHARDS, shard_of
from hozir.contract.topics import EVENTS, DeadLetter, Mark
from pipeline.shards import NEVER, Bundle
from pipeline.source import Arrivals

MARK_MS = 2_000
"""Log time between two marks."""

Item = Bundle | DeadLetter | Mark


class Splitter:
    """Splits reads into bundles, one for each shard that has arrivals or something due.

    Now and then it says how far it has come, whether or not there was anything to conclude.

    Bundles and not events travel through the dataflow: an item costs more than an event does.
    """

    def __init__(self, due: dict[int, int], partitions: int = EVENTS.partitions) -> None:
        self._due = due
        self._partitions = partitions
        self._clocks: dict[int, int] = {}
        self._marked_at = 0

    def __call__(self, reads: list[Arrivals]) -> list[tuple[str, Item]]:
        """Return `(key, item)` pairs: the shard's number, `dead` or `mark`."""
        out: list[tuple[str, Item]] = []
        for read in reads:
            out += self._split(read)
        newest = max(self._clocks.values(), default=0)
        if newest - self._marked_at >= MARK_MS:
            self._marked_at = newest
            out.append(("mark", Mark(dict(self._clocks))))
        return out

    def _split(self, read: Arrivals) -> list[tuple[str, Item]]:
        dead: list[tuple[str, Item]] = []
        arrivals: dict[int, list[tuple[int, int, EventBatch]]] = {}
        clock = self._clocks.get(read.partition, 0)
        for offset, at, value in read.records:
            # Several doors' stamps meet in one Kafka partition; log time only goes forward.
            clock = max(clock, at)
            if value == TICK:
                continue
            try:
                batch = decode_events(value)
            except Unreadable as error:
                letter = DeadLetter(EVENTS.name, read.partition, offset, str(error), value)
                dead.append(("dead", letter))
                continue
            # Only the shard that has a session knows by which of the claimed ids it goes.
            shards = self._shards(read.partition) if batch.end else (shard_of(batch.session_id),)
            for shard in shards:
                arrivals.setdefault(shard, []).append((offset, clock, batch))
        self._clocks[read.partition] = clock
        bundles: list[tuple[str, Item]] = [
            (f"{shard:02d}", Bundle(shard, arrivals.get(shard, []), clock))
            for shard in self._shards(read.partition)
            if shard in arrivals or self._due.get(shard, NEVER) < clock
        ]
        return dead + bundles

    def _shards(self, partition: int) -> range:
        return range(partition, SHARDS, self._partitions)
