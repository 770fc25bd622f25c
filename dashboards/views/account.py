"""One's own account: name, language, password, and where one is signed in."""

from __future__ import annotations

from datetime import datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import settings_page
from dashboards.components import mount
from dashboards.shell import Shell, current
from dashboards.texts import LANGUAGES
from dashboards.tokens import tokens

SHORTEST_PASSWORD = 10


def _draw(shell: Shell) -> None:
    settings_page.head(shell, "account.title", "account.below")
    with st.container(key="narrow_account"):
        if shell.person.must_change_password:
            st.warning(shell.say("account.must_change"), icon=":material/key:")
        _self(shell)
        _password(shell)
        _sign_ins(shell)
        if not shell.person.must_change_password:
            tokens(shell)


def _self(shell: Shell) -> None:
    say, person = shell.say, shell.person
    languages = ["", *LANGUAGES]
    with st.form("account self", enter_to_submit=False):
        name = st.text_input(
            say("account.name"), person.name, max_chars=100, help=say("account.name_hint")
        )
        language = st.selectbox(
            say("shell.language"),
            languages,
            languages.index(person.language or ""),
            format_func=lambda code: LANGUAGES[code] if code else say("account.by_browser"),
        )
        if st.form_submit_button(say("settings.save"), type="primary"):
            wanted = {"name": name.strip(), "language": language}
            change = shell.api.change
            if settings_page.done(shell, lambda: change("PATCH", "session", wanted)) is not None:
                st.query_params.pop("lang", None)
                settings_page.again(shell)


def _password(shell: Shell) -> None:
    say = shell.say
    with st.form("account password", clear_on_submit=False, enter_to_submit=False):
        old = st.text_input(say("account.old"), type="password", autocomplete="current-password")
        new = st.text_input(
            say("account.new"),
            type="password",
            autocomplete="new-password",
            help=say("account.new_hint"),
        )
        twice = st.text_input(say("account.twice"), type="password", autocomplete="new-password")
        if not st.form_submit_button(say("account.change_password"), type="primary"):
            return
        if new != twice:
            st.error(say("account.differ"), icon=":material/error:")
        elif len(new) < SHORTEST_PASSWORD:
            st.error(say("settings.weak_password"), icon=":material/error:")
        else:
            change, body = shell.api.change, {"old": old, "new": new}
            told = settings_page.done(shell, lambda: change("POST", "session/password", body))
            if told is not None:
                settings_page.again(shell, "account.password_changed")


def _sign_ins(shell: Shell) -> None:
    say = shell.say
    st.markdown(f"**{say('account.sign_ins')}**")
    st.caption(say("account.sign_ins_hint"))
    rows = settings_page.read(shell, lambda: shell.api.read("session/all")["data"])
    for row in sorted(rows, key=lambda row: not row["this"]):
        _sign_in(shell, row)
    if st.button(say("account.everywhere"), key="everywhere", icon=":material/logout:"):
        change = shell.api.change
        if settings_page.done(shell, lambda: change("DELETE", "session/all")) is not None:
            mount.part("browser", "browser gone", {"leave": "/sign-in"})


def _sign_in(shell: Shell, row: dict[str, Any]) -> None:
    say = shell.say
    seen = datetime.fromisoformat(row["seen_at"] or row["created_at"])
    when = seen.astimezone(ZoneInfo(shell.site.timezone))
    told = [f"{when:%Y-%m-%d %H:%M}", row["address"] or "–"]
    if row["this"]:
        told.insert(0, say("account.this"))
    with st.container(key=f"line_in_{row['id']}", horizontal=True, vertical_alignment="center"):
        st.html(
            f"<p class='hz-line'><b>{escape(row['browser'] or say('account.some_browser'))}</b>"
            f"<small>{escape(' · '.join(told))}</small></p>"
        )
        if not row["this"] and st.button(say("account.end"), key=f"end {row['id']}"):
            path, change = f"session/all/{row['id']}", shell.api.change
            if settings_page.done(shell, lambda: change("DELETE", path)) is not None:
                settings_page.again(shell)


_draw(current())
