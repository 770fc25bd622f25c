"""A log of what arrived long ago: the embedded log, written with the arrivals' own times."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from hozir.bus.embedded import EmbeddedLog, Row, _insert, _reported
from hozir.contract.errors import LogFull
from hozir.contract.topics import Topic


class PastLog(EmbeddedLog):
    """An embedded log for histories. Nothing else may append to it meanwhile."""

    def append_past(self, topic: Topic, records: Sequence[tuple[int, int, bytes]]) -> None:
        """Append `(partition, at, value)` records; each partition's in the order of `at`.

        Log time does not go back: what is older than the partition's newest gets its time.
        Raises LogFull, LogUnavailable.
        """
        with _reported(), self._writing(topic) as connection:
            if self._used_bytes(connection) > self._max_bytes:
                raise LogFull(f"{topic.name} holds more than {self._max_bytes} bytes")
            heads = _heads(connection)
            rows: list[Row] = []
            for partition, at, value in records:
                offset, last_at = heads.get(partition, (0, 0))
                at = max(at, last_at)
                rows.append((partition, offset, at, value))
                heads[partition] = (offset + 1, at)
            _insert(connection, "INSERT INTO log VALUES", rows)
            _insert(
                connection,
                "INSERT OR REPLACE INTO heads VALUES",
                [(partition, offset, at) for partition, (offset, at) in heads.items()],
            )


def _heads(connection: sqlite3.Connection) -> dict[int, tuple[int, int]]:
    """Return the next offset and the newest time of each partition."""
    rows = connection.execute("SELECT partition, next_offset, last_at FROM heads")
    return {partition: (offset, at) for partition, offset, at in rows}
