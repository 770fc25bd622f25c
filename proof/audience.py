"""Many screens at once, each with a live socket: `python -m proof.audience N URL COOKIE`.

It reads and throws away what it is told, as a browser does at the least, until it is ended. It
says `ready` when every screen has its snapshot, and how many frames came when its input ends.
"""

from __future__ import annotations

import asyncio
import sys

import uvloop
from websockets.asyncio.client import connect
from websockets.typing import Origin


async def _watch(count: int, url: str, cookie: str) -> None:
    frames = 0
    snapshots = 0
    ready = asyncio.Event()

    async def look() -> None:
        nonlocal frames, snapshots
        async with connect(
            url,
            additional_headers={"Cookie": cookie},
            origin=Origin(url.partition("/api/")[0].replace("ws", "http", 1)),
            max_size=None,
            open_timeout=None,
        ) as socket:
            first = True
            while True:
                await socket.recv(decode=False)
                frames += 1
                if first:
                    first = False
                    snapshots += 1
                    if snapshots == count:
                        ready.set()

    screens = [asyncio.create_task(look()) for _ in range(count)]
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait([waiting, *screens], return_when=asyncio.FIRST_COMPLETED)
    if not ready.is_set():
        raise RuntimeError("a screen was sent away")
    print("ready", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    lost = sum(screen.done() for screen in screens)
    print(f"{frames} {lost}", flush=True)
    for screen in screens:
        screen.cancel()
    await asyncio.gather(*screens, return_exceptions=True)


if __name__ == "__main__":
    uvloop.run(_watch(int(sys.argv[1]), *sys.argv[2:4]))
