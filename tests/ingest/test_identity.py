"""Who a visitor is: claimed by the page, proven by the site."""

from __future__ import annotations

import hmac
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hozir.contract.beacon import Beacon, ClaimedEvent
from hozir.contract.event import Dimensions, EventBatch
from hozir.contract.site import Site
from ingest.admit import Claim, admit
from ingest.identity import believe_identity
from tests.batches import an_id

SECRET = "bGXhmE3mZsJbTgrw"


def proof_of(identity: str, secret: str = SECRET) -> str:
    return hmac.new(secret.encode(), identity.encode(), "sha256").hexdigest()


@pytest.mark.parametrize("identity", ["42", "user-1", "Жаҳонгир Ўктамов", "oʻqituvchi ✓", "👩‍💻"])
def test_proven_identity_is_verified_and_its_proof_goes_no_further(identity: str) -> None:
    said = {"id": identity, "name": "J", "hash": proof_of(identity)}
    assert believe_identity(said, SECRET) == {"id": identity, "name": "J", "verified": True}


def test_number_is_proven_as_it_is_written() -> None:
    assert believe_identity({"id": 42, "hash": proof_of("42").upper()}, SECRET) == {
        "id": "42",
        "verified": True,
    }


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"id": "42"},
        {"id": "42", "verified": True},
        {"id": "42", "hash": ""},
        {"id": "42", "hash": proof_of("43")},
        {"id": "42", "hash": proof_of("42", "another secret")},
        {"id": "42", "hash": proof_of("42")[:-1]},
        {"id": "42", "hash": 42},
        {"id": "42", "hash": [proof_of("42")]},
        {"id": "42", "hash": "ҳаш"},
        {"id": "42", "hash": "\ud800"},
        {"id": ["42"], "hash": proof_of("42")},
        {"id": True, "hash": proof_of("True")},
        {"id": 4.5, "hash": proof_of("4.5")},
        {"id": None, "hash": proof_of("None")},
        {"id": "", "hash": proof_of("")},
        {"hash": proof_of("")},
    ],
)
def test_anything_else_is_claimed_only(said: dict[str, Any]) -> None:
    kept = believe_identity(said, SECRET)
    assert kept["verified"] is False
    assert "hash" not in kept


@pytest.mark.parametrize("identity", ["admin\u200b", " admin", "admin\n", "a" * 300])
def test_id_that_cleaning_would_make_another_is_not_proven(identity: str) -> None:
    assert believe_identity({"id": identity, "hash": proof_of(identity)}, SECRET)["verified"] is (
        False
    )


def test_site_without_a_secret_proves_nothing() -> None:
    said = {"id": "42", "hash": proof_of("42", "")}
    assert believe_identity(said, "")["verified"] is False


@given(st.text(min_size=1, max_size=80), st.text(max_size=80))
def test_only_the_proof_of_the_very_id_verifies_it(identity: str, other: str) -> None:
    said = {"id": other, "hash": proof_of(identity)}
    if believe_identity(said, SECRET)["verified"]:
        assert other == identity


def test_identify_is_checked_with_the_secret_of_its_site() -> None:
    event = ClaimedEvent("identify", props={"id": "42", "hash": proof_of("42"), "verified": False})
    beacon = Beacon(an_id("v", 1), an_id("s", 1), an_id("t", 1), 1, [event])
    for secret, verified in ((SECRET, True), ("", False)):
        site = Site("shop", "Shop", identity_secret=secret)
        claim = Claim(beacon, site, "", "", 1_800_000_000_000, lambda *_: Dimensions())
        batch = admit(claim)
        assert isinstance(batch, EventBatch)
        assert batch.events[0].props == {"id": "42", "verified": verified}
