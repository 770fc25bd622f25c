"""How long, and how much, a server listens to a request that does not come to its end.

Uvicorn waits for ever for the next byte of a request, and keeps a header of any length. So a few
connections that send a byte now and then would hold every file descriptor, and one header without
end would take the memory and, growing, the processor.
"""

from __future__ import annotations

import asyncio
from typing import Any

MOST_HEAD = 64 * 1024
"""Bytes of the request line and headers together. Browsers send one or two thousand."""
MOST_REQUEST = 8 * 1024**2
"""Bytes on the wire of one request: chunks of one byte and trailers count."""

_REFUSED = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


def patient_http(seconds: float) -> Any:
    """Return what uvicorn takes as `http`; a request has to be here within `seconds`, body too."""
    try:
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ImportError:  # Windows: h11 bounds its headers by itself
        return "auto"

    class Patient(HttpToolsProtocol):
        """One connection. It is looked at now and then, because a timer per request would cost."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            self._since: float | None = self.loop.time()
            self._in_head = True
            self._came = 0
            self._look_later(seconds)

        def connection_lost(self, exc: Exception | None) -> None:
            self._look.cancel()
            super().connection_lost(exc)

        def on_headers_complete(self) -> None:
            self._in_head = False
            super().on_headers_complete()

        def on_message_complete(self) -> None:
            self._since = None
            self._in_head = True
            self._came = 0
            super().on_message_complete()

        def data_received(self, data: bytes) -> None:
            if self._since is None:
                self._since = self.loop.time()
            self._came += len(data)
            super().data_received(data)
            if self._came > MOST_HEAD and (self._in_head or self._came > MOST_REQUEST):
                self._refuse()

        def handle_websocket_upgrade(self) -> None:
            self._look.cancel()
            super().handle_websocket_upgrade()

        def _look_later(self, wait: float) -> None:
            self._look = self.loop.call_later(wait, self._look_now)

        def _look_now(self) -> None:
            began = self._since
            now = self.loop.time()
            # A line end after a request begins nothing while that one is being answered.
            answers = self.cycle is not None and not (
                self.cycle.more_body or self.cycle.response_complete
            )
            if began is None or answers:
                self._look_later(seconds)
            elif now - began < seconds:
                self._look_later(began + seconds - now)
            else:
                self.transport.abort()

        def _refuse(self) -> None:
            if self.transport.is_closing():
                return
            if self.cycle is None or self.cycle.response_complete:
                self.transport.write(_REFUSED)
                self.transport.close()
            else:
                self.transport.abort()

    return Patient
