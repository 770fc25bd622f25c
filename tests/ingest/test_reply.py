"""What a visitor writes: from a claim to a record, or a reason."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hozir.contract.codec import encode
from hozir.contract.errors import Unreadable
from hozir.contract.ids import VISITOR_ID
from hozir.contract.message import LONGEST_MESSAGE, Message
from hozir.contract.site import Chat, Site
from ingest.admit_reply import ClaimedReply, ReplyClaim, admit_reply, decode_reply, hash_of
from ingest.frames import frame_of, read_frame
from ingest.reject import Rejected
from tests.batches import T0, an_id

SITE = Site("shop", "Shop", domains=["shop.example"])
TOKEN = "0123456789abcdef" * 2


def a_reply(**more: Any) -> ClaimedReply:
    fields: dict[str, Any] = {
        "kind": "message",
        "visitor_id": an_id("v", 1),
        "token": TOKEN,
        "id": an_id("m", 1),
        "text": "Salom",
    }
    return ClaimedReply(**(fields | more))


def admitted(
    reply: ClaimedReply, site: Site = SITE, origin: str = "https://shop.example"
) -> Message | Rejected:
    return admit_reply(ReplyClaim(reply, site, origin, T0))


def test_reply_is_believed_and_its_secret_is_kept_as_a_hash() -> None:
    record = admitted(a_reply(session_id=an_id("s", 1), conversation_id=an_id("c", 1)))
    assert isinstance(record, Message)
    assert (record.site_key, record.at, record.author, record.text) == (
        "shop",
        T0,
        "visitor",
        "Salom",
    )
    assert record.token_hash == hash_of(TOKEN)
    assert TOKEN.encode() not in encode(record)


def test_text_keeps_its_lines_and_addresses_and_loses_what_nobody_sees() -> None:
    text = "  Aziza@Example.com \r\n+998 90 123-45-67\u202e\x00 x\r\n\r\n👩‍💻 oʻz\ud800 "
    record = admitted(a_reply(text=text))
    assert isinstance(record, Message)
    assert record.text == "Aziza@Example.com\n+998 90 123-45-67  x\n\n👩‍💻 oʻz\ufffd"


@given(st.text(max_size=3_000))
def test_any_text_is_bounded_and_can_be_written(text: str) -> None:
    record = admitted(a_reply(text=text))
    if isinstance(record, Message):
        assert 1 <= len(record.text) <= LONGEST_MESSAGE
        encode(record)
    else:
        assert record.reason in ("no_text", "too_long")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"visitor_id": "v_1"}, "bad_id"),
        ({"token": "x"}, "bad_id"),
        ({"token": TOKEN.upper()}, "bad_id"),
        ({"id": ""}, "bad_id"),
        ({"id": an_id("c", 1)}, "bad_id"),
        ({"session_id": "<b>"}, "bad_id"),
        ({"conversation_id": "c"}, "bad_id"),
        ({"text": ""}, "no_text"),
        ({"text": " \u200b\n "}, "no_text"),
        ({"text": "x" * 2_001}, "too_long"),
        ({"text": "x" * 20_000}, "too_long"),
    ],
)
def test_every_no_has_its_reason(change: dict[str, str], reason: str) -> None:
    result = admitted(a_reply(**change))
    assert isinstance(result, Rejected)
    assert result.reason == reason


def test_only_pages_of_a_site_with_chat_may_reply() -> None:
    elsewhere = admitted(a_reply(), origin="https://evil.example")
    assert isinstance(elsewhere, Rejected)
    assert elsewhere.reason == "origin_not_allowed"
    off = admitted(a_reply(), site=msgspec.structs.replace(SITE, chat=Chat(enabled=False)))
    assert isinstance(off, Rejected)
    assert off.reason == "chat_off"


def test_acknowledgement_carries_no_text() -> None:
    record = admitted(a_reply(kind="seen", text="x" * 9_999))
    assert isinstance(record, Message)
    assert (record.kind, record.text) == ("seen", "")


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b'{"typing":true}')
@example(b'{"typing":true,"view":-1}')
@example(b'{"view":1}')
def test_anything_is_a_frame_of_its_form_or_unreadable(body: bytes) -> None:
    with contextlib.suppress(Unreadable):
        said = read_frame(body.decode("latin-1"))
        assert said.typing or VISITOR_ID.fullmatch(said.visitor_id)


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(b'{"kind":"message"}')
def test_anything_is_a_reply_that_can_be_judged_or_unreadable(body: bytes) -> None:
    with contextlib.suppress(Unreadable):
        assert isinstance(admitted(decode_reply(body)), Message | Rejected)


def test_visitors_are_told_what_is_for_them_and_nobodys_id() -> None:
    record = Message(
        "message",
        "shop",
        an_id("v", 1),
        an_id("m", 1),
        an_id("c", 1),
        T0,
        "agent",
        "17",
        "Malika",
        "Salom",
        token_hash="a" * 64,
    )
    assert msgspec.json.decode(frame_of(record) or "") == {
        "kind": "message",
        "id": an_id("m", 1),
        "conversation_id": an_id("c", 1),
        "at": T0,
        "author": "agent",
        "author_name": "Malika",
        "text": "Salom",
    }
    for kind in ("assigned", "reopened", "delivered"):
        assert frame_of(msgspec.structs.replace(record, kind=kind)) is None
    assert frame_of(msgspec.structs.replace(record, author="system")) is None
