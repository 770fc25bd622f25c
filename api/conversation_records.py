"""A record of a conversation by itself: its names, what it must hold, and why it may be refused."""

from __future__ import annotations

import hashlib
import re
from typing import Literal
from uuid import UUID

from hozir.contract.ids import MESSAGE_ID, SESSION_ID
from hozir.contract.message import LONGEST_MESSAGE, Message

RefusedReason = Literal[
    "bad_id",
    "bad_text",  # empty, or too long
    "no_token",  # a browser must say which one it is
    "other_browser",  # the conversation belongs to another
    "other_visitor",  # the conversation is of another visitor or site
    "unknown_conversation",
    "unknown_message",  # acknowledged, but never sent
    "wrong_topic",  # not for this side to say
]

_TOKEN_HASH = re.compile(r"[0-9a-f]{64}")


class Refused(Exception):
    """The record changes nothing, and is set aside."""

    def __init__(self, reason: RefusedReason) -> None:
        super().__init__(reason)
        self.reason: RefusedReason = reason


def line_id(message: Message) -> str:
    """Return the id of a record; one that came without is named by what it says."""
    if MESSAGE_ID.fullmatch(message.id):
        return message.id
    seed = f"{message.kind}\n{message.conversation_id}\n{message.at}".encode()
    return f"m_{UUID(bytes=hashlib.blake2b(seed, digest_size=16).digest())}"


def new_conversation_id(message: Message) -> str:
    """Return the id of the conversation that a message opens.

    Of what is in the log alone, so that reading it again opens the same one.
    """
    seed = f"{message.site_key}\n{message.visitor_id}\n{message.id}".encode()
    return f"c_{UUID(bytes=hashlib.blake2b(seed, digest_size=16).digest())}"


def is_token_hash(text: str) -> bool:
    """Tell whether it can be what is kept of a browser's secret."""
    return _TOKEN_HASH.fullmatch(text) is not None


def check_text(message: Message) -> None:
    """Raise Refused for a message without an id or a text."""
    if not MESSAGE_ID.fullmatch(message.id):
        raise Refused("bad_id")
    if not message.text.strip() or len(message.text) > LONGEST_MESSAGE:
        raise Refused("bad_text")


def session_of(message: Message) -> str | None:
    """Return the visit that a record names."""
    return message.session_id if SESSION_ID.fullmatch(message.session_id) else None
