"""What people do in a history, each with its moment in milliseconds since 1970."""

from __future__ import annotations

from typing import Literal, NamedTuple

from hozir.contract.beacon import Beacon


class Sent(NamedTuple):
    """A browser sent a beacon."""

    at: int
    address: str
    user_agent: str
    beacon: Beacon


class Wrote(NamedTuple):
    """A visitor's page said something in a conversation."""

    at: int
    kind: Literal["message", "seen"]
    visitor_id: str
    id: str
    """The message; for seen, the newest that was on the screen."""
    token: str
    session_id: str = ""
    """As the browser claims it."""
    text: str = ""


class Answered(NamedTuple):
    """Somebody of the team wrote to a visitor, or closed the conversation."""

    at: int
    kind: Literal["message", "closed"]
    visitor_id: str
    id: str
    agent: str
    """Who it was: the name stands for an account, as there is none."""
    token: str
    session_id: str = ""
    """The concluded id of the visit, if the visitor was there."""
    text: str = ""
    proactive: bool = False


Deed = Sent | Wrote | Answered
