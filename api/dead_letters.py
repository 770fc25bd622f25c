"""What could not be used, for who looks after the house: where it stood and why, never what it
said, for that may be somebody's."""

from __future__ import annotations

from dataclasses import dataclass

from hozir.bus.log import Log, Record
from hozir.contract.codec import decode_dead_letter
from hozir.contract.errors import Unreadable
from hozir.contract.topics import DEAD_LETTERS

REASON_MOST = 200
"""Characters of a reason; what a library says of a value can be long."""


@dataclass(frozen=True)
class Letter:
    """One record that was set aside."""

    at: int
    topic: str
    partition: int
    offset: int
    reason: str
    size: int


def newest(log: Log, most: int) -> list[Letter]:
    """Return the newest that were set aside, the newest first. Raises LogUnavailable."""
    head = log.head(DEAD_LETTERS, 0)
    found: list[Letter] = []
    place = max(0, head - most)
    while place < head and (records := log.read(DEAD_LETTERS, 0, place, head - place)):
        found += map(_letter, records)
        place = records[-1].offset + 1
    return found[::-1]


def come_since(log: Log, at: int) -> int:
    """Return how many were set aside since a moment. Raises LogUnavailable.

    Their content is long and their number has no bound, so a few of them are looked at, not all:
    their times never go back.
    """
    head = log.head(DEAD_LETTERS, 0)
    before, first = -1, head
    while first - before > 1:
        middle = (before + first) // 2
        # Where some have been dropped, the first that is kept is read, which is later.
        record = next(iter(log.read(DEAD_LETTERS, 0, middle, 1)), None)
        if record is None or record.at >= at:
            first = middle
        else:
            before = max(middle, record.offset)
    return max(0, head - max(first, _first_kept(log, head)))


def _letter(record: Record) -> Letter:
    try:
        letter = decode_dead_letter(record.value)
    except Unreadable:  # a newer version's, perhaps
        return Letter(record.at, DEAD_LETTERS.name, 0, record.offset, "", len(record.value))
    return Letter(
        record.at,
        letter.topic,
        letter.partition,
        letter.offset,
        _one_line(letter.reason),
        len(letter.value),
    )


def _first_kept(log: Log, head: int) -> int:
    return next((one.offset for one in log.read(DEAD_LETTERS, 0, 0, 1)), head)


def _one_line(text: str) -> str:
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= REASON_MOST else line[: REASON_MOST - 1] + "…"
