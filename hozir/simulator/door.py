"""A small HTTP/1.1 client: many beacons a second over few connections that are kept."""

from __future__ import annotations

import asyncio
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

from hozir.contract.errors import Misconfigured

PATIENCE = 10.0
"""Seconds that an answer may take, as in the tracker."""


class Answer(NamedTuple):
    """What the door said."""

    status: int
    reason: str = ""
    """`X-Hozir-Rejected`."""
    retry_after: float = 0.0


class DoorAway(Exception):
    """The door did not answer; whether it took the beacon is not known."""


class Door:
    """Posts to one address. At most `width` requests are on their way at once."""

    def __init__(self, url: str, width: int = 64) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Misconfigured(f"not an http address: {url}")
        self._host = parts.hostname
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._host_header = parts.netloc.rpartition("@")[2]
        self._path = parts.path.rstrip("/")
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._free = asyncio.Semaphore(width)

    async def post(self, path: str, body: bytes, headers: str) -> Answer:
        """Send one request. `headers` are whole lines. Raises DoorAway."""
        head = (
            f"POST {self._path}{path} HTTP/1.1\r\nHost: {self._host_header}\r\n"
            f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n"
            f"{headers}\r\n"
        )
        async with self._free:
            writer: asyncio.StreamWriter | None = None
            try:
                async with asyncio.timeout(PATIENCE):
                    reader, writer = await self._connection()
                    writer.write(head.encode("latin-1") + body)
                    answer, kept = await _read(reader)
            except (
                OSError,
                TimeoutError,
                EOFError,
                ValueError,
                asyncio.LimitOverrunError,
            ) as error:
                if writer is not None:
                    writer.close()
                raise DoorAway(str(error)) from error
            except asyncio.CancelledError:
                if writer is not None:
                    writer.close()
                raise
            if kept:
                self._idle.append((reader, writer))
            else:
                writer.close()
            return answer

    async def _connection(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof() and not writer.is_closing():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self._host, self._port, ssl=self._tls)

    async def close(self) -> None:
        """Close the connections that are kept."""
        writers = [writer for _, writer in self._idle]
        self._idle.clear()
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> tuple[Answer, bool]:
    """Return the answer, and whether the connection can be used again."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip("\r\n").split("\r\n")
    status = int(first.split(" ", 2)[1])
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    length = headers.get("content-length", "0" if status == 204 else "")
    if length:
        await reader.readexactly(int(length))
    wait = headers.get("retry-after", "")
    answer = Answer(
        status, headers.get("x-hozir-rejected", ""), float(wait) if wait.isdigit() else 0.0
    )
    return answer, bool(length) and headers.get("connection", "").lower() != "close"
