"""What the team does in conversations: a record in the log, and a wait until it is stored.

So who asked reads what was written, and a crash in between leaves nothing half done.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, time
from typing import Any, Literal
from uuid import uuid4
from zlib import crc32
from zoneinfo import ZoneInfo

from api.accounts import Accounts, User, write_audit
from api.conversation_rules import meant
from api.correspondent import Correspondent
from api.problem import Problem, log_unavailable
from api.sign_in import Person
from hozir.bus.log import Log
from hozir.contract.codec import encode
from hozir.contract.errors import LogFull, LogUnavailable
from hozir.contract.ids import CONVERSATION_ID
from hozir.contract.message import Message
from hozir.contract.site import Site
from hozir.contract.topics import MESSAGES
from warehouse import conversation_reads as reads
from warehouse.connection import Connection
from warehouse.conversations import Conversation, Line

SETTLE_SECONDS = 3.0
MOST_PROACTIVE = 5
"""Proactive messages to one visitor in one day of the site."""
HISTORY = 200
"""Messages that a browser gets back."""

Voice = Literal["agent", "bot"]


def shown_name(user: User | Person) -> str:
    """Return what visitors and colleagues call somebody of the team."""
    return user.name or user.email.partition("@")[0]


def new_id(prefix: str) -> str:
    """Return an id that nobody has."""
    return f"{prefix}_{uuid4()}"


class Conversations:
    """Safe to use from several threads. Everything here may raise Problem, and may wait."""

    def __init__(
        self,
        log: Log,
        accounts: Accounts,
        warehouse: Connection,
        correspondent: Correspondent,
        clock: Callable[[], int],
    ) -> None:
        self._log = log
        self._accounts = accounts
        self._warehouse = warehouse
        self._correspondent = correspondent
        self._clock = clock
        self._locks = [threading.Lock() for _ in range(64)]

    def find(self, site_key: str, conversation_id: str) -> Conversation:
        """Return a conversation of a site."""
        found = None
        if CONVERSATION_ID.fullmatch(conversation_id):
            found = reads.conversation(self._warehouse, site_key, conversation_id)
        if found is None:
            raise Problem(404, "unknown_conversation", "There is no such conversation here.")
        return found

    def of(self, site_key: str, visitor_ids: Collection[str]) -> list[Conversation]:
        """Return the conversations of some visitors, newest first."""
        return reads.conversations_of(self._warehouse, site_key, visitor_ids)

    def open(
        self, person: Person, site: Site, visitor_id: str, text: str, voice: Voice, session_id: str
    ) -> Message:
        """Write to a visitor from outside a conversation; it goes on in theirs or opens one.

        Raises Problem when five went to the visitor today.
        """
        _check_chat(site)
        lock = self._locks[crc32(f"{site.site_key}\n{visitor_id}".encode()) % len(self._locks)]
        with lock:
            # What is in the log but not stored yet counts too.
            self._settle()
            self._check_day(site, visitor_id)
            known = self.of(site.site_key, [visitor_id])
            found = max(known, key=lambda one: (one.opened_at, one.conversation_id), default=None)
            message = Message(
                kind="message",
                site_key=site.site_key,
                visitor_id=visitor_id,
                id=new_id("m"),
                conversation_id=found.conversation_id if found else new_id("c"),
                at=self._clock(),
                text=text,
                session_id=session_id,
                token_hash=(found.token_hash if found else None) or "",
                detail={"proactive": True},
                **_author(person, site, voice),
            )
            self._append(person, message, "message_sent", length=len(text), voice=voice)
            with suppress(Problem):
                # It is durable and on its way: an error would have it sent a second time.
                self._settle()
        return message

    def say(
        self,
        person: Person,
        site: Site,
        found: Conversation,
        message_id: str,
        text: str,
        voice: Voice,
        session_id: str,
    ) -> Line:
        """Write in a conversation. Repeating it with the same id does nothing more."""
        _check_chat(site)
        if reads.line(self._warehouse, found.conversation_id, message_id) is None:
            message = self._message(
                found, "message", id=message_id, text=text, session_id=session_id,
                **_author(person, site, voice),
            )  # fmt: skip
            self._append(person, message, "message_sent", length=len(text), voice=voice)
            self._settle()
        line = reads.line(self._warehouse, found.conversation_id, message_id)
        if line is None or line.kind != "message" or line.author_id != str(person.id):
            raise Problem(400, "malformed", "id: another message has it.")
        return line

    def type(self, person: Person, site: Site, found: Conversation) -> None:
        """Say that somebody of the team writes. Does not wait."""
        if site.chat.enabled:
            self._append(None, self._message(found, "typing", **_author(person, site, "agent")))

    def read(self, person: Person, site: Site, found: Conversation, number: int) -> None:
        """Say that the team has read up to a number."""
        line = reads.last_from_visitor(self._warehouse, found.conversation_id, number)
        if line is not None and line.number > found.team_read:
            author = _author(person, site, "agent")
            self._append(None, self._message(found, "seen", id=line.id, **author))
            self._settle()

    def handle(
        self,
        person: Person,
        site: Site,
        found: Conversation,
        kind: Literal["assigned", "closed", "reopened"],
        assignee: User | None = None,
    ) -> None:
        """Close, open again, or give to somebody; nothing if it is so already."""
        if kind == "assigned":
            same = found.assignee_id == (str(assignee.id) if assignee else None)
        else:
            same = (found.status == "closed") == (kind == "closed")
        if same:
            return
        detail: dict[str, Any] = {}
        if kind == "assigned":
            detail["user_id"] = assignee.id if assignee else None
            detail["to"] = shown_name(assignee) if assignee else None
        author = _author(person, site, "agent")
        message = self._message(found, kind, id=new_id("m"), detail=detail, **author)
        told = {"assignee": detail["user_id"]} if detail else {}
        self._append(person, message, f"conversation_{kind}", **told)
        self._settle()

    def history(
        self, site_key: str, visitor_id: str, token: str
    ) -> tuple[Conversation, list[Line]] | None:
        """Return what a browser may read again; None if there is nothing that is its own.

        A conversation of its visitor that nobody has claimed becomes its own.
        """
        token_hash = hashlib.sha256(token.encode()).hexdigest()
        found = self._of_browser(site_key, visitor_id, token_hash)
        if found is not None and found.token_hash is None:
            claim = self._message(
                found, "claimed", id=new_id("m"), author="system", token_hash=token_hash
            )
            self._append(None, claim)
            self._settle()
            found = self._of_browser(site_key, visitor_id, token_hash)
        if found is None or found.token_hash != token_hash:
            return None
        lines = reads.lines(self._warehouse, found.conversation_id, HISTORY)
        return found, [line for line in lines if line.kind == "message"]

    def _of_browser(self, site_key: str, visitor_id: str, token_hash: str) -> Conversation | None:
        known = self.of(site_key, [visitor_id])
        known.sort(key=lambda one: (one.opened_at, one.conversation_id))
        return meant(known, token_hash)

    def _message(self, found: Conversation, kind: Any, **more: Any) -> Message:
        values = {"token_hash": found.token_hash or ""} | more
        return Message(
            kind=kind,
            site_key=found.site_key,
            visitor_id=found.visitor_id,
            conversation_id=found.conversation_id,
            at=self._clock(),
            **values,
        )

    def _append(
        self, person: Person | None, message: Message, action: str = "", **detail: Any
    ) -> None:
        """Append a record; with an action it is audited, or neither happens."""
        record = [(0, encode(message))]
        try:
            if person is None:
                self._log.append(MESSAGES, record)
                return
            with self._accounts.open() as store:
                write_audit(
                    store,
                    person.id,
                    action,
                    message.visitor_id,
                    site=message.site_key,
                    conversation_id=message.conversation_id,
                    **detail,
                )
                store.flush()
                self._log.append(MESSAGES, record)
        except (LogUnavailable, LogFull):
            raise log_unavailable("Messages cannot be kept") from None

    def _settle(self) -> None:
        try:
            if self._correspondent.settle(SETTLE_SECONDS):
                return
        except LogUnavailable:
            pass
        raise log_unavailable("Messages cannot be kept")

    def _check_day(self, site: Site, visitor_id: str) -> None:
        zone = ZoneInfo(site.timezone)
        today = datetime.fromtimestamp(self._clock() / 1000, zone).date()
        midnight = datetime.combine(today, time.min, zone)
        since = int(midnight.timestamp() * 1000)
        sent = reads.proactive_since(self._warehouse, site.site_key, visitor_id, since)
        if sent >= MOST_PROACTIVE:
            raise Problem(
                429,
                "too_many_messages",
                f"{MOST_PROACTIVE} messages went to this visitor today; tomorrow is another day.",
            )


def _author(person: Person, site: Site, voice: Voice) -> dict[str, Any]:
    name = shown_name(person) if voice == "agent" else site.chat.bot_name or site.name
    return {"author": voice, "author_id": str(person.id), "author_name": name}


def _check_chat(site: Site) -> None:
    if not site.chat.enabled:
        raise Problem(409, "chat_off", "The pages of this site show no messages.")
