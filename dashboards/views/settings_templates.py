"""Canned responses of the site: what the team says often."""

from __future__ import annotations

from html import escape
from typing import Any

import streamlit as st

from dashboards import settings_page
from dashboards.shell import Shell, current

TITLE_LONGEST, TEXT_LONGEST = 80, 500


def _draw(shell: Shell) -> None:
    settings_page.head(shell, "templates.title", "templates.below")
    site = shell.site.site_key
    found = settings_page.read(shell, lambda: shell.api.read("templates", site=site)["data"])
    with st.container(key="narrow_templates"):
        if st.button(shell.say("templates.add"), key="template_add", icon=":material/add:"):
            _edit(shell, None)
        if not found:
            st.info(shell.say("templates.none"))
        for template in found:
            key = f"line_template_{template['id']}"
            with st.container(key=key, horizontal=True, vertical_alignment="center"):
                st.html(
                    f"<p class='hz-line' dir='auto'><b>{escape(template['title'])}</b>"
                    f"<small class='two'>{escape(template['text'])}</small></p>"
                )
                if st.button(shell.say("templates.change"), key=f"template {template['id']}"):
                    _edit(shell, template)


def _edit(shell: Shell, template: dict[str, Any] | None) -> None:
    say, site = shell.say, shell.site.site_key
    path = f"templates/{template['id']}" if template else "templates"

    @st.dialog(say("templates.change" if template else "templates.add"))
    def ask() -> None:
        now = template or {"title": "", "text": ""}
        title = st.text_input(say("templates.name"), now["title"], max_chars=TITLE_LONGEST)
        text = st.text_area(say("templates.text"), now["text"], max_chars=TEXT_LONGEST, height=140)
        with st.container(horizontal=True):
            save = st.button(say("settings.save"), key="template_save", type="primary")
            drop = template is not None and st.button(
                say("templates.remove"), key="template_drop", type="tertiary"
            )
        if save and not (title.strip() and text.strip()):
            st.error(say("templates.empty"), icon=":material/error:")
        elif save or drop:
            method = "DELETE" if drop else "PUT" if template else "POST"
            body = None if drop else {"title": title.strip(), "text": text.strip()}
            change = shell.api.change
            if settings_page.done(shell, lambda: change(method, path, body, site=site)) is not None:
                settings_page.again(shell)

    ask()


_draw(current())
