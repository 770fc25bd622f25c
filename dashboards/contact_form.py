"""The form of a contact: a visitor's kept details, or a contact that is there already."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import streamlit as st

from dashboards import client
from dashboards.shell import Shell

NAME_LONGEST, EMAIL_LONGEST, PHONE_LONGEST, NOTE_LONGEST = 200, 254, 40, 5000
TRAIT_NAME_LONGEST, TRAIT_LONGEST, TRAITS_MOST = 64, 500, 50
_EMAIL = re.compile(r"[^\s@<>,;]+@[^\s@<>,;]+")
_PHONE = re.compile(r"[+(]?[\d\s().\-/+x#*]*")
_LEAST_DIGITS = 3
_WORDS_OF = {
    "forbidden": "contacts.forbidden",
    "unknown_contact": "contacts.gone",
    "contact_exists": "contacts.taken",
}


def draw_form(
    shell: Shell, contact: dict[str, Any] | None, visitor: dict[str, Any] | None = None
) -> bool:
    """Draw the form of a contact, or of a new one for `visitor`. True once it is saved."""
    of = str(contact["id"] if contact else visitor["id"] if visitor else "new")
    start = contact or _claims(visitor)
    if contact is None and any(start.get(name) for name in ("name", "email", "phone", "traits")):
        st.warning(shell.say("contacts.claimed"), icon=":material/info:")
    fields = _fields(shell, of, start)
    taken = f"contact {of} taken"
    wanted = st.button(shell.say("contacts.save"), key=f"contact save {of}", type="primary")
    problem: str | None = None
    if wanted:
        st.session_state.pop(taken, None)
        problem = check(fields) or _save(shell, contact, visitor, fields, taken)
    there: str | None = st.session_state.get(taken)
    if there and visitor:
        st.warning(shell.say("contacts.taken"), icon=":material/info:")
        if not st.button(shell.say("contacts.link"), key=f"contact link {of}"):
            return False
        problem = _link(shell, there, visitor)
    elif not wanted:
        return False
    if problem:
        st.error(shell.say(problem), icon=":material/error:")
        return False
    for name in [name for name in st.session_state if str(name).startswith(f"contact {of} ")]:
        del st.session_state[name]
    st.toast(shell.say("contacts.saved"), icon=":material/check:")
    return True


def check(fields: dict[str, Any]) -> str | None:
    """Return the text that says what is wrong with the fields, None if nothing is."""
    if not (fields["name"] or fields["email"] or fields["phone"]):
        return "contacts.bad_nothing"
    if fields["email"] and not _EMAIL.fullmatch(fields["email"]):
        return "contacts.bad_email"
    digits = sum(letter.isdecimal() for letter in fields["phone"] or "")
    if fields["phone"] and (digits < _LEAST_DIGITS or not _PHONE.fullmatch(fields["phone"])):
        return "contacts.bad_phone"
    if fields["traits"] is None:
        return "contacts.bad_trait"
    return None


def _save(
    shell: Shell,
    contact: dict[str, Any] | None,
    visitor: dict[str, Any] | None,
    fields: dict[str, Any],
    taken: str,
) -> str | None:
    """Save. Returns the text that says why not, None if it is saved.

    Who is a contact already is kept in the state `taken`: their id.
    """
    site = shell.site.site_key
    if contact is None and visitor is not None:
        fields = {**fields, "visitor_id": visitor["id"]}
    try:
        shell.api.save_contact(site, str(contact["id"]) if contact else None, fields)
    except client.Refused as refused:
        if refused.contact_id and contact is None:
            st.session_state[taken] = refused.contact_id
        return _WORDS_OF.get(refused.reason, "contacts.not_saved")
    except (client.NoAnswer, client.SignedOut):
        return "contacts.no_answer"
    return None


def _link(shell: Shell, contact_id: str, visitor: dict[str, Any]) -> str | None:
    """Say that the visitor is a contact that is there. Returns why not, None if it is so now."""
    try:
        shell.api.link_contact(shell.site.site_key, contact_id, visitor["id"])
    except client.Refused as refused:
        return _WORDS_OF.get(refused.reason, "contacts.not_saved")
    except (client.NoAnswer, client.SignedOut):
        return "contacts.no_answer"
    return None


def _claims(visitor: dict[str, Any] | None) -> dict[str, Any]:
    """Return what the site's page said of a visitor: a draft for somebody to look over."""
    if visitor is None:
        return {}
    said = {name: visitor.get(name) for name in ("name", "email")}
    draft = visitor.get("contact_draft") or {}
    return said | {name: value for name, value in draft.items() if value}


def _fields(shell: Shell, of: str, start: dict[str, Any]) -> dict[str, Any]:
    def line(name: str, most: int) -> str:
        key = f"contact {of} {name}"
        st.session_state.setdefault(key, str(start.get(name) or "")[:most])
        return st.text_input(shell.say(f"contacts.{name}"), key=key, max_chars=most).strip()

    fields: dict[str, Any] = {"name": line("name", NAME_LONGEST)}
    left, right = st.columns(2)
    with left:
        fields["email"] = line("email", EMAIL_LONGEST)
    with right:
        fields["phone"] = line("phone", PHONE_LONGEST)
    fields["traits"] = _traits(shell, of, start.get("traits") or {})
    key = f"contact {of} note"
    st.session_state.setdefault(key, str(start.get("note") or "")[:NOTE_LONGEST])
    note = st.text_area(
        shell.say("contacts.note"),
        key=key,
        max_chars=NOTE_LONGEST,
        placeholder=shell.say("contacts.note_hint"),
    )
    fields["note"] = note.strip()
    return {name: value if name == "traits" else value or None for name, value in fields.items()}


def _traits(shell: Shell, of: str, start: dict[str, Any]) -> dict[str, Any] | None:
    """Draw the rows of further details. Returns None while a name is missing or twice there."""
    rows_key = f"contact {of} rows"
    if rows_key not in st.session_state:
        st.session_state[rows_key] = list(range(len(start)))
        for row, (name, value) in enumerate(list(start.items())[:TRAITS_MOST]):
            st.session_state[f"contact {of} name {row}"] = str(name)[:TRAIT_NAME_LONGEST]
            st.session_state[f"contact {of} value {row}"] = str(value)[:TRAIT_LONGEST]
    rows: list[int] = st.session_state[rows_key]

    def add() -> None:
        st.session_state[rows_key] = [*rows, max(rows, default=-1) + 1]

    def remove(row: int) -> None:
        st.session_state[rows_key] = [other for other in rows if other != row]

    st.caption(shell.say("contacts.traits"))
    told: list[tuple[str, str]] = []
    for row in rows:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            name = st.text_input(
                shell.say("contacts.trait_name"),
                key=f"contact {of} name {row}",
                max_chars=TRAIT_NAME_LONGEST,
                placeholder=shell.say("contacts.trait_name"),
                label_visibility="collapsed",
                width=180,
            )
            value = st.text_input(
                shell.say("contacts.trait_value"),
                key=f"contact {of} value {row}",
                max_chars=TRAIT_LONGEST,
                placeholder=shell.say("contacts.trait_value"),
                label_visibility="collapsed",
            )
            st.button(
                "",
                key=f"contact {of} remove {row}",
                icon=":material/close:",
                help=shell.say("contacts.trait_remove"),
                type="tertiary",
                on_click=remove,
                args=(row,),
            )
        if name.strip() or value.strip():
            told.append((name.strip(), value.strip()))
    if len(rows) < TRAITS_MOST:
        st.button(
            shell.say("contacts.trait_add"),
            key=f"contact {of} add",
            icon=":material/add:",
            type="tertiary",
            on_click=add,
        )
    names = Counter(name for name, _ in told)
    if "" in names or any(times > 1 for times in names.values()):
        return None
    # A number or a yes that nobody touched stays one.
    return {name: start[name] if str(start.get(name)) == value else value for name, value in told}
