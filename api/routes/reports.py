"""The numbers of the past: as JSON, as files, and the visitors behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal, get_args

import pyarrow as pa
from fastapi import APIRouter, Depends, Query
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from api.accounts import SiteRow, User, write_audit
from api.house import House
from api.outlet import Outlet
from api.permissions import allowed
from api.problem import Problem
from api.report_files import FILE_FORMATS, MEDIA_TYPES, FileFormat, write_file
from api.report_pool import File
from api.report_range import GRANULARITIES, RangeName
from api.reports import Names, Question, rows_of_file, tell_report, visitors_behind
from api.routes.answer import answer
from api.routes.asked_report import LONGEST_FILTER, PREFIX, AskedQuestion
from api.routes.deps import InHouse, SignedIn, may
from api.routes.visitors import tell_past
from api.sign_in import Person
from hozir.countries import country_name
from warehouse.asking import Report
from warehouse.connection import Connection
from warehouse.dimensions import DIMENSIONS
from warehouse.metrics import METRICS
from warehouse.reports import REPORTS

router = APIRouter(prefix=PREFIX, tags=["reports"])

ROWS = 100
MOST_ROWS = 10_000
"""In one JSON answer; a file has them all."""

Language = Literal["uz", "ru", "en"]
Format = Literal["json", "csv", "xlsx", "parquet", "arrow"]

Reader = Annotated[Person, Depends(may("view_reports"))]


@router.get("")
def reports(person: Reader) -> Response:
    """Return every report: what it means, its columns, and what it can be asked."""
    return answer(
        {
            "data": [_tell(one) for one in REPORTS.values()],
            "filters": [
                {"name": one.name, "meaning": one.meaning}
                for one in DIMENSIONS.values()
                if one.name != "site"
            ],
            "ranges": get_args(RangeName),
            "granularities": GRANULARITIES,
            "formats": get_args(Format),
        }
    )


@router.get("/{name}")
async def report(
    request: Request,
    asked: AskedQuestion,
    person: SignedIn,
    house: InHouse,
    lang: Language = "en",
    format: Annotated[
        Format | None, Query(description="Else as the header Accept says; else json.")
    ] = None,
) -> Response:
    """Return a report. Any dimension is a filter: `country=UZ`, `page=/blog/*`, `device=mobile`.

    JSON has at most 10,000 rows (100 unless asked for more); a file has all of them.
    """
    names = await run_in_threadpool(_names, house, lang)
    wanted = format or _accepted(request.headers.get("accept", ""))
    if wanted != "json":
        return await _file(request, asked, person, house, names, wanted)
    question = _for_json(asked)
    told = await house.reports.answer(
        request, lambda connection: tell_report(connection, question, names)
    )
    return answer(told)


@router.get("/{name}/visitors")
async def visitors(
    request: Request,
    asked: AskedQuestion,
    person: Annotated[Person, Depends(may("view_visitors"))],
    house: InHouse,
    value: Annotated[
        str, Query(max_length=LONGEST_FILTER, description="Of the row: its last dimension's.")
    ] = "",
    lang: Language = "en",
) -> Response:
    """Return the visitors behind one row, newest first, at most 200 of them."""
    found = await house.reports.answer(
        request, lambda connection: visitors_behind(connection, asked, value)
    )
    now = house.hub.clock()
    return answer(
        {
            "report": asked.report.name,
            "range": asked.span.tell(),
            "value": value,
            "data": [tell_past(house, one, now, lang) for one in found],
        }
    )


class FileResponse(StreamingResponse):
    """A file that is being made while it is sent; making it ends with the sending."""

    def __init__(self, file: File, media_type: str, headers: dict[str, str]) -> None:
        super().__init__(file.pieces(), media_type=media_type, headers=headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.end()


async def _file(
    request: Request,
    asked: Question,
    person: Person,
    house: House,
    names: Names,
    wanted: FileFormat,
) -> Response:
    if not allowed(person.role, "view_reports"):
        raise Problem(403, "not_allowed", "Your role does not allow this.")

    def write(connection: Connection, out: Outlet, begun: Callable[[], None]) -> None:
        rows = rows_of_file(connection, asked, names)
        write_file(wanted, _announced(rows, begun), out)

    file = await house.reports.file(request, write)
    try:
        await run_in_threadpool(_note_export, house, person, asked, wanted)
    except BaseException:
        file.end()
        raise
    sites = "-".join(asked.site_keys) if len(asked.site_keys) == 1 else "all"
    name = f"{asked.report.name}-{sites}-{asked.span.first}-{asked.span.last}.{wanted}"
    return FileResponse(
        file,
        MEDIA_TYPES[wanted],
        {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
        },
    )


def _announced(rows: pa.RecordBatchReader, begun: Callable[[], None]) -> pa.RecordBatchReader:
    def batches() -> Any:
        for number, batch in enumerate(rows):
            if number == 0:
                begun()
            yield batch

    return pa.RecordBatchReader.from_batches(rows.schema, batches())


def _note_export(house: House, person: Person, asked: Question, wanted: FileFormat) -> None:
    one = asked.site_keys[0] if len(asked.site_keys) == 1 else ""
    with house.accounts.open() as store:
        write_audit(
            store,
            person.id,
            "report_exported",
            asked.report.name,
            site=one,
            format=wanted,
            first=asked.span.first.isoformat(),
            last=asked.span.last.isoformat(),
            filters=asked.filters,
        )


def _for_json(asked: Question) -> Question:
    own = bool(asked.report.dimensions) and asked.report.dimensions[0] not in DIMENSIONS
    rows = MOST_ROWS if own else ROWS
    limit = min(asked.limit or rows, MOST_ROWS)
    return replace(asked, limit=limit)


def _names(house: House, language: str) -> Names:
    with house.accounts.open() as store:
        sites = {row.site_key: row.name for row in store.scalars(select(SiteRow))}
        agents = {str(user.id): user.name or user.email for user in store.scalars(select(User))}

    def name(dimension: str, code: str) -> str | None:
        if not code:
            return None
        if dimension == "country":
            return country_name(code, language) or None
        return (sites if dimension == "site" else agents).get(code)

    return name


def _accepted(header: str) -> Format:
    """Return the format that a client likes best of those that there are."""
    best: Format = "json"
    likes = 0.0
    for part in header.split(","):
        kind, *options = (text.strip().lower() for text in part.split(";"))
        quality = next((text[2:] for text in options if text.startswith("q=")), "1")
        try:
            liking = float(quality)
        except ValueError:
            continue
        for file_format in FILE_FORMATS:
            if kind == MEDIA_TYPES[file_format].partition(";")[0] and liking > likes:
                best, likes = file_format, liking
        if kind in ("application/json", "*/*", "application/*", "text/html") and liking > likes:
            best, likes = "json", liking
    return best


def _tell(one: Report) -> dict[str, Any]:
    return {
        "name": one.name,
        "meaning": one.meaning,
        "dimensions": [
            {"name": name, "meaning": DIMENSIONS[name].meaning if name in DIMENSIONS else None}
            for name in one.dimensions
        ],
        "metrics": [
            {
                "name": metric.name,
                "meaning": metric.meaning,
                "unit": metric.unit,
                "better": metric.better,
            }
            for metric in (METRICS[name] for name in one.metrics)
        ],
    }
