"""What waits for whom: the rules, without a log."""

from __future__ import annotations

from typing import Any

from hozir.contract.message import Message
from ingest.waiting import MOST_OF_ONE, Waiting
from tests.batches import T0, an_id

MINE, OTHER = "a" * 64, "b" * 64


def sent(number: int, **more: Any) -> Message:
    fields: dict[str, Any] = {
        "kind": "message",
        "site_key": "demo",
        "visitor_id": an_id("v", 1),
        "id": an_id("m", number),
        "conversation_id": an_id("c", 1),
        "at": T0 + number,
        "author": "agent",
        "text": f"{number}",
    }
    return Message(**(fields | more))


def acknowledged(number: int, token_hash: str = MINE, kind: Any = "delivered", **more: Any) -> Any:
    return sent(number, kind=kind, author="visitor", text="", token_hash=token_hash, **more)


def holding(*messages: Message) -> Waiting:
    waiting = Waiting()
    for offset, message in enumerate(messages):
        waiting.send(message, offset, 0)
    return waiting


def texts(waiting: Waiting, token_hash: str = MINE) -> list[str]:
    return [message.text for message in waiting.of("demo", an_id("v", 1), token_hash)]


def test_message_waits_in_order_until_it_is_acknowledged_with_all_before_it() -> None:
    waiting = holding(sent(1), sent(2), sent(3))
    assert waiting.has("demo", an_id("v", 1))
    assert not waiting.has("shop", an_id("v", 1))
    assert texts(waiting) == ["1", "2", "3"]
    assert waiting.reply(acknowledged(2)) == 2
    assert texts(waiting) == ["3"]
    assert waiting.reply(acknowledged(3, kind="seen")) == 1
    assert not waiting.has("demo", an_id("v", 1))
    assert waiting.oldest() is None


def test_what_comes_twice_waits_once_and_what_is_no_message_does_not_wait() -> None:
    waiting = holding(sent(1), sent(1), sent(2, kind="typing"), sent(3, author="visitor"))
    assert texts(waiting) == ["1"]
    assert waiting.reply(acknowledged(1)) == 1
    assert waiting.reply(acknowledged(1)) == 0


def test_first_browser_that_acknowledges_has_the_conversation_for_itself() -> None:
    waiting = holding(sent(1), sent(2))
    assert texts(waiting, OTHER) == ["1", "2"], "it is claimed by none"
    waiting.reply(acknowledged(1, MINE))
    assert texts(waiting, OTHER) == []
    assert texts(waiting, MINE) == ["2"]
    waiting.send(sent(3), 3, 0)
    assert texts(waiting, OTHER) == []
    assert waiting.reply(acknowledged(3, OTHER)) == 0
    assert texts(waiting, MINE) == ["2", "3"]


def test_claim_that_web_tells_counts() -> None:
    waiting = holding(sent(1), sent(2, token_hash=MINE))
    assert texts(waiting, OTHER) == []
    assert texts(waiting, MINE) == ["1", "2"]


def test_another_conversation_of_the_visitor_is_claimed_by_itself() -> None:
    waiting = holding(sent(1), sent(2, conversation_id=an_id("c", 2)))
    waiting.reply(acknowledged(1, MINE))
    assert texts(waiting, OTHER) == ["2"]


def test_nobody_acknowledges_for_another_visitor() -> None:
    waiting = holding(sent(1))
    assert waiting.reply(acknowledged(1, visitor_id=an_id("v", 2))) == 0
    assert waiting.reply(acknowledged(1, site_key="shop")) == 0
    assert texts(waiting) == ["1"]


def test_few_messages_wait_for_one_visitor_and_old_ones_go() -> None:
    waiting = holding(*(sent(number) for number in range(MOST_OF_ONE + 10)))
    assert len(waiting) == MOST_OF_ONE
    waiting.forget_before(T0 + MOST_OF_ONE + 8)
    assert texts(waiting) == [str(MOST_OF_ONE + 8), str(MOST_OF_ONE + 9)]
    oldest = waiting.oldest()
    assert oldest is not None
    assert oldest.offset == MOST_OF_ONE + 8
