"""Conversations: what visitors and the team said, and saying more."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.accounts import SiteRow, User
from api.conversation_search import Wanted, search
from api.conversation_view import present_counts, present_message
from api.conversations import Voice
from api.house import House
from api.present import timestamp
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person
from api.sites import site_of
from api.throttle import Throttle
from hozir.contract.ids import MESSAGE_ID, VISITOR_ID
from hozir.contract.message import LONGEST_MESSAGE, LONGEST_PROACTIVE
from hozir.contract.site import Site
from warehouse import conversation_reads as reads
from warehouse.conversations import Conversation, Status

router = APIRouter(prefix="/api/v1", tags=["conversations"])

TYPING_SECONDS = 2.0
"""Shortest time between two notes that the same person writes."""
LARGEST = 2**31 - 1

AsWriter = Annotated[Person, Depends(may("send_messages"))]
Language = Literal["uz", "ru", "en"]

_typing = Throttle(1, TYPING_SECONDS)


class Proactive(BaseModel):
    """A message to a visitor from outside a conversation."""

    message: str = Field(min_length=1, max_length=LONGEST_PROACTIVE)
    voice: Voice = Field(default="agent", alias="as")
    agent_id: int | str | None = Field(
        default=None, description="Who writes; may be left out, and can be nobody else."
    )


class Said(BaseModel):
    """A message in a conversation."""

    id: str = Field(pattern=rf"^{MESSAGE_ID.pattern}$")
    text: str = Field(min_length=1, max_length=LONGEST_MESSAGE)
    voice: Voice = Field(default="agent", alias="as")


class Read(BaseModel):
    """How far the team has read."""

    number: int = Field(ge=0, le=LARGEST)


class Assigned(BaseModel):
    """Whose the conversation is from now on; null: nobody's."""

    user_id: int | None = Field(ge=1, le=LARGEST)


@router.post("/visitors/{visitor_id}/message", status_code=201)
async def write_to_visitor(
    visitor_id: str, body: Proactive, person: AsWriter, house: InHouse, site: AskedSite
) -> Response:
    """Write to a visitor; at most five times a day of the site. Opens a conversation, or goes on
    in the one that there is."""
    if body.agent_id is not None and str(body.agent_id) != str(person.id):
        raise Problem(403, "not_allowed", "agent_id: everybody writes in their own name.")
    text = _text(body.message)
    session_id = _session_now(house, site, visitor_id)
    told = await run_in_threadpool(
        _write_to_visitor, house, person, site, visitor_id, text, body.voice, session_id
    )
    return answer(told, 201)


@router.get("/conversations")
async def conversations(
    house: InHouse,
    site: AskedSite,
    person: AsWriter,
    status: Status | None = None,
    assigned: Literal["me", "none"] | None = None,
    q: Annotated[str, Query(max_length=200, description="Name, e-mail, number or text.")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str, Query(description="Go on behind the conversation of this id.")] = "",
    lang: Language = "en",
) -> Response:
    """Return conversations, latest word first, with the figures of the whole site."""
    wanted = Wanted(
        text=q.strip(),
        status=status,
        assignee=str(person.id) if assigned == "me" else None,
        unassigned=assigned == "none",
        limit=limit,
    )
    found, counts = await run_in_threadpool(_listed, house, site, wanted, before)
    return answer(
        {
            "data": await house.conversation_view.conversations(site, found, lang),
            "meta": present_counts(counts),
        }
    )


@router.get("/conversations/{conversation_id}")
async def conversation(
    conversation_id: str, house: InHouse, site: AskedSite, person: AsWriter, lang: Language = "en"
) -> Response:
    """Return one conversation."""
    return await _told(house, site, conversation_id, lang)


@router.get("/conversations/{conversation_id}/messages")
def messages(
    conversation_id: str,
    house: InHouse,
    site: AskedSite,
    person: AsWriter,
    before: Annotated[int | None, Query(ge=1, le=LARGEST)] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Return messages and notes, the newest of those before a number, oldest first."""
    found = house.conversations.find(site, conversation_id)
    lines = reads.lines(house.warehouse, conversation_id, limit, before)
    return answer({"data": [present_message(line, found) for line in lines]})


@router.post("/conversations/{conversation_id}/messages", status_code=201)
async def say(
    conversation_id: str, body: Said, person: AsWriter, house: InHouse, site: AskedSite
) -> Response:
    """Write in a conversation. The id is the writer's: the same twice is written once."""
    text = _text(body.text)
    return await run_in_threadpool(_say, house, person, site, conversation_id, body, text)


@router.post("/conversations/{conversation_id}/typing", status_code=204)
def typing(conversation_id: str, person: AsWriter, house: InHouse, site: AskedSite) -> Response:
    """Say that one writes just now."""
    note_typing(house, person, site, conversation_id)
    return Response(status_code=204)


@router.post("/conversations/{conversation_id}/read")
async def read(
    conversation_id: str,
    body: Read,
    person: AsWriter,
    house: InHouse,
    site: AskedSite,
    lang: Language = "en",
) -> Response:
    """Say that the team has read the messages up to a number; the visitor is told."""

    def do() -> None:
        found = house.conversations.find(site, conversation_id)
        house.conversations.read(person, _site(house, site), found, body.number)

    await run_in_threadpool(do)
    return await _told(house, site, conversation_id, lang)


@router.post("/conversations/{conversation_id}/assign")
async def assign(
    conversation_id: str,
    body: Assigned,
    person: AsWriter,
    house: InHouse,
    site: AskedSite,
    lang: Language = "en",
) -> Response:
    """Give a conversation to somebody of the team, or to nobody."""

    def do() -> None:
        found = house.conversations.find(site, conversation_id)
        user = None if body.user_id is None else _colleague(house, site, body.user_id)
        house.conversations.handle(person, _site(house, site), found, "assigned", user)

    await run_in_threadpool(do)
    return await _told(house, site, conversation_id, lang)


@router.post("/conversations/{conversation_id}/{what}")
async def close_or_reopen(
    conversation_id: str,
    what: Literal["close", "reopen"],
    person: AsWriter,
    house: InHouse,
    site: AskedSite,
    lang: Language = "en",
) -> Response:
    """Close a conversation, or open it again. It opens by itself when the visitor writes."""

    def do() -> None:
        found = house.conversations.find(site, conversation_id)
        kind: Literal["closed", "reopened"] = "closed" if what == "close" else "reopened"
        house.conversations.handle(person, _site(house, site), found, kind)

    await run_in_threadpool(do)
    return await _told(house, site, conversation_id, lang)


@router.get("/conversations/{conversation_id}/presence")
async def presence(
    conversation_id: str, house: InHouse, site: AskedSite, person: AsWriter
) -> Response:
    """Return whether the visitor is there, and how."""
    found = await run_in_threadpool(house.conversations.find, site, conversation_id)
    typing = house.inbox.is_typing(conversation_id)
    return answer(await house.conversation_view.presence(found, typing=typing))


def note_typing(house: House, person: Person, site_key: str, conversation_id: str) -> None:
    """Tell the visitor that somebody writes, now and then. Raises Problem."""
    found = house.conversations.find(site_key, conversation_id)
    if not _typing.take(f"{person.id} {conversation_id}"):
        house.conversations.type(person, _site(house, site_key), found)


async def _told(house: House, site_key: str, conversation_id: str, language: str) -> Response:
    found = await run_in_threadpool(house.conversations.find, site_key, conversation_id)
    (told,) = await house.conversation_view.conversations(site_key, [found], language)
    return answer({"data": told})


def _listed(
    house: House, site_key: str, wanted: Wanted, before: str
) -> tuple[list[Conversation], reads.Counts]:
    behind = house.conversations.find(site_key, before) if before else None
    found = search(house.warehouse, house.hub.view.facts, site_key, wanted, behind)
    counts = reads.counts(house.warehouse, site_key).get(site_key, reads.Counts())
    return found, counts


def _write_to_visitor(
    house: House,
    person: Person,
    site_key: str,
    visitor_id: str,
    text: str,
    voice: Voice,
    session_id: str,
) -> dict[str, Any]:
    site = _site(house, site_key)
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


def _say(
    house: House, person: Person, site_key: str, conversation_id: str, body: Said, text: str
) -> Response:
    found = house.conversations.find(site_key, conversation_id)
    session_id = _session_now(house, site_key, found.visitor_id)
    line = house.conversations.say(
        person, _site(house, site_key), found, body.id, text, body.voice, session_id
    )
    found = house.conversations.find(site_key, conversation_id)
    return answer({"data": present_message(line, found)}, 201)


def _session_now(house: House, site_key: str, visitor_id: str) -> str:
    """Return the visit that runs, so that it counts as one in which the team wrote."""
    live = house.hub.view.find(site_key, visitor_id)
    return live.session.session_id if live else ""


def _site(house: House, site_key: str) -> Site:
    with house.accounts.open() as store:
        return site_of(store.get_one(SiteRow, site_key))


def _colleague(house: House, site_key: str, user_id: int) -> User:
    with house.accounts.open() as store:
        user = store.scalar(select(User).where(User.id == user_id, ~User.disabled))
        if user is None or not sees(user, site_key):
            raise Problem(404, "unknown_user", "Nobody by that id works on this site.")
        return user


def sees(user: User, site_key: str) -> bool:
    """Tell whether a site is somebody's to see."""
    return user.role == "admin" or any(site.site_key == site_key for site in user.sites)


def _text(text: str) -> str:
    if not text.strip():
        raise Problem(400, "malformed", "The message is empty.")
    return text
