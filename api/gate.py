"""The one gate before pages, REST and WebSocket alike: nobody passes without a sign-in.

Pure ASGI, so that it guards what is mounted as it guards our own routes. Pages send to the
sign-in, the API answers 401, sockets are refused; and when a sign-in ends, its sockets end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problem import problem
from api.sign_in import COOKIE, Person, SignIns

PERSON = "hozir.person"
"""Where the gate leaves who is signed in, in the scope."""

OPEN = frozenset({"/sign-in", "/sign-in.css", "/sign-in.js", "/api/v1/session", "/healthz"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGNED_OUT = 4401
LOOK_AGAIN_SECONDS = 60.0
"""How often the sign-in of an open socket is looked up again."""

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
)
"""On every answer."""


class Gate:
    """Wraps the whole application."""

    def __init__(self, app: ASGIApp, sign_ins: SignIns, *, metrics_open: bool = False) -> None:
        self.inner = app
        self._sign_ins = sign_ins
        self._metrics_open = metrics_open
        self._sockets: dict[str, set[asyncio.Event]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.inner(scope, receive, send)
            return
        send = send if scope["type"] == "websocket" else _send_guarded(send)
        headers = Headers(scope=scope)
        socket = scope["type"] == "websocket"
        if (socket or scope["method"] not in SAFE_METHODS) and not same_origin(headers):
            answer = problem(403, "other_origin", "The request comes from another site.")
            await self._refuse(answer, scope, receive, send)
            return
        person = await self._person(headers_token(scope))
        scope[PERSON] = person
        if person is None and not self._is_open(scope):
            await self._refuse(_turned_away(scope), scope, receive, send)
        elif socket and person is not None:
            await self._hold(person, scope, receive, send)
        else:
            await self.inner(scope, receive, send)

    def end_sockets(self, person: Person) -> None:
        """Close every socket of a sign-in. Call in the event loop."""
        for ended in self._sockets.get(person.token_hash, set()):
            ended.set()

    async def _person(self, token: str) -> Person | None:
        if not token:
            return None
        known, person = self._sign_ins.known(token)
        return person if known else await run_in_threadpool(self._sign_ins.person, token)

    def _is_open(self, scope: Scope) -> bool:
        path: str = scope["path"]
        if path == "/metrics":
            return self._metrics_open or is_loopback(scope)
        if scope["type"] == "websocket":
            return False
        return path in OPEN or (
            path.startswith("/app/static/") and path.endswith((".woff2", ".svg"))
        )

    async def _refuse(self, answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": SIGNED_OUT})
        else:
            await answer(scope, receive, send)

    async def _hold(self, person: Person, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a socket until either side, or the sign-in, ends it."""
        ended = asyncio.Event()
        sockets = self._sockets.setdefault(person.token_hash, set())
        sockets.add(ended)
        watch = asyncio.create_task(self._watch(headers_token(scope), ended, send))
        try:
            await self.inner(
                scope, lambda: _receive_until(ended, receive), _send_until(ended, send)
            )
        finally:
            watch.cancel()
            sockets.discard(ended)
            if not sockets:
                self._sockets.pop(person.token_hash, None)

    async def _watch(self, token: str, ended: asyncio.Event, send: Send) -> None:
        """Close a socket when its sign-in ends: at once by sign-out, or when found out."""
        while not ended.is_set():
            try:
                await asyncio.wait_for(ended.wait(), LOOK_AGAIN_SECONDS)
            except TimeoutError:
                if await self._person(token) is None:
                    ended.set()
        with contextlib.suppress(Exception):  # the other side may have gone already
            await send({"type": "websocket.close", "code": SIGNED_OUT})


def headers_token(scope: Scope) -> str:
    """Return the sign-in token that a request carries; empty if there is none."""
    return read_cookie(Headers(scope=scope).get("cookie", ""))


def read_cookie(text: str) -> str:
    """Return our cookie's value of a Cookie header; empty if there is none."""
    # SimpleCookie gives up at the first odd cookie, which may be another application's.
    for part in text.split(";"):
        name, _, value = part.strip().partition("=")
        if name == COOKIE:
            with contextlib.suppress(CookieError):
                cookie: SimpleCookie = SimpleCookie(f"{COOKIE}={value}")
                return cookie[COOKIE].value if COOKIE in cookie else ""
    return ""


def same_origin(headers: Headers) -> bool:
    """Tell whether a request comes from our own pages, or from no page at all."""
    origin = headers.get("origin")
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc == headers.get("host")


def is_loopback(scope: Scope) -> bool:
    """Tell whether the client is this very machine."""
    client = scope.get("client")
    try:
        return client is not None and ip_address(client[0]).is_loopback
    except ValueError:
        return False


def _turned_away(scope: Scope) -> Response:
    path: str = scope["path"]
    page = (
        not path.startswith(("/api/v1/", "/metrics", "/_stcore/")) and path != "/api/openapi.json"
    )
    if page and scope.get("method") in ("GET", "HEAD"):
        query = scope.get("query_string", b"").decode("latin-1")
        wanted = quote(path, safe="/") + (f"?{query}" if query else "")
        return RedirectResponse(f"/sign-in?next={quote(wanted, safe='/')}", 303)
    return problem(401, "signed_out", "Sign in first.")


def _send_guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *HEADERS]
        await send(message)

    return guarded


def _send_until(ended: asyncio.Event, send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if not ended.is_set():
            await send(message)

    return guarded


async def _receive_until(ended: asyncio.Event, receive: Receive) -> Message:
    tasks: list[asyncio.Task[Any]] = [
        asyncio.ensure_future(_plain(receive())),
        asyncio.ensure_future(ended.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if not ended.is_set():
            message: Message = tasks[0].result()
            return message
        return {"type": "websocket.disconnect", "code": SIGNED_OUT}
    finally:
        for task in tasks:
            task.cancel()


async def _plain(receiving: Awaitable[Message]) -> Message:
    return await receiving
