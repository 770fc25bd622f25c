"""What visitors do: events that the site reports, and goals with those who reached them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st

from dashboards import drill, goal_form, numbers, settings_page
from dashboards.bars import bars
from dashboards.boxes import box, export, head, metric_help, metric_name
from dashboards.lede import sentence, tell
from dashboards.plain import plain
from dashboards.report import Ask, Report, reports
from dashboards.shell import Shell, current
from dashboards.tables import table

ROWS = 200
"""Events in the table; the file has all."""
SHOWN = 8


@dataclass(frozen=True)
class Goal:
    """A goal of the site, and what the period says of it."""

    id: int
    name: str
    kind: str
    match: str
    row: dict[str, Any]


def _draw(shell: Shell) -> None:
    settings_page.say_done()
    asked, beside = head(shell, "page.events")
    told = settings_page.read(shell, lambda: shell.api.read("goals", site=shell.site.site_key))
    events, met = reports(shell, asked, Ask("events", limit=ROWS), Ask("goals"))
    goals = joined(told.get("data") or [], met)
    export(shell, beside, {shell.say("events.goals"): met, shell.say("events.happened"): events})
    tell(_best(shell, goals, met), _most(shell, events))
    with st.container(key="two_events"):
        _goals(shell, goals, met)
        with box(
            shell,
            "happened",
            shell.say("events.happened"),
            help=metric_help(shell, "events"),
            right=_named(shell, "events", "event_visitors"),
            report=events,
        ):
            if events.rows:
                bars(shell, "happened", events, "event", ("events", "event_visitors"), most=SHOWN)
            elif not events.missing:
                st.caption(shell.say("events.how"))
                st.code('hozir("event", "signup", { plan: "pro" });', language="js")
    if events.rows:
        with box(
            shell,
            "events",
            shell.say("events.all"),
            help=metric_help(shell, "event_visitors"),
            report=events,
        ):
            table(shell, "events", events)
    known = [str(row["event"]) for row in events.rows if row.get("event")]
    if not goal_form.draw(shell, asked, known):
        drill.draw(shell, asked)


def joined(told: list[dict[str, Any]], met: Report) -> list[Goal]:
    """Return every goal with its row of the report, the most reached first."""
    by_name = {row.get("goal"): row for row in met.rows}
    goals = [
        Goal(
            int(one["id"]),
            str(one["name"]),
            str(one["kind"]),
            str(one["match"]),
            by_name.get(one["name"], {"goal": one["name"]}),
        )
        for one in told
    ]
    return sorted(goals, key=lambda goal: -(goal.row.get("conversions") or 0))


def _goals(shell: Shell, goals: list[Goal], met: Report) -> None:
    may_edit = "edit_goals" in shell.person.may
    with box(
        shell,
        "goals",
        shell.say("events.goals"),
        help=metric_help(shell, "conversion_rate"),
        right=_named(shell, "conversions", "conversion_rate") if goals else "",
        report=met if goals else None,
    ):
        if not goals:
            st.caption(shell.say("events.no_goals"))
        for goal in goals:
            with st.container(
                key=f"goal_{goal.id}", horizontal=True, vertical_alignment="center", gap="small"
            ):
                _goal(shell, goal, met)
                if may_edit:
                    st.button(
                        "",
                        key=f"goal_remove_{goal.id}",
                        type="tertiary",
                        icon=":material/delete:",
                        help=shell.say("events.remove"),
                        on_click=goal_form.open_removal,
                        args=(goal.id, goal.name),
                    )
        if may_edit:
            st.button(
                shell.say("events.new"),
                key="goal_new",
                icon=":material/add:",
                on_click=goal_form.open_new,
            )


def _goal(shell: Shell, goal: Goal, met: Report) -> None:
    language, row = shell.language, goal.row
    rate, before = row.get("conversion_rate"), row.get("conversion_rate_before")
    change = numbers.change(language, "share", "more", rate, before)
    arrow = {"up": "▲ ", "down": "▼ ", "flat": ""}
    with st.container(key=f"bar_goal_{goal.id}", gap=None):
        st.button(
            f"{plain(goal.name, 80)} :gray[{plain(goal.match, 80)}]",
            key=f"goal open {goal.id}",
            type="tertiary",
            on_click=drill.open_row,
            args=(shell, met, "goal", row),
            disabled=not row.get("conversions"),
        )
        told = numbers.value(language, "count", row.get("conversions") or 0)
        part = numbers.value(language, "share", rate)
        below = ""
        if change:
            way = "good" if change.good else "bad" if change.good is False else "same"
            below = (
                f'<p class="hz-change hz-{way}"><b>{arrow[change.way]}{escape(change.text)}</b> '
                f"{escape(change.before)}</p>"
            )
        st.html(
            f'<p class="hz-figure"><b>{escape(told)}</b><small>{escape(part)}</small></p>'
            f'<p class="hz-track"><i style="width:{min(rate or 0, 1):.1%}"></i></p>{below}'
        )


def _best(shell: Shell, goals: list[Goal], met: Report) -> str:
    reached = [goal for goal in goals if goal.row.get("conversions")]
    if not reached:
        return ""
    best = reached[0]
    return sentence(
        shell,
        "events.best",
        name=best.name,
        n=numbers.value(shell.language, "count", best.row["conversions"]),
        share=numbers.value(shell.language, "share", best.row.get("conversion_rate")),
    )


def _most(shell: Shell, events: Report) -> str:
    row = events.first
    if not row.get("events"):
        return ""
    return sentence(
        shell,
        "events.most",
        name=str(row.get("event") or shell.say("dimension.unknown")),
        n=numbers.value(shell.language, "count", row["events"]),
        visitors=numbers.value(shell.language, "count", row.get("event_visitors")),
    )


def _named(shell: Shell, *metrics: str) -> str:
    return ", ".join(metric_name(shell, metric).lower() for metric in metrics)


_draw(current())
