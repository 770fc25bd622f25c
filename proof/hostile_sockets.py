"""A million wrong frames at the sockets of pages and of screens, and right ones between them.

They are handed to the whole application as its server hands them, without a port: a wrong frame
ends its socket, and a million handshakes would measure the network. What the server itself does
with frames (size, fragments, pings) is tried over real ones in `tests/ingest/test_downlink.py`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import random
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.types import ASGIApp, Message, Scope

from bench.figure import Figure
from bench.memory import resident_mb
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import decode_message, encode
from hozir.contract.site import Site
from hozir.contract.topics import REPLIES, SITES
from hozir.settings import Settings
from ingest.app import create_app
from proof.mutate import mutated
from tests.api.conftest import PASSWORD, Running, a_process
from tests.api.furnished import furnish

FRAMES = {"pages": 900_000, "live": 60_000, "inbox": 40_000}
ONE_RIGHT_IN = 20
AT_ONCE = 50
"""Sockets open at the same time."""
SAY_EVERY = 100_000
STARTED = 0.1
"""Share of the frames after which memory is looked at first."""
FILTER = {"country": "UZ", "page": "/", "min_duration": "60", "device": "mobile", "pieces": "1"}
CLOSED_BY_US = {1000, 4400, 4403, 4404, 4429}


@dataclass
class Talk:
    """What came of it."""

    frames: int = 0
    sockets: int = 0
    raised: list[str] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)
    right: int = 0
    unanswered: int = 0
    """Right ones that were not answered, or not counted once."""
    memory_grown: float = 0.0


def prove() -> list[Figure]:
    """Say a million frames."""
    found = {"pages": talk_to_pages(FRAMES["pages"]), **talk_to_screens(FRAMES)}
    figures = []
    for name, talk in found.items():
        work = f"{name}: {talk.frames:,} frames in {talk.sockets:,} sockets, {talk.right:,} right"
        print(work, dict(talk.codes), talk.raised[:5])
        figures += [
            Figure(f"{name}: sockets that failed", len(talk.raised), "", work, at_most=0),
            Figure(f"{name}: right frames lost or doubled", talk.unanswered, "", work, at_most=0),
            Figure(f"{name}: memory grown", talk.memory_grown, "MB", work, at_most=100),
        ]
    return figures


class _Line:
    """One socket from the outside."""

    def __init__(self, frames: list[Message], talk: Talk) -> None:
        self._frames = iter([{"type": "websocket.connect"}, *frames])
        self._talk = talk
        self._over = asyncio.Event()
        self.told: list[Message] = []
        self.enough = 0
        """Frames after which it hangs up."""

    async def receive(self) -> Message:
        message = next(self._frames, None)
        if message is None:
            if len(self.told) < self.enough:
                async with asyncio.timeout(30):
                    await self._over.wait()
            return {"type": "websocket.disconnect", "code": 1001}
        self._talk.frames += message["type"] == "websocket.receive"
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "websocket.close":
            self._talk.codes[message["code"]] += 1
        elif message["type"] == "websocket.send":
            self.told.append(message)
        if len(self.told) >= self.enough or message["type"] == "websocket.close":
            self._over.set()

    async def through(self, app: ASGIApp, path: str, headers: dict[str, str]) -> None:
        """Talk until it is over; what the application raises is noted."""
        self._talk.sockets += 1
        try:
            await app(_scope(path, headers), self.receive, self.send)
        except Exception as error:
            self._talk.raised.append(repr(error)[:300])


def talk_to_pages(frames: int) -> Talk:
    """Talk to the door as pages do."""
    with tempfile.TemporaryDirectory() as name:
        log = EmbeddedLog(Path(name), fsync=False)
        log.append(SITES, [(0, encode(Site("demo", "Demo", loopback=True)))])
        return asyncio.run(_pages(log, frames))


async def _pages(log: EmbeddedLog, frames: int) -> Talk:
    door = create_app(Settings(visitor_rate=0, address_rate=0, site_rate=0), log)
    talk, rng = Talk(), random.Random(2026)
    right: set[str] = set()
    async with door.app.router.lifespan_context(door.app):

        async def one() -> None:
            if rng.randrange(ONE_RIGHT_IN) == 0:
                hello, visitor = _hello(rng)
                right.add(visitor)
                said = [_text(hello), _text(b'{"typing":true}')]
            else:
                said = [_any_frame(rng, _hello(rng)[0]) for _ in range(rng.randint(1, 4))]
                if rng.random() < 0.5:
                    said.insert(0, _text(_hello(rng)[0]))
            await _Line(said, talk).through(door, "/w/demo", {"origin": "http://localhost"})

        await _many(one, talk, frames)
        await asyncio.sleep(1)  # until the last typing is written
        found: Counter[str] = Counter()
        offset = 0
        while records := log.read(REPLIES, 0, offset, 10_000):
            found.update(decode_message(record.value).visitor_id for record in records)
            offset = records[-1].offset + 1
    talk.right = len(right)
    talk.unanswered = sum(found[visitor] != 1 for visitor in right)
    return talk


def talk_to_screens(frames: dict[str, int]) -> dict[str, Talk]:
    """Talk to web as screens do."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = EmbeddedLog(folder / "log", fsync=False)
        chosen = dataclasses.replace(
            Settings(), data=folder, admin_password=PASSWORD, fsync=False, api_rate=0
        )
        try:
            with a_process(chosen, log) as running:
                running.sign_in()
                conversation = furnish(running, 1, "demo").conversation_id
                portal = running.client.portal
                assert portal is not None
                return {
                    what: portal.call(_screens, running, what, conversation, frames[what])
                    for what in ("live", "inbox")
                }
        finally:
            log.close()


async def _screens(running: Running, what: str, conversation: str, frames: int) -> Talk:
    talk, rng = Talk(), random.Random(2026)
    cookie = "; ".join(f"{name}={value}" for name, value in running.client.cookies.items())
    models = [
        json.dumps({"event": "filter", "data": FILTER}).encode(),
        json.dumps({"event": "typing", "data": {"conversation_id": conversation}}).encode(),
        b'{"event":"snapshot"}',
    ]

    async def one() -> None:
        if rng.randrange(ONE_RIGHT_IN) == 0:
            line = _Line([], talk)
            line.enough = 1
            talk.right += 1
        else:
            wrong = [_any_frame(rng, rng.choice(models)) for _ in range(rng.randint(5, 20))]
            line = _Line(wrong, talk)
        await line.through(
            running.app, f"/api/v1/{what}?site=demo", {"cookie": cookie, "host": "testserver"}
        )
        if line.enough:
            snapshot = bool(line.told) and json.loads(line.told[0]["text"])["event"] == "snapshot"
            talk.unanswered += not snapshot

    await _many(one, talk, frames)
    return talk


async def _many(one: Any, talk: Talk, frames: int) -> None:
    """Keep some sockets open at once until so many frames are said."""
    began: float | None = None
    said = 0

    async def on() -> None:
        nonlocal began, said
        while talk.frames < frames:
            await one()
            await asyncio.sleep(0)
            if began is None and talk.frames >= frames * STARTED:
                began = _memory()
            if talk.frames // SAY_EVERY > said:
                said = talk.frames // SAY_EVERY
                print(f"{talk.frames:,} frames, {_memory():.0f} MB", flush=True)

    await asyncio.gather(*(on() for _ in range(AT_ONCE)))
    talk.memory_grown = _memory() - (began or _memory())


def _any_frame(rng: random.Random, right: bytes) -> Message:
    wrong = mutated(rng, right)
    if rng.random() < 0.1:
        return {"type": "websocket.receive", "bytes": wrong}
    # The server itself refuses a text that is no UTF-8.
    return _text(wrong.decode(errors="replace").encode())


def _text(said: bytes) -> Message:
    return {"type": "websocket.receive", "text": said.decode()}


def _hello(rng: random.Random) -> tuple[bytes, str]:
    ids = [str(UUID(int=rng.getrandbits(128), version=4)) for _ in range(3)]
    said = {
        "visitor_id": f"v_{ids[0]}",
        "session_id": f"s_{ids[1]}",
        "tab_id": f"t_{ids[2]}",
        "view": 1,
        "token": UUID(int=rng.getrandbits(128)).hex,
    }
    return encode(said), str(said["visitor_id"])


def _scope(path: str, headers: dict[str, str]) -> Scope:
    path, _, query = path.partition("?")
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 4_000),
        "server": ("testserver", 80),
        "subprotocols": [],
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }


def _memory() -> float:
    return resident_mb(int(Path("/proc/self").resolve().name))
