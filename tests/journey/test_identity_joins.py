"""One person in two browsers: joined where the site proves it, never where it is only said."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journey.stage import LIVE, PATIENCE, Desk, Shop, Visitor, shows, until

pytestmark = [pytest.mark.browser, pytest.mark.slow]

IDENTIFY = "told => hozir('identify', told)"


def test_proven_person_is_one_in_two_browsers_and_a_false_proof_is_nobody(
    chromium: Browser, shop: Shop, visitor: Visitor, open_desk: Callable[..., Desk]
) -> None:
    other, liar = Visitor(chromium, shop), Visitor(chromium, shop)
    told = {"id": "u-17", "name": "Malika Karimova", "email": "malika@mail.example"}
    with shop.system.client() as admin:
        made = admin.post(f"/api/v1/sites/{shop.key}/identity-secret")
        secret: str = made.raise_for_status().json()["data"]["identity_secret"]
        proof = hmac.new(secret.encode(), b"u-17", sha256).hexdigest()

        def profile(of: Visitor) -> dict[str, Any]:
            found: dict[str, Any] = shop.get(admin, f"visitors/{of.id}")["data"]
            return found

        def is_verified(of: Visitor) -> bool:
            of.page.evaluate(IDENTIFY, {**told, "hash": proof})
            return (profile(of)["identity"] or {}).get("verified") is True

        for one, path in ((visitor, "/home"), (other, "/features"), (liar, "/pricing")):
            one.go(path)
            until(one.page, lambda: one.id in online(shop, admin), what="for the visitor")  # noqa: B023
        # The door learns of the secret within seconds, as everybody does.
        until(visitor.page, lambda: is_verified(visitor), 20, "for the first browser")
        until(visitor.page, lambda: is_verified(other), 20, "for the second browser")
        wrong = proof[:-1] + ("0" if proof[-1] != "0" else "1")
        liar.page.evaluate(IDENTIFY, {**told, "hash": wrong})
        until(liar.page, lambda: profile(liar)["identity"], what="for what was claimed")

        both = {visitor.id, other.id}

        def joined() -> set[str]:
            person = profile(visitor)["person"] or {}
            return {one["id"] for one in person.get("visitors", [])}

        until(visitor.page, lambda: joined() == both, what="for one person")
        person = profile(visitor)["person"]
        assert (person["external_id"], person["verified"]) == ("u-17", True)
        assert profile(other)["person"]["id"] == person["id"]
        assert profile(visitor)["totals"]["visits"] == 2
        claimed = profile(liar)
        assert claimed["identity"] == {"id": "u-17", "verified": False}
        assert claimed["person"] is None
        assert claimed["name_source"] == "claimed"
        assert claimed["totals"]["visits"] == 1

    # What the team sees of it: proven by a mark, the other browser by its name, claims as such.
    desk = open_desk(f"/?visitor={visitor.id}")
    shown = desk.page.locator(".profile")
    expect(shown).to_be_visible(timeout=PATIENCE)
    shows(shown.locator("h2"), "Malika Karimova")
    shows(shown.locator(".marks"), "Tasdiqlangan")
    expect(shown.locator(".s-person li")).to_have_count(1, timeout=LIVE)
    shows(shown.locator(".tl"), "/home")
    shows(shown.locator(".tl"), "/features")
    expect(shown.locator(".tl")).not_to_contain_text("/pricing")
    desk.page.goto(f"{shop.system.web}/?visitor={liar.id}")
    shows(shown.locator(".tl"), "/pricing", PATIENCE)
    shows(shown.locator(".marks"), "Oʻz soʻzi")
    expect(shown.locator(".s-person")).to_be_hidden()
    other.context.close()
    liar.context.close()


def online(shop: Shop, admin: Any) -> set[str]:
    return {str(one["id"]) for one in shop.system.online(admin, shop.key)}
