"""Every topic of the log: name, what a record holds, and by what it is spread."""

from __future__ import annotations

import msgspec


class Topic(msgspec.Struct, frozen=True):
    """A named log. `partitions` divides 64, the number of shards."""

    name: str
    partitions: int
    meaning: str
    forever: bool = False
    """True for a topic whose records are never dropped."""


EVENTS = Topic("events", 8, "one EventBatch a record; partition by claimed session id")
CHANGES = Topic("changes", 8, "one Change a record; same partition as its events")
SITES = Topic("sites", 1, "one Site a record; the newest of a site_key counts", forever=True)
MESSAGES = Topic("messages", 1, "one Message a record, from the team to a visitor; web writes")
REPLIES = Topic("replies", 1, "one Message a record, from a visitor to the team; the door writes")
PROGRESS = Topic("progress", 1, "one Mark a record: how far a pipeline has come; it writes")
DEAD_LETTERS = Topic("dead_letters", 1, "what could not be used: one DeadLetter a record")

TOPICS = (EVENTS, CHANGES, SITES, MESSAGES, REPLIES, PROGRESS, DEAD_LETTERS)


class Mark(msgspec.Struct, frozen=True):
    """How far a pipeline has come. Without it, nobody could tell silence from a pipeline away."""

    clocks: dict[int, int]
    """By partition of `events` that it reads: concluded up to here, in log time."""


class DeadLetter(msgspec.Struct, frozen=True):
    """A record that could not be used, and why."""

    topic: str
    partition: int
    offset: int
    reason: str
    value: bytes
