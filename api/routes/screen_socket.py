"""What every open screen's socket does: it is told at its own pace, and says little itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

LANGUAGES = ("uz", "ru", "en")
FLUSH_SECONDS = 0.1
"""Shortest time between two flushes to one screen; the first after a pause goes at once."""
PING_SECONDS = 15.0
SEND_SECONDS = 30.0
"""A screen that takes so long to accept a frame is let go; it will come back."""
MALFORMED, NOT_ALLOWED, UNKNOWN_SITE, TOO_MANY = 4400, 4403, 4404, 4429


class Frame(msgspec.Struct):
    """What a screen says."""

    event: str
    data: dict[str, Any] = {}


_decode = msgspec.json.Decoder(Frame).decode


def language_of(query: Mapping[str, str]) -> str:
    """Return the language in which a screen wants to be told."""
    language = query.get("lang", "en")
    return language if language in LANGUAGES else "en"


async def send_on(
    socket: WebSocket,
    woken: asyncio.Event,
    frames: Callable[[], AsyncIterator[bytes]],
    ping: Callable[[], bytes],
) -> None:
    """Send what is due whenever the screen is woken, until cancelled. `frames` clears `woken`."""
    flushed_at = 0.0
    ping_at = time.monotonic() + PING_SECONDS
    while True:
        try:
            async with asyncio.timeout(max(0.001, ping_at - time.monotonic())):
                await woken.wait()
        except TimeoutError:
            ping_at = time.monotonic() + PING_SECONDS
            await _send(socket, ping())
            continue
        if (pause := flushed_at + FLUSH_SECONDS - time.monotonic()) > 0:
            await asyncio.sleep(pause)
        began = time.monotonic()
        async for frame in frames():
            flushed_at = began
            await _send(socket, frame)


async def heard(socket: WebSocket) -> AsyncIterator[Frame]:
    """Yield what a screen says until it goes; one that talks nonsense is closed."""
    while True:
        try:
            frame = _decode(await socket.receive_text())
        except (msgspec.MsgspecError, KeyError, UnicodeError, RecursionError) as error:
            await close_malformed(socket, error)
            return
        except WebSocketDisconnect:
            return
        yield frame


async def close_malformed(socket: WebSocket, error: Exception) -> None:
    """Close a socket that asks for what means nothing."""
    await socket.close(MALFORMED, str(error)[:120])


async def _send(socket: WebSocket, frame: bytes) -> None:
    async with asyncio.timeout(SEND_SECONDS):
        await socket.send_text(frame.decode())
