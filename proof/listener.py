"""One live socket of a screen, and what it said at which moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from urllib.parse import urlencode

import msgspec
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.stack import Stack


class Page(msgspec.Struct):
    """The page that a visitor is said to be on."""

    url: str


class Shown(msgspec.Struct):
    """A visitor as a screen gets them."""

    id: str
    is_online: bool
    presence: str
    current_page: Page | None = None


class Data(msgspec.Struct):
    """What is read of a frame."""

    visitor_id: str = ""
    visitor: Shown | None = None
    visitors: list[Shown] = []


class Frame(msgspec.Struct):
    """One frame of the live socket."""

    event: str
    seq: int
    data: Data


_decode = msgspec.json.Decoder(Frame).decode


class Listener:
    """Listens while the block runs. `take` gets each frame and when it came, in its thread."""

    def __init__(
        self, system: Stack, site: str, take: Callable[[float, Frame], None], **query: str
    ) -> None:
        with system.client() as client:
            cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        self._take = take
        self._connection = connect(
            f"{system.web.replace('http', 'ws')}/api/v1/live?{urlencode({'site': site, **query})}",
            additional_headers={"Cookie": cookie},
            origin=Origin(system.web),
            max_size=None,
        )
        self.gaps = 0
        """Frames that the screen would have had to ask for again."""
        self._seq = 0
        self._begun = threading.Event()

    def __enter__(self) -> Listener:
        self._socket = self._connection.__enter__()
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        if not self._begun.wait(30):
            raise RuntimeError("the live socket says nothing")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._connection.__exit__(None, None, None)
        self._thread.join()

    def _listen(self) -> None:
        try:
            for message in self._socket:
                at = time.time()
                frame = _decode(message)
                self.gaps += frame.seq != self._seq + 1
                self._seq = frame.seq
                self._take(at, frame)
                self._begun.set()
        except ConnectionClosed:
            pass
