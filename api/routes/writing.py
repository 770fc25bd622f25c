"""A message to a visitor from outside a conversation, and what all writing to visitors needs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.accounts import SiteRow
from api.conversations import Voice
from api.house import House
from api.present import timestamp
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person
from api.sites import site_of
from hozir.contract.ids import VISITOR_ID
from hozir.contract.message import LONGEST_PROACTIVE
from hozir.contract.site import Site
from warehouse import conversation_reads as reads

router = APIRouter(prefix="/api/v1", tags=["conversations"])

AsWriter = Annotated[Person, Depends(may("send_messages"))]


class Proactive(BaseModel):
    """A message to a visitor from outside a conversation."""

    message: str = Field(min_length=1, max_length=LONGEST_PROACTIVE)
    voice: Voice = Field(default="agent", alias="as")
    agent_id: int | str | None = Field(
        default=None, description="Who writes; may be left out, and can be nobody else."
    )


@router.post("/visitors/{visitor_id}/message", status_code=201)
async def write_to_visitor(
    visitor_id: str, body: Proactive, person: AsWriter, house: InHouse, site: AskedSite
) -> Response:
    """Write to a visitor; at most five times a day of the site. Opens a conversation, or goes on
    in the one that there is."""
    if body.agent_id is not None and str(body.agent_id) != str(person.id):
        raise Problem(403, "not_allowed", "agent_id: everybody writes in their own name.")
    text = said_text(body.message)
    session_id = session_now(house, site, visitor_id)
    told = await run_in_threadpool(
        _write_to_visitor, house, person, site, visitor_id, text, body.voice, session_id
    )
    return answer(told, 201)


def session_now(house: House, site_key: str, visitor_id: str) -> str:
    """Return the visit that runs, so that it counts as one in which the team wrote."""
    live = house.hub.view.find(site_key, visitor_id)
    return live.session.session_id if live else ""


def site_in(house: House, site_key: str) -> Site:
    """Return a site that is there."""
    with house.accounts.open() as store:
        return site_of(store.get_one(SiteRow, site_key))


def said_text(text: str) -> str:
    """Return a text that says something. Raises Problem."""
    if not text.strip():
        raise Problem(400, "malformed", "The message is empty.")
    return text


def _write_to_visitor(
    house: House,
    person: Person,
    site_key: str,
    visitor_id: str,
    text: str,
    voice: Voice,
    session_id: str,
) -> dict[str, Any]:
    site = site_in(house, site_key)
    known = VISITOR_ID.fullmatch(visitor_id) and (
        session_id
        or reads.last_seen(house.warehouse, site_key, [visitor_id])
        or house.conversations.of(site_key, [visitor_id])
    )
    if not known:
        raise Problem(404, "unknown_visitor", "No such visitor was on this site.")
    sent = house.conversations.open(person, site, visitor_id, text, voice, session_id)
    return {
        "conversation_id": sent.conversation_id,
        "message_id": sent.id,
        "sent_at": timestamp(sent.at),
    }
