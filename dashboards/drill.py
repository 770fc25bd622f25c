"""The visitors behind a row of a report, as a dialog; each opens their profile.

A row is opened by `open_row` (in a callback), and drawn by `draw`, the last thing of a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards import client, dates, dialogs, range_picker, values
from dashboards.composer import VISITOR
from dashboards.plain import plain
from dashboards.range_picker import Range
from dashboards.report import Report
from dashboards.shell import Shell
from dashboards.texts import count

MOST = 200
"""Visitors that the API tells."""
_OPEN = "drill open"


def open_row(shell: Shell, report: Report, dimension: str, row: Mapping[str, Any]) -> None:
    """Let the visitors behind a row be shown: those with its value of the dimension."""
    beside = {
        name: str(row[name] or "")
        for name in report.dimensions
        if name != dimension and name in row
    }
    name = values.name(shell.language, dimension, row)
    open_value(
        shell,
        report,
        str(row.get(dimension) or ""),
        f"{shell.say(f'dimension.{dimension}')}: {name}",
        beside,
    )


def open_value(
    shell: Shell, report: Report, value: str, title: str, filters: Mapping[str, str] | None = None
) -> None:
    """Let visitors be shown by a value as the API reads it: `2-16` of `hours`, for example."""
    st.session_state[_OPEN] = {
        "place": _place(shell),
        "period": range_picker.chosen(shell),
        "report": report.name,
        "query": dict(report.query) | dict(filters or {}) | {"value": value},
        "name": title,
    }


def draw(shell: Shell, asked: Range) -> None:
    """Draw the dialog, if a row of this page was opened."""
    opened = st.session_state.get(_OPEN)
    if not opened:
        return
    query = opened["query"]
    if opened["place"] != _place(shell) or opened["period"] != asked:
        _close()
        return
    dialogs.note()

    @st.dialog(plain(opened["name"], 80), width="large", on_dismiss=_close)
    def panel() -> None:
        asking = {name: value for name, value in query.items() if name not in ("limit", "compare")}
        try:
            told = shell.api.read(f"reports/{opened['report']}/visitors", **asking)
        except (client.NoAnswer, client.SignedOut):
            st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
            return
        visitors: list[dict[str, Any]] = told.get("data") or []
        if not visitors:
            st.info(shell.say("numbers.no_visitors"))
            return
        st.caption(
            count(shell.language, "numbers.visitors_shown", len(visitors))
            + (f" {shell.say('numbers.newest_only')}" if len(visitors) >= MOST else "")
        )
        _table(shell, visitors)

    panel()


def _table(shell: Shell, visitors: list[dict[str, Any]]) -> None:
    told = st.dataframe(
        [_row(shell, visitor) for visitor in visitors],
        key="drill visitors",
        hide_index=True,
        width="stretch",
        height="content" if len(visitors) <= 12 else 480,
        on_select="rerun",
        selection_mode="single-cell",
    )
    chosen = told.selection.cells if told else []
    if chosen and chosen[0][0] < len(visitors):
        _close()
        st.query_params[VISITOR] = str(visitors[chosen[0][0]]["id"])
        st.rerun()


def _row(shell: Shell, visitor: dict[str, Any]) -> dict[str, Any]:
    session = visitor.get("session") or {}
    place = visitor.get("location") or {}
    device = visitor.get("device") or {}
    who = visitor.get("name") or shell.say("live.anonymous").replace(
        "{n}", str(visitor.get("number", ""))
    )
    return {
        shell.say("numbers.visitor"): who,
        shell.say("numbers.place"): _joined(place.get("city"), place.get("country")),
        shell.say("numbers.device"): _joined(device.get("browser"), device.get("os")),
        shell.say("dimension.source"): (visitor.get("referrer") or {}).get("source") or "",
        shell.say("metric.page_views"): session.get("pages_viewed"),
        shell.say("numbers.last_seen"): _at(shell, session.get("last_activity_at")),
    }


def _joined(*parts: str | None) -> str:
    return ", ".join(part for part in parts if part)


def _at(shell: Shell, told: str | None) -> str:
    if not told:
        return ""
    zone = ZoneInfo(shell.site.timezone)
    at = datetime.fromisoformat(told).astimezone(zone)
    now = datetime.now(zone)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return f"{dates.day(shell.language, at.date(), now.year)}, {at:%H:%M}"


def _place(shell: Shell) -> tuple[str, str]:
    """Return which page of which site is shown."""
    return shell.site.site_key, (st.context.url or "").partition("?")[0]


def _close() -> None:
    st.session_state.pop(_OPEN, None)
