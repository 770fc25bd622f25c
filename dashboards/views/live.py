"""The live page: who is on the site now, who was, and all of them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import streamlit as st

from dashboards import filters
from dashboards.components import mount
from dashboards.composer import VISITOR, WRITING, open_composer
from dashboards.profile import open_profile
from dashboards.shell import Shell, current
from dashboards.texts import part

_HEAD, _LIST = "live_head", "live_list"


def _draw(shell: Shell) -> None:
    site = shell.site
    seen = filters.facets(site.site_key, shell.language)
    shared = _shared(shell)
    head = st.container(key="head")
    chosen = filters.Filters()
    if site.had_visitors or seen.countries or seen.pages:
        chosen = filters.draw(shell.language, seen)
    shared["filters"] = asdict(chosen)
    choices = filters.offered(shell.language, seen)
    with head:
        above = mount.part(
            "head",
            _HEAD,
            {**shared, "choices": choices},
            on_tab_change=_turn,
            on_write_change=lambda: None,
            on_map_change=lambda: None,
        )
    known = {"countries": sorted(seen.countries), "pages": seen.pages}
    below = mount.part(
        "list",
        _LIST,
        {**shared, "known": known},
        on_select_change=lambda: None,
        on_write_change=lambda: None,
        on_save_change=lambda: None,
        on_talk_change=lambda: None,
        on_settings_change=lambda: None,
        on_facets_change=_learn,
        on_clear_change=filters.clear,
    )
    address = {"site": site.site_key, "lang": shell.language}
    if above.map:
        country = {"country": chosen.country} if chosen.country else {}
        st.switch_page("views/map.py", query_params=address | country)
    elif write := above.write or below.write:
        open_composer(str(write))
    elif below.save:
        _open_contact(shell, str(below.save))
    elif below.select:
        open_profile(str(below.select))
    elif below.talk:
        talk = {"conversation": str(below.talk)}
        st.switch_page("views/inbox.py", query_params=address | talk)
    elif below.settings and "configure_sites" in shell.person.may:
        st.switch_page("views/settings_sites.py", query_params=address)


def _open_contact(shell: Shell, visitor_id: str) -> None:
    """Open the drawer at the form of a contact."""
    filters.write_address({VISITOR: visitor_id}, (WRITING,))
    st.session_state["profile step"] = "contact"
    open_profile(visitor_id)


def _shared(shell: Shell) -> dict[str, Any]:
    site = shell.site
    return {
        "language": shell.language,
        "text": part(shell.language, "live."),
        "person": str(shell.person.id),
        "may": shell.person.may,
        "tab": filters.tab(),
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


def _turn() -> None:
    filters.turn_to(st.session_state[_HEAD].get("tab"))


def _learn() -> None:
    shell, told = current(), st.session_state[_LIST]
    filters.learn(shell.site.site_key, shell.language, told.get("facets"))


_draw(current())
