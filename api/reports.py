"""What a report says: as JSON, as rows of a file, and who is behind a row.

All of it waits for the warehouse: it belongs in a thread (`api/report_pool.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from api.present import timestamp
from api.problem import Problem
from api.report_range import Span, before, hours_of, step_after
from warehouse.asking import Asked, Goal, Query, Report
from warehouse.asking import Granularity as WarehouseGranularity
from warehouse.behind import visits
from warehouse.connection import Connection
from warehouse.dimensions import DIMENSIONS
from warehouse.listing import Listed
from warehouse.reports import fetch, fetch_page, query, stream, visitors_of

AT = "at"
NAMED = {"country": "country_name", "site": "site_name", "agent": "agent_name"}
"""Columns of codes, and the column that names them for people."""
MOST_COMPARED = 200_000
MOST_VISITORS = 200

Names = Callable[[str, str], str | None]
"""Names a code: of which dimension, and the code."""


@dataclass(frozen=True)
class Question:
    """All that was asked of a report."""

    report: Report
    site_keys: tuple[str, ...]
    span: Span
    filters: dict[str, str]
    goals: tuple[Goal, ...]
    bots: bool
    compare: bool
    order: str
    limit: int | None
    skip: int

    @property
    def series(self) -> bool:
        """Whether it goes through time."""
        return AT in self.report.dimensions

    @property
    def _granularity(self) -> WarehouseGranularity | Literal[""]:
        step = self.span.granularity
        return "" if step == "minute" or not self.series else step

    def asked(self, start: int, end: int) -> Asked:
        """Return what the warehouse is asked about some time."""
        return Asked(
            self.site_keys, start, end, self.span.timezone, self.filters, self.bots, self.goals
        )

    def query(self, start: int, end: int, *, whole: bool = False) -> Query:
        """Return the query about some time; `whole` without limit and order of one's own."""
        return query(
            self.report.name,
            self.asked(start, end),
            granularity=self._granularity,
            limit=None if whole else self.limit,
            skip=0 if whole else self.skip,
            order="" if whole else self.order,
        )


def tell_report(connection: Connection, asked: Question, names: Names) -> dict[str, Any]:
    """Return a report as JSON tells it."""
    span = asked.span
    now = asked.query(span.start, span.until)
    page = fetch_page(connection, now)
    total = page.total
    if not page.rows and asked.skip:
        # Behind the last row nothing tells how many there are.
        first = replace(asked, skip=0, limit=1).query(span.start, span.until)
        total = fetch_page(connection, first).total
    told: dict[str, Any] = {
        "report": asked.report.name,
        "meaning": asked.report.meaning,
        "range": span.tell(),
        "before": None,
        "columns": list(_tell_columns(now)),
        "rows": page.rows,
        "total": total,
    }
    if asked.compare:
        earlier = before(span)
        told["before"] = earlier.tell()
        if asked.series:
            whole = asked.query(earlier.start, earlier.end)
            told["before_rows"] = [_tell_row(row, names) for row in fetch(connection, whole)]
        else:
            then = asked.query(earlier.start, earlier.until, whole=True)
            _add_before(page.rows, _stream(connection, then), asked.report)
    told["rows"] = [_tell_row(row, names) for row in page.rows]
    return told


def rows_of_file(connection: Connection, asked: Question, names: Names) -> pa.RecordBatchReader:
    """Return a report's rows for a file, with those of the period before beside them if wanted.

    Moments are of the site's time zone. Raises Problem when too much is to be compared.
    """
    span = asked.span
    rows = _stream(connection, asked.query(span.start, span.until))
    then = None
    if asked.compare and not asked.series:
        earlier = before(span)
        whole = asked.query(earlier.start, earlier.until, whole=True)
        then = _whole_before(_stream(connection, whole), asked.report)
    return _reshaped(rows, lambda batch: _file_batch(batch, asked, then, names))


def visitors_behind(connection: Connection, asked: Question, value: str) -> list[Listed]:
    """Return the visitors behind a row, newest first, each once. Raises Problem.

    `value` is the row's: of its last dimension, `weekday-hour` in `hours`, a moment in a series.
    """
    parts, narrowed = _narrowed(asked, value)
    ids: dict[tuple[str, str], str] = {}
    for start, end in parts:
        for row in fetch(connection, visitors_of(narrowed.asked(start, end), limit=MOST_VISITORS)):
            ids.setdefault((row["site_key"], row["visitor_id"]), row["session_id"])
        if len(ids) >= MOST_VISITORS:
            break
    found = list(ids.items())[:MOST_VISITORS]
    by_id = {
        one.session.session_id: one
        for site_key in {site for (site, _), _ in found}
        for one in visits(
            connection, site_key, [session for (site, _), session in found if site == site_key]
        )
    }
    return [by_id[session_id] for _, session_id in found if session_id in by_id]


def _narrowed(asked: Question, value: str) -> tuple[list[tuple[int, int]], Question]:
    """Return the times and the question that a row stands for."""
    span, name = asked.span, asked.report.name
    whole = [(span.start, span.until)]
    if not asked.report.dimensions:
        return whole, asked
    last = asked.report.dimensions[-1]
    if name == "online":
        raise Problem(400, "malformed", "Ask for the moment itself: /api/v1/moments.")
    if asked.series:
        at = _moment(value)
        if not span.start <= at < span.end:
            raise Problem(400, "bad_range", "value: a moment of the range.")
        return [(at, min(step_after(at, span.granularity, span.timezone), span.end))], asked
    if name == "hours":
        weekday, _, hour = value.partition("-")
        if weekday not in "1234567" or not hour.isdecimal() or not 0 <= int(hour) <= 23:
            raise Problem(400, "malformed", "value: weekday and hour, as 1-14.")
        return hours_of(span, int(weekday), int(hour)), asked
    if name == "goals":
        goal = next((one for one in asked.goals if one.name == value), None)
        if goal is None:
            raise Problem(404, "unknown_goal", "The site has no such goal.")
        return whole, replace(asked, filters=asked.filters | {goal.kind: goal.match})
    if last not in DIMENSIONS:
        raise Problem(400, "malformed", "No visitors can be told for the rows of this report.")
    return whole, replace(asked, filters=asked.filters | {last: value})


def _moment(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Problem(400, "bad_range", "value: a moment, as 2026-01-31T09:00:00Z.") from None


def _tell_columns(told: Query) -> Iterator[dict[str, str]]:
    for column in told.columns:
        yield column._asdict()
        if column.name in NAMED:
            yield column._asdict() | {"name": NAMED[column.name]}


def _tell_row(row: dict[str, Any], names: Names) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for column, value in row.items():
        if isinstance(value, datetime):
            value = timestamp(round(value.replace(tzinfo=UTC).timestamp() * 1000))
        told[column] = value
        if column in NAMED:
            told[NAMED[column]] = names(column, value)
    return told


def _add_before(rows: list[dict[str, Any]], then: pa.RecordBatchReader, report: Report) -> None:
    """Give rows the numbers of the period before: None where there is no such row."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    wanted = {name: pa.array({row[name] for row in rows}) for name in report.dimensions}
    for batch in then:
        for name, keys in wanted.items():
            column = batch.column(name)
            batch = batch.filter(pc.is_in(column, keys.cast(column.type)))
        for one in batch.to_pylist():
            found[tuple(one[name] for name in report.dimensions)] = one
    for row in rows:
        one = found.get(tuple(row[name] for name in report.dimensions), {})
        row |= {f"{name}_before": one.get(name) for name in report.metrics}


def _whole_before(then: pa.RecordBatchReader, report: Report) -> pa.Table:
    batches = []
    count = 0
    for batch in then:
        count += batch.num_rows
        if count > MOST_COMPARED:
            message = f"More than {MOST_COMPARED} rows cannot be compared; leave compare out."
            raise Problem(400, "malformed", message)
        batches.append(batch)
    whole = pa.Table.from_batches(batches, then.schema).combine_chunks()
    return whole.append_column(_KEY, _keys(whole, report))


_KEY = "\0key"


def _keys(rows: pa.Table | pa.RecordBatch, report: Report) -> pa.Array:
    """Return one text for each row, by which those of two periods find each other."""
    if not report.dimensions:
        return pa.array([""] * rows.num_rows, pa.string())
    texts = [rows.column(name).cast(pa.string()) for name in report.dimensions]
    return pc.binary_join_element_wise(*texts, "\0")


def _file_batch(
    batch: pa.RecordBatch, asked: Question, then: pa.Table | None, names: Names
) -> pa.RecordBatch:
    columns: dict[str, pa.Array] = {}
    for name, column in zip(batch.schema.names, batch.columns, strict=True):
        if pa.types.is_timestamp(column.type):
            column = column.cast(pa.timestamp("ms"), safe=False).cast(pa.int64())
            column = column.cast(pa.timestamp("ms", asked.span.timezone))
        columns[name] = column
        if name in NAMED:
            columns[NAMED[name]] = _named(column, name, names)
    if then is not None:
        places = pc.index_in(_keys(batch, asked.report), then.column(_KEY))
        for name in asked.report.metrics:
            column = then.column(name).take(places)
            columns[f"{name}_before"] = (
                column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
            )
    return pa.record_batch(columns)


def _stream(connection: Connection, asked: Query) -> pa.RecordBatchReader:
    """Return rows whose numbers every format knows: sums come as decimals."""

    def shape(batch: pa.RecordBatch) -> pa.RecordBatch:
        columns = [
            column.cast(pa.int64() if column.type.scale == 0 else pa.float64())
            if pa.types.is_decimal(column.type)
            else column
            for column in batch.columns
        ]
        return pa.record_batch(columns, batch.schema.names)

    return _reshaped(stream(connection, asked), shape)


def _named(column: pa.Array, dimension: str, names: Names) -> pa.Array:
    coded = column.dictionary_encode()
    known = [names(dimension, code) for code in coded.dictionary.to_pylist()]
    return pa.array(known, pa.string()).take(coded.indices)


def _reshaped(
    rows: pa.RecordBatchReader, shape: Callable[[pa.RecordBatch], pa.RecordBatch]
) -> pa.RecordBatchReader:
    empty = pa.record_batch([pa.array([], one.type) for one in rows.schema], rows.schema)
    batches: Iterable[pa.RecordBatch] = (shape(batch) for batch in rows)
    return pa.RecordBatchReader.from_batches(shape(empty).schema, batches)
