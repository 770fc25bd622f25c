"""What the pages of settings share: their head, and how a change succeeds or fails in words."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from pathlib import Path
from typing import Any, TypeVar

import streamlit as st

from dashboards import client
from dashboards.shell import Shell

_STYLE = Path(__file__).parent / "static" / "settings.css"
_SAID = "settings said"
_Told = TypeVar("_Told")
_WORDS_OF = {
    "not_allowed": "settings.not_allowed",
    "malformed": "settings.malformed",
    "site_exists": "settings.site_exists",
    "user_exists": "settings.user_exists",
    "last_admin": "settings.last_admin",
    "last_key": "settings.last_key",
    "weak_password": "settings.weak_password",
    "wrong_password": "settings.wrong_password",
    "too_many_attempts": "settings.too_many",
    "goal_exists": "events.exists",
    "unknown_goal": "events.gone",
}


def head(shell: Shell, title: str, below: str) -> None:
    """Draw the title of a page, and say what the last run did."""
    st.html(_STYLE)
    say_done()
    st.html(
        f'<div class="hz-title"><h1>{escape(shell.say(title))}</h1>'
        f"<p>{escape(shell.say(below))}</p></div>"
    )


def say_done() -> None:
    """Say what the last run did."""
    said = st.session_state.pop(_SAID, None)
    if said:
        st.toast(said, icon=":material/check:")


def read(shell: Shell, work: Callable[[], _Told]) -> _Told:
    """Return what `work` reads. Stops the page where the API gives no answer."""
    try:
        return work()
    except (client.NoAnswer, client.SignedOut):
        st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
        st.stop()


def done(shell: Shell, work: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """Do a change. Returns what the API answers; None, with the reason on the page, if not."""
    try:
        return work()
    except client.Refused as refused:
        words = _WORDS_OF.get(refused.reason, "settings.refused")
    except (client.NoAnswer, client.SignedOut):
        words = "shell.no_answer"
    st.error(shell.say(words), icon=":material/error:")
    return None


def again(shell: Shell, said: str = "settings.saved") -> None:
    """Draw the page anew with what was changed, and say so there."""
    st.session_state[_SAID] = shell.say(said)
    st.rerun()
