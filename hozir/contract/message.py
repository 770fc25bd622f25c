"""What visitors and the team say to each other: records of topics `messages` and `replies`.

Each topic has one writer: web writes `messages`, for visitors; the door writes `replies`, for the
team. Web reads both and keeps the conversation; the door reads `messages` and delivers.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

MessageKind = Literal[
    "message",  # text; from either side
    "delivered",  # replies: the visitor's browser has `id`, and all before it
    "seen",  # replies: it was on the visitor's screen; messages: the team has read up to `id`
    "typing",  # somebody writes now; kept nowhere
    "assigned",  # messages: the conversation is whose `detail.user_id` says; not for visitors
    "closed",  # messages: the team has closed the conversation
    "reopened",  # messages: and opened it again
    "claimed",  # messages: it belongs to the browser of `token_hash` now; not for visitors
]

Author = Literal["visitor", "agent", "bot", "system"]

LONGEST_PROACTIVE = 500
"""Characters of a message that opens a conversation."""
LONGEST_MESSAGE = 2_000
"""Characters of any other message."""


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One word of a conversation. `id` and `kind` name it: what comes twice counts once."""

    kind: MessageKind
    site_key: str
    visitor_id: str
    id: str = ""
    """`m_<uuid>`, made by who writes. For delivered and seen: the newest message that is meant."""
    conversation_id: str = ""
    """`c_<uuid>`, made by web. Empty in a reply whose browser knows of none yet."""
    at: int = 0
    """Milliseconds, by the clock of the process that took it in."""
    author: Author = "visitor"
    author_id: str = ""
    """Agents: the user's id. Never shown to visitors."""
    author_name: str = ""
    text: str = ""
    session_id: str = ""
    """replies: the session as the browser claims it; messages: the concluded one, if known."""
    token_hash: str = ""
    """SHA-256 of the secret that the browser keeps. In `messages`: only a browser that shows it
    may be told; empty while the conversation has been claimed by none."""
    detail: dict[str, Any] = {}
