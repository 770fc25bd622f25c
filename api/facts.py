"""What the team knows of a visitor beside the visit itself: contact, person, conversation."""

from __future__ import annotations

import msgspec


class Facts(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """Shown with every visitor. Kept in the live view; changed by `Hub.tell_facts` alone."""

    contact_id: str | None = None
    name: str | None = None
    """Of the contact."""
    email: str | None = None
    """Of the contact."""
    person_id: str | None = None
    """Of the verified person whose browser it is."""
    conversation_id: str | None = None
    """The conversation that is open, or was last."""
    contacted_session: str | None = None
    """The session that the team wrote into last."""
    chatting: bool = False
    """Whether the visitor has written in a conversation that is open."""


NOTHING = Facts()
