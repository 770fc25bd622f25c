"""The rules under Bytewax: 64 shards, each keeping its sessions and when they fall due.

Shards and not sessions are the keys, because a key that is gone leaves a row in the recovery store
for ever, and resume time grows with the square of them (5.7 s with 100,000 session keys, 0.2 s with
64 shards).
"""

from __future__ import annotations

import heapq
import logging
from collections.abc import Callable, Iterable

import msgspec
from bytewax.operators import StatefulBatchLogic

from hozir.contract.change import Change
from hozir.contract.codec import encode
from hozir.contract.event import EventBatch
from hozir.contract.topics import CHANGES, EVENTS, DeadLetter
from pipeline.sessions import OpenSession, advance, due_at, finish, key_of, lapse

NEVER = 2**62


class Bundle(msgspec.Struct):
    """What one read of a partition brings to one shard."""

    shard: int
    arrivals: list[tuple[int, int, EventBatch]]
    """`(offset, at, batch)` in log order."""
    clock: int
    """The log of the partition is complete up to here."""


Concluded = tuple[int, bytes]
"""Partition of topic `changes`, and the Change as JSON."""


class Snapshot(msgspec.Struct, array_like=True):
    """A shard as it lies in the recovery store."""

    shard: int
    sessions: list[OpenSession]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Snapshot)
# The rules alter a session in place. As bytes in one buffer, what it was before takes a third of a
# microsecond; a copy takes ten times as long.
_keep = _ENCODER.encode_into
_kept = msgspec.msgpack.Decoder(OpenSession).decode

_log = logging.getLogger(__name__)


class Shard(StatefulBatchLogic[Bundle, Concluded, bytes]):
    """The sessions of one shard.

    The heap holds one moment for each session, at or before it falls due, so that a heartbeat,
    which only puts it off, costs nothing there. `due` is shared with the splitter, which wakes a
    shard only when something falls due in it.

    A batch that a rule cannot take is given to `set_aside`, and its session stays as it was: one
    visitor must not stop all others. It is the same on every replay.
    """

    def __init__(
        self,
        due: dict[int, int],
        snapshot: bytes | None = None,
        set_aside: Callable[[DeadLetter], None] = lambda letter: None,
        note_write: Callable[[], None] = lambda: None,
    ) -> None:
        self._due = due
        self._set_aside = set_aside
        self._note_write = note_write
        self._before = bytearray()
        self._altered = ""
        self._sessions: dict[str, OpenSession] = {}
        self._heap: list[tuple[int, str]] = []
        self._scheduled: dict[str, int] = {}
        if snapshot is not None:
            kept = _DECODER.decode(snapshot)
            for session in kept.sessions:
                key = f"{session.site_key}\n{session.claimed_id}"
                self._sessions[key] = session
                self._schedule(key, due_at(session))
            self._announce(kept.shard)

    def on_batch(self, values: list[Bundle]) -> tuple[Iterable[Concluded], bool]:
        """Fold in the arrivals, then let time pass."""
        out: list[Change] = []
        for bundle in values:
            self._shard = bundle.shard
            for offset, at, batch in bundle.arrivals:
                told = len(out)
                self._altered = ""
                try:
                    if batch.end:
                        self._finish(batch, at, out)
                    else:
                        self._advance(batch, at, out)
                except Exception as error:
                    del out[told:]
                    self._refuse(offset, batch, error)
            self._lapse(bundle.clock, out)
        self._announce(self._shard)
        partition = self._shard % CHANGES.partitions
        return [(partition, encode(change)) for change in out], StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """Return all sessions as MessagePack: bytes, because Bytewax wants an immutable copy."""
        self._note_write()
        return _ENCODER.encode(Snapshot(self._shard, list(self._sessions.values())))

    def _advance(self, batch: EventBatch, at: int, out: list[Change]) -> None:
        key = key_of(batch)
        session = self._sessions.get(key)
        if session is not None:
            self._altered = key
            _keep(session, self._before)
        session = advance(session, batch, at, out)
        if session is None:
            self._forget(key)
            return
        self._sessions[key] = session
        due = due_at(session)
        if due < self._scheduled.get(key, NEVER):
            self._schedule(key, due)

    def _finish(self, batch: EventBatch, at: int, out: list[Change]) -> None:
        # Nobody ends sessions often enough for an index by concluded id.
        for key, session in self._sessions.items():
            if session.session_id == batch.end and session.site_key == batch.site_key:
                self._altered = key
                _keep(session, self._before)
                if finish(session, at, out) is None:
                    self._forget(key)
                return

    def _refuse(self, offset: int, batch: EventBatch, error: Exception) -> None:
        """Put the session back as it was before the batch, and the batch aside."""
        partition = self._shard % EVENTS.partitions
        reason = f"no rule takes it: {type(error).__name__}: {error}"
        _log.error("events/%d/%d is set aside", partition, offset, exc_info=error)
        if self._altered:
            self._sessions[self._altered] = _kept(self._before)
        self._set_aside(DeadLetter(EVENTS.name, partition, offset, reason, encode(batch)))

    def _lapse(self, clock: int, out: list[Change]) -> None:
        while self._heap and self._heap[0][0] < clock:
            moment, key = heapq.heappop(self._heap)
            if self._scheduled.get(key) != moment:
                continue
            told = len(out)
            try:
                session = lapse(self._sessions[key], clock, out)
            except Exception:
                _log.exception("no time passes for %s; it is forgotten", key.partition("\n")[2])
                del out[told:]
                session = None
            if session is None:
                self._forget(key)
            else:
                self._schedule(key, due_at(session))

    def _schedule(self, key: str, due: int) -> None:
        self._scheduled[key] = due
        heapq.heappush(self._heap, (due, key))

    def _forget(self, key: str) -> None:
        self._sessions.pop(key, None)
        self._scheduled.pop(key, None)

    def _announce(self, shard: int) -> None:
        self._shard = shard
        self._due[shard] = self._heap[0][0] if self._heap else NEVER
