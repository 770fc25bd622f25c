"""Both sides of a conversation for tests: records as the door and as web write them."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from typing import Any
from uuid import UUID

from hozir.bus.log import Log
from hozir.contract.codec import encode
from hozir.contract.message import Message
from hozir.contract.topics import MESSAGES, REPLIES, Topic
from tests.factories import NOON, an_id

TOKEN, OTHER_TOKEN = f"{1:032x}", f"{2:032x}"
_numbers = count(1)


def hash_of(token: str) -> str:
    """Return what is kept of a browser's secret."""
    return sha256(token.encode()).hexdigest()


def new_id(prefix: str = "m") -> str:
    """Return an id that no other test has."""
    return f"{prefix}_{UUID(int=2**100 + next(_numbers))}"


def from_visitor(
    text: str = "", kind: Any = "message", *, visitor: int = 1, **more: Any
) -> Message:
    """Return a record as the door writes it."""
    values: dict[str, Any] = {
        "site_key": "demo",
        "id": new_id(),
        "at": NOON,
        "token_hash": hash_of(TOKEN),
    } | more
    return Message(kind=kind, visitor_id=an_id("v", visitor), text=text, **values)


def from_team(text: str = "", kind: Any = "message", *, visitor: int = 1, **more: Any) -> Message:
    """Return a record as web writes it."""
    values: dict[str, Any] = {
        "site_key": "demo",
        "id": new_id(),
        "conversation_id": an_id("c", visitor),
        "at": NOON,
        "author": "agent",
        "author_id": "1",
        "author_name": "Malika",
    } | more
    return Message(kind=kind, visitor_id=an_id("v", visitor), text=text, **values)


def write(log: Log, topic: Topic, *messages: Message) -> None:
    """Append records."""
    log.append(topic, [(0, encode(message)) for message in messages])


def reply(log: Log, *messages: Message) -> None:
    """Append records as the door does."""
    write(log, REPLIES, *messages)


def tell(log: Log, *messages: Message) -> None:
    """Append records as web does."""
    write(log, MESSAGES, *messages)
