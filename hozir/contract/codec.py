"""Bytes to types and back: the only JSON in or out of the log.

An empty record on topic `events` is a tick: it says nothing but the time it was appended at, and
so that the log of its partition is complete up to there.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from hozir.contract.beacon import Beacon
from hozir.contract.change import Change
from hozir.contract.errors import Unreadable
from hozir.contract.event import EventBatch
from hozir.contract.message import Message
from hozir.contract.site import Site
from hozir.contract.topics import DeadLetter, Mark

TICK = b""

encode = msgspec.json.Encoder().encode

_BEACON = msgspec.json.Decoder(Beacon)
_EVENTS = msgspec.json.Decoder(EventBatch)
_CHANGE = msgspec.json.Decoder(Change)
_SITE = msgspec.json.Decoder(Site)
_MESSAGE = msgspec.json.Decoder(Message)
_MARK = msgspec.json.Decoder(Mark)
_DEAD_LETTER = msgspec.json.Decoder(DeadLetter)

T = TypeVar("T")


def _decode(decoder: msgspec.json.Decoder[T], value: bytes) -> T:
    try:
        return decoder.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error


def decode_beacon(value: bytes) -> Beacon:
    """Read a beacon. Raises Unreadable."""
    return _decode(_BEACON, value)


def decode_events(value: bytes) -> EventBatch:
    """Read a record of topic `events` that is not a tick. Raises Unreadable."""
    return _decode(_EVENTS, value)


def decode_change(value: bytes) -> Change:
    """Read a record of topic `changes`. Raises Unreadable."""
    return _decode(_CHANGE, value)


def decode_site(value: bytes) -> Site:
    """Read a record of topic `sites`. Raises Unreadable."""
    return _decode(_SITE, value)


def decode_message(value: bytes) -> Message:
    """Read a record of topic `messages` or `replies`. Raises Unreadable."""
    return _decode(_MESSAGE, value)


def decode_mark(value: bytes) -> Mark:
    """Read a record of topic `progress`. Raises Unreadable."""
    return _decode(_MARK, value)


def decode_dead_letter(value: bytes) -> DeadLetter:
    """Read a record of topic `dead_letters`. Raises Unreadable."""
    return _decode(_DEAD_LETTER, value)
