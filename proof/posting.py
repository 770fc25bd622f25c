"""Posts over raw connections that are kept: one request at a time on each, no library between."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import cast
from urllib.parse import urlsplit

CONNECTIONS = 2_000
"""Browsers have one each. With few, it is their number over the time of a commit that bounds what
the door is asked for: 128 came to 2,000 beacons a second."""
AGAIN = 1.0
"""Seconds until a beacon that the door could not take is sent again, with the same number."""

Taken = Callable[[bool], None]
Post = tuple[bytes, Taken, bool]


class Poster:
    """Sends posts as connections fall free, and counts what is answered."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._netloc = parts.netloc
        self._free: list[_Connection] = []
        self._queue: deque[Post] = deque()
        self._all: list[_Connection] = []
        self._opening: set[asyncio.Future[None]] = set()
        self.sent = self.acknowledged = self.refused = self.waiting = 0

    async def start(self) -> None:
        """Open the connections."""
        for _ in range(CONNECTIONS):
            await self.connect()

    async def connect(self) -> None:
        """Open one more connection."""
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: _Connection(self), self._host, self._port
        )
        self._all.append(connection)
        self.free(connection)

    def post(self, path: str, body: bytes, headers: str, taken: Taken, mark: bool) -> None:
        """Send a body; `taken` gets `mark` when it was answered with 2xx."""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {self._netloc}\r\n"
            f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n"
            f"{headers}\r\n"
        )
        self.sent += 1
        self.waiting += 1
        self._put((head.encode("latin-1") + body, taken, mark))

    def answered(self, post: Post, status: int) -> None:
        """Take note of what the door said."""
        if status < 300:
            self.acknowledged += 1
            self.waiting -= 1
            post[1](post[2])
        elif status == 429 or status >= 500:
            asyncio.get_running_loop().call_later(AGAIN, self._put, post)
        else:
            self.refused += 1
            self.waiting -= 1

    def free(self, connection: _Connection) -> None:
        """Use a connection for the next post."""
        if self._queue:
            connection.send(self._queue.popleft())
        else:
            self._free.append(connection)

    def lost(self, connection: _Connection, post: Post | None) -> None:
        """Open another connection for one that broke; nobody knows what became of its post."""
        self._all.remove(connection)
        if connection in self._free:
            self._free.remove(connection)
        if post is not None:
            self._put(post)
        if self._all:
            opening = asyncio.ensure_future(self.connect())
            self._opening.add(opening)
            opening.add_done_callback(self._opening.discard)

    def drop(self) -> None:
        """Forget what no connection was free for yet: it has never been sent."""
        self.sent -= len(self._queue)
        self.waiting -= len(self._queue)
        self._queue.clear()

    def close(self) -> None:
        """Close all connections."""
        some, self._all = self._all, []
        for connection in some:
            connection.close()

    def _put(self, post: Post) -> None:
        if self._free:
            self._free.pop().send(post)
        else:
            self._queue.append(post)


class _Connection(asyncio.Protocol):
    def __init__(self, poster: Poster) -> None:
        self._poster = poster
        self._held = b""
        self._post: Post | None = None
        self._transport: asyncio.Transport | None = None
        self._closing = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by name

    def send(self, post: Post) -> None:
        assert self._transport is not None
        self._post = post
        self._transport.write(post[0])

    def close(self) -> None:
        assert self._transport is not None
        self._closing = True
        self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, found, body = self._held.partition(b"\r\n\r\n")
        if not found or len(body) < _length(head) or self._post is None:
            return
        self._held = b""
        post, self._post = self._post, None
        self._poster.answered(post, int(head[9:12]))
        self._poster.free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._closing:
            self._poster.lost(self, self._post)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
