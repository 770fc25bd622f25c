"""From a thread that makes a file to the request that sends it, with little in between.

The thread writes as into a file and waits while the client reads slowly; so a file of any size
takes the memory of a few pieces. When the client goes away, the thread's next write raises Gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
from collections.abc import AsyncIterator

PIECE = 256 * 1024
"""Bytes handed over at once."""
PIECES = 4
STALLED_SECONDS = 60.0
"""How long a client may read nothing."""
_LOOK_SECONDS = 0.5


class Gone(Exception):
    """Nobody reads any more."""


class Outlet(io.RawIOBase):
    """A file for one writing thread and one reader in the loop that makes it."""

    def __init__(self, *, piece: int = PIECE, stalled_seconds: float = STALLED_SECONDS) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._pieces: asyncio.Queue[bytes | BaseException | None] = asyncio.Queue()
        self._room = threading.Semaphore(PIECES)
        self._gone = threading.Event()
        self._piece = piece
        self._stalled_seconds = stalled_seconds
        self._waiting = bytearray()
        self._written = 0

    def writable(self) -> bool:
        """It is there to be written."""
        return True

    def tell(self) -> int:
        """Return how many bytes were written."""
        return self._written

    def write(self, data: object) -> int:
        """Write bytes; waits while there is no room. Raises Gone."""
        view = memoryview(data).cast("B")  # type: ignore[arg-type]
        self._waiting += view
        self._written += len(view)
        while len(self._waiting) >= self._piece:
            piece = bytes(self._waiting[: self._piece])
            del self._waiting[: self._piece]
            self._hand_over(piece)
        return len(view)

    def finish(self) -> None:
        """Hand over what is left, and say that this was all. Raises Gone."""
        if self._waiting:
            self._hand_over(bytes(self._waiting))
            self._waiting.clear()
        self._put(None)

    def fail(self, error: BaseException) -> None:
        """Say that no more comes, and why."""
        self._put(error)

    def give_up(self) -> None:
        """Let the writer know that nobody reads any more. From any thread."""
        self._gone.set()
        self._room.release()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield what was written. Raises what the writer failed by."""
        while (piece := await self._pieces.get()) is not None:
            if isinstance(piece, BaseException):
                raise piece
            self._room.release()
            yield piece

    def _hand_over(self, piece: bytes) -> None:
        waited = 0.0
        while not self._room.acquire(timeout=_LOOK_SECONDS):
            waited += _LOOK_SECONDS
            if waited >= self._stalled_seconds:
                raise Gone
        if self._gone.is_set():
            raise Gone
        self._put(piece)

    def _put(self, piece: bytes | BaseException | None) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile
            self._loop.call_soon_threadsafe(self._pieces.put_nowait, piece)
