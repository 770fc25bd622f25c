"""The embedded engine: one SQLite file in WAL mode for each topic.

Any process of this machine may read and append. Records that every reader has read go when they
are older than the retention, or at once when the file reaches its bound.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path
from uuid import uuid4

from hozir.bus.log import Record
from hozir.clock import steady_clock, wall_clock
from hozir.contract.errors import LogFull, LogUnavailable
from hozir.contract.topics import Topic

SCHEMA = """
CREATE TABLE IF NOT EXISTS log (
  partition INTEGER NOT NULL, offset INTEGER NOT NULL, at INTEGER NOT NULL, value BLOB NOT NULL,
  PRIMARY KEY (partition, offset)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS heads (
  partition INTEGER PRIMARY KEY, next_offset INTEGER NOT NULL, last_at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS readers (
  reader TEXT NOT NULL, partition INTEGER NOT NULL, next_offset INTEGER NOT NULL,
  PRIMARY KEY (reader, partition)) WITHOUT ROWID;
"""

ROWS_AT_ONCE = 256
Row = tuple[int | bytes, ...]

DROP_AT_ONCE = 5_000
"""Records dropped in one transaction, so that an append never waits long behind it."""
APPENDS_BETWEEN_CHECKS = 20
"""Appends between two looks at how full a file is."""
CATCHING_UP = 10
"""After the machine's clock was set back, log time goes slower by one part in so many until both
agree: to conclude a minute's silence takes seven seconds longer meanwhile."""


class LogClock:
    """The machine's clock as long as it goes forward; set back, time goes on all the same.

    To stand still until the clock is there again would be simpler, but silence is told by log
    time: for an hour, nobody would leave. `steady` gives milliseconds that are never set.
    """

    def __init__(self, clock: Callable[[], int], steady: Callable[[], int]) -> None:
        self._clock = clock
        self._steady = steady
        self._told = 0
        self._told_at = steady()

    def now(self, newest: int = 0) -> int:
        """Return the time of what comes after a record of `newest`."""
        steady = self._steady()
        passed = steady - self._told_at
        self._told = max(
            self._clock(), newest, self._told and self._told + passed - -(-passed // CATCHING_UP)
        )
        self._told_at = steady
        return self._told


class EmbeddedLog:
    """A folder of SQLite files.

    `fsync` waits for the disk at each append; without it a record survives the process, not the
    machine. `clock` and `steady` give milliseconds; the second is never set.
    """

    def __init__(
        self,
        folder: Path,
        *,
        fsync: bool = True,
        max_bytes: int = 1024**3,
        clock: Callable[[], int] = wall_clock,
        steady: Callable[[], int] = steady_clock,
    ) -> None:
        self._folder = folder
        self._fsync = fsync
        self._max_bytes = max_bytes
        self._clock = clock
        self._log_clock = LogClock(clock, steady)
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._identity = _identity(folder)

    @property
    def identity(self) -> str:
        """See Log."""
        return self._identity

    def now(self) -> int:
        """Milliseconds since 1970, as a record appended now would say."""
        return self._log_clock.now()

    def append(self, topic: Topic, records: Sequence[tuple[int, bytes]]) -> None:
        """See Log."""
        if records:
            self.insert(topic, records)()

    def insert(self, topic: Topic, records: Sequence[tuple[int, bytes]]) -> Callable[[], None]:
        """Do all of an append but its last step, and return that: it makes the records durable.

        It may run in another thread; until it has, this thread may not append to the topic again.
        Both raise as `append` does.
        """
        with _reported():
            connection = self._connection(topic)
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._insert(topic, connection, records)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
        return partial(_commit, connection)

    def _insert(
        self, topic: Topic, connection: sqlite3.Connection, records: Sequence[tuple[int, bytes]]
    ) -> None:
        if self._is_full(topic, connection):
            raise LogFull(f"{topic.name} holds more than {self._max_bytes} bytes")
        heads = {
            partition: (offset, at)
            for partition, offset, at in connection.execute(
                "SELECT partition, next_offset, last_at FROM heads"
            )
        }
        now = self._log_clock.now(max((at for _, at in heads.values()), default=0))
        counts: Counter[int] = Counter()
        rows: list[Row] = []
        for partition, value in records:
            offset, last_at = heads.get(partition, (0, 0))
            # Another process may have appended meanwhile, by a clock of its own.
            rows.append((partition, offset + counts[partition], max(now, last_at), value))
            counts[partition] += 1
        _insert(connection, "INSERT INTO log VALUES", rows)
        _insert(
            connection,
            "INSERT OR REPLACE INTO heads VALUES",
            [
                (partition, offset + count, max(now, last_at))
                for partition, count in counts.items()
                for offset, last_at in [heads.get(partition, (0, 0))]
            ],
        )

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Record]:
        """See Log."""
        with _reported():
            rows = self._connection(topic).execute(
                "SELECT offset, at, value FROM log WHERE partition = ? AND offset >= ?"
                " ORDER BY offset LIMIT ?",
                (partition, offset, limit),
            )
            return list(map(Record._make, rows))

    def head(self, topic: Topic, partition: int) -> int:
        """See Log."""
        with _reported():
            row = (
                self._connection(topic)
                .execute("SELECT next_offset FROM heads WHERE partition = ?", (partition,))
                .fetchone()
            )
            return int(row[0]) if row else 0

    def commit(self, topic: Topic, partition: int, reader: str, offset: int) -> None:
        """See Log."""
        with _reported(), self._writing(topic) as connection:
            connection.execute(
                "INSERT OR REPLACE INTO readers VALUES (?, ?, ?)", (reader, partition, offset)
            )

    def committed(self, topic: Topic, partition: int, reader: str) -> int:
        """Return what `reader` last committed; 0 if nothing."""
        with _reported():
            row = (
                self._connection(topic)
                .execute(
                    "SELECT next_offset FROM readers WHERE reader = ? AND partition = ?",
                    (reader, partition),
                )
                .fetchone()
            )
            return int(row[0]) if row else 0

    def drop_read(self, topic: Topic, retention_ms: int) -> int:
        """Drop what every reader has read and is older than `retention_ms`; return how many.

        When the file is at nine tenths of its bound, age counts no more. A partition that nobody
        has read keeps everything. At most 5,000 records a call: call again while it returns any.
        """
        if topic.forever:
            return 0
        with _reported(), self._writing(topic) as connection:
            full = self._used_bytes(connection) > 0.9 * self._max_bytes
            before = self._clock() + 1 if full else self._clock() - retention_ms
            dropped = 0
            for partition, read in connection.execute(
                "SELECT partition, min(next_offset) FROM readers GROUP BY partition"
            ).fetchall():
                dropped += connection.execute(
                    "DELETE FROM log WHERE partition = :partition AND offset IN ("
                    "SELECT offset FROM log WHERE partition = :partition AND offset < :read"
                    " AND at < :before ORDER BY offset LIMIT :most)",
                    {
                        "partition": partition,
                        "read": read,
                        "before": before,
                        "most": DROP_AT_ONCE,
                    },
                ).rowcount
            return dropped

    def used_bytes(self, topic: Topic) -> int:
        """Return the bytes in use in the topic's file, free pages left out."""
        with _reported():
            return self._used_bytes(self._connection(topic))

    def close(self) -> None:
        """See Log."""
        with self._lock:
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._local = threading.local()

    def _is_full(self, topic: Topic, connection: sqlite3.Connection) -> bool:
        # Not asked at every append: each question to SQLite hands the interpreter lock over and
        # waits to get it back.
        checked: dict[str, tuple[int, bool]] = self._local.__dict__.setdefault("checked", {})
        left, full = checked.get(topic.name, (0, False))
        if left <= 0 or full:
            full = self._used_bytes(connection) > self._max_bytes
            left = APPENDS_BETWEEN_CHECKS
        checked[topic.name] = (left - 1, full)
        return full

    @staticmethod
    def _used_bytes(connection: sqlite3.Connection) -> int:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        return int((pages - free) * size)

    @contextmanager
    def _writing(self, topic: Topic) -> Iterator[sqlite3.Connection]:
        connection = self._connection(topic)
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _connection(self, topic: Topic) -> sqlite3.Connection:
        connections: dict[str, sqlite3.Connection] = self._local.__dict__.setdefault("open", {})
        if topic.name not in connections:
            connection = sqlite3.connect(
                self._folder / f"{topic.name}.db",
                timeout=30,
                isolation_level=None,
                check_same_thread=False,
            )
            _use_wal(connection)
            connection.execute(f"PRAGMA synchronous = {'FULL' if self._fsync else 'NORMAL'}")
            connection.executescript(SCHEMA)
            with self._lock:
                self._open.append(connection)
            connections[topic.name] = connection
        return connections[topic.name]


def _use_wal(connection: sqlite3.Connection) -> None:
    # The first change of a new file to WAL does not wait for another opener by itself.
    deadline = time.monotonic() + 30
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.005)


def _commit(connection: sqlite3.Connection) -> None:
    with _reported():
        try:
            connection.execute("COMMIT")
        except sqlite3.Error:
            connection.execute("ROLLBACK")
            raise


def _insert(connection: sqlite3.Connection, command: str, rows: Sequence[Row]) -> None:
    """Insert many rows by few statements.

    `executemany` hands the interpreter lock over at every row, and beside a busy thread each
    handing over may take 5 ms to come back.
    """
    done = 0
    while done < len(rows):
        # Powers of two, so that SQLite's cache of statements knows them all.
        size = min(ROWS_AT_ONCE, 1 << ((len(rows) - done).bit_length() - 1))
        some = rows[done : done + size]
        marks = "(" + ", ".join("?" * len(some[0])) + ")"
        connection.execute(f"{command} {', '.join([marks] * size)}", list(chain(*some)))
        done += size


@contextmanager
def _reported() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LogUnavailable(str(error)) from error


def _identity(folder: Path) -> str:
    path = folder / "identity"
    try:
        with path.open("x") as file:
            file.write(f"embedded-{uuid4()}")
    except FileExistsError:
        pass
    return path.read_text()
