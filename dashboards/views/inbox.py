"""The inbox: what visitors and the team write to each other."""

from __future__ import annotations

import streamlit as st

from dashboards.components import mount
from dashboards.profile import open_profile
from dashboards.shell import Shell, current
from dashboards.texts import part

CONVERSATION = "conversation"
"""Name in the address of the conversation that is open. The component keeps it."""


def _draw(shell: Shell) -> None:
    site = shell.site
    told = mount.part(
        "inbox",
        "inbox",
        {
            "language": shell.language,
            "text": part(shell.language, "inbox.", "live.", "role."),
            "person": str(shell.person.id),
            "may": shell.person.may,
            "site": {"key": site.site_key, "name": site.name, "zone": site.timezone},
        },
        on_profile_change=lambda: None,
    )
    if isinstance(told.profile, dict):
        # The drawer writes the address anew, and knows only what Python knows of it.
        if conversation := told.profile.get("conversation"):
            st.query_params[CONVERSATION] = str(conversation)
        open_profile(str(told.profile.get("visitor")))


_draw(current())
