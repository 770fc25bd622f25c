"""What a contact may hold, and whose word counts: pure functions.

What somebody of the team wrote is never overwritten by the site. What the site proves fills the
rest. What a page merely claims is a draft that somebody may save.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

import msgspec

from api.filters import folded
from warehouse.contacts import Contact, Scalar

MOST_TRAITS = 50
MOST_TRAIT_BYTES = 8 * 1024
LONGEST = {"name": 200, "email": 254, "phone": 40, "external_id": 200, "note": 5_000}
"""Characters."""

_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_PHONE = re.compile(r"[+(]?[\d\s().\-/+x#*]*")
_LEAST_DIGITS = 3
_OVERRIDES = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Characters that turn the direction of what stands around them."""


class BadContact(ValueError):
    """Something that a contact may not hold. The message is one line for a person."""


def clean_field(name: str, value: str) -> str:
    """Return a field as it is kept; empty if there is nothing. Raises BadContact."""
    text = _clean(value, lines=name == "note")
    if len(text) > LONGEST[name]:
        raise BadContact(f"{name}: at most {LONGEST[name]} characters")
    if name == "email" and text and not _EMAIL.fullmatch(text):
        raise BadContact("email: this is no e-mail address")
    if name == "phone" and text:
        digits = sum(letter.isdecimal() for letter in text)
        if digits < _LEAST_DIGITS or not _PHONE.fullmatch(text):
            raise BadContact("phone: digits, spaces and + ( ) - . / x # only")
    return text


def clean_traits(traits: Mapping[str, Any]) -> dict[str, Scalar]:
    """Return traits as they are kept; a null takes a trait away. Raises BadContact."""
    kept: dict[str, Scalar] = {}
    for name, value in traits.items():
        if not (key := _clean(name)):
            raise BadContact("traits: each needs a name")
        if isinstance(value, str):
            kept[key] = _clean(value, lines=True)
        elif isinstance(value, bool | int | float):
            if not abs(value) < 2**53:
                raise BadContact(f"traits: {key} is too large a number")
            kept[key] = value
        elif value is not None:
            raise BadContact(f"traits: {key} must be text, a number, true or false")
    if len(kept) > MOST_TRAITS:
        raise BadContact(f"traits: at most {MOST_TRAITS}")
    if len(msgspec.json.encode(kept)) > MOST_TRAIT_BYTES:
        raise BadContact(f"traits: at most {MOST_TRAIT_BYTES} bytes together")
    return kept


def edited(contact: Contact, changes: Mapping[str, Any], at: int) -> Contact:
    """Return the contact after somebody of the team wrote `changes`. Raises BadContact.

    None empties a field. `traits` replaces all of them.
    """
    values: dict[str, Any] = {}
    by_hand = set(contact.by_hand)
    for name in LONGEST:
        if name in changes:
            values[name] = clean_field(name, changes[name] or "")
            if values[name] != getattr(contact, name):
                by_hand.add(name)
    if "traits" in changes:
        values["traits"] = traits = clean_traits(changes["traits"] or {})
        before = contact.traits
        by_hand |= {
            f"traits.{name}"
            for name in {*before, *traits}
            if name not in before or name not in traits or before[name] != traits[name]
        }
    if contact.verified and values.get("external_id", contact.external_id) != contact.external_id:
        raise BadContact("external_id: the site has proven it; it stays as it is")
    after = msgspec.structs.replace(contact, **values, by_hand=frozenset(by_hand), updated_at=at)
    if not (after.name or after.email or after.phone or after.external_id):
        raise BadContact("name, email or phone: give one of them")
    return after


def told_by_site(contact: Contact, identity: Mapping[str, Any], at: int) -> Contact:
    """Return the contact after the site proved who it is and told more.

    What it told that cannot be kept is passed over.
    """
    said = draft(identity)
    values = {
        name: said[name]
        for name in ("name", "email", "phone")
        if said[name] and name not in contact.by_hand
    }
    traits = contact.traits | {
        name: value
        for name, value in said["traits"].items()
        if f"traits.{name}" not in contact.by_hand
    }
    try:
        traits = clean_traits(traits)
    except BadContact:
        traits = contact.traits
    after = msgspec.structs.replace(
        contact, **values, traits=traits, external_id=str(identity["id"]), verified=True
    )
    return after if after == contact else msgspec.structs.replace(after, updated_at=at)


def draft(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a contact could begin with, out of what the page said of its visitor.

    Not its id: a claimed one, once saved, would wait there for the one whose id it truly is.
    """
    return {name: _passable(name, identity.get(name)) for name in ("name", "email", "phone")} | {
        "traits": _passable_traits(identity.get("traits"))
    }


def sought_in(contact: Contact) -> str:
    """Return the folded text in which a search looks: one line a field."""
    values = [str(value) for value in contact.traits.values() if isinstance(value, str)]
    fields = (contact.name, contact.email, contact.phone, contact.external_id, contact.note)
    digits = "".join(letter for letter in contact.phone if letter.isdecimal())
    return folded("\n".join(filter(None, (*fields, digits, *values))))


def _passable(name: str, value: Any) -> str:
    try:
        return clean_field(name, value) if isinstance(value, str) else ""
    except BadContact:
        return ""


def _passable_traits(value: Any) -> dict[str, Scalar]:
    try:
        return clean_traits(value) if isinstance(value, dict) else {}
    except BadContact:
        return {}


def _clean(text: str, *, lines: bool = False) -> str:
    plain = _OVERRIDES.sub("", text).encode(errors="replace").decode()
    return "".join(
        letter
        for letter in plain
        if (lines and letter == "\n") or unicodedata.category(letter) != "Cc"
    ).strip()
