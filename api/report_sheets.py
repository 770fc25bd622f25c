"""A report as an Excel file, sent while its rows come.

What a workbook has beside rows (styles, heading, parts) is made by XlsxWriter. The rows themselves
are written a batch at a time as it would write them: cell by cell in Python, a million rows took
40 seconds in which every other thread of the process waited for its turn.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

ROWS_OF_SHEET = 1_048_575
BYTES_OF_SHEET = 1_000_000_000
"""As much as Excel takes below a heading, and as the ZIP format takes without an extension of it
that Excel does not read everywhere; more goes to another sheet."""
LONGEST_CELL = 16_383
"""Characters: Excel takes twice as many units of UTF-16."""
_WIDTH = 18
_DAY_MS = 86_400_000
_EPOCH_DAYS = 25_569
"""1970 as Excel counts days."""
_COMPRESSION = 1
_SELECTED = b' tabSelected="1"'
"""Of one sheet alone: what is typed goes to all that are."""
_SHEET = "xl/worksheets/sheet{}.xml"
_NO_XML = "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\ufffe\uffff]"


class Sink(Protocol):
    """Where a file goes: forwards only."""

    def write(self, data: Any, /) -> Any:
        """Take some bytes."""


class _Frame(NamedTuple):
    """What stands around the rows of a sheet."""

    head: bytes
    tail: bytes
    moment: str
    """Number of the style of moments."""


def write_xlsx(rows: pa.RecordBatchReader, out: Sink) -> None:
    """Write all rows. Text is written as text: no formula, link or number is made of it."""
    names = rows.schema.names
    frame = _frame(_workbook(names, 1))
    batches = (batch for batch in rows if batch.num_rows)
    sheets = 0
    with zipfile.ZipFile(
        _Forwards(out), "w", zipfile.ZIP_DEFLATED, compresslevel=_COMPRESSION
    ) as book:
        waiting = next(batches, None)
        while waiting is not None or sheets == 0:
            sheets += 1
            with book.open(_SHEET.format(sheets), "w") as sheet:
                sheet.write(frame.head if sheets == 1 else frame.head.replace(_SELECTED, b""))
                waiting = _fill(sheet, frame, waiting, batches)
                sheet.write(frame.tail)
        whole = _workbook(names, sheets)
        for part in whole.namelist():
            if not part.startswith("xl/worksheets/"):
                book.writestr(part, whole.read(part))


class _Forwards:
    """A file that nobody can go back in, as ZIP takes it."""

    def __init__(self, out: Sink) -> None:
        self._out = out

    def write(self, data: bytes, /) -> int:
        """Write some bytes."""
        self._out.write(data)
        return len(data)

    def flush(self) -> None:
        """There is nothing to flush."""

    def close(self) -> None:
        """What it goes to stays open."""


def _fill(
    sheet: Any, frame: _Frame, waiting: pa.RecordBatch | None, batches: Iterator[pa.RecordBatch]
) -> pa.RecordBatch | None:
    """Write rows until a sheet is full or there are no more; return what did not fit."""
    below = size = 0
    while waiting is not None and below < ROWS_OF_SHEET and size < BYTES_OF_SHEET:
        part = waiting.slice(0, ROWS_OF_SHEET - below)
        text = _xml(part, below + 2, frame.moment)
        length = pc.sum(pc.binary_length(text)).as_py() or 0
        # All rows stand in one buffer, one behind the other.
        sheet.write(memoryview(text.buffers()[2])[:length])
        size += length
        below += part.num_rows
        rest = waiting.slice(part.num_rows)
        waiting = rest if rest.num_rows else next(batches, None)
    return waiting


def _xml(rows: pa.RecordBatch, first: int, moment: str) -> pa.Array:
    """Return rows as XML; the first of them has that number."""
    numbers = pa.array(range(first, first + rows.num_rows), pa.int64()).cast(pa.string())
    cells = [
        _cells(
            column,
            pc.binary_join_element_wise(f'<c r="{xl_col_to_name(place)}', numbers, ""),
            moment,
        )
        for place, column in enumerate(rows.columns)
    ]
    return pc.binary_join_element_wise('<row r="', numbers, '">', *cells, "</row>", "")


def _cells(column: pa.Array, opened: pa.Array, moment: str) -> pa.Array:
    """Return the cells of a column as XML; an empty one is left out."""
    if pa.types.is_timestamp(column.type):
        local = by_the_clock(column).cast(pa.int64()).cast(pa.float64())
        days = pc.add(pc.divide(local, _DAY_MS), _EPOCH_DAYS)
        parts = (f'" s="{moment}"><v>', days.cast(pa.string()), "</v></c>")
    elif pa.types.is_integer(column.type):
        parts = ('"><v>', column.cast(pa.string()), "</v></c>")
    elif pa.types.is_floating(column.type):
        # No cell holds what is no number.
        finite = pc.if_else(pc.is_finite(column), column, None)
        parts = ('"><v>', finite.cast(pa.string()), "</v></c>")
    else:
        text = _escaped(column.cast(pa.string()))
        parts = ('" t="inlineStr"><is><t xml:space="preserve">', text, "</t></is></c>")
    return pc.fill_null(pc.binary_join_element_wise(opened, *parts, ""), "")


def _escaped(text: pa.Array) -> pa.Array:
    text = pc.utf8_slice_codeunits(text, 0, LONGEST_CELL)
    text = pc.replace_substring_regex(text, _NO_XML, "\ufffd")
    # Excel takes _x0041_ for a letter.
    text = pc.replace_substring_regex(text, "_(x[0-9A-Fa-f]{4}_)", r"_x005F_\1")
    for sign, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        text = pc.replace_substring(text, sign, name)
    return text


def by_the_clock(column: pa.Array) -> pa.Array:
    """Return moments as the clocks of their zone showed them."""
    # Not by Arrow: it looks for the system's zones, and there may be none.
    moments = column.cast(pa.timestamp("ms", column.type.tz), safe=False).to_pylist()
    shown = [moment and moment.replace(tzinfo=None) for moment in moments]
    return pa.array(shown, pa.timestamp("ms"))


def _workbook(names: list[str], sheets: int) -> zipfile.ZipFile:
    """Make a workbook with a heading on each sheet, and one moment below."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"constant_memory": True}) as book:
        heading = book.add_format({"bold": True})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for _ in range(sheets):
            sheet = book.add_worksheet()
            sheet.set_column(0, len(names) - 1, _WIDTH)
            sheet.freeze_panes(1, 0)
            for column, name in enumerate(names):
                sheet.write_string(0, column, name, heading)
            sheet.write_datetime(1, 0, datetime(2026, 1, 1), moment)
    return zipfile.ZipFile(made)


def _frame(book: zipfile.ZipFile) -> _Frame:
    """Cut a workbook's sheet where rows belong."""
    sheet = book.read(_SHEET.format(1)).decode()
    # How far it goes is not known yet.
    sheet = re.sub(r"<dimension [^>]*/>", "", sheet)
    found = re.search(r'<row r="2".*?<c r="A2" s="(\d+)".*?</row>', sheet)
    if found is None:
        raise ValueError("XlsxWriter writes sheets in another way")
    return _Frame(sheet[: found.start()].encode(), sheet[found.end() :].encode(), found[1])
