"""Requests and answers over plain ASGI, for what is asked too often for a framework."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Message, Receive, Send

from hozir.contract.codec import encode
from hozir.contract.site import Site
from ingest.origin import is_allowed
from ingest.reject import Rejected

READ = frozenset(
    (b"origin", b"x-forwarded-for", b"content-length", b"user-agent", b"x-hozir-simulated")
)
JSON = (b"content-type", b"application/json")
LONGEST_NUMBER = 20
"""Digits of a length that may be meant seriously."""
Headers = list[tuple[bytes, bytes]]


class Gone(Exception):
    """The client went away before its body was here."""


def headers_of(scope_headers: Iterable[tuple[bytes, bytes]]) -> dict[bytes, str]:
    """Return the headers that the door reads."""
    return {name: value.decode("latin-1") for name, value in scope_headers if name in READ}


async def read_body(length: str, receive: Receive, most: int) -> bytes | None:
    """Return the body, None if it is longer than `most`. Raises Gone."""
    # Python reads no number of thousands of digits, zeros in front included.
    if length.isdigit() and (len(length) > LONGEST_NUMBER or int(length) > most):
        return None
    body = b""
    while True:
        message: Message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += bytes(message.get("body", b""))
        if len(body) > most:
            return None
        if not message.get("more_body", False):
            return body


def cors(origin: str, site: Site | None) -> Headers:
    """Return the headers that let a page of the site read the answer; none for another page."""
    if not origin or site is None or not is_allowed(origin, site):
        return []
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-methods", b"POST"),
        (b"access-control-allow-headers", b"content-type"),
        (b"access-control-expose-headers", b"x-hozir-rejected, retry-after"),
        (b"access-control-max-age", b"86400"),
        (b"vary", b"origin"),
    ]


async def refuse(send: Send, rejected: Rejected, headers: Headers) -> None:
    """Answer with a reason."""
    headers = [*headers, (b"x-hozir-rejected", rejected.reason.encode()), JSON]
    if rejected.retry_after is not None:
        headers.append((b"retry-after", str(rejected.retry_after).encode()))
    body = encode({"error": {"reason": rejected.reason, "message": rejected.detail}})
    await answer(send, rejected.status, headers, body)


async def answer(send: Send, status: int, headers: Headers, body: bytes = b"") -> None:
    """Answer."""
    length = [] if status == 204 else [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})


def whole_seconds(wait: float) -> int:
    """Return how long to wait, as `Retry-After` wants it."""
    return max(1, round(wait + 0.5))
