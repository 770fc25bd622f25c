"""The entry of the screens: which pages there are."""

import streamlit as st

from dashboards import shell

_LIVE = ("views/live.py", "page.live", ":material/group:")

opened = shell.open_shell()
page = st.navigation(
    [st.Page(_LIVE[0], title=opened.say(_LIVE[1]), default=True)], position="hidden"
)
shell.draw(opened, [_LIVE])
page.run()
