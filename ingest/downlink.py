"""WebSocket `/w/{site_key}`: one for each open page, by which messages come to it.

Its closing is a sign of leaving: a killed browser says no farewell, but its socket closes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress

from starlette.types import Receive, Scope, Send

from hozir.clock import wall_clock
from hozir.contract.codec import encode
from hozir.contract.errors import Unreadable
from hozir.contract.event import Event, EventBatch
from hozir.contract.ids import partition_of
from hozir.contract.message import Message
from hozir.contract.topics import EVENTS
from ingest.address import Network, client_address
from ingest.admit_reply import check_page, hash_of
from ingest.appender import Appender
from ingest.asgi import headers_of
from ingest.courier import Courier
from ingest.frames import Said, read_frame
from ingest.limits import Limits
from ingest.metrics import Metrics
from ingest.reject import Rejected
from ingest.replies import Replies
from ingest.sites import SiteDirectory
from ingest.sockets import Socket, Sockets

PREFIX = "/w/"
HELLO_SECONDS = 10.0
"""Within which a page has to say who it is."""
REOPEN_SECONDS = 0.3
"""A page that is reloaded, or goes to the next, has another socket by then."""
TYPING_SECONDS = 3.0
"""Between two notes that a visitor writes, on average."""

MALFORMED, FORBIDDEN, UNKNOWN = 4400, 4403, 4404
"""Codes by which the door closes a socket: coming back would not help."""
RESTARTING = 1012
"""The server's own code when it stops: nobody has left then."""


class Closed(Exception):
    """The page, or the network, has closed the socket."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Downlinks:
    """Serves the sockets of all pages. To be made inside the event loop."""

    def __init__(
        self,
        *,
        appender: Appender,
        replies: Replies,
        courier: Courier,
        sockets: Sockets,
        sites: SiteDirectory,
        proxies: tuple[Network, ...],
        limits: Limits,
        metrics: Metrics,
        most: int,
        clock: Callable[[], int] = wall_clock,
    ) -> None:
        self._appender = appender
        self._replies = replies
        self._courier = courier
        self._sockets = sockets
        self._sites = sites
        self._proxies = proxies
        self._limits = limits
        self._metrics = metrics
        self._most = most
        self._clock = clock
        self._open: set[Socket] = set()
        self._loop = asyncio.get_running_loop()
        self._leaving: set[asyncio.TimerHandle] = set()
        sites.listener = self._sites_changed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one socket until it closes."""
        await receive()
        site_key = await self._accept(scope, send)
        if site_key is None:
            self._metrics.downlinks_refused.inc()
            return
        scope["headers"] = []  # an idle socket keeps its scope, and has read them
        socket = Socket(site_key, send)
        self._open.add(socket)
        self._metrics.downlinks.inc()
        try:
            await self._serve(socket, receive)
        except Closed as closed:
            if closed.code != RESTARTING:
                self._expect(socket)
        except (Unreadable, TimeoutError) as error:
            socket.stop()
            await _close(send, MALFORMED, str(error) or "said nothing")
        except asyncio.CancelledError:
            if socket.shut_by is not None:
                # The page is still open: nobody leaves.
                socket.stop()
                await _close(send, *socket.shut_by)
            elif socket.dropped:
                self._metrics.downlinks_dropped.inc()
                self._expect(socket)
            else:
                raise
        finally:
            socket.stop()
            self._sockets.remove(socket)
            self._open.discard(socket)
            self._metrics.downlinks.dec()

    def close(self) -> None:
        """Expect nobody to leave any more."""
        self._sites.listener = lambda: None
        for timer in self._leaving:
            timer.cancel()
        self._leaving.clear()

    def _sites_changed(self) -> None:
        with suppress(RuntimeError):  # the loop has closed meanwhile
            self._loop.call_soon_threadsafe(self._look_again)

    def _look_again(self) -> None:
        """Close the sockets of sites that are gone, or have no chat any more."""
        for socket in list(self._open):
            site = self._sites.named(socket.site_key)
            if site is None:
                socket.shut(UNKNOWN, "unknown_site")
            elif not site.chat.enabled:
                socket.shut(FORBIDDEN, "chat_off")

    async def _accept(self, scope: Scope, send: Send) -> str | None:
        """Open the socket and return the key of its site; None if it was refused."""
        headers = headers_of(scope["headers"])
        if len(self._open) >= self._most:
            await _deny(send, Rejected("downlinks_full", f"{self._most} are open"))
            return None
        peer = scope["client"][0] if scope["client"] else ""
        address = client_address(peer, headers.get(b"x-forwarded-for", ""), self._proxies)
        site = self._sites.get(scope["path"][len(PREFIX) :])
        if rejected := self._limits.of_request(address, site):
            await _deny(send, rejected)
            return None
        # A page is told no code of a socket that never opened.
        await send({"type": "websocket.accept"})
        if site is None:
            await _close(send, UNKNOWN, "unknown_site")
        elif rejected := check_page(site, headers.get(b"origin", "")):
            await _close(send, FORBIDDEN, rejected.reason)
        else:
            return site.site_key
        return None

    async def _serve(self, socket: Socket, receive: Receive) -> None:
        async with asyncio.timeout(HELLO_SECONDS):
            first = await _next(receive)
        if first.typing:
            raise Unreadable("the first frame says who it is")
        self._meet(socket, first)
        while True:
            said = await _next(receive)
            if self._limits.of_visitor(socket.site_key, socket.visitor_id):
                raise Unreadable("too many frames")
            if said.typing:
                self._typing(socket)
            else:
                self._meet(socket, said)

    def _meet(self, socket: Socket, said: Said) -> None:
        token_hash = hash_of(said.token)
        is_new = (socket.visitor_id, socket.token_hash) != (said.visitor_id, token_hash)
        if is_new:
            self._sockets.remove(socket)
        socket.visitor_id, socket.token_hash = said.visitor_id, token_hash
        socket.session_id, socket.tab_id = said.session_id, said.tab_id
        socket.view = said.view
        if is_new:
            self._sockets.add(socket)
            self._courier.greet(socket)

    def _typing(self, socket: Socket) -> None:
        now = time.monotonic()
        if now < socket.typed_at:
            return
        # A message ends the sign, and who goes on writing gives another at once: so one may come
        # before its time, and is counted as if it had not.
        socket.typed_at = max(now, socket.typed_at + TYPING_SECONDS)
        self._replies.mention(
            Message(
                kind="typing",
                site_key=socket.site_key,
                visitor_id=socket.visitor_id,
                at=self._clock(),
                session_id=socket.session_id,
                token_hash=socket.token_hash,
            )
        )

    def _expect(self, socket: Socket) -> None:
        """Take a tab as left, unless it has another socket soon."""
        if not socket.visitor_id:
            return

        def leave() -> None:
            self._leaving.discard(timer)
            self._leave(socket)

        timer = self._loop.call_later(REOPEN_SECONDS, leave)
        self._leaving.add(timer)

    def _leave(self, socket: Socket) -> None:
        if self._sockets.has_tab(socket.site_key, socket.visitor_id, socket.tab_id):
            return
        batch = EventBatch(
            site_key=socket.site_key,
            visitor_id=socket.visitor_id,
            session_id=socket.session_id,
            tab_id=socket.tab_id,
            n=0,
            events=[Event(kind="leave", at=self._clock(), view=socket.view)],
        )
        partition = partition_of(socket.session_id, EVENTS.partitions)
        self._appender.note(partition, encode(batch))


async def _next(receive: Receive) -> Said:
    message = await receive()
    if message["type"] == "websocket.disconnect":
        raise Closed(message.get("code", 0))
    return read_frame(message.get("text") or "")


async def _close(send: Send, code: int, reason: str) -> None:
    with suppress(OSError):  # it has gone by itself
        await send({"type": "websocket.close", "code": code, "reason": reason[:100]})


async def _deny(send: Send, rejected: Rejected) -> None:
    headers = [(b"x-hozir-rejected", rejected.reason.encode())]
    if rejected.retry_after is not None:
        headers.append((b"retry-after", str(rejected.retry_after).encode()))
    start = {"type": "websocket.http.response.start", "status": rejected.status}
    await send(start | {"headers": headers})
    await send({"type": "websocket.http.response.body", "body": b""})
