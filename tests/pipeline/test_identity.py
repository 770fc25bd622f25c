"""What a new word of the site does to what it said of a visitor before."""

from __future__ import annotations

from typing import Any

import pytest

from hozir.contract.event import Event
from pipeline.identity import identified
from pipeline.sessions import advance
from tests.batches import SECOND, T0, a_batch, page_view

PROVEN = {"id": "7", "name": "Dilnoza", "verified": True}


@pytest.mark.parametrize(
    ("before", "said", "after"),
    [
        ({}, PROVEN, PROVEN),
        (PROVEN, {"name": "Mallory", "verified": False}, PROVEN),
        (PROVEN, {"id": "7", "name": "Mallory", "verified": False}, PROVEN),
        (PROVEN, {"id": "7", "name": "Mallory"}, PROVEN),
        (PROVEN, {"id": "8", "verified": False}, {"id": "8", "verified": False}),
        (PROVEN, {"id": "8", "verified": True}, {"id": "8", "verified": True}),
        (PROVEN, {"id": "7", "email": "d@x.uz", "verified": True}, PROVEN | {"email": "d@x.uz"}),
        ({"id": "7", "name": "Mallory", "verified": False}, {"id": "7", "verified": True},
         {"id": "7", "verified": True}),
        ({"name": "Aziz", "verified": False}, {"id": "7", "verified": False},
         {"name": "Aziz", "id": "7", "verified": False}),
        ({"id": "7", "name": "Aziz", "verified": False}, {"id": "8", "verified": False},
         {"id": "8", "verified": False}),
    ],
)  # fmt: skip
def test_a_word_about_a_visitor(
    before: dict[str, Any], said: dict[str, Any], after: dict[str, Any]
) -> None:
    kept = dict(before)
    assert identified(before, said) == after
    assert before == kept, "what was told already may not be altered"


def test_a_claim_on_a_proven_identity_is_noted_and_moves_nothing() -> None:
    state = advance(None, a_batch(page_view()), T0, [])
    for n, props in ((2, PROVEN), (3, {"id": "7", "name": "Mallory", "verified": False})):
        out: list[Any] = []
        event = Event(kind="identify", at=T0 + n * SECOND, props=props)
        state = advance(state, a_batch(event, n=n), T0 + n * SECOND, out)
    (change,) = out
    assert change.session.identity == PROVEN
    assert change.fact is not None
    assert change.fact.props["name"] == "Mallory"
