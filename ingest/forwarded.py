"""How far the forwarder has come, in a small file beside the door's log."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from hozir.contract.errors import LogUnavailable


class Place(NamedTuple):
    """Two offsets that belong together: all before the one is copied, and lies before the other."""

    door: int
    kafka: int


NOWHERE = Place(0, 0)


class Forwarded:
    """The places remembered for one door and one Kafka cluster.

    Whoever opens the file has it alone until it closes or dies, so that two forwarders never copy
    the same log. Raises LogUnavailable when another has it.
    """

    def __init__(self, path: Path) -> None:
        with _reported(path):
            self._path = path
            self._file = sqlite3.connect(path, timeout=0, isolation_level=None)
            self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._file.execute("PRAGMA journal_mode = WAL")
            # A place that a power cut takes back is an older one, and as true.
            self._file.execute("PRAGMA synchronous = NORMAL")
            self._file.execute(
                "CREATE TABLE IF NOT EXISTS places (door TEXT, kafka TEXT, topic TEXT,"
                " partition INTEGER, in_door INTEGER NOT NULL, in_kafka INTEGER NOT NULL,"
                " PRIMARY KEY (door, kafka, topic, partition)) WITHOUT ROWID"
            )
            # The lock comes with the first change.
            self._file.execute("BEGIN EXCLUSIVE")
            self._file.execute("COMMIT")

    def recall(self, door: str, kafka: str, topic: str) -> dict[int, Place]:
        """Return the place of each partition that has one."""
        with _reported(self._path):
            rows = self._file.execute(
                "SELECT partition, in_door, in_kafka FROM places"
                " WHERE door = ? AND kafka = ? AND topic = ?",
                (door, kafka, topic),
            )
            return {partition: Place(*offsets) for partition, *offsets in rows}

    def remember(self, door: str, kafka: str, topic: str, places: Mapping[int, Place]) -> None:
        """Keep the place of each partition, all or none."""
        with _reported(self._path):
            self._file.execute("BEGIN")
            self._file.executemany(
                "INSERT OR REPLACE INTO places VALUES (?, ?, ?, ?, ?, ?)",
                [(door, kafka, topic, partition, *place) for partition, place in places.items()],
            )
            self._file.execute("COMMIT")

    def close(self) -> None:
        """Let another have it."""
        self._file.close()


@contextmanager
def _reported(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(f"{path}: {error}") from error
