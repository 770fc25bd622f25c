"""The one gate before pages, REST and WebSocket alike: nobody passes without a sign-in.

Pure ASGI, so that it guards what is mounted as it guards our own routes. Pages send to the
sign-in, the API answers 401, sockets are refused; and when a sign-in ends, its sockets end.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from math import ceil
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.asking import Asking, tell_asking
from api.body import MOST_BODY, bounded, says_too_much
from api.pace import Pace, asked_site_key
from api.problem import problem
from api.sign_in import COOKIE, Person, SignIns
from api.tokens import bearer_token
from hozir.address import mask_address

PERSON = "hozir.person"
"""Where the gate leaves who is signed in, in the scope."""

OPEN = frozenset(
    {
        *("/sign-in", "/sign-in.css", "/sign-in.js", "/healthz", "/livez"),
        *("/api/v1/session", "/api/v1/session/ways"),
        *("/api/v1/oidc/start", "/api/v1/oidc/callback"),
        # The door asks for a visitor, whose token is looked at there.
        "/api/v1/chat/history",
        # The command line of this machine shows a secret, which is looked at there.
        *("/api/v1/snapshots", "/api/v1/snapshots/days", "/api/v1/retention"),
    }
)
"""What nobody needs a sign-in for."""
API = "/api/v1/"
FIRST = "/api/v1/session"
"""What is open to somebody who must change the password first."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
SIGNED_OUT = 4401
UNKNOWN_SITE = 4404
COME_AGAIN = 1012
"""What one may do has changed: the screen opens a new socket."""
LOOK_AGAIN_SECONDS = 60.0
"""How often the sign-in of an open socket is looked up again."""

HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"SAMEORIGIN"),
    (b"referrer-policy", b"same-origin"),
)
"""On every answer, beside the content policy."""


@dataclass(eq=False)
class _Held:
    """An open socket."""

    person: Person
    site_key: str
    """The one that it shows; empty: none in particular."""
    code: int = SIGNED_OUT
    """Why it was ended."""
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def end(self, code: int) -> None:
        """Close it, from any thread."""
        self.code = code
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            self.loop.call_soon_threadsafe(self.ended.set)

    def look(self, person: Person | None) -> None:
        """Close it unless it is still theirs."""
        if person is None:
            self.end(SIGNED_OUT)
        elif self.site_key and not person.may_see(self.site_key):
            self.end(UNKNOWN_SITE)
        elif person.role != self.person.role:
            self.end(COME_AGAIN)


class Gate:
    """Wraps the whole application."""

    def __init__(
        self,
        app: ASGIApp,
        sign_ins: SignIns,
        *,
        metrics_open: bool = False,
        pace: Pace | None = None,
        policy: bytes = b"",
    ) -> None:
        self.inner = app
        self._headers = [*HEADERS, (b"content-security-policy", policy)]
        self._sign_ins = sign_ins
        self._metrics_open = metrics_open
        self._pace = pace or Pace(0, 0)
        self._sockets: set[_Held] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.inner(scope, receive, send)
            return
        send = send if scope["type"] == "websocket" else _send_with(self._headers, send)
        headers = Headers(scope=scope)
        socket = scope["type"] == "websocket"
        if (socket or scope["method"] not in SAFE_METHODS) and not same_origin(headers):
            answer = problem(403, "other_origin", "The request comes from another site.")
            await self._refuse(answer, scope, receive, send)
            return
        if not socket:
            if says_too_much(scope):
                await self._refuse(too_large(), scope, receive, send)
                return
            receive = bounded(receive)
        address = mask_address(scope["client"][0] if scope.get("client") else "") or "unknown"
        tell_asking(Asking(address))
        person = await self._person(headers_token(scope))
        scope[PERSON] = person
        site_key = asked_site_key(scope, person)
        tell_asking(Asking(address, site_key))
        if person is None:
            if self._is_open(scope):
                await self.inner(scope, receive, send)
            else:
                await self._refuse(_turned_away(scope), scope, receive, send)
        elif (held_up := self._held_up(scope, headers, person, site_key)) is not None:
            await self._refuse(held_up, scope, receive, send)
        elif socket:
            await self._hold(person, scope, receive, send)
        else:
            await self.inner(scope, receive, send)

    def end_sockets(self, person: Person) -> None:
        """Close every socket of a sign-in. From any thread."""
        for held in list(self._sockets):
            if held.person.token_hash == person.token_hash:
                held.end(SIGNED_OUT)

    def look_again(self, user_id: int | None = None) -> None:
        """Close the sockets of a user, or of all, that are theirs no longer. Not in the loop."""
        for held in list(self._sockets):
            if user_id is None or held.person.id == user_id:
                held.look(self._sign_ins.person_of_hash(held.person.token_hash))

    def _held_up(
        self, scope: Scope, headers: Headers, person: Person, site_key: str
    ) -> Response | None:
        """Return why somebody who is signed in must not pass now."""
        path: str = scope["path"]
        if not path.startswith(API):
            return None
        own = path == FIRST or path.startswith((f"{FIRST}/", "/api/v1/oidc/"))
        if person.must_change_password and not own:
            return problem(403, "password_due", "Change your password first.")
        if scope["type"] == "http" and (wait := self._pace.wait(headers, person, site_key)):
            again = {"Retry-After": str(ceil(wait))}
            return problem(429, "too_many_requests", "Too many requests; wait a little.", again)
        return None

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
        held = _Held(person, asked_site_key(scope, person))
        self._sockets.add(held)
        watch = asyncio.create_task(self._watch(headers_token(scope), held, send))
        try:
            await self.inner(
                scope, lambda: _receive_until(held.ended, receive), _send_until(held.ended, send)
            )
        finally:
            watch.cancel()
            self._sockets.discard(held)

    async def _watch(self, token: str, held: _Held, send: Send) -> None:
        """Close a socket when it is theirs no longer: at once when told, or when found out."""
        while not held.ended.is_set():
            try:
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await held.ended.wait()
            except TimeoutError:
                held.look(await self._person(token))
        with contextlib.suppress(Exception):  # the other side may have gone already
            await send({"type": "websocket.close", "code": held.code})


def too_large() -> Response:
    """Return the answer to a body that is."""
    return problem(413, "too_large", f"More than {MOST_BODY} bytes.")


def headers_token(scope: Scope) -> str:
    """Return what a request shows to be let in; empty if there is nothing.

    A program's token goes before a cookie, and is not made good by one.
    """
    headers = Headers(scope=scope)
    return bearer_token(headers.get("authorization", "")) or read_cookie(headers.get("cookie", ""))


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


def _send_with(headers: list[tuple[bytes, bytes]], send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *headers]
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
