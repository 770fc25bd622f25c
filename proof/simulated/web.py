"""The web process's loader: its own code, without its threads, over tables on the simulated disk.

Opening DuckDB takes longer than a whole schedule, so the tables are simulated: which changes count
and what they come to is the writer's own rule (`warehouse/gathering.py`). `checked.py` gives the
same calls to the true writer over a true DuckDB and compares the tables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from api.loader import Loader
from hozir.contract.change import Change, PageView, Session
from proof.simulated.clock import Clock, Life
from proof.simulated.disk import Disk
from proof.simulated.faults import Faults
from proof.simulated.log import SimulatedLog
from warehouse import gathering
from warehouse.gathering import Batch, Known
from warehouse.rows import DIMENSION_NAMES, NEW_SESSION_SCHEMA, PAGE_SCHEMA, Row, page_row
from warehouse.writer import Place, Writer

FILE = "warehouse"

_encode = msgspec.msgpack.Encoder().encode


class Written(msgspec.Struct, array_like=True):
    """One transaction, as it lies in the file."""

    sessions: dict[str, tuple[Any, ...]] = {}
    pages: list[tuple[Session, PageView]] = []
    events: list[tuple[Any, ...]] = []
    presence: list[tuple[Any, ...]] = []
    ended: list[str] = []
    offsets: list[tuple[tuple[str, str, int], int]] = []


_decode = msgspec.msgpack.Decoder(Written).decode


class Tables:
    """What the warehouse holds."""

    def __init__(self) -> None:
        self.sessions: dict[str, dict[str, Any]] = {}
        self.pages: dict[tuple[str, int], dict[str, Any]] = {}
        self.events: list[Row] = []
        self.presence: list[Row] = []
        self.ended: set[str] = set()
        self.offsets: dict[Place, int] = {}

    def take(self, written: Written) -> None:
        """Take a transaction in; what is as told before stays so."""
        for session_id, values in written.sessions.items():
            row = dict(zip(NEW_SESSION_SCHEMA.names, values, strict=True))
            before = self.sessions.get(session_id)
            if before is not None:
                if not row["told"]:
                    row |= {name: before[name] for name in DIMENSION_NAMES}
                row["entry_path"] = before["entry_path"] or row["entry_path"]
            self.sessions[session_id] = row
        for session, page in written.pages:
            row = dict(zip(PAGE_SCHEMA.names, page_row(session, page), strict=True))
            before = self.pages.get((session.session_id, page.number))
            if before is not None and row["path"] is None:
                row |= {name: before[name] for name in ("host", "path", "title")}
            row["path"] = row["path"] or ""
            self.pages[session.session_id, page.number] = row
        self.events += written.events
        self.presence += written.presence
        self.ended.update(written.ended)
        self.offsets |= {Place(*place): offset for place, offset in written.offsets}


class SimulatedWriter(Writer):
    """The writer, but for its tables."""

    def __init__(self, disk: Disk, calls: list[Any]) -> None:
        self._disk = disk
        self.tables = read_tables(disk)
        self._known = {
            session_id: Known(row["seq"], row["presence"])
            for session_id, row in self.tables.sessions.items()
            if session_id not in self.tables.ended
        }
        self._calls = calls

    def offsets(self, log: str) -> dict[Place, int]:
        """See Writer."""
        return {place: offset for place, offset in self.tables.offsets.items() if place.log == log}

    def _transact(
        self, changes: Sequence[Change], offsets: Mapping[Place, int]
    ) -> tuple[Batch, int]:
        batch, applied = gathering.gather(changes, self._known, self.tables.ended)
        written = Written(
            batch.sessions,
            [(batch.page_sessions[key], page) for key, page in batch.pages.items()],
            batch.events,
            batch.presence,
            batch.ended,
            [((*place,), offset) for place, offset in offsets.items()],
        )
        # Noted before: who dies between the disk and the next line has written all the same.
        self._calls.append((self._disk.file(FILE).shown, changes, offsets, applied))
        self.commit(written)
        self.tables.take(written)
        return batch, applied

    def commit(self, written: Written) -> None:
        """Make a transaction durable, all of it or nothing."""
        self._disk.write(FILE, _encode(written))


def read_tables(disk: Disk) -> Tables:
    """Return what the file holds."""
    tables = Tables()
    for _, payload in disk.file(FILE).frames(0):
        tables.take(_decode(payload))
    return tables


class Web:
    """One life of the web process, as far as it loads."""

    def __init__(
        self,
        clock: Clock,
        life: Life,
        faults: Faults,
        disk: Disk,
        log: SimulatedLog,
        calls: list[Any],
    ) -> None:
        self._clock = clock
        self._life = life
        self._random = faults.random
        self._loader = Loader(log, SimulatedWriter(disk, calls))
        faults.stage("start", "web")
        self._loader.find_place()
        clock.call_later(self._random.uniform(0.001, 0.3), life, self._read_on)
        clock.call_later(self._random.uniform(0.05, 0.6), life, self._write_on)

    def _read_on(self) -> None:
        self._loader.read_round()
        self._clock.call_later(self._random.uniform(0.02, 0.5), self._life, self._read_on)

    def _write_on(self) -> None:
        self._loader.write_round()
        self._clock.call_later(self._random.uniform(0.05, 0.8), self._life, self._write_on)
