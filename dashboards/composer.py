"""The message to a visitor, in a dialog of its own or inside the profile.

After sending, whoever wrote from a list stays there: the card says so, and the news at the top
leads to the conversation. Whoever wrote from the profile, with one visitor in mind, goes to the
inbox with the conversation open.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

from dashboards import client, dialogs
from dashboards.components import mount
from dashboards.shell import Shell
from dashboards.texts import part

STYLE = Path(__file__).parent / "static" / "visitor.css"
"""Looks of the dialogs about one visitor."""
VISITOR = "visitor"
"""Parameter of the address: who is open."""
WRITING = "write"
"""Parameter of the address: set while it is the message that is open, not the profile."""


def open_composer(visitor_id: str) -> None:
    """Let the message to a visitor be opened over the page, until it is sent or closed."""
    st.query_params.update({VISITOR: visitor_id, WRITING: "1"})


def show_composer(shell: Shell, visitor_id: str) -> None:
    """Draw the message over the page."""
    dialogs.note()

    @st.dialog(shell.say("composer.title"), width=500, on_dismiss=forget)
    def panel() -> None:
        st.html(STYLE)
        visitor = find(shell, visitor_id)
        if visitor is None:
            return
        told = draw(shell, visitor, inside=False)
        if told.cancel or told.sent:
            forget()
            st.rerun()

    panel()


def draw(shell: Shell, visitor: dict[str, Any], *, inside: bool) -> Any:
    """Draw the message. Returns `cancel`, and `sent`: the id of the conversation."""
    person = shell.person
    return mount.part(
        "composer",
        f"composer {visitor['id']}",
        {
            **shared(shell, visitor, "composer."),
            "me": {"id": str(person.id), "name": person.name or person.email},
            "inside": inside,
        },
        on_cancel_change=lambda: None,
        on_sent_change=lambda: None,
    )


def shared(shell: Shell, visitor: dict[str, Any], *texts: str) -> dict[str, Any]:
    """Return what each part about one visitor is given."""
    return {
        "language": shell.language,
        "text": part(shell.language, "live.", *texts),
        "site": {"key": shell.site.site_key, "zone": shell.site.timezone},
        "visitor": visitor,
    }


def find(shell: Shell, visitor_id: str) -> dict[str, Any] | None:
    """Return a visitor with all that is known; if there is none, say so and return None."""
    try:
        visitor = shell.api.visitor(shell.site.site_key, visitor_id, shell.language)
    except (client.NoAnswer, client.SignedOut):
        st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
        return None
    if visitor is None:
        st.info(shell.say("profile.gone"))
    return visitor


def forget() -> None:
    """Take the visitor out of the address, so that nothing about them opens again."""
    for name in (VISITOR, WRITING):
        if name in st.query_params:
            del st.query_params[name]
