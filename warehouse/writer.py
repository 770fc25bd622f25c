"""Changes into tables: one transaction for each batch, its log offsets included.

A change is applied iff its seq is greater than the one its session has, so that a batch applied
twice, cut differently or replayed from the beginning leaves the same tables.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import duckdb
import pyarrow as pa

from hozir.contract.change import Change
from hozir.contract.errors import HozirError
from warehouse.chain import PREVIOUS, chain_pages, chain_sessions, session_key, visitor_key
from warehouse.connection import Connection
from warehouse.gathering import Batch, Known, gather
from warehouse.rows import (
    DIMENSION_NAMES,
    EVENT_SCHEMA,
    NEW_SESSION_SCHEMA,
    PAGE_SCHEMA,
    PRESENCE_SCHEMA,
    frame,
    page_row,
)


class WarehouseUnavailable(HozirError):
    """The file cannot be written now, as on a full disk: wait and try again."""


class Unwritable(HozirError):
    """Something in the batch fits no column."""


class Place(NamedTuple):
    """A partition of a topic in one very log."""

    log: str
    topic: str
    partition: int


_WHOLE_SESSIONS = (
    "SELECT new.* EXCLUDE (told) REPLACE ("
    + ", ".join(
        f"CASE WHEN told OR old.session_id IS NULL THEN new.{name} ELSE old.{name} END AS {name}"
        for name in DIMENSION_NAMES
    )
    + ", coalesce(old.entry_path, new.entry_path) AS entry_path), "
    f"{session_key('new')} AS session, {visitor_key('new')} AS visitor, "
    "coalesce(old.with_past, false) AS with_past, "
    "told OR old.session_id IS NULL AS alone, "
    "told AND (new.bot IS NULL) <> (old.bot IS NULL) AND old.session_id IS NOT NULL AS turned, "
    "CASE WHEN alone THEN new.started_at ELSE old.first_at END AS first_at, "
    + ", ".join(f"CASE WHEN NOT alone THEN old.{name} END AS {name}" for name in PREVIOUS)
    + " "
    "FROM new_sessions AS new LEFT JOIN live_sessions AS old USING (session_id)"
)
"""New rows, with what was told before; `alone` are those that are in no chain yet, `turned` those
that are a bot's now and were not, or the other way round."""

_WHOLE_PAGES = (
    "SELECT new.* REPLACE ("
    "CASE WHEN new.path IS NULL THEN old.host ELSE new.host END AS host, "
    "CASE WHEN new.path IS NULL THEN old.title ELSE new.title END AS title, "
    "coalesce(new.path, old.path, '') AS path"
    f"), {session_key('new')} AS session, {visitor_key('new')} AS visitor, old.before_at, "
    "coalesce(new.path, old.path, '') IS DISTINCT FROM old.path AS alone "
    "FROM new_pages AS new LEFT JOIN live_page_views AS old USING (session_id, number)"
)
"""New rows, with what was told before; `alone` are those that are in no chain yet."""


class Writer:
    """The only writer of a warehouse. Not for several threads at once."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection.cursor()
        rows = self._connection.execute("SELECT session_id, seq, presence FROM live_sessions")
        self._known = {sid: Known(seq, presence) for sid, seq, presence in rows.fetchall()}

    def offsets(self, log: str) -> dict[Place, int]:
        """Return where to go on reading in a log, for each partition that was read."""
        rows = self._connection.execute(
            'SELECT log, topic, "partition", next_offset FROM offsets WHERE log = ?', [log]
        ).fetchall()
        return {Place(name, topic, partition): offset for name, topic, partition, offset in rows}

    def apply(self, changes: Sequence[Change], offsets: Mapping[Place, int]) -> int:
        """Write a batch and where the log was read up to; all of it or nothing.

        Returns how many of the changes were new. Raises WarehouseUnavailable, Unwritable; then
        nothing was written.
        """
        try:
            batch, applied = self._transact(changes, offsets)
        except (duckdb.DataError, pa.ArrowException, OverflowError, UnicodeError) as error:
            raise Unwritable(str(error)) from error
        except duckdb.Error as error:
            raise WarehouseUnavailable(str(error)) from error
        self._known.update(batch.known)
        for session_id in batch.ended:
            del self._known[session_id]
        return applied

    def _transact(
        self, changes: Sequence[Change], offsets: Mapping[Place, int]
    ) -> tuple[Batch, int]:
        self._connection.begin()
        try:
            batch, applied = gather(changes, self._known, self._in_history(changes))
            self._write(batch)
            self._write_offsets(offsets)
            self._connection.commit()
        except BaseException:
            self._connection.rollback()
            raise
        return batch, applied

    def _in_history(self, changes: Iterable[Change]) -> set[str]:
        """Return which of the sessions that are not live have ended already."""
        unknown = {
            change.session.session_id: change.session.started_at
            for change in changes
            if change.session.session_id not in self._known
        }
        if not unknown:
            return set()
        # The bounds let DuckDB skip all row groups but the newest.
        self._register("wanted", pa.table({"session_id": pa.array(list(unknown), pa.string())}))
        rows = self._connection.execute(
            "SELECT session_id FROM sessions SEMI JOIN wanted USING (session_id) "
            "WHERE started_at BETWEEN make_timestamp_ms(?) AND make_timestamp_ms(?)",
            [min(unknown.values()), max(unknown.values())],
        ).fetchall()
        return {session_id for (session_id,) in rows}

    def _write(self, batch: Batch) -> None:
        run = self._connection.execute
        if batch.sessions:
            self._register("new_sessions", frame(batch.sessions.values(), NEW_SESSION_SCHEMA))
            whole = self._arrow(_WHOLE_SESSIONS)
            self._register("whole_sessions", whole)
            run(
                "DELETE FROM live_sessions USING new_sessions "
                "WHERE live_sessions.session_id = new_sessions.session_id"
            )
            run(
                "INSERT INTO live_sessions BY NAME "
                "SELECT * EXCLUDE (alone, turned) FROM whole_sessions"
            )
            if (visitors := _alone(whole)).num_rows:
                chain_sessions(self._connection, visitors)
            if (turned := whole.filter(whole["turned"])).num_rows:
                self._register("turned", turned)
                run(
                    "UPDATE events SET bot = turned.bot IS NOT NULL FROM turned "
                    "WHERE events.session = turned.session"
                )
        if batch.pages:
            rows = [page_row(batch.page_sessions[key], page) for key, page in batch.pages.items()]
            self._register("new_pages", frame(rows, PAGE_SCHEMA))
            whole = self._arrow(_WHOLE_PAGES)
            self._register("whole_pages", whole)
            run(
                "DELETE FROM live_page_views USING new_pages "
                "WHERE live_page_views.session_id = new_pages.session_id "
                "AND live_page_views.number = new_pages.number"
            )
            run("INSERT INTO live_page_views BY NAME SELECT * EXCLUDE (alone) FROM whole_pages")
            if (visitors := _alone(whole)).num_rows:
                chain_pages(self._connection, visitors)
        if batch.events:
            self._register("new_events", frame(batch.events, EVENT_SCHEMA))
            run(
                f"INSERT INTO events BY NAME SELECT new.*, {session_key('new')} AS session, "
                f"{visitor_key('new')} AS visitor, live_sessions.bot IS NOT NULL AS bot "
                "FROM new_events AS new LEFT JOIN live_sessions USING (session_id)"
            )
        if batch.presence:
            self._register("new_presence", frame(batch.presence, PRESENCE_SCHEMA))
            run("INSERT INTO presence BY NAME SELECT * FROM new_presence")
        if batch.ended:
            self._register("gone", pa.table({"session_id": pa.array(batch.ended, pa.string())}))
            run(
                "INSERT INTO sessions BY NAME SELECT * EXCLUDE (with_past) FROM live_sessions "
                "SEMI JOIN gone USING (session_id)"
            )
            run(
                "INSERT INTO page_views BY NAME "
                'SELECT pages.* EXCLUDE (tab_id, "view"), bot IS NOT NULL AS bot '
                "FROM live_page_views AS pages SEMI JOIN gone USING (session_id) "
                "LEFT JOIN (SELECT session_id, bot FROM live_sessions) USING (session_id) "
                "ORDER BY session_id, number"
            )
            run(
                "UPDATE live_sessions SET with_past = true WHERE visitor IN "
                "(SELECT visitor FROM live_sessions SEMI JOIN gone USING (session_id))"
            )
            for table in ("live_sessions", "live_page_views"):
                run(f"DELETE FROM {table} WHERE session_id IN (SELECT session_id FROM gone)")

    def _write_offsets(self, offsets: Mapping[Place, int]) -> None:
        for place, next_offset in offsets.items():
            self._connection.execute(
                'DELETE FROM offsets WHERE log = ? AND topic = ? AND "partition" = ?', [*place]
            )
            self._connection.execute(
                "INSERT INTO offsets VALUES (?, ?, ?, ?)", [*place, next_offset]
            )

    def _register(self, name: str, table: pa.Table) -> None:
        self._connection.register(name, table)

    def _arrow(self, query: str) -> pa.Table:
        return self._connection.sql(query).to_arrow_table()


def _alone(rows: pa.Table) -> pa.Table:
    """Return the visitors of rows that are in no chain yet."""
    return rows.filter(rows["alone"]).select(["visitor"])
