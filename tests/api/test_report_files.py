"""Reports as files: what a spreadsheet and a program find in them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api import report_sheets
from api.export import harmless
from api.report_files import FILE_FORMATS, FileFormat, write_file

SCHEMA = pa.schema(
    [
        ("page", pa.string()),
        ("at", pa.timestamp("ms", "Asia/Tashkent")),
        ("visitors", pa.int64()),
        ("bounce_rate", pa.float64()),
    ]
)
AT = datetime(2026, 11, 21, 7, 30, tzinfo=UTC)
ROWS = [
    {"page": '/narxlar,\n"ʻa"', "at": AT, "visitors": 12, "bounce_rate": 0.25},
    {"page": "=1+1", "at": None, "visitors": None, "bounce_rate": None},
    {"page": "", "at": AT, "visitors": -3, "bounce_rate": float("nan")},
    {"page": None, "at": AT, "visitors": 0, "bounce_rate": 1.0},
]
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Pipe(io.BytesIO):
    """Where nobody can go back."""

    def seekable(self) -> bool:
        return False


def made(file_format: FileFormat, rows: Iterable[dict[str, Any]] = ROWS) -> bytes:
    batches = [pa.RecordBatch.from_pylist([row], SCHEMA) for row in rows]
    out = Pipe()
    write_file(file_format, pa.RecordBatchReader.from_batches(SCHEMA, batches), out)
    return out.getvalue()


def csv_lines(text: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def sheets(file: bytes) -> list[list[list[tuple[str | None, str | None]]]]:
    """Return kind and text of the cells of each row of each sheet."""
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        names = sorted(name for name in parts.namelist() if "worksheets/sheet" in name)
        found = []
        for name in names:
            rows = ElementTree.fromstring(parts.read(name)).iter(f"{SHEET}row")
            found.append([[_cell(one) for one in row] for row in rows])
    return found


def _cell(cell: ElementTree.Element) -> tuple[str | None, str | None]:
    assert cell.find(f"{SHEET}f") is None, "a formula"
    return cell.get("t"), "".join(cell.itertext())


def test_csv_is_read_by_excel_and_by_programs() -> None:
    file = made("csv")
    assert file.startswith(b"\xef\xbb\xbf")
    assert csv_lines(file) == [
        ["page", "at", "visitors", "bounce_rate"],
        ['/narxlar,\n"ʻa"', "2026-11-21 12:30", "12", "0.25"],
        ["'=1+1", "", "", ""],
        ["", "2026-11-21 12:30", "-3", ""],
        ["", "2026-11-21 12:30", "0", "1"],
    ]
    assert file.count(b"\r\n") == 5


texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(st.lists(texts | st.sampled_from(["=cmd|' /C calc'!A0", "+1", "-1", "@x", "\tx", "\rx"])))
def test_no_cell_of_csv_is_run(words: list[str]) -> None:
    file = made("csv", [{"page": word} for word in words])
    assert [line[0] for line in csv_lines(file)[1:]] == [harmless(word) for word in words]


def test_excel_gets_text_as_text_and_numbers_as_numbers() -> None:
    (rows,) = sheets(made("xlsx"))
    heading, first, second, third, fourth = rows
    assert [text for _, text in heading] == SCHEMA.names
    assert first[0] == ("inlineStr", '/narxlar,\n"ʻa"')
    assert first[1][1] is not None
    assert float(first[1][1]) == pytest.approx(46347.5208333), (
        "half past twelve by the clock of the site"
    )
    assert first[2:] == [(None, "12"), (None, "0.25")]
    assert second == [("inlineStr", "=1+1")]
    assert [text for _, text in third][-1] == "-3", "what is no number has no cell"
    assert fourth[-1] == (None, "1")


@pytest.mark.parametrize(
    "text", ["=1+1", "{=1+1}", "http://evil.example", "mailto:a@b.c", "internal:A1", "123", "+1"]
)
def test_excel_makes_nothing_of_a_text(text: str) -> None:
    file = made("xlsx", [{"page": text}])
    (rows,) = sheets(file)
    assert rows[1][0] == ("inlineStr", text)
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        assert not [name for name in parts.namelist() if name.endswith("sheet1.xml.rels")]


def test_excel_gets_a_second_sheet_when_one_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report_sheets, "ROWS_OF_SHEET", 3)
    file = made("xlsx")
    first, second = sheets(file)
    with zipfile.ZipFile(io.BytesIO(file)) as parts:
        chosen = [name for name in parts.namelist() if b"tabSelected" in parts.read(name)]
    assert chosen == ["xl/worksheets/sheet1.xml"]
    assert (len(first), len(second)) == (4, 2)
    assert first[0] == second[0]


def test_programs_get_types_and_moments() -> None:
    parquet = pyarrow.parquet.read_table(io.BytesIO(made("parquet")))
    arrow = pa.ipc.open_stream(made("arrow")).read_all()
    for table in (parquet, arrow):
        assert table.schema.equals(SCHEMA)
        assert table.column("page").to_pylist() == [row["page"] for row in ROWS]
        assert table.column("at").to_pylist()[0] == AT


@pytest.mark.parametrize("file_format", FILE_FORMATS)
def test_a_report_without_rows_is_a_file_with_columns(file_format: FileFormat) -> None:
    file = made(file_format, [])
    if file_format == "csv":
        assert csv_lines(file) == [SCHEMA.names]
    elif file_format == "xlsx":
        assert len(sheets(file)[0]) == 1
    elif file_format == "parquet":
        assert pyarrow.parquet.read_table(io.BytesIO(file)).num_rows == 0
    else:
        assert pa.ipc.open_stream(file).read_all().num_rows == 0
