"""How large the body of a request to web may be. Nothing that it is sent comes near."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive, Scope

MOST_BODY = 1024**2
"""Bytes; a statement, a note or a template has some thousands."""
_LONGEST_NUMBER = 20


def says_too_much(scope: Scope) -> bool:
    """Tell whether the request itself says that its body is too large."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            # Python reads no number of thousands of digits, zeros in front included.
            return len(value) > _LONGEST_NUMBER or int(value) > MOST_BODY
    return False


def bounded(receive: Receive) -> Receive:
    """Return the body as it comes, up to its bound; who reads on is told by an HTTPException."""
    left = MOST_BODY

    async def read() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0:
            raise HTTPException(413)
        return message

    return read
