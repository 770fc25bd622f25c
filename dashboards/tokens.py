"""One's own tokens on the account page: which there are, a new one, and how one is ended."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import settings_page
from dashboards.shell import Shell

DAYS = (30, 90, 365)
_MADE = "token made"


def tokens(shell: Shell) -> None:
    """Draw them."""
    say = shell.say
    st.markdown(f"**{say('tokens.title')}**")
    st.caption(say("tokens.below"))
    made = st.session_state.pop(_MADE, None)
    if made:
        st.success(say("tokens.once"), icon=":material/key:")
        st.code(made, language=None)
    for row in settings_page.read(shell, lambda: shell.api.read("tokens")["data"]):
        _line(shell, row)
    with st.form("token new", enter_to_submit=False):
        name = st.text_input(say("tokens.name"), max_chars=80, placeholder="notebook")
        days = st.selectbox(
            say("tokens.days"), DAYS, 1, format_func=lambda n: say("tokens.for_days").format(n=n)
        )
        if not st.form_submit_button(say("tokens.make")):
            return
    if not name.strip():
        st.error(say("tokens.unnamed"), icon=":material/error:")
        return
    body, change = {"name": name.strip(), "days": days}, shell.api.change
    told = settings_page.done(shell, lambda: change("POST", "tokens", body))
    if told is not None:
        st.session_state[_MADE] = told["data"]["token"]
        st.rerun()


def _line(shell: Shell, row: dict[str, Any]) -> None:
    say = shell.say
    used = say("tokens.unused")
    if row["used_at"]:
        used = f"{say('tokens.used')} {_moment(shell, row['used_at'])}"
    ends = say("tokens.expired" if row["expired"] else "tokens.ends")
    told = [f"{row['begins']}…", used, f"{ends} {_moment(shell, row['expires_at'])[:10]}"]
    with st.container(key=f"line_token_{row['id']}", horizontal=True, vertical_alignment="center"):
        st.html(
            f"<p class='hz-line' dir='auto'><b>{escape(row['name'])}</b>"
            f"<small>{escape(' · '.join(told))}</small></p>"
        )
        if st.button(say("tokens.revoke"), key=f"token {row['id']}"):
            path, change = f"tokens/{row['id']}", shell.api.change
            if settings_page.done(shell, lambda: change("DELETE", path)) is not None:
                settings_page.again(shell)


def _moment(shell: Shell, text: str) -> str:
    return (
        f"{datetime.fromisoformat(text).astimezone(ZoneInfo(shell.site.timezone)):%Y-%m-%d %H:%M}"
    )
