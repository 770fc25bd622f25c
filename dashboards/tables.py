"""A report as a table that sorts and searches; a cell opens the visitors behind its row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from dashboards import drill, values
from dashboards.boxes import metric_help, metric_name
from dashboards.report import Report
from dashboards.shell import Shell


def table(
    shell: Shell,
    key: str,
    report: Report,
    metrics: Sequence[str] = (),
    *,
    drilled: bool = True,
    height: int | None = None,
) -> None:
    """Draw a report: all of its metrics, unless `metrics` names some."""
    dimension = report.dimension
    shown = [one for one in report.metrics if not metrics or one.name in metrics]
    cells: list[dict[str, Any]] = []
    for row in report.rows:
        cell: dict[str, Any] = {dimension: values.name(shell.language, dimension, row)}
        if dimension in values.PAGES:
            cell["path"] = row[dimension]
        cells.append(cell | {one.name: _cell(one.unit, row.get(one.name)) for one in shown})
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
            format=_format(shell, one.unit),
        )

    def look() -> None:
        chosen = st.session_state[f"table {key}"].selection.cells
        if chosen:
            drill.open_row(shell, report, dimension, report.rows[chosen[0][0]])

    st.dataframe(
        cells,
        key=f"table {key}",
        hide_index=True,
        width="stretch",
        height=height or "auto",
        column_config=config,
        on_select=look if drilled else "ignore",
        selection_mode="single-cell",
    )


def _cell(unit: str, figure: float | None) -> float | None:
    return round(figure) if figure is not None and unit in ("seconds", "count") else figure


def _format(shell: Shell, unit: str) -> str:
    if unit == "seconds":
        return f"%d {shell.say('live.unit_s')}"
    return {"share": "percent", "percent_depth": "%d%%", "count": "localized"}.get(unit, "%.1f")
