"""What a record does to a conversation."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.conversation_records import Refused
from api.conversation_rules import AHEAD_MS, Book
from hozir.contract.message import LONGEST_MESSAGE, Message
from tests.conversing import OTHER_TOKEN, TOKEN, from_team, from_visitor, hash_of, new_id
from tests.factories import NOON, an_id
from warehouse.conversations import Conversation

OTHER = {"token_hash": hash_of(OTHER_TOKEN)}


def visitor_says(book: Book, message: Message, at: int = NOON) -> None:
    book.take(message, from_visitor=True, logged_at=at)


def team_says(book: Book, message: Message, at: int = NOON) -> None:
    book.take(message, from_visitor=False, logged_at=at)


def newest(book: Book, visitor: int = 1) -> Conversation:
    return book.newest("demo", an_id("v", visitor))


def refused(book: Book, message: Message, *, by_visitor: bool = True) -> str:
    before = dict(book.changed), list(book.lines), list(book.marks)
    with pytest.raises(Refused) as refusal:
        book.take(message, from_visitor=by_visitor, logged_at=NOON)
    assert (dict(book.changed), book.lines, book.marks) == before
    return refusal.value.reason


def test_a_visitor_opens_a_conversation_and_the_team_answers() -> None:
    book = Book([], [])
    visitor_says(book, from_visitor("Salom"))
    opened = newest(book)
    assert (opened.status, opened.started_by, opened.unread) == ("waiting", "visitor", 1)
    assert opened.waiting_since == NOON
    assert opened.token_hash == hash_of(TOKEN)
    visitor_says(book, from_visitor("Bormisiz?", at=NOON + 9), NOON + 9)
    assert newest(book).waiting_since == NOON
    team_says(book, from_team("Ha", conversation_id=opened.conversation_id))
    answered = newest(book)
    assert (answered.status, answered.unread, answered.waiting_since) == ("active", 0, None)
    assert [line.number for line in book.lines] == [1, 2, 3]
    assert answered.messages == 3


def test_the_id_of_a_conversation_follows_from_the_log() -> None:
    books = [Book([], []), Book([], [])]
    said = from_visitor("Salom")
    for book in books:
        visitor_says(book, said)
    assert newest(books[0]) == newest(books[1])


def test_what_comes_twice_counts_once() -> None:
    book = Book([], [])
    said, answer = from_visitor("Salom"), from_team("Salom", visitor=2)
    for _ in range(2):
        visitor_says(book, said)
        team_says(book, answer)
    # Sent back by the visitor under the same id it is no word of theirs.
    visitor_says(book, from_visitor("Salom", visitor=2, id=answer.id))
    assert len(book.lines) == 2
    again = Book(book.changed.values(), book.lines)
    visitor_says(again, said)
    team_says(again, answer)
    assert (again.changed, again.lines) == ({}, [])


def test_the_same_id_of_another_visitor_is_another_message() -> None:
    book = Book([], [])
    visitor_says(book, said := from_visitor("Salom"))
    visitor_says(book, from_visitor("Salom", visitor=2, id=said.id))
    assert len(book.lines) == 2


@pytest.mark.parametrize("kind", ["message", "delivered", "seen"])
def test_the_first_browser_that_answers_or_acknowledges_claims_it(kind: Any) -> None:
    book = Book([], [])
    team_says(book, told := from_team("Salom"))
    assert newest(book).token_hash is None
    word = {"id": told.id} if kind != "message" else {"text": "Ha"}
    visitor_says(book, from_visitor(kind=kind, conversation_id=told.conversation_id, **word))
    assert newest(book).token_hash == hash_of(TOKEN)
    for more in ({"kind": "message", "text": "Men ham"}, {"kind": "seen", "id": told.id}):
        other = from_visitor(conversation_id=told.conversation_id, **(more | OTHER))
        assert refused(book, other) == "other_browser"


def test_another_browser_that_names_no_conversation_gets_its_own() -> None:
    book = Book([], [])
    visitor_says(book, from_visitor("Salom"))
    first = newest(book)
    visitor_says(book, from_visitor("Men boshqaman", **OTHER))
    assert newest(book).conversation_id != first.conversation_id
    visitor_says(book, from_visitor("Yana men"))
    assert [line.conversation_id for line in book.lines].count(first.conversation_id) == 2


def test_nothing_lands_in_the_conversation_of_another_visitor_or_site() -> None:
    book = Book([], [])
    visitor_says(book, from_visitor("Salom"))
    named = {"conversation_id": newest(book).conversation_id}
    assert refused(book, from_visitor("Men", visitor=2, **named)) == "other_visitor"
    assert refused(book, from_visitor("Men", site_key="other", **named)) == "other_visitor"
    team = from_team("Men", visitor=2, **named)
    assert refused(book, team, by_visitor=False) == "other_visitor"


def test_a_conversation_that_is_not_known_opens_for_who_names_it() -> None:
    book = Book([], [])
    visitor_says(book, from_visitor("Salom", conversation_id=an_id("c", 8)))
    assert newest(book).conversation_id == an_id("c", 8)


def test_delivered_and_seen_only_ever_grow() -> None:
    book = Book([], [])
    first, second = from_team("Bir"), from_team("Ikki")
    team_says(book, first)
    team_says(book, second)
    for kind, told, expected in (
        ("delivered", first, (1, 0)),
        ("seen", second, (2, 2)),
        ("delivered", first, (2, 2)),
        ("seen", first, (2, 2)),
    ):
        visitor_says(book, from_visitor(kind=kind, id=told.id))
        assert (newest(book).delivered, newest(book).seen) == expected
    assert [mark.state for mark in book.marks] == ["delivered", "seen"]


def test_what_the_team_has_read_is_counted_by_the_visitors_messages() -> None:
    book = Book([], [])
    said = [from_visitor(text) for text in "abc"]
    for one in said:
        visitor_says(book, one)
    named = {"conversation_id": newest(book).conversation_id}
    team_says(book, from_team(kind="seen", **named, id=said[1].id))
    assert newest(book).unread == 1
    team_says(book, from_team(kind="seen", **named, id=said[0].id))
    assert newest(book).unread == 1
    assert newest(book).status == "waiting"


def test_closing_assigning_and_opening_again() -> None:
    book = Book([], [])
    visitor_says(book, from_visitor("Salom"))
    named = {"conversation_id": newest(book).conversation_id}
    to_olim = {"user_id": 5, "to": "Olim"}
    team_says(book, from_team(kind="assigned", **named, detail=to_olim))
    team_says(book, from_team(kind="closed", **named))
    assert (newest(book).status, newest(book).assignee_id) == ("closed", "5")
    assert (newest(book).waiting_since, newest(book).unread) == (None, 0)
    team_says(book, from_team(kind="closed", **named))
    team_says(book, from_team(kind="assigned", **named, detail=to_olim))
    notes = [(line.author, line.text, line.detail) for line in book.lines[1:]]
    assert notes == [
        ("system", "", {"what": "assigned", "by": "Malika", "to": "Olim"}),
        ("system", "", {"what": "closed", "by": "Malika"}),
    ]
    team_says(book, from_team(kind="reopened", **named))
    assert newest(book).status == "active"
    team_says(book, from_team(kind="closed", **named))
    visitor_says(book, from_visitor("Yana bir savol"))
    assert (newest(book).status, newest(book).closed_at) == ("waiting", None)
    assert (newest(book).messages, newest(book).unread) == (2, 1)
    team_says(book, from_team(kind="assigned", **named, detail={"user_id": None}))
    assert newest(book).assignee_id is None


def test_a_claim_of_the_team_takes_what_nobody_has() -> None:
    book = Book([], [])
    team_says(book, from_team("Salom"))
    team_says(book, from_team(kind="claimed", token_hash=hash_of(TOKEN)))
    team_says(book, from_team(kind="claimed", token_hash=hash_of(OTHER_TOKEN)))
    assert newest(book).token_hash == hash_of(TOKEN)


def test_a_clock_that_runs_ahead_does_not_take_the_conversation_with_it() -> None:
    book = Book([], [])
    visitor_says(book, from_visitor("a", at=NOON + AHEAD_MS + 1))
    visitor_says(book, from_visitor("b", at=NOON - 5))
    assert [line.happened_at for line in book.lines] == [NOON, NOON - 5]
    assert newest(book).last_at == NOON


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (from_visitor("a", id="m_1"), "bad_id"),
        (from_visitor("a", site_key="no site"), "bad_id"),
        (from_visitor("a", conversation_id="c_1"), "bad_id"),
        (from_visitor("a", token_hash=""), "no_token"),
        (from_visitor("a", token_hash="A" * 64), "no_token"),
        (from_visitor(" \n "), "bad_text"),
        (from_visitor("a" * (LONGEST_MESSAGE + 1)), "bad_text"),
        (from_visitor(kind="seen"), "unknown_conversation"),
        (from_visitor(kind="closed"), "wrong_topic"),
        (from_visitor("a", author="agent"), "wrong_topic"),
    ],
)
def test_what_a_browser_may_not_say_changes_nothing(message: Message, reason: str) -> None:
    assert refused(Book([], []), message) == reason


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (from_team("a", conversation_id=""), "unknown_conversation"),
        (from_team(kind="closed"), "unknown_conversation"),
        (from_team("", id=new_id()), "bad_text"),
        (from_team("a", author="visitor"), "wrong_topic"),
        (from_team(kind="delivered"), "unknown_conversation"),
    ],
)
def test_what_makes_no_sense_of_the_team_changes_nothing(message: Message, reason: str) -> None:
    assert refused(Book([], []), message, by_visitor=False) == reason


_texts = st.sampled_from(["", " ", "a", "'; DROP", "\x00", "😀", "x" * 2_001])
_ids = st.sampled_from(["", "m_1", an_id("m", 1), an_id("m", 2), an_id("c", 1), "\x00"])
_messages = st.builds(
    Message,
    kind=st.sampled_from(
        ["message", "delivered", "seen", "typing", "assigned", "closed", "reopened", "claimed"]
    ),
    site_key=st.sampled_from(["demo", "other", "", "a b"]),
    visitor_id=st.sampled_from([an_id("v", 1), an_id("v", 2), "", "v"]),
    id=_ids,
    conversation_id=st.sampled_from(["", an_id("c", 1), an_id("c", 2), "c_", "x"]),
    at=st.sampled_from([0, -1, NOON, 2**62]),
    author=st.sampled_from(["visitor", "agent", "bot", "system"]),
    text=_texts,
    token_hash=st.sampled_from(["", hash_of(TOKEN), hash_of(OTHER_TOKEN), "x"]),
    detail=st.sampled_from([{}, {"user_id": 1}, {"user_id": "1", "to": 5}, {"proactive": True}]),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(_messages, st.booleans()), max_size=12))
def test_whatever_comes_the_books_stay_in_order(said: list[tuple[Message, bool]]) -> None:
    book = Book([], [])
    for message, by_visitor in said:
        try:
            book.take(message, from_visitor=by_visitor, logged_at=NOON)
        except Refused:
            continue
    for one in book.changed.values():
        lines = [line for line in book.lines if line.conversation_id == one.conversation_id]
        assert [line.number for line in lines] == list(range(1, one.lines + 1))
        assert {(line.site_key, line.visitor_id) for line in lines} == {
            (one.site_key, one.visitor_id)
        }
        assert 0 <= one.unread <= one.from_visitor <= one.messages <= one.lines
        assert one.seen <= one.delivered <= one.lines
        assert (one.waiting_since is not None) == (one.status == "waiting")
