"""A small door that speaks the wire of the chat: pages, scripts, beacons, downlinks, replies."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.chromium import PATIENCE
from tracker.script import CHAT, LINK, SCRIPT

LOOK: dict[str, Any] = {
    "title": "Chaqqon Market",
    "colour": "#4f46e5",
    "side": "right",
    "greeting": "",
    "launcher": False,
    "bot_name": "Chaqqon yordamchisi",
    "privacy_notice": "",
    "privacy_url": "https://shop.example/privacy",
}
CONVERSATION = "c_11111111-1111-4111-8111-111111111111"


def message_id(number: int) -> str:
    """Return the id of the n-th message that a test lets the team write."""
    return f"m_00000000-0000-4000-8000-{number:012d}"


class Wire:
    """What the browsers were told and what they said."""

    def __init__(self) -> None:
        self.look = dict(LOOK)
        self.answer: dict[str, Any] | None = {"chat": 1}
        """What beacons are answered; None is 204."""
        self.page_headers: dict[str, str] = {}
        self.attributes = 'data-site="demo"'
        self.body = '<div style="height:2000px"><input id="own"> tall</div>'
        self.refusals = 0
        """How many more posts of messages are answered 503."""
        self.down = False
        """Whether downlinks are refused."""
        self.asked: list[str] = []
        self.hellos: list[dict[str, Any]] = []
        self.typing = 0
        self.posts: list[dict[str, Any]] = []
        self.taken: list[dict[str, Any]] = []
        """The conversation as the server keeps it, oldest first."""
        self.status = "active"
        self.beacons: list[dict[str, Any]] = []
        self.sockets: list[WebSocket] = []
        self._changed = threading.Condition()

        app = Starlette(
            routes=[
                Route("/h.js", lambda request: self._script(request, SCRIPT)),
                Route("/w.js", lambda request: self._script(request, LINK)),
                Route("/chat.js", lambda request: self._script(request, CHAT)),
                Route("/e/demo", self._beacon, methods=["POST"]),
                Route("/w/demo", self._post, methods=["POST"]),
                Route("/w/demo/history", self._history, methods=["POST"]),
                Route("/w/demo/look", self._look),
                WebSocketRoute("/w/demo", self._downlink),
                Route("/{path:path}", self._page),
            ]
        )
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
        config = uvicorn.Config(
            app, log_level="error", ws="websockets-sansio", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._loop: asyncio.AbstractEventLoop | None = None

        async def serve() -> None:
            self._loop = asyncio.get_running_loop()
            await self._server.serve(sockets=[listener])

        self._listener = listener
        self._thread = threading.Thread(target=lambda: asyncio.run(serve()))
        self._thread.start()

    # --- What a test says and waits for. ---

    def say(self, number: int, text: str, **fields: Any) -> dict[str, Any]:
        """Let the team write; every open tab is told."""
        message = {
            "id": message_id(number),
            "conversation_id": CONVERSATION,
            "at": int(time.time() * 1000),
            "author": "agent",
            "author_name": "Malika",
            "text": text,
        } | fields
        self.keep(message)
        self.tell({"kind": "message", **message})
        return message

    def keep(self, message: dict[str, Any]) -> None:
        """Put a message into the history, once."""
        if all(known["id"] != message["id"] for known in self.taken):
            self.taken.append({**message, "number": len(self.taken) + 1})

    def tell(self, frame: dict[str, Any]) -> None:
        """Send a frame to every open tab."""
        for one in list(self.sockets):
            self._run(one.send_text(json.dumps(frame)))

    def cut(self, code: int = 1012) -> None:
        """Close every downlink from this side."""
        for one in list(self.sockets):
            self._run(one.close(code))

    def wait_until(self, holds: Callable[[], object], timeout: float = PATIENCE / 1000) -> None:
        """Wait for something said by a browser that makes `holds` true."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not holds():
                left = deadline - time.monotonic()
                assert left > 0, f"did not come; there are {self.posts} and {self.hellos}"
                self._changed.wait(left)

    def posted(self, kind: str) -> list[dict[str, Any]]:
        """Return what was posted of a kind and taken."""
        return [post for post in self.posts if post["kind"] == kind and post["status"] == 204]

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()

    # --- The server. ---

    def _run(self, work: Any) -> None:
        assert self._loop is not None
        asyncio.run_coroutine_threadsafe(work, self._loop).result(5)

    def _note(self, change: Callable[[], object]) -> None:
        with self._changed:
            change()
            self._changed.notify_all()

    def _script(self, request: Request, script: Any) -> Response:
        self._note(lambda: self.asked.append(request.url.path))
        return Response(script.read_bytes(), media_type="text/javascript")

    def _page(self, request: Request) -> Response:
        if request.url.path == "/favicon.ico":
            return Response(status_code=204)
        return HTMLResponse(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Page</title>'
            '<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<script async nonce="abc" src="{self.origin}/h.js" {self.attributes}></script>'
            f"</head><body>{self.body}</body></html>",
            headers=self.page_headers,
        )

    async def _beacon(self, request: Request) -> Response:
        beacon = json.loads(await request.body())
        self._note(lambda: self.beacons.append(beacon))
        return Response(status_code=204) if self.answer is None else JSONResponse(self.answer)

    async def _look(self, request: Request) -> Response:
        self._note(lambda: self.asked.append(request.url.path))
        return JSONResponse(self.look)

    async def _post(self, request: Request) -> Response:
        post = json.loads(await request.body())
        if post["kind"] == "message" and self.refusals:
            self.refusals -= 1
            status = 503
        else:
            status = 204
        if status == 204 and post["kind"] == "message":
            now = int(time.time() * 1000)
            self.keep(
                {"id": post["id"], "at": now, "author": "visitor", "author_name": ""}
                | {"text": post["text"], "conversation_id": CONVERSATION}
            )
        self._note(lambda: self.posts.append({**post, "status": status}))
        return Response(status_code=status)

    async def _history(self, request: Request) -> Response:
        asked = json.loads(await request.body())
        assert {"visitor_id", "token"} <= asked.keys()
        self._note(lambda: self.asked.append(request.url.path))
        if not self.taken:
            return JSONResponse({"error": {"reason": "unknown", "message": ""}}, 404)
        return JSONResponse(
            {"conversation_id": CONVERSATION, "status": self.status, "messages": self.taken}
        )

    async def _downlink(self, connection: WebSocket) -> None:
        if self.down:
            await connection.close()
            return
        await connection.accept()
        try:
            hello = await connection.receive_json()
            self.sockets.append(connection)
            self._note(lambda: self.hellos.append(hello))
            while True:
                frame = await connection.receive_json()
                if frame.get("typing"):
                    self.typing += 1
                else:
                    self._note(lambda frame=frame: self.hellos.append(frame))  # type: ignore[misc]
        except (WebSocketDisconnect, RuntimeError):
            pass
        finally:
            if connection in self.sockets:
                self._note(lambda: self.sockets.remove(connection))


def visit(page: Page, wire: Wire, path: str = "/") -> None:
    """Open a page and wait for its downlink."""
    tabs = len(wire.sockets)
    page.goto(path)
    wire.wait_until(lambda: len(wire.sockets) > tabs)
