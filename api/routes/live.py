"""The live socket: a snapshot, then every difference as it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from fastapi import APIRouter
from starlette.websockets import WebSocket

from api.filters import BadFilter, read_filter
from api.house import house, person_of, seen_site
from api.hub import TooManySubscribers
from api.problem import Problem
from api.routes.screen_socket import (
    TOO_MANY,
    UNKNOWN_SITE,
    close_malformed,
    heard,
    language_of,
    send_on,
)
from api.side_by_side import side_by_side
from api.subscriber import Subscriber

router = APIRouter()


@router.websocket("/api/v1/live")
async def live(socket: WebSocket) -> None:
    """Serve one screen."""
    home = house(socket)
    query = dict(socket.query_params)
    await socket.accept()
    try:
        site = seen_site(person_of(socket), query.get("site"))
        wanted = read_filter(query)
    except Problem as problem:
        await socket.close(UNKNOWN_SITE, problem.reason)
        return
    except BadFilter as error:
        await close_malformed(socket, error)
        return
    limit = home.settings.snapshot_limit
    try:
        subscriber = home.hub.subscribe(site, wanted, language_of(query), limit)
    except TooManySubscribers:
        await socket.close(TOO_MANY, "too many screens")
        return
    subscriber.in_pieces = query.get("pieces") == "1"
    try:
        await side_by_side(
            send_on(
                socket,
                subscriber.woken,
                partial(_frames, subscriber),
                lambda: subscriber.ping(home.loader.lag_ms),
            ),
            _listen(socket, subscriber),
        )
    finally:
        home.hub.unsubscribe(subscriber)


async def _frames(subscriber: Subscriber) -> AsyncIterator[bytes]:
    for frame in subscriber.frames():
        yield frame


async def _listen(socket: WebSocket, subscriber: Subscriber) -> None:
    async for frame in heard(socket):
        if frame.event == "snapshot":
            subscriber.ask_snapshot()
        elif frame.event == "filter":
            try:
                wanted = read_filter(frame.data)
            except BadFilter as error:
                await close_malformed(socket, error)
                return
            subscriber.ask_snapshot(wanted, in_pieces=frame.data.get("pieces") == "1")
