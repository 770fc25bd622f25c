"""The sentence that a page of numbers begins with: the first thing to read, before any chart."""

from __future__ import annotations

import re
from html import escape, unescape

import streamlit as st

from dashboards.filters import write_address
from dashboards.shell import Shell
from dashboards.texts import texts

_HOLE = re.compile(r"\{(\w+)\}")


def sentence(shell: Shell, key: str, **values: str) -> str:
    """Return a text as HTML, with what fills its holes in bold. Nothing in it is markup."""
    filled = {name: f"<b>{escape(value)}</b>" for name, value in values.items()}
    return _HOLE.sub(lambda hole: filled[hole[1]], escape(str(texts(shell.language)[key])))


def plainly(*sentences: str) -> str:
    """Return sentences made by `sentence` as bare text, for who hears a chart described."""
    return unescape(re.sub(r"</?b>", "", " ".join(sentences)))


def tell(*sentences: str) -> None:
    """Draw sentences made by `sentence` one after the other; empty ones fall out."""
    told = " ".join(filter(None, sentences))
    if told:
        st.html(f'<p class="hz-lede" dir="auto">{told}</p>')


def nothing(shell: Shell, key: str, title: str, below: str, *, longer: bool = True) -> None:
    """Say that there is nothing in the period and, with `longer`, offer a longer one.

    `title` and `below` are keys of texts.
    """
    with st.container(key=f"nothing_{key}", border=True, horizontal_alignment="center"):
        st.html(
            f'<div class="hz-first"><h2>{escape(shell.say(title))}</h2>'
            f"<p>{escape(shell.say(below))}</p></div>"
        )
        if longer and st.query_params.get("range") != "90d":
            st.button(
                shell.say("pages.longer"),
                key=f"longer_{key}",
                on_click=write_address,
                args=({"range": "90d"}, ("range", "from", "to")),
            )
