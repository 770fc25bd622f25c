"""Conversations: what visitors and the team said, and saying more."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.accounts import User
from api.conversation_search import Wanted, search
from api.conversation_view import present_counts, present_message
from api.conversations import Voice
from api.house import House
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse
from api.routes.writing import AsWriter, said_text, session_now, site_in
from api.sign_in import Person
from api.throttle import Throttle
from hozir.contract.ids import MESSAGE_ID
from hozir.contract.message import LONGEST_MESSAGE
from warehouse import conversation_reads as reads
from warehouse.conversations import Conversation, Status

router = APIRouter(prefix="/api/v1", tags=["conversations"])

TYPING_SECONDS = 2.0
"""Shortest time between two notes that the same person writes."""
LARGEST = 2**31 - 1

Language = Literal["uz", "ru", "en"]

_typing = Throttle(1, TYPING_SECONDS)


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
    text = said_text(body.text)
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
        house.conversations.read(person, site_in(house, site), found, body.number)

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
        house.conversations.handle(person, site_in(house, site), found, "assigned", user)

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
        house.conversations.handle(person, site_in(house, site), found, kind)

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
        house.conversations.type(person, site_in(house, site_key), found)


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


def _say(
    house: House, person: Person, site_key: str, conversation_id: str, body: Said, text: str
) -> Response:
    found = house.conversations.find(site_key, conversation_id)
    session_id = session_now(house, site_key, found.visitor_id)
    line = house.conversations.say(
        person, site_in(house, site_key), found, body.id, text, body.voice, session_id
    )
    found = house.conversations.find(site_key, conversation_id)
    return answer({"data": present_message(line, found)}, 201)


def _colleague(house: House, site_key: str, user_id: int) -> User:
    with house.accounts.open() as store:
        user = store.scalar(select(User).where(User.id == user_id, ~User.disabled))
        if user is None or not sees(user, site_key):
            raise Problem(404, "unknown_user", "Nobody by that id works on this site.")
        return user


def sees(user: User, site_key: str) -> bool:
    """Tell whether a site is somebody's to see."""
    return user.role == "admin" or any(site.site_key == site_key for site in user.sites)
