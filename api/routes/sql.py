"""SQL: one read-only statement over the sites that somebody may see."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, field_validator
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.house import seen_site
from api.problem import problem
from api.routes.answer import answer
from api.routes.deps import InHouse, may
from api.sign_in import Person
from api.sql import Failure, Question, Run, Statements
from warehouse.sql_views import told_views

router = APIRouter(prefix="/api/v1/sql", tags=["sql"])

ARROW = "application/vnd.apache.arrow.stream"
LONGEST_SQL = 100_000
MOST_PARAMS = 1_000

Analyst = Annotated[Person, Depends(may("run_sql"))]


class Asked(BaseModel):
    """A statement."""

    model_config = ConfigDict(extra="forbid")

    sql: str = Field(min_length=1, max_length=LONGEST_SQL)
    params: Annotated[list[Any], Field(max_length=MOST_PARAMS)] | dict[str, Any] | None = Field(
        None, description="Fills `?` by a list, `$name` by an object."
    )
    site: str | None = Field(None, max_length=40, description="One of yours; else all of them.")

    @field_validator("sql")
    @classmethod
    def is_text(cls, value: str) -> str:
        """What no database would take is told from here."""
        if "\0" in value or value != value.encode(errors="ignore").decode():
            raise ValueError("holds what is no text")
        return value


@router.post(
    "",
    responses={200: {"content": {ARROW: {}, "application/json": {}}}},
)
async def sql(asked: Asked, request: Request, person: Analyst, house: InHouse) -> Response:
    """Run a SELECT and stream its rows as Arrow.

    With `Accept: application/json` the answer is `columns` with types and `rows`, at most 1,000;
    `more` says whether there are others. A stream that ends without its last chunk is not whole;
    why stands behind the last rows.
    """
    keys = (seen_site(person, asked.site),) if asked.site else tuple(sorted(person.site_keys))
    question = Question(
        sql=asked.sql,
        params=asked.params,
        site_keys=keys,
        sees_all=person.role == "admin",
        user_id=person.id,
        for_screen=wants_json(request.headers.get("accept", "")),
    )
    return Answered(house.statements, question)


@router.get("/tables")
def tables(person: Analyst, house: InHouse) -> Response:
    """Return what a statement may read: views with their columns, types and meanings."""
    return answer({"data": told_views(house.warehouse)})


def wants_json(accept: str) -> bool:
    """Tell whether JSON is asked for. Arrow is what comes unless it is."""
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    return "application/json" in wanted and ARROW not in wanted


class Answered(Response):
    """A statement's answer: begun when its first rows are there, so that errors have a status."""

    def __init__(self, statements: Statements, question: Question) -> None:
        self._statements = statements
        self._question = question
        self.background = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        leaving = asyncio.create_task(_left(receive))
        working = asyncio.create_task(self._answer(scope, receive, send))
        try:
            await asyncio.wait((leaving, working), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (leaving, working):
                task.cancel()
            await asyncio.wait((leaving, working))
        if not working.cancelled():
            working.result()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        run = await self._statements.start(self._question)
        if isinstance(run, Failure):
            await _refusal(run)(scope, receive, send)
            return
        try:
            first = await run.piece()
            if isinstance(first, Failure):
                await _refusal(first)(scope, receive, send)
            elif isinstance(first, dict):
                await answer(first)(scope, receive, send)
            else:
                await _stream(first or b"", run, send)
        finally:
            run.give_up()


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stream(first: bytes, run: Run, send: Send) -> None:
    headers = [(b"content-type", ARROW.encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": first, "more_body": True})
    while isinstance(piece := await run.piece(), bytes):
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    if isinstance(piece, Failure):
        # The status is long gone. Without the last chunk nobody takes a part for the whole.
        why = b"\n" + bytes(_refusal(piece).body)
        await send({"type": "http.response.body", "body": why, "more_body": True})
    else:
        await send({"type": "http.response.body", "body": b""})


def _refusal(failure: Failure) -> Response:
    if failure.reason == "busy":
        return problem(429, "busy", failure.message, {"Retry-After": str(failure.retry_seconds)})
    status = 500 if failure.reason == "server_error" else 400
    return problem(status, failure.reason, failure.message)
