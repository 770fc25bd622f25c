"""Deeds into a log, in the forms that the rooms give them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import msgspec

from hozir.bus.past import PastLog
from hozir.contract.codec import TICK, encode
from hozir.contract.event import EventBatch
from hozir.contract.ids import partition_of
from hozir.contract.message import Message
from hozir.contract.topics import EVENTS, MESSAGES, REPLIES, Topic
from hozir.generator.deeds import Answered, Deed, Sent, Wrote

TICK_EVERY = 60_000
"""Milliseconds. What is concluded does not depend on it; how evenly it is written does."""
AT_ONCE = 4_000
"""Records in one transaction."""

Records = list[tuple[int, int, bytes]]


class Door(Protocol):
    """What believes browsers: `ingest.past.PastDoor`."""

    def take(self, sent: Sent) -> EventBatch: ...
    def take_reply(self, wrote: Wrote) -> Message: ...


class Team(Protocol):
    """What writes for the team: `api.past.PastTeam`."""

    def hear(self, reply: Message) -> None: ...
    def write(self, answered: Answered) -> Message: ...


class Counts(msgspec.Struct):
    """What a history holds, counted as it was written."""

    beacons: int = 0
    page_views: int = 0
    visits: int = 0
    """Sessions as browsers claim them, by people."""
    visitors: int = 0
    """People."""
    bots: int = 0
    """Sessions of programs."""
    from_visitors: int = 0
    """Messages."""
    from_team: int = 0


class Scribe:
    """Writes one history. `close` writes what is left, and the last tick."""

    def __init__(self, log: PastLog, door: Door, team: Team, start: int, until: int) -> None:
        self._log = log
        self._door = door
        self._team = team
        self._tick_at = start
        self._until = until
        self._events: Records = []
        self._replies: Records = []
        self._messages: Records = []
        self._seen: set[str] = set()
        self.counts = Counts()

    def write(self, deeds: Iterable[Deed]) -> None:
        """Write deeds in their order. Raises LogFull, LogUnavailable, and what the door raises."""
        for deed in deeds:
            self._tick(deed.at)
            if isinstance(deed, Sent):
                self._send(deed)
            elif isinstance(deed, Wrote):
                reply = self._door.take_reply(deed)
                self._team.hear(reply)
                self.counts.from_visitors += deed.kind == "message"
                self._replies.append((0, deed.at, encode(reply)))
            else:
                self.counts.from_team += deed.kind == "message"
                self._messages.append((0, deed.at, encode(self._team.write(deed))))
            if len(self._events) >= AT_ONCE:
                self._flush()

    def close(self) -> None:
        """Say that the log is complete."""
        self._tick(self._until)
        self._events += [(partition, self._until, TICK) for partition in range(EVENTS.partitions)]
        self._flush()

    def _send(self, sent: Sent) -> None:
        batch = self._door.take(sent)
        partition = partition_of(batch.session_id, EVENTS.partitions)
        self._events.append((partition, sent.at, encode(batch)))
        self._count(batch)

    def _count(self, batch: EventBatch) -> None:
        counts = self.counts
        counts.beacons += 1
        counts.page_views += sum(event.kind == "page_view" for event in batch.events)
        is_bot = batch.dimensions is not None and bool(batch.dimensions.bot)
        if batch.session_id not in self._seen:
            self._seen.add(batch.session_id)
            counts.bots += is_bot
            counts.visits += not is_bot
        if batch.visitor_id not in self._seen:
            self._seen.add(batch.visitor_id)
            counts.visitors += not is_bot

    def _tick(self, at: int) -> None:
        while self._tick_at < at:
            tick_at = self._tick_at
            self._events += [(partition, tick_at, TICK) for partition in range(EVENTS.partitions)]
            self._tick_at += TICK_EVERY

    def _flush(self) -> None:
        written: tuple[tuple[Topic, Records], ...] = (
            (EVENTS, self._events),
            (REPLIES, self._replies),
            (MESSAGES, self._messages),
        )
        for topic, records in written:
            if records:
                self._log.append_past(topic, records)
                records.clear()
