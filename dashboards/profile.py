"""One visitor as a drawer over whatever page is shown, under an address of its own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, Literal

import streamlit as st

from dashboards import composer, contact_form, dialogs
from dashboards.components import mount
from dashboards.composer import VISITOR, WRITING
from dashboards.shell import Shell

Step = Literal["profile", "message", "contact"]

_STEP = "profile step"


def open_profile(visitor_id: str) -> None:
    """Let a visitor be opened over the page. It stays open, over all its runs, until closed."""
    if st.query_params.get(VISITOR) != visitor_id or WRITING in st.query_params:
        _go("profile")
        composer.forget()
        st.query_params[VISITOR] = visitor_id


def _show(shell: Shell, visitor_id: str) -> None:
    dialogs.note()

    @st.dialog(shell.say("profile.title"), width=800, position="right", on_dismiss=_close)
    def panel() -> None:
        st.html(composer.STYLE)
        _draw(shell, visitor_id)

    panel()


@contextmanager
def kept_open(shell: Shell) -> Iterator[None]:
    """Around the run of a page: draw over it what the address says is open.

    This is the one place that draws it: what a page draws is another thing to Streamlit than
    what is drawn around the page, and would be taken down and put up again by the next run,
    under the hands of who writes in it.
    """
    dialogs.begin()
    yield
    visitor_id = st.query_params.get(VISITOR)
    if not visitor_id or dialogs.drawn():
        return
    if WRITING in st.query_params:
        composer.show_composer(shell, visitor_id)
    else:
        _show(shell, visitor_id)


def _draw(shell: Shell, visitor_id: str) -> None:
    visitor = composer.find(shell, visitor_id)
    if visitor is None:
        return
    step: Step = st.session_state.get(_STEP, "profile")
    if step == "message":
        _message(shell, visitor)
    elif step == "contact":
        _back(shell)
        if contact_form.draw_form(shell, visitor.get("contact"), visitor):
            _go("profile")
            st.rerun()
    else:
        _profile(shell, visitor)


def _profile(shell: Shell, visitor: dict[str, Any]) -> None:
    told = mount.part(
        "profile",
        f"profile {visitor['id']}",
        {
            **composer.shared(shell, visitor, "profile.", "insight."),
            "may": shell.person.may,
        },
        on_message_change=partial(_go, "message"),
        on_contact_change=partial(_go, "contact"),
        on_conversation_change=lambda: None,
        on_visitor_change=lambda: None,
    )
    if told.conversation:
        _to_inbox(shell, str(told.conversation))
    if told.visitor:
        st.query_params[VISITOR] = str(told.visitor)
        st.rerun()


def _message(shell: Shell, visitor: dict[str, Any]) -> None:
    _back(shell)
    told = composer.draw(shell, visitor, inside=True)
    if told.sent:
        _close()
        _to_inbox(shell, str(told.sent))
    if told.cancel:
        _go("profile")
        st.rerun()


def _back(shell: Shell) -> None:
    st.button(
        shell.say("profile.back"),
        key="profile_back",
        type="tertiary",
        icon=":material/arrow_back:",
        on_click=partial(_go, "profile"),
    )


def _to_inbox(shell: Shell, conversation_id: str) -> None:
    address = {
        "site": shell.site.site_key,
        "lang": shell.language,
        "conversation": conversation_id,
    }
    st.switch_page("views/inbox.py", query_params=address)


def _go(step: Step) -> None:
    st.session_state[_STEP] = step


def _close() -> None:
    _go("profile")
    composer.forget()
