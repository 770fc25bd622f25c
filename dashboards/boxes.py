"""What pages of numbers are built of: their head, boxes around charts and rows, tiles.

Every box names its metric behind a question mark and gives its table as a file. What stands in it
is drawn by `chart`, by bars.py and by tables.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboards import numbers, range_picker
from dashboards.plain import plain
from dashboards.range_picker import Range
from dashboards.report import Report
from dashboards.shell import Shell

_STYLE = Path(__file__).parent / "static" / "numbers.css"
_MARK = {"up": "▲\u00a0", "down": "▼\u00a0", "flat": ""}
_COLOUR = {True: "green", False: "red", None: "gray"}


def head(shell: Shell, title: str) -> tuple[Range, DeltaGenerator]:
    """Draw the title and the choice of the period. Returns it, and a place beside for more."""
    asked = range_picker.chosen(shell)
    with heading(shell.say(title), range_picker.heading(shell, asked)):
        range_picker.draw(shell)
        beside = st.container(key="numbers_beside", width="content")
    return asked, beside


@contextmanager
def heading(title: str, below: str) -> Iterator[None]:
    """Draw a title with a line below it, and what follows at its end."""
    st.html(_STYLE)
    with st.container(key="numbers_head", horizontal=True, vertical_alignment="center"):
        st.html(f'<div class="hz-title"><h1>{escape(title)}</h1><p>{escape(below)}</p></div>')
        with st.container(key="numbers_choice", horizontal=True, vertical_alignment="center"):
            yield


def export(shell: Shell, place: DeltaGenerator, names: Mapping[str, Report]) -> None:
    """Offer reports as files. `names` are their names on the screen."""
    with place, st.popover(shell.say("numbers.export"), icon=":material/download:"):
        lines = [
            f"<li><span>{escape(name)}</span>"
            + "".join(
                f'<a href="{escape(report.download(kind))}" download>{label}</a>'
                for kind, label in (("csv", "CSV"), ("xlsx", "Excel"), ("parquet", "Parquet"))
            )
            + "</li>"
            for name, report in names.items()
        ]
        st.html(f'<ul class="hz-files">{"".join(lines)}</ul>')


@contextmanager
def box(
    shell: Shell,
    key: str,
    title: str,
    *,
    help: str = "",
    right: str = "",
    report: Report | None = None,
    dashed: str = "",
) -> Iterator[None]:
    """Draw a box around what follows. All texts are given as they shall stand.

    `right` stands at the end of the title's row; with `dashed` it names the line of now and
    `dashed` that of before. `report` can be downloaded; where it is missing the box says so, and
    what is drawn from its rows shows nothing.
    """
    with st.container(key=f"box_{key}", gap="small"):
        with st.container(key=f"box_head_{key}", horizontal=True, vertical_alignment="center"):
            st.subheader(plain(title), help=help or None, anchor=False)
            st.html(_at_end(shell, right, dashed, report))
        if report is not None and report.missing:
            st.caption(shell.say("numbers.missing"))
        elif report is not None and not report.rows and not report.before_rows:
            st.caption(shell.say("numbers.nothing"))
        yield


def _at_end(shell: Shell, right: str, dashed: str, report: Report | None) -> str:
    told = f"<span>{'<i></i>' if dashed else ''}{escape(right)}</span>" if right else ""
    if dashed:
        told += f'<span><i class="hz-past"></i>{escape(dashed)}</span>'
    if report is not None and not report.missing:
        label = escape(shell.say("numbers.download"))
        told += (
            f'<a class="hz-file" href="{escape(report.download("csv"))}" download '
            f'title="{label}" aria-label="{label}"></a>'
        )
    return f'<div class="hz-key">{told}</div>'


def chart(made: Any, alt: str = "") -> None:
    """Draw a chart of charts.py, if there is something to draw. `alt` says it in a sentence."""
    if made is not None:
        st.altair_chart(made, theme=None, width="stretch", alt=alt or None)


def credit(shell: Shell) -> None:
    """Draw whose data says where people are, as its licence asks of a page that shows places."""
    st.html(
        f'<p class="hz-credit">{escape(shell.say("map.places"))}: <a href="https://db-ip.com" '
        'target="_blank" rel="noopener">IP Geolocation by DB-IP</a></p>'
    )


def metric_help(shell: Shell, metric: str) -> str:
    """Return what a metric means, for behind the question mark."""
    return shell.say(f"metric.{metric}_help")


def metric_name(shell: Shell, metric: str) -> str:
    """Return what a metric is called."""
    return shell.say(f"metric.{metric}")


def tile(
    shell: Shell, report: Report, metric: str, along: Sequence[float | None] = (), label: str = ""
) -> None:
    """Draw one metric of a report of one row: its past beside it, its shape below.

    `along` is its course over the period.
    """
    column, row = report.column(metric), report.first
    unit = column.unit if column else "count"
    now, before = row.get(metric), row.get(f"{metric}_before")
    change = numbers.change(shell.language, unit, column.better if column else "", now, before)
    shape = [float(one) for one in along if one is not None]
    st.metric(
        label or metric_name(shell, metric),
        numbers.value(shell.language, unit, now),
        delta=_MARK[change.way] + change.text if change else None,
        delta_arrow="off",
        delta_color=_COLOUR[change.good] if change else "off",  # type: ignore[arg-type]
        delta_description=change.before if change and change.way != "flat" else None,
        help=metric_help(shell, metric),
        chart_data=shape if len(shape) > 1 else None,
        chart_type="area",
    )


@contextmanager
def tiles(key: str) -> Iterator[None]:
    """Draw tiles side by side: six, three or two in a row, as there is room."""
    with st.container(key=f"tiles_{key}", gap=None):
        yield
