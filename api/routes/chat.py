"""What a visitor's browser may read again: asked by the door, opened by the browser's secret."""

from __future__ import annotations

import re
from typing import Any

import msgspec
from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.accounts import SiteRow
from api.house import House
from api.problem import Problem
from api.routes.answer import answer
from api.routes.cookie import address_of
from api.routes.deps import InHouse
from hozir.contract.ids import SITE_KEY, VISITOR_ID

router = APIRouter(prefix="/api/v1/chat", tags=["chat"])

TOKEN = re.compile(r"[0-9a-f]{32}")
LONGEST_BODY = 2_048

_NOTHING: dict[str, Any] = {"conversation_id": None, "status": None, "messages": []}


class _Asked(msgspec.Struct):
    site_key: str
    visitor_id: str
    token: str


_decode = msgspec.json.Decoder(_Asked).decode


@router.post("/history", openapi_extra={"requestBody": {"content": {"application/json": {}}}})
async def history(request: Request, house: InHouse) -> Response:
    """Return what was said to the browser that shows the secret of its conversation.

    Takes `{"site_key", "visitor_id", "token"}`; a wrong secret finds nothing, as a stranger does.
    """
    wait = house.history_of_address.take(address_of(request))
    if not wait:
        asked = await _read(request)
        wait = house.history_of_visitor.take(f"{asked.site_key} {asked.visitor_id}")
    if wait:
        raise Problem(
            429, "too_many_requests", "Too many requests; wait a little.", {"Retry-After": "10"}
        )
    return answer(await run_in_threadpool(_told, house, asked))


async def _read(request: Request) -> _Asked:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_BODY:
            raise Problem(400, "malformed", "The body is too long.")
    try:
        asked = _decode(body)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        raise Problem(400, "malformed", "The body cannot be read.") from None
    if not (
        SITE_KEY.fullmatch(asked.site_key)
        and VISITOR_ID.fullmatch(asked.visitor_id)
        and TOKEN.fullmatch(asked.token)
    ):
        raise Problem(400, "malformed", "site_key, visitor_id or token is not of its form.")
    return asked


def _told(house: House, asked: _Asked) -> dict[str, Any]:
    with house.accounts.open() as store:
        row = store.get(SiteRow, asked.site_key)
        if row is None or row.deleted:
            return _NOTHING
    found = house.conversations.history(asked.site_key, asked.visitor_id, asked.token)
    if found is None:
        return _NOTHING
    conversation, lines = found
    return {
        "conversation_id": conversation.conversation_id,
        "status": conversation.status,
        "messages": [
            {
                "id": line.id,
                "number": line.number,
                "at": line.happened_at,
                "author": line.author,
                "author_name": "" if line.author == "visitor" else line.author_name or "",
                "text": line.text,
            }
            for line in lines
        ],
    }
