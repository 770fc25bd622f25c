"""Messages that no browser of their visitor has acknowledged: rules, without log and clock.

All of it follows from what the log says, so a door that starts anew reads it there again.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from hozir.contract.message import Message

MOST_MESSAGES = 20_000
MOST_OF_ONE = 50
"""Messages that wait for one visitor. Whoever has missed more finds them in the history."""
KEPT_MS = 14 * 24 * 60 * 60_000
"""A visitor who has not come back for so long will see them when the chat is opened."""
MOST_CLAIMS = 20_000


class Held(NamedTuple):
    """A message that waits."""

    message: Message
    offset: int
    """Of its record."""
    replies: int
    """Acknowledgements of it come at this offset of the replies or later."""


class Waiting:
    """What waits for whom, and whose secret opened which conversation."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, Held] = OrderedDict()
        self._visitors: dict[tuple[str, str], list[str]] = {}
        self._claims: OrderedDict[str, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def has(self, site_key: str, visitor_id: str) -> bool:
        """Return whether something waits for a visitor."""
        return (site_key, visitor_id) in self._visitors

    def of(self, site_key: str, visitor_id: str, token_hash: str) -> list[Message]:
        """Return what a browser of this visitor that shows this secret may have, in order."""
        held = (self._held[name].message for name in self._visitors.get((site_key, visitor_id), ()))
        return [message for message in held if self.may_have(message, token_hash)]

    def may_have(self, message: Message, token_hash: str) -> bool:
        """Return whether a record is for a browser with this secret."""
        claimed = message.token_hash or self._claims.get(message.conversation_id, "")
        return not claimed or claimed == token_hash

    def send(self, message: Message, offset: int, replies: int) -> None:
        """Note a record of the team."""
        if message.token_hash and message.conversation_id:
            self._claim(message.conversation_id, message.token_hash)
        if message.kind != "message" or message.author == "visitor":
            return
        if not message.id or message.id in self._held:
            return
        self._held[message.id] = Held(message, offset, replies)
        names = self._visitors.setdefault((message.site_key, message.visitor_id), [])
        names.append(message.id)
        if len(names) > MOST_OF_ONE:
            self._drop(names[0])
        if len(self._held) > MOST_MESSAGES:
            self._drop(next(iter(self._held)))

    def reply(self, reply: Message) -> int:
        """Note a record of a visitor; return how many messages it acknowledges."""
        if reply.kind not in ("delivered", "seen") or reply.id not in self._held:
            return 0
        newest = self._held[reply.id].message
        key = (reply.site_key, reply.visitor_id)
        if (newest.site_key, newest.visitor_id) != key:
            return 0
        if not self.may_have(newest, reply.token_hash):
            return 0
        if newest.conversation_id:
            self._claim(newest.conversation_id, reply.token_hash)
        names = self._visitors[key]
        known = names[: names.index(reply.id) + 1]
        theirs = [
            name for name in known if self.may_have(self._held[name].message, reply.token_hash)
        ]
        for name in theirs:
            self._drop(name)
        return len(theirs)

    def forget_before(self, at: int) -> None:
        """Let go of what has waited since before `at`, in milliseconds."""
        while self._held:
            name, held = next(iter(self._held.items()))
            if held.message.at >= at:
                return
            self._drop(name)

    def oldest(self) -> Held | None:
        """Return what has waited longest."""
        return next(iter(self._held.values()), None)

    def _drop(self, name: str) -> None:
        message = self._held.pop(name).message
        key = (message.site_key, message.visitor_id)
        names = self._visitors[key]
        names.remove(name)
        if not names:
            del self._visitors[key]

    def _claim(self, conversation_id: str, token_hash: str) -> None:
        self._claims[conversation_id] = token_hash
        self._claims.move_to_end(conversation_id)
        if len(self._claims) > MOST_CLAIMS:
            self._claims.popitem(last=False)
