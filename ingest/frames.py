"""The frames of a downlink: what a page says of itself, and what the door tells it."""

from __future__ import annotations

import msgspec

from hozir.contract.codec import encode
from hozir.contract.errors import Unreadable
from hozir.contract.ids import SESSION_ID, TAB_ID, VISITOR_ID
from hozir.contract.message import Message
from ingest.admit import MAX_NUMBER
from ingest.admit_reply import TOKEN


class Said(msgspec.Struct, frozen=True):
    """A frame of the browser: who it is, or `{"typing": true}`."""

    visitor_id: str = ""
    session_id: str = ""
    tab_id: str = ""
    view: int = 0
    token: str = ""
    typing: bool = False


_SAID = msgspec.json.Decoder(Said)


def read_frame(text: str) -> Said:
    """Read a frame of the browser. Raises Unreadable."""
    try:
        said = _SAID.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Unreadable(str(error)) from error
    if said.typing:
        return said
    for pattern, value in (
        (VISITOR_ID, said.visitor_id),
        (SESSION_ID, said.session_id),
        (TAB_ID, said.tab_id),
        (TOKEN, said.token),
    ):
        if not pattern.fullmatch(value):
            raise Unreadable("an id is not of its form")
    if not 0 <= said.view <= MAX_NUMBER:
        raise Unreadable("view is out of bounds")
    return said


def frame_of(record: Message) -> str | None:
    """Return what a page is told of a record, as text; None if it is not for visitors."""
    match record.kind:
        case "message" if record.author != "system":
            told = {
                "kind": "message",
                "id": record.id,
                "conversation_id": record.conversation_id,
                "at": record.at,
                "author": record.author,
                "author_name": record.author_name,
                "text": record.text,
            }
        case "typing":
            told = {"kind": "typing", "author_name": record.author_name}
        case "seen":
            told = {"kind": "seen", "id": record.id}
        case "closed":
            told = {"kind": "closed"}
        case _:
            return None
    return encode(told).decode()
