"""From stored records and the live view to every open inbox.

Belongs to the event loop, as the hub does; `deliver` alone is called from elsewhere. A screen that
reads slowly holds up nobody: what waits for it is merged by conversation, and beyond a bound it
gets a snapshot instead.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from msgspec.structs import replace

from api.conversation_rules import Typing
from api.conversation_view import user_id_of
from api.correspondent import News
from api.facts import Facts
from api.hub import Hub
from api.present import timestamp
from hozir.contract.change import Change
from warehouse.conversation_reads import Counts
from warehouse.conversations import Conversation, Line

TYPING_MS = 6_000
"""How long somebody who typed is held to be typing."""
TYPISTS_KEPT = 10_000
WAITING_NEWS = 2_000
"""Pieces of news that may wait for one screen."""

_log = logging.getLogger(__name__)
_encode = msgspec.json.Encoder().encode


@dataclass
class Due:
    """What one screen has to be told."""

    snapshot: bool = False
    conversations: dict[str, tuple[Conversation, Line | None]] = field(default_factory=dict)
    """With the newest message of each."""
    lines: list[tuple[Line, Conversation]] = field(default_factory=list)
    marks: dict[tuple[str, str], str] = field(default_factory=dict)
    """(conversation, state) → newest message."""
    typing: dict[tuple[str, str], str] = field(default_factory=dict)
    """(conversation, author) → name."""
    presence: dict[str, str] = field(default_factory=dict)
    """conversation → visitor."""

    def __len__(self) -> int:
        return sum(
            len(some)
            for some in (self.conversations, self.lines, self.marks, self.typing, self.presence)
        )


class Screen:
    """One open inbox."""

    def __init__(self, site_key: str, language: str) -> None:
        self.site_key = site_key
        self.language = language
        self.woken = asyncio.Event()
        self.seq = 0
        self._due = Due(snapshot=True)
        self.woken.set()

    def ask_snapshot(self) -> None:
        """Send everything anew."""
        self._due = Due(snapshot=True)
        self.woken.set()

    def wake(self) -> Due | None:
        """Return where to note news; None if all is sent anew anyway."""
        self.woken.set()
        if len(self._due) >= WAITING_NEWS:
            self.ask_snapshot()
        return None if self._due.snapshot else self._due

    def take(self) -> Due:
        """Return what is due now, and count it as told."""
        self.woken.clear()
        due, self._due = self._due, Due()
        return due

    def frame(self, event: str, data: dict[str, Any]) -> bytes:
        """Return a frame, numbered."""
        self.seq += 1
        return _encode({"event": event, "seq": self.seq, "data": data})


class InboxHub:
    """Tells the hub what the team should know of visitors, and the inboxes all else."""

    def __init__(self, hub: Hub, counts: Mapping[str, Counts]) -> None:
        self._hub = hub
        self._counts = dict(counts)
        self._screens: dict[str, set[Screen]] = {}
        self._typing: OrderedDict[str, int] = OrderedDict()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return sum(len(some) for some in self._screens.values())

    def start(self) -> None:
        """Begin, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._hub.listeners.append(self.hear)

    def stop(self) -> None:
        """End."""
        self._loop = None
        self._hub.listeners.remove(self.hear)

    def open(self, site_key: str, language: str) -> Screen:
        """Return a new screen. Raises TooManySubscribers."""
        self._hub.take_seat(site_key)
        screen = Screen(site_key, language)
        self._screens.setdefault(site_key, set()).add(screen)
        return screen

    def close(self, screen: Screen) -> None:
        """Forget a screen."""
        some = self._screens.get(screen.site_key, set())
        if screen in some:
            some.remove(screen)
            self._hub.leave_seat(screen.site_key)

    def counts(self, site_key: str) -> Counts:
        """Return a site's figures."""
        return self._counts.get(site_key, Counts())

    def is_typing(self, conversation_id: str) -> bool:
        """Tell whether the visitor writes at this moment."""
        return self._typing.get(conversation_id, 0) > self._hub.clock()

    def deliver(self, news: News) -> None:
        """Take news, in order, from any one thread."""
        for (site_key, visitor_id), newest in news.newest.items():
            self._hub.tell_facts(site_key, visitor_id, partial(facts_after, newest))
        for line in news.lines:
            if line.proactive:
                self._hub.announce(
                    line.site_key,
                    line.visitor_id,
                    "proactive_message.sent",
                    {
                        "visitor_id": line.visitor_id,
                        "conversation_id": line.conversation_id,
                        "agent_id": user_id_of(line.author_id),
                        "message": line.text,
                        "timestamp": timestamp(line.happened_at),
                    },
                )
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._take, news)

    def forget(self, gone: Collection[Conversation]) -> None:
        """Count conversations out that are kept no more, and show every inbox of their sites what
        is left. From any thread."""
        self._recount([(one, None) for one in gone])

    def remember(self, back: Collection[Conversation]) -> None:
        """Count conversations in that came back, and show them. From any thread."""
        self._recount([(None, one) for one in back])

    def _recount(self, turns: list[tuple[Conversation | None, Conversation | None]]) -> None:
        def apply() -> None:
            for before, after in turns:
                self._count(before, after)
            for site_key in {one.site_key for turn in turns for one in turn if one is not None}:
                for screen in self._screens.get(site_key, ()):
                    screen.ask_snapshot()

        self._hub.soon(apply)

    def hear(self, change: Change) -> None:
        """Take note of what a visitor does who has a conversation."""
        session = change.session
        screens = self._screens.get(session.site_key)
        if not screens:
            return
        facts = self._hub.view.facts(session.site_key, session.visitor_id)
        if facts.conversation_id is not None:
            for screen in screens:
                if (due := screen.wake()) is not None:
                    due.presence[facts.conversation_id] = session.visitor_id

    def _take(self, news: News) -> None:
        try:
            self._note(news)
        except Exception:
            _log.exception("news of conversations were passed over")

    def _note(self, news: News) -> None:
        for one in news.changed:
            self._count(news.before.get(one.conversation_id), one)
            for due in self._dues(one.site_key):
                last = news.last.get(one.conversation_id)
                due.conversations[one.conversation_id] = one, last
        changed = {one.conversation_id: one for one in news.changed}
        for line in news.lines:
            if line.author == "visitor":
                self._typing.pop(line.conversation_id, None)
            for due in self._dues(line.site_key):
                due.lines.append((line, changed[line.conversation_id]))
        for mark in news.marks:
            for due in self._dues(changed[mark.conversation_id].site_key):
                due.marks[mark.conversation_id, mark.state] = mark.id
        for typing in news.typing:
            self._note_typing(typing)

    def _note_typing(self, typing: Typing) -> None:
        now = self._hub.clock()
        if typing.at + TYPING_MS < now:  # long ago, and read again
            return
        if typing.by_visitor:
            self._typing[typing.conversation_id] = now + TYPING_MS
            self._typing.move_to_end(typing.conversation_id)
            if len(self._typing) > TYPISTS_KEPT:
                self._typing.popitem(last=False)
        author = "visitor" if typing.by_visitor else "agent"
        for due in self._dues(typing.site_key):
            due.typing[typing.conversation_id, author] = typing.name

    def _dues(self, site_key: str) -> list[Due]:
        woken = [screen.wake() for screen in self._screens.get(site_key, ())]
        return [due for due in woken if due is not None]

    def _count(self, before: Conversation | None, after: Conversation | None) -> None:
        for one, sign in ((before, -1), (after, 1)):
            if one is not None:
                counts = self.counts(one.site_key)._asdict()
                counts[one.status] += sign
                counts["unread"] += sign * one.unread
                self._counts[one.site_key] = Counts(**counts)


def facts_without(gone: Collection[str], newest: Conversation | None, facts: Facts) -> Facts:
    """Return what is known of a visitor of whose conversations some are kept no more."""
    if facts.conversation_id not in gone:
        return facts
    if newest is not None:
        return facts_after(newest, facts)
    return replace(facts, conversation_id=None, chatting=False, contacted_session=None)


def facts_after(newest: Conversation, facts: Facts) -> Facts:
    """Return what is known of a visitor whose newest conversation stands as given."""
    return replace(
        facts,
        conversation_id=newest.conversation_id,
        chatting=newest.status != "closed" and newest.from_visitor > 0,
        contacted_session=newest.contacted_session or facts.contacted_session,
    )
