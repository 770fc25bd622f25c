"""The open pages that the door has a socket to, by visitor, and how frames go out to them."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.types import Send

from hozir.contract.message import Message

MOST_FRAMES = 64
"""Frames that wait for one page. More than may wait for one visitor who comes back."""


class Socket:
    """One open page. To be made in the task that serves it."""

    __slots__ = (
        "_send",
        "_task",
        "_unsent",
        "_writer",
        "dropped",
        "session_id",
        "shut_by",
        "site_key",
        "tab_id",
        "token_hash",
        "typed_at",
        "view",
        "visitor_id",
    )

    def __init__(self, site_key: str, send: Send) -> None:
        self.site_key = site_key
        self.visitor_id = self.session_id = self.tab_id = self.token_hash = ""
        self.view = 0
        self.typed_at = 0.0
        self.dropped = False
        """True when the page did not read what it was sent, and is given up."""
        self.shut_by: tuple[int, str] | None = None
        """By which code and for what the door closes it; None while it does not."""
        self._send = send
        self._task = asyncio.current_task()
        self._unsent: deque[str] | None = None
        self._writer: asyncio.Task[None] | None = None

    def push(self, frame: str) -> None:
        """Send a frame after those before it, without waiting for the page to read them."""
        if self.dropped:
            return
        if self._unsent is None:
            self._unsent = deque()
        if len(self._unsent) >= MOST_FRAMES:
            self._drop()
            return
        self._unsent.append(frame)
        if self._writer is None:
            self._writer = asyncio.create_task(self._write())

    def stop(self) -> None:
        """Send nothing more."""
        if self._writer is not None:
            self._writer.cancel()

    def shut(self, code: int, reason: str) -> None:
        """Have the task that serves it close it."""
        self.shut_by = code, reason
        if self._task is not None:
            self._task.cancel()

    async def _write(self) -> None:
        try:
            while self._unsent:
                # It is let go after it was sent, so that what fills up is what was not.
                await self._send({"type": "websocket.send", "text": self._unsent[0]})
                self._unsent.popleft()
        except OSError:
            pass  # the page has gone, and who reads from it is told
        finally:
            self._unsent = self._writer = None

    def _drop(self) -> None:
        self.dropped = True
        self.stop()
        if self._task is not None:
            self._task.cancel()


class Sockets:
    """Every open page that has said who it is."""

    def __init__(self) -> None:
        self._visitors: dict[tuple[str, str], list[Socket]] = {}

    def __bool__(self) -> bool:
        return bool(self._visitors)

    def add(self, socket: Socket) -> None:
        """Take a page in."""
        self._visitors.setdefault((socket.site_key, socket.visitor_id), []).append(socket)

    def remove(self, socket: Socket) -> None:
        """Let go of a page, if it is here."""
        key = (socket.site_key, socket.visitor_id)
        there = self._visitors.get(key, [])
        if socket in there:
            there.remove(socket)
            if not there:
                del self._visitors[key]

    def of(self, record: Message) -> list[Socket]:
        """Return the pages of the visitor whom a record is for."""
        return self._visitors.get((record.site_key, record.visitor_id), [])

    def has_tab(self, site_key: str, visitor_id: str, tab_id: str) -> bool:
        """Return whether a tab is open."""
        return any(
            socket.tab_id == tab_id for socket in self._visitors.get((site_key, visitor_id), ())
        )
