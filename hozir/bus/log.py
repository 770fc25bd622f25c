"""The log: one small protocol, two engines (`embedded.py`, `kafka.py`), one shared test class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from hozir.contract.topics import Topic


class Record(NamedTuple):
    """One record as it is read."""

    offset: int
    at: int
    """Milliseconds since 1970: when it arrived. Never goes back within a partition."""
    value: bytes


class Log(Protocol):
    """Topics of numbered records in partitions. Safe to use from several threads."""

    @property
    def identity(self) -> str:
        """Names this very log: offsets kept elsewhere mean something for it alone."""
        ...

    def append(self, topic: Topic, records: Sequence[tuple[int, bytes]]) -> None:
        """Append `(partition, value)` records, in order; return when they are durable.

        Raises LogFull, LogUnavailable. After LogUnavailable some of them may be there.
        """
        ...

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Record]:
        """Return up to `limit` records from `offset` on; none at the head.

        Where `offset` is no longer kept, reading starts at the first record that is.
        Raises LogUnavailable.
        """
        ...

    def head(self, topic: Topic, partition: int) -> int:
        """Return the offset that the next record will have. Raises LogUnavailable."""
        ...

    def commit(self, topic: Topic, partition: int, reader: str, offset: int) -> None:
        """Say that `reader` needs nothing before `offset`, so that it may be dropped in time."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
