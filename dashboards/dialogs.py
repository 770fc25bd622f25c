"""Dialogs that stay open while the page under them runs again: one at a time."""

from __future__ import annotations

import streamlit as st

_DRAWN = "dialog drawn"


def begin() -> None:
    """Say that this run of the page has drawn no dialog yet."""
    st.session_state[_DRAWN] = False


def note() -> None:
    """Say that one is drawn. Streamlit takes only one a run."""
    st.session_state[_DRAWN] = True


def drawn() -> bool:
    """Tell whether this run of the page has drawn one."""
    return bool(st.session_state.get(_DRAWN))
