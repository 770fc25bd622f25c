"""What a visitor's page says in a conversation: a claim becomes a record, or gets a reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

import msgspec

from hozir.contract.errors import Unreadable
from hozir.contract.ids import CONVERSATION_ID, MESSAGE_ID, SESSION_ID, VISITOR_ID
from hozir.contract.message import LONGEST_MESSAGE, Message
from hozir.contract.site import Site
from ingest.clean import clean_lines
from ingest.origin import is_allowed
from ingest.reject import Rejected

TOKEN = re.compile(r"[0-9a-f]{32}")
"""The secret that a browser keeps: who shows it may read what it was told."""


class ClaimedReply(msgspec.Struct, frozen=True):
    """The body of one `POST /w/{site_key}`."""

    kind: Literal["message", "delivered", "seen"]
    visitor_id: str
    token: str
    id: str
    session_id: str = ""
    conversation_id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class ReplyClaim:
    """One reply on its way through the steps."""

    reply: ClaimedReply
    site: Site
    origin: str
    now: int
    """Milliseconds since 1970, by the door's clock."""


ReplyStep = Callable[[ReplyClaim], Rejected | None]

_REPLY = msgspec.json.Decoder(ClaimedReply)


def decode_reply(body: bytes) -> ClaimedReply:
    """Read a reply. Raises Unreadable."""
    try:
        return _REPLY.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def hash_of(token: str) -> str:
    """Return what is kept of a browser's secret."""
    return sha256(token.encode()).hexdigest()


def check_page(site: Site, origin: str) -> Rejected | None:
    """A page of the site, and a site that has chat."""
    if origin and not is_allowed(origin, site):
        return Rejected("origin_not_allowed", origin[:200])
    if not site.chat.enabled:
        return Rejected("chat_off", f"{site.site_key} has no chat")
    return None


def check_reply_page(claim: ReplyClaim) -> Rejected | None:
    """See `check_page`."""
    return check_page(claim.site, claim.origin)


def check_reply_ids(claim: ReplyClaim) -> Rejected | None:
    """Ids have one form. A page may know of no conversation yet, and need not say its session."""
    reply = claim.reply
    for name, pattern, value in (
        ("visitor_id", VISITOR_ID, reply.visitor_id),
        ("token", TOKEN, reply.token),
        ("id", MESSAGE_ID, reply.id),
        ("session_id", SESSION_ID, reply.session_id or None),
        ("conversation_id", CONVERSATION_ID, reply.conversation_id or None),
    ):
        if value is not None and not pattern.fullmatch(value):
            return Rejected("bad_id", name)
    return None


REPLY_STEPS: tuple[ReplyStep, ...] = (check_reply_page, check_reply_ids)


def admit_reply(claim: ReplyClaim) -> Message | Rejected:
    """Return the record of a reply, or why there is none.

    E-mail addresses and numbers in it stay: people give them here on purpose.
    """
    for step in REPLY_STEPS:
        if rejected := step(claim):
            return rejected
    reply = claim.reply
    text = ""
    if reply.kind == "message":
        text = clean_lines(reply.text, LONGEST_MESSAGE)
        if not text:
            return Rejected("no_text")
        if len(text) > LONGEST_MESSAGE:
            return Rejected("too_long", f"more than {LONGEST_MESSAGE} characters")
    return Message(
        kind=reply.kind,
        site_key=claim.site.site_key,
        visitor_id=reply.visitor_id,
        id=reply.id,
        conversation_id=reply.conversation_id,
        at=claim.now,
        text=text,
        session_id=reply.session_id,
        token_hash=hash_of(reply.token),
    )
