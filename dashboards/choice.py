"""What a page of numbers is turned to besides its period: kept in the address, drawn natively."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboards.filters import write_address
from dashboards.shell import Shell

_LONGEST = 500


def among(shell: Shell, name: str, label: str, options: Mapping[str, str]) -> str:
    """Draw a few values side by side and return the chosen one. The first needs no parameter.

    `name` is the parameter of the address, `options` are the names of the values.
    """
    values = list(options)
    asked = st.query_params.get(name, "")
    chosen = asked if asked in options else values[0]
    key = _key(shell, name)
    st.session_state[key] = chosen

    def turn() -> None:
        value = st.session_state[key]
        if value in options:
            write_address({name: value} if value != values[0] else {}, (name,))

    st.segmented_control(
        label,
        values,
        format_func=options.__getitem__,
        key=key,
        on_change=turn,
        label_visibility="collapsed",
        required=True,
        wrap=False,
    )
    return chosen


def one_of(
    shell: Shell,
    name: str,
    label: str,
    options: Mapping[str, str],
    *,
    free: bool = False,
    hint: str = "",
    width: int = 320,
) -> str:
    """Draw a list to pick one value from and return it; empty while none is picked.

    With `free`, what is typed counts as well, and so does what only the address names.
    """
    asked = st.query_params.get(name, "")[:_LONGEST]
    if asked not in options and not free:
        asked = ""
    names = {"": label, **options} | ({asked: options.get(asked, asked)} if asked else {})
    key = _key(shell, name)
    st.session_state[key] = asked

    def turn() -> None:
        value = str(st.session_state[key] or "").strip()[:_LONGEST]
        write_address({name: value} if value else {}, (name,))

    st.selectbox(
        label,
        list(names),
        format_func=lambda value: names.get(value, value),
        key=key,
        on_change=turn,
        label_visibility="collapsed",
        accept_new_options=free,
        help=hint or None,
        width=width,
    )
    return asked


def _key(shell: Shell, name: str) -> str:
    # The browser keeps a choice by its label, which another language does not have.
    return f"choice {name} {shell.language}"
