"""The live socket: a snapshot, then every difference as it happens."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
from fastapi import APIRouter
from starlette.websockets import WebSocket, WebSocketDisconnect

from api.filters import BadFilter, read_filter
from api.house import House, house, person_of, seen_site
from api.hub import TooManySubscribers
from api.problem import Problem
from api.side_by_side import side_by_side
from api.subscriber import Subscriber

router = APIRouter()

LANGUAGES = ("uz", "ru", "en")
FLUSH_SECONDS = 0.1
"""Shortest time between two flushes to one screen; the first after a pause goes at once."""
PING_SECONDS = 15.0
SEND_SECONDS = 30.0
"""A screen that takes so long to accept a frame is let go; it will come back."""
BAD_FILTER, UNKNOWN_SITE, TOO_MANY = 4400, 4404, 4429


class _Frame(msgspec.Struct):
    event: str
    data: dict[str, Any] = {}


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
        await socket.close(BAD_FILTER, str(error)[:120])
        return
    language = query.get("lang", "en")
    language = language if language in LANGUAGES else "en"
    try:
        subscriber = home.hub.subscribe(site, wanted, language, home.settings.snapshot_limit)
    except TooManySubscribers:
        await socket.close(TOO_MANY, "too many screens")
        return
    subscriber.in_pieces = query.get("pieces") == "1"
    try:
        await side_by_side(_send_on(home, socket, subscriber), _listen(socket, subscriber))
    finally:
        home.hub.unsubscribe(subscriber)


async def _send_on(home: House, socket: WebSocket, subscriber: Subscriber) -> None:
    flushed_at = 0.0
    ping_at = time.monotonic() + PING_SECONDS
    while True:
        try:
            await asyncio.wait_for(subscriber.woken.wait(), max(0.001, ping_at - time.monotonic()))
        except TimeoutError:
            ping_at = time.monotonic() + PING_SECONDS
            await _send(socket, subscriber.ping(home.loader.lag_ms))
            continue
        if (pause := flushed_at + FLUSH_SECONDS - time.monotonic()) > 0:
            await asyncio.sleep(pause)
        frames = subscriber.frames()
        if frames:
            flushed_at = time.monotonic()
        for frame in frames:
            await _send(socket, frame)


async def _send(socket: WebSocket, frame: bytes) -> None:
    await asyncio.wait_for(socket.send_text(frame.decode()), SEND_SECONDS)


async def _listen(socket: WebSocket, subscriber: Subscriber) -> None:
    decoder = msgspec.json.Decoder(_Frame)
    while True:
        try:
            frame = decoder.decode(await socket.receive_text())
            if frame.event == "snapshot":
                subscriber.ask_snapshot()
            elif frame.event == "filter":
                in_pieces = frame.data.get("pieces") == "1"
                subscriber.ask_snapshot(read_filter(frame.data), in_pieces=in_pieces)
        except (msgspec.MsgspecError, BadFilter, KeyError, UnicodeError) as error:
            await socket.close(BAD_FILTER, str(error)[:120])
            return
        except WebSocketDisconnect:
            return
