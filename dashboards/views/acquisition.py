"""Where visitors come from, and which of these ways lead to a goal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from dashboards import choice, client, drill, numbers, values
from dashboards.bars import bars
from dashboards.boxes import box, export, head, metric_help, metric_name
from dashboards.lede import nothing, sentence, tell
from dashboards.report import Ask, Column, Report, reports
from dashboards.shell import Shell, address, current
from dashboards.tables import table
from dashboards.texts import count

ROWS = 200
"""Rows of the table; the file has all."""
SHOWN = 8
WAYS = {
    "sources": "source",
    "media": "medium",
    "campaigns": "campaign",
    "terms": "term",
    "referrers": "referrer",
}
"""Reports, and the dimension of each."""
_OF_GOAL = ("conversions", "conversion_rate")


def _draw(shell: Shell) -> None:
    asked, beside = head(shell, "page.acquisition")
    with st.container(key="choose_way", horizontal=True, vertical_alignment="center"):
        ways = {name: shell.say(f"acquisition.by_{name}") for name in WAYS}
        way = choice.among(shell, "by", shell.say("acquisition.by"), ways)
        goals = _goals(shell)
        names = {str(goal["id"]): str(goal["name"]) for goal in goals}
        chosen = (
            choice.one_of(shell, "goal", shell.say("acquisition.any_goal"), names) if goals else ""
        )
    goal = next((one for one in goals if str(one["id"]) == chosen), None)
    dimension = WAYS[way]
    wanted = [Ask(way, limit=ROWS), Ask("overview")]
    if goal:
        held = ((str(goal["kind"]), str(goal["match"])),)
        wanted.append(Ask(way, limit=ROWS, filters=held))
    came, all_of_it, *rest = reports(shell, asked, *wanted)
    if not came.rows and not came.missing:
        nothing(shell, "acquisition", "acquisition.empty", "acquisition.empty_sub")
        return
    if rest:
        came = of_goal(came, rest[0])
    export(shell, beside, {ways[way]: came})
    tell(_most(shell, came, all_of_it, dimension), _best(shell, came, dimension))
    with st.container(key="two_acquisition"):
        with box(
            shell,
            "came",
            ways[way],
            help=metric_help(shell, "visitors"),
            right=metric_name(shell, "visitors").lower(),
            report=came,
        ):
            whole = all_of_it.first.get("visitors")
            bars(shell, "came", came, dimension, ("visitors",), whole=whole, most=SHOWN)
        title = shell.say("acquisition.reached")
        reached = rest[0] if rest else replace(came, rows=_by_conversions(came))
        with box(
            shell,
            "reached",
            f"{title}: {goal['name']}" if goal else title,
            help=metric_help(shell, "conversion_rate"),
            right=", ".join(metric_name(shell, one).lower() for one in _OF_GOAL) if goals else "",
            report=reached if goals else None,
        ):
            _converted(shell, came, reached, dimension, bool(goals))
    with box(
        shell,
        "ways",
        shell.say("acquisition.all"),
        help=metric_help(shell, "sessions"),
        report=came,
    ):
        shown = [one.name for one in came.metrics if goals or one.name not in _OF_GOAL]
        table(shell, f"ways {way}", came, shown)
    drill.draw(shell, asked)


def of_goal(came: Report, reached: Report) -> Report:
    """Return a report with the conversions of one goal. `reached` has only visits that met it.

    What has come to no conversion has 0, not an unknown.
    """
    dimension = came.dimension
    met = {row.get(dimension): row for row in reached.rows}
    rows: list[dict[str, Any]] = []
    for row in came.rows:
        told = dict(row)
        for end in ("", "_before"):
            sessions = row.get(f"sessions{end}")
            if end and sessions is None:
                told |= {f"{metric}{end}": None for metric in _OF_GOAL}
                continue
            conversions = met.get(row.get(dimension), {}).get(f"sessions{end}") or 0
            told[f"conversions{end}"] = conversions
            told[f"conversion_rate{end}"] = conversions / sessions if sessions else None
        rows.append(told)
    known = [column for column in came.columns if column.name not in _OF_GOAL]
    made = (
        Column("conversions", "metric", "count", "more"),
        Column("conversion_rate", "metric", "share", "more"),
    )
    return replace(came, columns=(*known, *made), rows=tuple(rows))


def _by_conversions(came: Report) -> tuple[dict[str, Any], ...]:
    return tuple(sorted(came.rows, key=lambda row: -(row.get("conversions") or 0)))


def _converted(
    shell: Shell, came: Report, reached: Report, dimension: str, has_goals: bool
) -> None:
    if not has_goals:
        st.caption(shell.say("acquisition.no_goals"))
        if "edit_goals" in shell.person.may:
            st.page_link(
                "views/events.py",
                label=shell.say("acquisition.make_goal"),
                icon=":material/flag:",
                query_params=address(shell),
            )
    elif not any(row.get("conversions") for row in came.rows):
        st.caption(shell.say("acquisition.nobody"))
    else:
        rows = replace(came, rows=_by_conversions(came), query=reached.query)
        bars(shell, "reached", rows, dimension, _OF_GOAL, most=SHOWN)


def _most(shell: Shell, came: Report, all_of_it: Report, dimension: str) -> str:
    row = next((one for one in came.rows if one.get(dimension)), {})
    whole = all_of_it.first.get("visitors")
    if not row.get("visitors") or not whole:
        return ""
    return sentence(
        shell,
        "acquisition.most",
        name=values.name(shell.language, dimension, row),
        visitors=count(shell.language, "pages.n_visitors", row["visitors"]),
        share=numbers.value(shell.language, "share", row["visitors"] / whole),
    )


def _best(shell: Shell, came: Report, dimension: str) -> str:
    """Return the way that leads to a goal most often, among those with visits enough to say so."""
    enough = max(20, came.sum("sessions") / 50)
    able = [
        row
        for row in came.rows
        if row.get(dimension) and row.get("conversions") and row["sessions"] >= enough
    ]
    if not able:
        return ""
    row = max(able, key=lambda one: one["conversion_rate"])
    return sentence(
        shell,
        "acquisition.best",
        name=values.name(shell.language, dimension, row),
        share=numbers.value(shell.language, "share", row["conversion_rate"]),
    )


def _goals(shell: Shell) -> list[dict[str, Any]]:
    try:
        told = shell.api.read("goals", site=shell.site.site_key)
    except (client.NoAnswer, client.SignedOut):
        return []
    return list(told.get("data") or ())


_draw(current())
