"""The audit log: who did what, when, and from where."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import settings_page
from dashboards.shell import Shell, current
from dashboards.texts import count

PER_PAGE = 50
SEEN_WHOLE = 20
"""Rows that need no scrolling of their own."""


def _draw(shell: Shell) -> None:
    settings_page.head(shell, "audit.title", "audit.below")
    users = settings_page.read(shell, lambda: shell.api.read("users")["data"])
    # Asked before the rest: the choices must be there when the page first shows.
    newest = settings_page.read(shell, lambda: shell.api.read("audit", limit=1))
    asked = _asked(shell, users, newest["meta"]["actions"])
    page = max(1, int(st.session_state.get("audit page", 1)))
    told = settings_page.read(
        shell, lambda: shell.api.read("audit", page=page, limit=PER_PAGE, **asked)
    )
    st.caption(count(shell.language, "audit.total", told["meta"]["total"]))
    rows = [_row(shell, line) for line in told["data"]]
    if rows:
        st.dataframe(
            rows,
            hide_index=True,
            width="stretch",
            height="content" if len(rows) <= SEEN_WHOLE else 720,
        )
    else:
        st.info(shell.say("audit.none"))
    pages = told["meta"]["total_pages"]
    if pages > 1:
        st.number_input(shell.say("audit.page"), 1, pages, key="audit page", width=160)


def _asked(shell: Shell, users: list[dict[str, Any]], known: list[str]) -> dict[str, str | int]:
    say = shell.say
    names = {user["id"]: user["name"] or user["email"] for user in users}
    sites = {site.site_key: site.name for site in shell.person.sites}
    actions = ["", *known]

    def first_page() -> None:
        st.session_state["audit page"] = 1

    with st.container(key="audit_filters", horizontal=True):
        action = st.selectbox(
            say("audit.action"),
            actions,
            format_func=lambda action: _action(shell, action) if action else say("audit.all"),
            on_change=first_page,
        )
        user = st.selectbox(
            say("audit.user"),
            [0, *names],
            format_func=lambda user: names.get(user, say("audit.all")),
            on_change=first_page,
        )
        site = st.selectbox(
            say("audit.site"),
            ["", *sites],
            format_func=lambda key: sites.get(key, say("audit.all")),
            on_change=first_page,
        )
    asked: dict[str, str | int] = {"action": action or "", "site": site or ""}
    return asked | ({"user": user} if user else {})


def _row(shell: Shell, line: dict[str, Any]) -> dict[str, str]:
    say, user = shell.say, line["user"]
    at = datetime.fromisoformat(line["at"]).astimezone(ZoneInfo(shell.site.timezone))
    if user:
        who = user["name"] or user["email"]
    else:
        who = say("audit.system" if line["system"] else "audit.nobody")
    return {
        say("audit.at"): f"{at:%Y-%m-%d %H:%M:%S}",
        say("audit.user"): who,
        say("audit.action"): _action(shell, line["action"]),
        say("audit.site"): line["site_key"] or "–",
        say("audit.subject"): line["subject"] or "–",
        say("audit.detail"): _detail(line["detail"]),
        say("audit.address"): line["address"] or "–",
    }


def _action(shell: Shell, action: str) -> str:
    """Return an action in words; one that has none yet as it is written in the log."""
    try:
        return shell.say(f"audit.did_{action}")
    except KeyError:
        return action


def _detail(detail: dict[str, Any]) -> str:
    return ", ".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in detail.items()
    )


_draw(current())
