"""How a site gets a goal and loses one: dialogs over the page of events.

One is opened by `open_new` or `open_removal` (in a callback) and drawn by `draw`.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboards import dialogs, settings_page
from dashboards.plain import plain
from dashboards.range_picker import Range
from dashboards.report import Ask, forget, reports
from dashboards.shell import Shell

_OPEN = "goal dialog"
_NEW = ""
_KINDS = ("page", "event")
_PAGES = 50
_LONGEST_NAME, _LONGEST_MATCH = 80, 500
_FIELDS = ("goal kind", "goal match page", "goal match event", "goal name")


def open_new() -> None:
    """Let a goal be made."""
    for field in _FIELDS:
        st.session_state.pop(field, None)
    st.session_state[_OPEN] = (_NEW, "")


def open_removal(goal_id: int, name: str) -> None:
    """Let a goal be removed, after a question."""
    st.session_state[_OPEN] = (str(goal_id), name)


def draw(shell: Shell, asked: Range, events: Sequence[str]) -> bool:
    """Draw the dialog that was opened; tell whether one was. `events` are names to choose from."""
    if _OPEN not in st.session_state:
        return False
    dialogs.note()
    goal_id, name = st.session_state[_OPEN]
    if goal_id == _NEW:
        _ask(shell, asked, events)
    else:
        _sure(shell, goal_id, name)
    return True


def _ask(shell: Shell, asked: Range, events: Sequence[str]) -> None:
    (read,) = reports(shell, asked, Ask("pages", limit=_PAGES))
    offered = {"page": [str(row["page"]) for row in read.rows], "event": list(events)}

    @st.dialog(shell.say("events.new"), on_dismiss=_close)
    def form() -> None:
        kind = str(
            st.radio(
                shell.say("events.kind"),
                _KINDS,
                format_func=lambda one: shell.say(f"events.kind_{one}"),
                key="goal kind",
            )
        )
        match = st.selectbox(
            shell.say(f"events.match_{kind}"),
            offered[kind],
            index=None,
            accept_new_options=True,
            placeholder={"page": "/thanks", "event": "signup"}[kind],
            help=shell.say("events.match_hint"),
            key=f"goal match {kind}",
        )
        name = st.text_input(shell.say("events.name"), max_chars=_LONGEST_NAME, key="goal name")
        if not st.button(shell.say("events.make"), key="goal_make", type="primary"):
            return
        wanted = str(match or "").strip()[:_LONGEST_MATCH]
        if not wanted or not name.strip() or (kind == "page" and not wanted.startswith("/")):
            st.error(shell.say("events.incomplete"), icon=":material/error:")
            return
        body = {"name": name.strip(), "kind": kind, "match": wanted}
        _do(shell, "POST", "goals", body, "events.made")

    form()


def _sure(shell: Shell, goal_id: str, name: str) -> None:
    @st.dialog(shell.say("settings.sure"), on_dismiss=_close)
    def question() -> None:
        st.write(plain(shell.say("events.remove_sure").replace("{name}", name), 400))
        with st.container(horizontal=True):
            if st.button(shell.say("settings.cancel"), key="sure_no"):
                _close()
                st.rerun()
            if st.button(shell.say("settings.yes"), key="sure_yes", type="primary"):
                _do(shell, "DELETE", f"goals/{goal_id}", None, "events.removed")

    question()


def _do(shell: Shell, method: str, path: str, body: dict[str, str] | None, said: str) -> None:
    site = shell.site.site_key
    told = settings_page.done(shell, lambda: shell.api.change(method, path, body, site=site))
    if told is not None:
        _close()
        # What was counted before the change is no answer any more.
        forget()
        settings_page.again(shell, said)


def _close() -> None:
    st.session_state.pop(_OPEN, None)
