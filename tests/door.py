"""A door for tests: the real app over a log of its own, on a port of its own."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import httpx
import msgspec
import uvicorn

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import TICK, decode_events, encode
from hozir.contract.event import EventBatch
from hozir.contract.site import Site
from hozir.contract.topics import EVENTS, SITES
from hozir.settings import Settings
from ingest.__main__ import SERVER
from ingest.app import create_app
from tests.batches import an_id

ORIGIN = "http://localhost:3000"


class Door:
    """A door on a port of its own."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self.log = EmbeddedLog(
            folder, fsync=False, max_bytes=int(str(settings.pop("bytes", 2**30)))
        )
        self.log.append(
            SITES,
            [
                (0, encode(Site("demo", "Demo", loopback=True))),
                (0, encode(Site("shop", "Shop", domains=["shop.example"]))),
                (0, encode(Site("gone", "Gone"))),
                (0, encode(Site("gone", "Gone", deleted=True))),
            ],
        )
        app = create_app(Settings(**settings), self.log)  # type: ignore[arg-type]
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        self.server = uvicorn.Server(uvicorn.Config(app, **SERVER))
        self.thread = threading.Thread(target=self.server.run, args=([listener],))
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def close(self) -> None:
        self.server.should_exit = True
        self.thread.join()

    def post(self, body: bytes | Beacon, site: str = "demo", **headers: str) -> httpx.Response:
        content = encode(body) if isinstance(body, Beacon) else body
        sent = {"Origin": ORIGIN, "Content-Type": "text/plain"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        return httpx.post(f"{self.url}/e/{site}", content=content, headers=sent)

    def stored(self) -> list[EventBatch]:
        found = []
        for partition in range(EVENTS.partitions):
            for record in self.log.read(EVENTS, partition, 0, 10_000):
                if record.value != TICK:
                    found.append(decode_events(record.value))
        return found


def a_beacon(n: int = 1, visitor: int = 1, **event: object) -> Beacon:
    view = ClaimedEvent("page_view", view=1, url="https://shop.example/narxlar", title="Narxlar")
    return Beacon(
        an_id("v", visitor),
        an_id("s", visitor),
        an_id("t", visitor),
        n,
        [msgspec.structs.replace(view, **event)],
        Context(language="uz", platform_version="15.0.0", referrer="https://www.google.com/"),
    )
