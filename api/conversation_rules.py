"""What a record does to a conversation: rules alone, without a clock, a log or a database.

A browser is known by its token's hash. A conversation belongs to the first browser of its visitor
that acknowledges, replies or asks for it; what another sends never lands there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

from msgspec.structs import replace

from api.conversation_records import (
    Refused,
    check_text,
    is_token_hash,
    line_id,
    new_conversation_id,
    session_of,
)
from hozir.contract.ids import CONVERSATION_ID, SITE_KEY, VISITOR_ID
from hozir.contract.message import Message
from warehouse.conversations import Conversation, Known, Line

AHEAD_MS = 60_000
"""How far a door's clock may run ahead of the log's."""


class Mark(NamedTuple):
    """How far a browser has a conversation: up to the message of `id`."""

    conversation_id: str
    id: str
    state: Literal["delivered", "seen"]


class Typing(NamedTuple):
    """Somebody writes."""

    site_key: str
    conversation_id: str
    by_visitor: bool
    name: str
    at: int


class Book:
    """The conversations that some records concern, and what the records did to them."""

    def __init__(self, conversations: Iterable[Conversation], lines: Iterable[Line]) -> None:
        self.before = {one.conversation_id: one for one in conversations}
        """As they stood; what is opened here is missing."""
        self.changed: dict[str, Conversation] = {}
        self.lines: list[Line] = []
        """New ones, in order."""
        self.marks: list[Mark] = []
        self.typing: list[Typing] = []
        self._all = dict(self.before)
        self._of_visitor: dict[tuple[str, str], list[str]] = {}
        for one in self.before.values():
            self._of_visitor.setdefault(_whose(one), []).append(one.conversation_id)
        self._known: set[Known] = set()
        self._lines: dict[tuple[str, str], Line] = {}
        for line in lines:
            self._remember(line)

    def newest(self, site_key: str, visitor_id: str) -> Conversation:
        """Return the newest conversation of a visitor who has one."""
        return self._all[self._of_visitor[site_key, visitor_id][-1]]

    def take(self, message: Message, *, from_visitor: bool, logged_at: int) -> None:
        """Let a record do what it does; what is known already does nothing. Raises Refused."""
        if not SITE_KEY.fullmatch(message.site_key) or not VISITOR_ID.fullmatch(message.visitor_id):
            raise Refused("bad_id")
        at = message.at if 0 < message.at <= logged_at + AHEAD_MS else logged_at
        known = Known(message.site_key, message.visitor_id, message.kind, line_id(message))
        if known in self._known:
            return
        if from_visitor:
            self._from_visitor(message, at)
        else:
            self._from_team(message, at)

    def _from_visitor(self, message: Message, at: int) -> None:
        kinds = ("message", "delivered", "seen", "typing")
        if message.kind not in kinds or message.author != "visitor":
            raise Refused("wrong_topic")
        if not is_token_hash(message.token_hash):
            raise Refused("no_token")
        found = self._of_browser(message)
        if message.kind == "message":
            check_text(message)
            if found is None:
                found = self._opened(message, "visitor", at)
            self._keep(replace(self._say(found, message, at), token_hash=message.token_hash))
        elif found is None:
            raise Refused("unknown_conversation")
        elif message.kind == "typing":
            self._note_typing(found, message, at, by_visitor=True)
        else:
            self._acknowledge(found, message)

    def _of_browser(self, message: Message) -> Conversation | None:
        """Return the conversation that a browser means; None for a new one."""
        named = self._named(message)
        if named is not None:
            if named.token_hash not in (None, message.token_hash):
                raise Refused("other_browser")
            return named
        if message.conversation_id:
            return None
        ids = self._of_visitor.get((message.site_key, message.visitor_id), [])
        return meant([self._all[one] for one in ids], message.token_hash)

    def _acknowledge(self, found: Conversation, message: Message) -> None:
        line = self._lines.get((found.conversation_id, message.id))
        if line is None or line.author == "visitor":
            raise Refused("unknown_message")
        seen = line.number if message.kind == "seen" else found.seen
        after = replace(
            found,
            token_hash=message.token_hash,
            delivered=max(found.delivered, line.number),
            seen=max(found.seen, seen),
        )
        if (after.delivered, after.seen) != (found.delivered, found.seen):
            state: Literal["delivered", "seen"] = "seen" if message.kind == "seen" else "delivered"
            self.marks.append(Mark(found.conversation_id, line.id, state))
        self._keep(after)

    def _from_team(self, message: Message, at: int) -> None:
        if message.author == "visitor":
            raise Refused("wrong_topic")
        found = self._named(message)
        if found is None:
            if message.kind != "message" or not message.conversation_id:
                raise Refused("unknown_conversation")
            check_text(message)
            found = self._opened(message, message.author, at)
        if message.kind == "message":
            check_text(message)
            self._keep(self._say(found, message, at))
        elif message.kind == "typing":
            self._note_typing(found, message, at, by_visitor=False)
        elif message.kind == "seen":
            self._read(found, message)
        elif message.kind == "claimed":
            if not is_token_hash(message.token_hash):
                raise Refused("no_token")
            if found.token_hash is None:
                self._keep(replace(found, token_hash=message.token_hash))
        elif message.kind in ("assigned", "closed", "reopened"):
            self._handle(found, message, at)
        else:
            raise Refused("wrong_topic")

    def _read(self, found: Conversation, message: Message) -> None:
        line = self._lines.get((found.conversation_id, message.id))
        if line is None:
            raise Refused("unknown_message")
        if line.number > found.team_read:
            self._keep(
                replace(found, team_read=line.number, team_read_from_visitor=line.from_visitor)
            )

    def _handle(self, found: Conversation, message: Message, at: int) -> None:
        """Assign, close or open again; nothing if it is so already."""
        note: dict[str, Any] = {"what": message.kind, "by": message.author_name or None}
        if message.kind == "closed":
            after = replace(
                found,
                status="closed",
                closed_at=at,
                waiting_since=None,
                # Who closes has read: what is put away calls nobody any more.
                team_read=found.lines,
                team_read_from_visitor=found.from_visitor,
            )
            same = found.status == "closed"
        elif message.kind == "reopened":
            after = replace(found, status="active", closed_at=None)
            same = found.status != "closed"
        else:
            user_id, name = message.detail.get("user_id"), message.detail.get("to")
            assignee = str(user_id) if isinstance(user_id, int) else None
            after = replace(found, assignee_id=assignee)
            same = found.assignee_id == assignee
            note["to"] = name if isinstance(name, str) else None
        if not same:
            self._keep(self._add_line(after, message, at, note))

    def _say(self, found: Conversation, message: Message, at: int) -> Conversation:
        """Return the conversation with a message more."""
        by_visitor = message.author == "visitor"
        number, from_visitor = found.lines + 1, found.from_visitor + by_visitor
        after = replace(
            found,
            last_at=max(at, found.last_at),
            closed_at=None,
            messages=found.messages + 1,
            from_visitor=from_visitor,
        )
        if by_visitor:
            waiting = found.waiting_since if found.status == "waiting" else at
            after = replace(after, status="waiting", waiting_since=waiting)
        else:
            after = replace(
                after,
                status="active",
                waiting_since=None,
                # Who answers has read.
                team_read=number,
                team_read_from_visitor=from_visitor,
                contacted_session=session_of(message) or found.contacted_session,
            )
        return self._add_line(after, message, at, {})

    def _add_line(
        self, found: Conversation, message: Message, at: int, note: dict[str, Any]
    ) -> Conversation:
        line = Line(
            conversation_id=found.conversation_id,
            site_key=found.site_key,
            visitor_id=found.visitor_id,
            number=found.lines + 1,
            kind=message.kind,
            id=line_id(message),
            happened_at=at,
            author="system" if note else message.author,
            author_id=message.author_id or None,
            author_name=None if message.author == "visitor" else message.author_name or None,
            text="" if note else message.text,
            session_id=session_of(message),
            proactive=not note and message.detail.get("proactive") is True,
            from_visitor=found.from_visitor,
            detail=note,
        )
        self._remember(line)
        self.lines.append(line)
        return replace(found, lines=line.number)

    def _opened(self, message: Message, author: Any, at: int) -> Conversation:
        conversation_id = message.conversation_id or new_conversation_id(message)
        opened = Conversation(
            conversation_id=conversation_id,
            site_key=message.site_key,
            visitor_id=message.visitor_id,
            status="active",
            started_by=author,
            opened_at=at,
            last_at=at,
        )
        self._of_visitor.setdefault(_whose(opened), []).append(conversation_id)
        return opened

    def _named(self, message: Message) -> Conversation | None:
        if not message.conversation_id:
            return None
        if not CONVERSATION_ID.fullmatch(message.conversation_id):
            raise Refused("bad_id")
        found = self._all.get(message.conversation_id)
        if found is not None and _whose(found) != (message.site_key, message.visitor_id):
            raise Refused("other_visitor")
        return found

    def _note_typing(
        self, found: Conversation, message: Message, at: int, *, by_visitor: bool
    ) -> None:
        name = "" if by_visitor else message.author_name
        self.typing.append(Typing(found.site_key, found.conversation_id, by_visitor, name, at))

    def _keep(self, after: Conversation) -> None:
        if self._all.get(after.conversation_id) != after:
            self._all[after.conversation_id] = self.changed[after.conversation_id] = after

    def _remember(self, line: Line) -> None:
        self._known.add(Known(line.site_key, line.visitor_id, line.kind, line.id))
        self._lines[line.conversation_id, line.id] = line


def meant(conversations: list[Conversation], token_hash: str) -> Conversation | None:
    """Return which of a visitor's conversations, oldest first, a browser means that names none.

    The newest of its own, or the newest that nobody has claimed.
    """
    for owner in (token_hash, None):
        for one in reversed(conversations):
            if one.token_hash == owner:
                return one
    return None


def _whose(conversation: Conversation) -> tuple[str, str]:
    return conversation.site_key, conversation.visitor_id
