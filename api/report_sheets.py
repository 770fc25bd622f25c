"""A report as an Excel file. Rows wait on the disk, not in memory, until the file is whole."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

ROWS_OF_SHEET = 1_048_575
"""As many as Excel takes below a heading; more go to another sheet."""
LONGEST_CELL = 32_767
_CHUNK = 256 * 1024
_WIDTH = 18

Put = Callable[[Worksheet, int, int, Any], Any]
"""Writes one cell: sheet, row, column, value."""


class Sink(Protocol):
    """Where a file goes: forwards only."""

    def write(self, data: Any, /) -> Any:
        """Take some bytes."""


def write_xlsx(rows: pa.RecordBatchReader, out: Sink) -> None:
    """Write all rows. Text is written as text: no formula, link or number is made of it."""
    with TemporaryDirectory(prefix="hozir-") as folder:
        path = Path(folder) / "report.xlsx"
        # Each row goes to the disk when the next one begins.
        with xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": folder}) as book:
            heading = book.add_format({"bold": True})
            moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
            puts = [_put(one.type, moment) for one in rows.schema]
            sheet, below = _sheet(book, rows.schema.names, heading), 0
            for batch in rows:
                for row in zip(*(_values(one) for one in batch.columns), strict=True):
                    if below == ROWS_OF_SHEET:
                        sheet, below = _sheet(book, rows.schema.names, heading), 0
                    below += 1
                    for column, (put, value) in enumerate(zip(puts, row, strict=True)):
                        if value is not None:
                            put(sheet, below, column, value)
        with path.open("rb") as made:
            shutil.copyfileobj(made, out, _CHUNK)


def by_the_clock(column: pa.Array) -> pa.Array:
    """Return moments as the clocks of their zone showed them."""
    # Not by Arrow: it looks for the system's zones, and there may be none.
    moments = column.cast(pa.timestamp("ms", column.type.tz), safe=False).to_pylist()
    shown = [moment and moment.replace(tzinfo=None) for moment in moments]
    return pa.array(shown, pa.timestamp("ms"))


def _sheet(book: xlsxwriter.Workbook, names: list[str], heading: Format) -> Worksheet:
    sheet = book.add_worksheet()
    sheet.set_column(0, len(names) - 1, _WIDTH)
    sheet.freeze_panes(1, 0)
    for column, name in enumerate(names):
        sheet.write_string(0, column, name, heading)
    return sheet


def _put(kind: pa.DataType, moment: Format) -> Put:
    if pa.types.is_timestamp(kind):
        return lambda sheet, row, column, value: sheet.write_datetime(row, column, value, moment)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return lambda sheet, row, column, value: sheet.write_number(row, column, value)
    return lambda sheet, row, column, value: sheet.write_string(
        row, column, str(value)[:LONGEST_CELL]
    )


def _values(column: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(column.type):
        column = by_the_clock(column)
    elif pa.types.is_floating(column.type):
        # No cell holds what is no number.
        column = pc.if_else(pc.is_finite(column), column, None)
    values: list[Any] = column.to_pylist()
    return values
