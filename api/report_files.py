"""A report as a file: CSV, Excel, Parquet or Arrow, batch by batch as the rows come.

Text is data: no cell of a spreadsheet is ever run. CSV and Excel are for people and tell moments by
the clock of the site; Parquet and Arrow are for programs and keep them as moments.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from api.export import BYTE_ORDER_MARK, FORMULA
from api.export import MEDIA_TYPE as CSV_TYPE
from api.report_sheets import Sink, by_the_clock, write_xlsx

FileFormat = Literal["csv", "xlsx", "parquet", "arrow"]
FILE_FORMATS: tuple[FileFormat, ...] = get_args(FileFormat)
MEDIA_TYPES: dict[FileFormat, str] = {
    "csv": CSV_TYPE,
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "arrow": "application/vnd.apache.arrow.stream",
}

ROW_GROUP = 100_000
"""Rows that a Parquet reader may skip together."""


def write_file(file_format: FileFormat, rows: pa.RecordBatchReader, out: Sink) -> None:
    """Write all rows; `out` stays open."""
    _WRITERS[file_format](rows, out)


def _write_csv(rows: pa.RecordBatchReader, out: Sink) -> None:
    out.write(BYTE_ORDER_MARK.encode())
    options = pyarrow.csv.WriteOptions(eol="\r\n")
    schema = pa.schema([(one.name, _cell_type(one.type)) for one in rows.schema])
    with pyarrow.csv.CSVWriter(out, schema, write_options=options) as writer:
        for batch in rows:
            writer.write_batch(pa.record_batch([_cells(one) for one in batch.columns], schema))


def _write_parquet(rows: pa.RecordBatchReader, out: Sink) -> None:
    with pyarrow.parquet.ParquetWriter(out, rows.schema, compression="zstd") as writer:
        waiting: list[pa.RecordBatch] = []
        for batch in rows:
            waiting.append(batch)
            if sum(one.num_rows for one in waiting) >= ROW_GROUP:
                writer.write_table(pa.Table.from_batches(waiting, rows.schema))
                waiting = []
        if waiting:
            writer.write_table(pa.Table.from_batches(waiting, rows.schema))


def _write_arrow(rows: pa.RecordBatchReader, out: Sink) -> None:
    with pa.ipc.new_stream(out, rows.schema) as writer:
        for batch in rows:
            writer.write_batch(batch)


_WRITERS: dict[FileFormat, Callable[[pa.RecordBatchReader, Sink], None]] = {
    "csv": _write_csv,
    "xlsx": write_xlsx,
    "parquet": _write_parquet,
    "arrow": _write_arrow,
}


def _cell_type(kind: pa.DataType) -> pa.DataType:
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    return kind if numbers else pa.string()


def _cells(column: pa.Array) -> pa.Array:
    """Return a column as a spreadsheet may read it: as `api.export.harmless`, all at once."""
    if pa.types.is_timestamp(column.type):
        return pc.strftime(by_the_clock(column), "%Y-%m-%d %H:%M")
    if pa.types.is_floating(column.type):
        return pc.if_else(pc.is_finite(column), column, None)
    if pa.types.is_integer(column.type):
        return column
    text = column.cast(pa.string())
    risky = pc.is_in(pc.utf8_slice_codeunits(text, 0, 1), pa.array(FORMULA))
    return pc.if_else(risky, pc.binary_join_element_wise("'", text, ""), text)
