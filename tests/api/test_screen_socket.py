"""What every open screen's socket does, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

from starlette.websockets import WebSocket

from api.routes.screen_socket import send_on
from api.side_by_side import side_by_side


class Screen:
    """A socket that takes every frame, as one does whose other side has just gone."""

    async def send_text(self, frame: str) -> None:
        await asyncio.sleep(0)


def test_screen_that_goes_just_as_it_is_told_something_is_let_go() -> None:
    for steps in range(6):
        asyncio.run(_goes_while_woken(steps))


async def _goes_while_woken(steps: int) -> None:
    woken, goes = asyncio.Event(), asyncio.Event()

    async def frames() -> AsyncIterator[bytes]:
        woken.clear()
        yield b"{}"

    async def listen() -> None:
        await goes.wait()

    screen = cast(WebSocket, cast(Any, Screen()))
    works = asyncio.create_task(side_by_side(send_on(screen, woken, frames, bytes), listen()))
    await asyncio.sleep(0.01)
    goes.set()
    for _ in range(steps):
        await asyncio.sleep(0)
    woken.set()
    ended, _ = await asyncio.wait([works], timeout=2)
    assert ended, f"still there, {steps} steps later"
