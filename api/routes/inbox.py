"""The inbox socket: a snapshot, then every word, state and presence as it comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from typing import Any

from fastapi import APIRouter
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocket

from api.accounts import User
from api.conversation_view import present_counts, present_message, present_presence
from api.conversations import shown_name
from api.house import House, house, person_of, seen_site
from api.hub import TooManySubscribers
from api.inbox_hub import Due, Screen
from api.permissions import allowed
from api.present import timestamp
from api.problem import Problem
from api.routes.conversations import note_typing, sees
from api.routes.screen_socket import (
    NOT_ALLOWED,
    TOO_MANY,
    UNKNOWN_SITE,
    heard,
    language_of,
    send_on,
)
from api.side_by_side import side_by_side
from api.sign_in import Person
from warehouse import conversation_reads as reads
from warehouse.conversations import Conversation

router = APIRouter()

SNAPSHOT = 200
"""Conversations in a snapshot: those that are open, then the newest closed ones."""


@router.websocket("/api/v1/inbox")
async def inbox(socket: WebSocket) -> None:
    """Serve one inbox."""
    home = house(socket)
    query = socket.query_params
    person = person_of(socket)
    await socket.accept()
    try:
        site = seen_site(person, query.get("site"))
    except Problem as problem:
        await socket.close(UNKNOWN_SITE, problem.reason)
        return
    if person is None or not allowed(person.role, "send_messages"):
        await socket.close(NOT_ALLOWED, "not_allowed")
        return
    try:
        screen = home.inbox.open(site, language_of(query))
    except TooManySubscribers:
        await socket.close(TOO_MANY, "too many screens")
        return
    try:
        await side_by_side(
            send_on(
                socket,
                screen.woken,
                partial(_frames, home, screen, person),
                lambda: screen.frame("ping", {"now": timestamp(home.hub.clock())}),
            ),
            _listen(home, socket, screen, person),
        )
    finally:
        home.inbox.close(screen)


async def _frames(home: House, screen: Screen, person: Person) -> AsyncIterator[bytes]:
    due = screen.take()
    if due.snapshot:
        yield screen.frame("snapshot", await _snapshot(home, screen, person))
    for frame in await _news(home, screen, due):
        yield frame


async def _listen(home: House, socket: WebSocket, screen: Screen, person: Person) -> None:
    async for frame in heard(socket):
        if frame.event == "snapshot":
            screen.ask_snapshot()
        elif frame.event == "typing":
            conversation_id = frame.data.get("conversation_id")
            if isinstance(conversation_id, str):
                with suppress(Problem):  # nobody misses it
                    await run_in_threadpool(
                        note_typing, home, person, screen.site_key, conversation_id
                    )


async def _snapshot(home: House, screen: Screen, person: Person) -> dict[str, Any]:
    site = screen.site_key
    found = await run_in_threadpool(reads.open_first, home.warehouse, site, SNAPSHOT)
    return {
        "conversations": await home.conversation_view.conversations(site, found, screen.language),
        "counts": present_counts(home.inbox.counts(site)),
        "now": timestamp(home.hub.clock()),
        "me": {"id": person.id, "name": shown_name(person)},
        "team": await run_in_threadpool(_team, home, site),
    }


def _team(home: House, site_key: str) -> list[dict[str, Any]]:
    """Return who may be given a conversation of the site."""
    with home.accounts.open() as store:
        users = store.scalars(select(User).where(~User.disabled).order_by(User.id)).all()
        return [
            {"id": user.id, "name": shown_name(user), "role": user.role}
            for user in users
            if sees(user, site_key)
        ]


async def _news(home: House, screen: Screen, due: Due) -> list[bytes]:
    """Return what is due, conversations before what happened in them."""
    site = screen.site_key
    counts = present_counts(home.inbox.counts(site))
    frames = []
    whole = await _whole(home, screen, due)
    for told in whole:
        frames.append(screen.frame("conversation", {"conversation": told, "counts": counts}))
    for line, conversation in due.lines:
        data = {
            "conversation_id": line.conversation_id,
            "message": present_message(line, conversation),
            "counts": counts,
        }
        frames.append(screen.frame("message", data))
    for (conversation_id, state), line_id in due.marks.items():
        data = {"conversation_id": conversation_id, "id": line_id, "state": state}
        frames.append(screen.frame("state", data))
    for (conversation_id, author), name in due.typing.items():
        typist = {"conversation_id": conversation_id, "author": author, "name": name or None}
        frames.append(screen.frame("typing", typist))
    for conversation_id, visitor_id in due.presence.items():
        live = home.hub.view.find(site, visitor_id)
        if live is None:
            found = await run_in_threadpool(
                reads.conversation, home.warehouse, site, conversation_id
            )
            if found is None:
                continue
            presence = await home.conversation_view.presence(found, typing=False)
        else:
            presence = present_presence(
                live.session,
                live.page,
                typing=home.inbox.is_typing(conversation_id),
                now=home.hub.clock(),
            )
        data = {"conversation_id": conversation_id, "presence": presence}
        frames.append(screen.frame("presence", data))
    return frames


async def _whole(home: House, screen: Screen, due: Due) -> list[dict[str, Any]]:
    if not due.conversations:
        return []
    found: list[Conversation] = [one for one, _ in due.conversations.values()]
    last = {key: line for key, (_, line) in due.conversations.items() if line is not None}
    return await home.conversation_view.conversations(screen.site_key, found, screen.language, last)
