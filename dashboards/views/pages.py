"""What people read, where they come in and leave, and how far they go."""

from __future__ import annotations

import streamlit as st

from dashboards import charts, choice, drill, numbers, values
from dashboards.bars import bars
from dashboards.boxes import box, chart, export, head, metric_help, metric_name, tile, tiles
from dashboards.lede import nothing, sentence, tell
from dashboards.report import Ask, Report, reports
from dashboards.shell import Shell, current
from dashboards.tables import table
from dashboards.texts import count

ROWS = 200
"""Pages in the table; the file has all."""
SHOWN = 8
STEPS = 12
_TILES = ("visitors", "page_views", "page_seconds", "scroll_depth", "entries", "exit_rate")


def _draw(shell: Shell) -> None:
    asked, beside = head(shell, "page.pages")
    (known,) = reports(shell, asked, Ask("pages", limit=ROWS))
    page = _choose(shell, known)
    read, entered, left, steps, talked = reports(
        shell,
        asked,
        Ask("pages", limit=ROWS),
        Ask("entry_pages", limit=SHOWN),
        Ask("exit_pages", limit=SHOWN),
        Ask("steps", limit=STEPS),
        Ask("conversation_pages", limit=SHOWN),
        filters={"page": page},
    )
    if not read.rows and not read.missing:
        nothing(shell, "pages", "pages.empty", "pages.empty_sub")
        return
    names = ("page.pages", "pages.entered", "pages.left", "pages.steps", "pages.talked")
    given = zip(names, (read, entered, left, steps, talked), strict=True)
    export(shell, beside, {shell.say(name): report for name, report in given})
    if page and len(read.rows) == 1:
        with tiles("page"):
            for metric in _TILES:
                tile(shell, read, metric)
    else:
        tell(_most_read(shell, read), _most_left(shell, left))
    with st.container(key="two_pages"):
        with box(
            shell,
            "entered",
            shell.say("pages.entered"),
            help=metric_help(shell, "bounce_rate"),
            right=_named(shell, "visitors", "bounce_rate"),
            report=entered,
        ):
            bars(
                shell,
                "entered",
                entered,
                "entry_page",
                ("visitors", "bounce_rate"),
                most=SHOWN,
            )
        with box(
            shell,
            "left",
            shell.say("pages.left"),
            help=metric_help(shell, "exit_rate"),
            right=_named(shell, "exits", "exit_rate"),
            report=left,
        ):
            bars(shell, "left", left, "exit_page", ("exits", "exit_rate"), most=SHOWN)
    with st.container(key="two_ways_on"):
        _steps(shell, steps)
        with box(
            shell,
            "talked",
            shell.say("pages.talked"),
            help=shell.say("pages.talked_help"),
            right=_named(shell, "conversations"),
            report=talked,
        ):
            bars(shell, "talked", talked, "page", ("conversations",), most=SHOWN)
    with box(
        shell, "read", shell.say("pages.all"), help=metric_help(shell, "page_views"), report=read
    ):
        table(shell, "read", read)
    drill.draw(shell, asked)


def _choose(shell: Shell, known: Report) -> str:
    options = {
        str(row["page"]): f"{row['page']} · {row['title']}" if row.get("title") else row["page"]
        for row in known.rows
    }
    return choice.one_of(
        shell,
        "page",
        shell.say("pages.any"),
        options,
        free=True,
        hint=shell.say("pages.any_hint"),
        width=400,
    )


def _most_read(shell: Shell, read: Report) -> str:
    row = read.first
    if not row.get("visitors"):
        return ""
    return sentence(
        shell,
        "pages.most_read",
        page=values.name(shell.language, "page", row),
        visitors=count(shell.language, "pages.n_visitors", row["visitors"]),
        time=numbers.value(shell.language, "seconds", row.get("page_seconds")),
    )


def _most_left(shell: Shell, left: Report) -> str:
    row = left.first
    if not row.get("exits"):
        return ""
    return sentence(
        shell,
        "pages.most_left",
        page=values.name(shell.language, "exit_page", row),
        share=numbers.value(shell.language, "share", row.get("exit_rate")),
    )


def _steps(shell: Shell, steps: Report) -> None:
    """Draw how many visits reach their first page, their second, and so on."""
    rows = [
        {
            "label": str(row["step"]),
            "figure": row.get("sessions") or 0,
            "tip": shell.say("pages.step_tip")
            .replace("{visits}", count(shell.language, "pages.n_visits", row.get("sessions") or 0))
            .replace("{share}", numbers.value(shell.language, "share", row.get("exit_rate"))),
        }
        for row in sorted(steps.rows, key=lambda row: int(row["step"]))
    ]
    with box(
        shell,
        "steps",
        shell.say("pages.steps"),
        help=shell.say("pages.steps_help"),
        right=_named(shell, "sessions"),
        report=steps,
    ):
        if rows:
            told = _lost(shell, steps)
            chart(charts.columns(shell, rows, height=180), told)
            st.caption(told)


def _lost(shell: Shell, steps: Report) -> str:
    """Return in words how many visits end on their first page, and how many reach the third."""
    by_step = {int(row["step"]): row for row in steps.rows}
    first = by_step.get(1, {})
    began = first.get("sessions") or 0
    if not began:
        return ""
    third = (by_step.get(3, {}).get("sessions") or 0) / began
    return (
        shell.say("pages.steps_told")
        .replace("{first}", numbers.value(shell.language, "share", first.get("exit_rate")))
        .replace("{third}", numbers.value(shell.language, "share", third))
    )


def _named(shell: Shell, *metrics: str) -> str:
    return ", ".join(metric_name(shell, metric).lower() for metric in metrics)


_draw(current())
