"""All sites of the person side by side, and what each of the team did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards import drill, numbers
from dashboards.bars import bars
from dashboards.boxes import box, export, head, metric_help, metric_name
from dashboards.lede import nothing, sentence, tell
from dashboards.report import EVERY_SITE, Ask, Report, reports
from dashboards.shell import Shell, current
from dashboards.tables import table

SHOWN = 8
_CHANGES = ("visitors", "sessions", "conversations", "conversion_rate")
_OF_SITES = (
    "visitors",
    "sessions",
    "conversations",
    "conversion_rate",
    "bounce_rate",
    "session_seconds",
    "pages_per_session",
    "messages",
)


def _draw(shell: Shell) -> None:
    asked, beside = head(shell, "page.sites_compare")
    sites, agents = reports(
        shell, asked, Ask("sites", filters=EVERY_SITE), Ask("agents", filters=EVERY_SITE)
    )
    if not any(row.get("sessions") for row in sites.rows) and not sites.missing:
        nothing(shell, "sites", "sites_compare.empty", "sites_compare.empty_sub")
        return
    export(
        shell,
        beside,
        {shell.say("sites_compare.sites"): sites, shell.say("sites_compare.agents"): agents},
    )
    tell(_most(shell, sites), _grown(shell, sites))
    with box(
        shell,
        "sites",
        shell.say("sites_compare.sites"),
        help=shell.say("sites_compare.sites_help"),
        report=sites,
    ):
        table(
            shell,
            "sites",
            sites,
            _OF_SITES,
            changes=_CHANGES if asked.compare else (),
            on_open=lambda row: _open(shell, sites, row),
        )
        st.caption(shell.say("sites_compare.press"))
    with st.container(key="two_sites"):
        with box(
            shell,
            "site_bars",
            metric_name(shell, "visitors"),
            help=metric_help(shell, "visitors"),
        ):
            whole = sites.sum("visitors")
            bars(shell, "sites", sites, "site", whole=whole, most=SHOWN, drilled=False)
        with box(
            shell,
            "agents",
            shell.say("sites_compare.agents"),
            help=metric_help(shell, "first_response_seconds"),
            report=agents,
        ):
            table(shell, "agents", agents, drilled=False)
    drill.draw(shell, asked)


def _open(shell: Shell, sites: Report, row: Mapping[str, Any]) -> None:
    """Let the visitors of a site be shown, and make it the site that is looked at."""
    site = next((one for one in shell.person.sites if one.site_key == row.get("site")), None)
    if site is None:
        return
    st.query_params["site"] = site.site_key
    of_site = replace(sites, query=(*sites.query, ("site", site.site_key)))
    drill.open_row(replace(shell, site=site), of_site, "site", row)


def _most(shell: Shell, sites: Report) -> str:
    row = max(sites.rows, key=lambda one: one.get("visitors") or 0, default={})
    whole = sites.sum("visitors")
    if len([one for one in sites.rows if one.get("visitors")]) < 2:
        return ""
    return sentence(
        shell,
        "sites_compare.most",
        name=str(row.get("site_name") or row["site"]),
        share=numbers.value(shell.language, "share", row["visitors"] / whole),
    )


def _grown(shell: Shell, sites: Report) -> str:
    """Return the site that has won most visitors since the period before, if one has."""
    known = [row for row in sites.rows if row.get("visitors_before")]
    row = max(known, key=lambda one: (one["visitors"] or 0) / one["visitors_before"], default=None)
    if row is None or len(known) < 2:
        return ""
    change = numbers.change(
        shell.language, "count", "more", row["visitors"], row["visitors_before"]
    )
    if change is None or change.way != "up":
        return ""
    return sentence(
        shell,
        "sites_compare.grown",
        name=str(row.get("site_name") or row["site"]),
        change=change.text,
    )


_draw(current())
