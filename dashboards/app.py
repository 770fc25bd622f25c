"""The entry of the screens: which pages there are."""

from pathlib import Path

import streamlit as st

from dashboards import shell
from dashboards.profile import kept_open
from dashboards.shell import Link

# The first stands at the root.
LINKS = [
    Link("views/live.py", "page.live", ":material/group:", "now", may="view_visitors", below=True),
    Link("views/map.py", "page.map", ":material/public:", "now", may="view_map", below=True),
    Link("views/inbox.py", "page.inbox", ":material/chat:", "now", below=True, url_path="inbox"),
    Link("views/contacts.py", "page.contacts", ":material/contacts:", "now", below=True),
    Link(
        "views/overview.py",
        "page.overview",
        ":material/monitoring:",
        "over_time",
        may="view_reports",
        below=True,
        short="page.overview_short",
    ),
    Link(
        "views/audience.py",
        "page.audience",
        ":material/diversity_3:",
        "over_time",
        may="view_reports",
    ),
    Link("views/pages.py", "page.pages", ":material/article:", "over_time", may="view_reports"),
    Link(
        "views/acquisition.py",
        "page.acquisition",
        ":material/campaign:",
        "over_time",
        may="view_reports",
    ),
    Link(
        "views/hours.py",
        "page.hours",
        ":material/calendar_view_week:",
        "over_time",
        may="view_reports",
    ),
    Link("views/events.py", "page.events", ":material/flag:", "over_time", may="view_reports"),
    Link(
        "views/sites_compare.py",
        "page.sites_compare",
        ":material/view_column:",
        "over_time",
        may="view_reports",
    ),
    Link("views/replay.py", "page.replay", ":material/history:", "over_time", may="view_visitors"),
    Link("views/sql.py", "page.sql", ":material/terminal:", "over_time", may="run_sql"),
    Link(
        "views/health.py",
        "page.health",
        ":material/vital_signs:",
        "set_up",
        may="see_health",
    ),
    Link(
        "views/settings_sites.py",
        "page.settings_sites",
        ":material/language:",
        "set_up",
        may="configure_sites",
    ),
    Link(
        "views/settings_team.py",
        "page.settings_team",
        ":material/badge:",
        "set_up",
        may="manage_team",
    ),
    Link(
        "views/settings_templates.py",
        "page.settings_templates",
        ":material/quickreply:",
        "set_up",
        may="edit_templates",
    ),
    Link(
        "views/settings_audit.py",
        "page.settings_audit",
        ":material/receipt_long:",
        "set_up",
        may="read_audit",
    ),
    Link("views/account.py", "page.account", ":material/person:", "account"),
]

opened = shell.open_shell()
links = [
    link
    for link in LINKS
    if (not link.may or link.may in opened.person.may)
    and (Path(__file__).parent / link.path).exists()
]
page = st.navigation(
    [
        st.Page(
            link.path,
            title=opened.say(link.title),
            url_path=link.url_path or None,
            default=link is links[0],
        )
        for link in links
    ],
    position="hidden",
)
account = next(link for link in links if link.group == "account")
if not opened.person.must_change_password:
    shell.draw(opened, links, page.url_path)
    with kept_open(opened):
        page.run()
elif page.url_path != account.name:
    # The API answers nothing else until then.
    st.switch_page(account.path, query_params=shell.address(opened))
else:
    shell.draw(opened, [account], page.url_path)
    page.run()
