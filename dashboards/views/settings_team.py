"""The team: who may sign in, as what, and which sites they see."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from dashboards import settings_page
from dashboards.plain import plain
from dashboards.shell import Shell, current

ROLES = ("operator", "manager", "admin")
_PASSWORD = "team password"


def _draw(shell: Shell) -> None:
    settings_page.head(shell, "team.title", "team.below")
    users = settings_page.read(shell, lambda: shell.api.read("users")["data"])
    with st.container(key="narrow_team"):
        if made := st.session_state.pop(_PASSWORD, None):
            with st.container(border=True):
                st.markdown(plain(shell.say("team.password_once").replace("{email}", made[0]), 300))
                st.code(made[1], language=None)
        if st.button(shell.say("team.add"), key="team_add", icon=":material/person_add:"):
            _edit(shell, None)
        for user in users:
            _line(shell, user)
        with st.expander(shell.say("team.matrix"), icon=":material/table:"):
            _matrix(shell)


def _line(shell: Shell, user: dict[str, Any]) -> None:
    names = {site.site_key: site.name for site in shell.person.sites}
    sites = ", ".join(names.get(key, key) for key in user["sites"])
    seen = shell.say("team.all_sites") if user["role"] == "admin" else sites
    told = [shell.say(f"role.{user['role']}"), seen or shell.say("team.no_sites"), user["email"]]
    if user["disabled"]:
        told.insert(0, shell.say("team.disabled"))
    elif user["must_change_password"]:
        told.insert(0, shell.say("team.waits"))
    name = user["name"] or user["email"]
    off = " class='off'" if user["disabled"] else ""
    with st.container(key=f"line_user_{user['id']}", horizontal=True, vertical_alignment="center"):
        st.html(
            f"<p class='hz-line' dir='auto'><b{off}>{escape(name)}</b>"
            f"<small>{escape(' · '.join(told))}</small></p>"
        )
        if st.button(shell.say("team.change"), key=f"user {user['id']}"):
            _edit(shell, user)


def _edit(shell: Shell, user: dict[str, Any] | None) -> None:
    say = shell.say

    @st.dialog(say("team.change" if user else "team.add"))
    def ask() -> None:
        email = st.text_input(
            say("team.email"), user["email"] if user else "", max_chars=254, disabled=bool(user)
        )
        name = st.text_input(say("team.name"), user["name"] if user else "", max_chars=100)
        role = st.radio(
            say("team.role"),
            ROLES,
            ROLES.index(user["role"]) if user else 0,
            format_func=lambda role: say(f"role.{role}"),
            captions=[say(f"team.role_{role}") for role in ROLES],
        )
        sites = {site.site_key: site.name for site in shell.person.sites}
        chosen = st.multiselect(
            say("team.sites"),
            list(sites),
            [key for key in user["sites"] if key in sites] if user else list(sites)[:1],
            format_func=lambda key: sites[key],
            disabled=role == "admin",
            help=say("team.sites_hint"),
        )
        wanted: dict[str, Any] = {"name": name.strip(), "role": role, "sites": chosen}
        if user:
            wanted["disabled"] = st.checkbox(say("team.disable"), user["disabled"])
            wanted["reset_password"] = st.checkbox(say("team.reset"), help=say("team.reset_hint"))
        else:
            wanted["email"] = email.strip()
        if not st.button(say("settings.save"), key="team_save", type="primary"):
            return
        method, path = ("PATCH", f"users/{user['id']}") if user else ("POST", "users")
        told = settings_page.done(shell, lambda: shell.api.change(method, path, wanted))
        if told is None:
            return
        if told["data"].get("password"):
            st.session_state[_PASSWORD] = (told["data"]["email"], told["data"]["password"])
        settings_page.again(shell)

    ask()


def _matrix(shell: Shell) -> None:
    """Show what each role may do, as the API holds it."""
    table = settings_page.read(shell, lambda: shell.api.read("users/roles")["data"])
    rows = [
        {shell.say("team.may"): shell.say(f"may.{permission}")}
        | {
            shell.say(f"role.{role}"): "✓" if permission in table[role] else "–"
            for role in reversed(ROLES)
        }
        for permission in table["admin"]
    ]
    st.dataframe(rows, hide_index=True, width="stretch")


_draw(current())
