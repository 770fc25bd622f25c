"""A report as a table that sorts and searches; a cell opens the visitors behind its row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import streamlit as st

from dashboards import drill, numbers, values
from dashboards.boxes import metric_help, metric_name
from dashboards.report import Column, Report
from dashboards.shell import Shell


def table(
    shell: Shell,
    key: str,
    report: Report,
    metrics: Sequence[str] = (),
    *,
    drilled: bool = True,
    height: int | None = None,
    changes: Sequence[str] = (),
    on_open: Callable[[Mapping[str, Any]], None] | None = None,
) -> None:
    """Draw a report: all of its metrics, unless `metrics` names some, in their order.

    Beside those in `changes` stands what became of them since the period before. `on_open` does
    another thing with the row of a cell than to show its visitors.
    """
    dimension = report.dimension
    shown = list(report.metrics)
    if metrics:
        shown = [one for one in map(report.column, metrics) if one is not None]
    titled = any(row.get("title") for row in report.rows)
    cells: list[dict[str, Any]] = []
    for row in report.rows:
        cell: dict[str, Any] = {dimension: values.name(shell.language, dimension, row)}
        if dimension in values.PAGES and titled:
            cell["path"] = row[dimension]
        for one in shown:
            cell[one.name] = _cell(one.unit, row.get(one.name))
            if one.name in changes:
                cell[f"{one.name} change"] = _change(shell, one, row)
        cells.append(cell)
    if not cells:
        return
    config: dict[str, Any] = {
        dimension: st.column_config.TextColumn(shell.say(f"dimension.{dimension}"), width="medium"),
        "path": st.column_config.TextColumn(shell.say("numbers.path")),
    }
    for one in shown:
        config[one.name] = st.column_config.NumberColumn(
            metric_name(shell, one.name),
            help=metric_help(shell, one.name),
            format=_format(one.unit),
        )
        config[f"{one.name} change"] = st.column_config.TextColumn(
            shell.say("numbers.change"), help=shell.say("numbers.change_help"), width="small"
        )

    def look() -> None:
        chosen = st.session_state[f"table {key}"].selection.cells
        if chosen:
            row = report.rows[chosen[0][0]]
            if on_open:
                on_open(row)
            else:
                drill.open_row(shell, report, dimension, row)

    st.dataframe(
        cells,
        key=f"table {key}",
        hide_index=True,
        width="stretch",
        height=height or "auto",
        placeholder=numbers.UNKNOWN,
        column_config=config,
        on_select=look if drilled else "ignore",
        selection_mode="single-cell",
    )


def _change(shell: Shell, column: Column, row: Mapping[str, Any]) -> str:
    """Return how much a figure of a row rose or fell."""
    now, before = row.get(column.name), row.get(f"{column.name}_before")
    change = numbers.change(shell.language, column.unit, column.better, now, before)
    if change is None:
        return numbers.UNKNOWN
    return {"up": "▲ ", "down": "▼ ", "flat": ""}[change.way] + change.text


def _cell(unit: str, figure: float | None) -> float | timedelta | None:
    if figure is None:
        return None
    if unit == "seconds":
        return timedelta(seconds=round(figure))
    if unit == "count":
        return round(figure)
    return round(figure, 3) if unit == "share" else figure


def _format(unit: str) -> str:
    return {
        "share": "percent",
        "percent_depth": "%d%%",
        "count": "localized",
        "seconds": "compact",
    }.get(unit, "%.1f")
