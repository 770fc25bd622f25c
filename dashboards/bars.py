"""Rows of a report with a bar each, and shares of a whole; a row opens the visitors behind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import streamlit as st

from dashboards import drill, numbers, values
from dashboards.plain import plain
from dashboards.report import Report
from dashboards.shell import Shell

MOST_PARTS = 5
"""As many as there are colours."""


def bars(
    shell: Shell,
    key: str,
    report: Report,
    dimension: str,
    metrics: Sequence[str] = ("visitors",),
    *,
    whole: float | None = None,
    most: int = 5,
    drilled: bool = True,
) -> None:
    """Draw rows with a bar each, the first metric its length. A row opens its visitors.

    Beside the figure stands the second metric or, with `whole`, the share of that.
    """
    first = metrics[0]
    rows = [row for row in report.rows if row.get(first)][:most]
    longest = max((row[first] for row in rows), default=0)
    with st.container(key=f"bars_{key}", gap=None):
        for n, row in enumerate(rows):
            name = values.name(shell.language, dimension, row)
            with st.container(key=f"bar_{key}_{n}", gap=None):
                st.button(
                    _label(dimension, name, row),
                    key=f"bar {key} {n}",
                    type="tertiary",
                    on_click=drill.open_row,
                    args=(shell, report, dimension, row),
                    disabled=not drilled,
                )
                st.html(_figures(shell, report, row, metrics, whole, row[first] / longest))


def _label(dimension: str, name: str, row: Mapping[str, Any]) -> str:
    if dimension in values.PAGES and row.get("title"):
        return f"{plain(name, 80)} :gray[{plain(str(row[dimension]), 80)}]"
    if dimension == "country":
        return f":gray-badge[{plain(str(row[dimension]), 2)}] {plain(name, 80)}"
    return plain(name, 80)


def _figures(
    shell: Shell,
    report: Report,
    row: Mapping[str, Any],
    metrics: Sequence[str],
    whole: float | None,
    part: float,
) -> str:
    told = []
    for metric in metrics:
        column = report.column(metric)
        unit = column.unit if column else "count"
        told.append(numbers.value(shell.language, unit, row.get(metric)))
    if whole and len(metrics) == 1:
        told.append(numbers.share(shell.language, (row[metrics[0]] or 0) / whole))
    rest = "".join(f"<small>{escape(one)}</small>" for one in told[1:])
    return (
        f'<p class="hz-figure"><b>{escape(told[0])}</b>{rest}</p>'
        f'<p class="hz-track"><i style="width:{part:.1%}"></i></p>'
    )


def stack(
    shell: Shell,
    key: str,
    report: Report,
    dimension: str,
    metric: str = "visitors",
    *,
    drilled: bool = True,
) -> None:
    """Draw shares of a whole as one bar, and its parts below; a part opens its visitors."""
    rows = [row for row in report.rows if row.get(metric)][:MOST_PARTS]
    whole = sum(row[metric] for row in rows)
    if not whole:
        return
    pieces = "".join(
        f'<i class="hz-c{n}" style="flex:{row[metric] / whole:.4f} 1 0"></i>'
        for n, row in enumerate(rows, 1)
    )
    st.html(f'<div class="hz-stack" aria-hidden="true">{pieces}</div>')
    with st.container(key=f"parts_{key}", gap=None):
        for n, row in enumerate(rows, 1):
            name = values.name(shell.language, dimension, row)
            with st.container(key=f"part_{n}_{key}", horizontal=True, gap=None):
                st.button(
                    plain(name, 60),
                    key=f"part {key} {n}",
                    type="tertiary",
                    on_click=drill.open_row,
                    args=(shell, report, dimension, row),
                    disabled=not drilled,
                )
                column = report.column(metric)
                told = numbers.value(shell.language, column.unit if column else "", row[metric])
                part = numbers.share(shell.language, row[metric] / whole)
                st.html(
                    f'<p class="hz-figure"><b>{escape(told)}</b><small>{escape(part)}</small></p>'
                )
