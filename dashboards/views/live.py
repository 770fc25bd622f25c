"""The live page: who is on the site now."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from dashboards import client, filters
from dashboards.components import mount
from dashboards.shell import Shell, current
from dashboards.texts import part

_OPEN = "profile"


def _draw(shell: Shell) -> None:
    site = shell.site
    seen = filters.facets(site.site_key, shell.language)
    shared = _shared(shell)
    head = st.container(key="head")
    chosen = filters.Filters()
    if site.had_visitors or seen.countries or seen.pages:
        chosen = filters.draw(shell.language, seen)
    shared["filters"] = asdict(chosen)
    with head:
        mount.part("head", "live_head", shared)
    known = {"countries": sorted(seen.countries), "pages": seen.pages}
    told = mount.part(
        "list",
        "live_list",
        {**shared, "known": known},
        on_select_change=lambda: None,
        on_facets_change=_learn,
        on_clear_change=filters.clear,
    )
    if told.select:
        st.session_state[_OPEN] = str(told.select)
    if _OPEN in st.session_state:
        _profile(shell, shared, st.session_state[_OPEN])


def _shared(shell: Shell) -> dict[str, Any]:
    site = shell.site
    return {
        "language": shell.language,
        "text": part(shell.language, "live.", "profile."),
        "person": str(shell.person.id),
        "site": {
            "key": site.site_key,
            "name": site.name,
            "domain": site.domains[0] if site.domains else "",
            "zone": site.timezone,
            "snippet": site.snippet,
            "demo": site.demo_url,
            "had_visitors": site.had_visitors,
        },
    }


def _learn() -> None:
    shell, told = current(), st.session_state["live_list"]
    filters.learn(shell.site.site_key, shell.language, told.get("facets"))


def _profile(shell: Shell, shared: dict[str, Any], visitor_id: str) -> None:
    @st.dialog(shell.say("profile.title"), width=560, position="right", on_dismiss=_forget_profile)
    def panel() -> None:
        try:
            visitor = shell.api.visitor(shell.site.site_key, visitor_id, shell.language)
        except (client.NoAnswer, client.SignedOut):
            st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
            return
        if visitor is None:
            st.info(shell.say("profile.gone"))
            return
        mount.part("visit", f"visit {visitor_id}", {**shared, "visitor": visitor})

    panel()


def _forget_profile() -> None:
    st.session_state.pop(_OPEN, None)


_draw(current())
