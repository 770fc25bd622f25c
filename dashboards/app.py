"""The entry of the screens: which pages there are."""

import streamlit as st

from dashboards import shell
from dashboards.profile import kept_open
from dashboards.shell import Link

# The first stands at the root.
LINKS = [
    Link("views/live.py", "page.live", ":material/group:"),
    Link("views/contacts.py", "contacts.page", ":material/contacts:", "contacts"),
]

opened = shell.open_shell()
page = st.navigation(
    [
        st.Page(
            link.path,
            title=opened.say(link.title),
            url_path=link.url_path or None,
            default=link is LINKS[0],
        )
        for link in LINKS
    ],
    position="hidden",
)
shell.draw(opened, LINKS, page.url_path)
with kept_open(opened):
    page.run()
