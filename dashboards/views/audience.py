"""The audience: who is new, who comes back and how soon, from where, and with what."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace

import streamlit as st

from dashboards import charts, drill, numbers
from dashboards.bars import bars, stack
from dashboards.boxes import box, chart, credit, export, head, metric_help, metric_name, tile, tiles
from dashboards.range_picker import Range
from dashboards.report import Ask, Column, Report, reports
from dashboards.shell import Shell, current

_TILES = (
    "new_visitors",
    "returning_visitors",
    "return_rate",
    "days_to_return",
    "sessions_per_visitor",
    "messages_per_visitor",
)
_ROWS = 8
_DAYS = 30
"""Days after which somebody came back that have a bar of their own; the rest is one."""
_BY = {
    "countries": "country",
    "cities": "city",
    "browsers": "browser",
    "systems": "system",
    "languages": "language",
    "screens": "screen",
}


def _draw(shell: Shell) -> None:
    asked, place = head(shell, "page.audience")
    whole, along, back, devices, *rest = reports(
        shell,
        asked,
        Ask("overview"),
        Ask("visitors"),
        Ask("returning"),
        Ask("devices"),
        *(Ask(name, limit=_ROWS) for name in _BY),
    )
    named = {
        shell.say("page.audience"): whole,
        shell.say("audience.over_time"): along,
        shell.say("audience.back"): back,
        shell.say("dimension.device"): devices,
    }
    for dimension, report in zip(_BY.values(), rest, strict=True):
        named[shell.say(f"dimension.{dimension}")] = report
    export(shell, place, named)
    with tiles("audience"):
        for metric in _TILES:
            points = charts.series(shell, along, metric) if along.column(metric) else []
            tile(shell, whole, metric, [point.get("now") for point in points])
    _over_time(shell, asked, along)
    with st.container(key="two_back"):
        _new_and_returning(shell, whole)
        _back(shell, back)
    all_visitors = whole.first.get("visitors")
    with st.container(key="three_audience"):
        with _box(shell, "devices", "device", devices):
            stack(shell, "devices", devices, "device")
        for (key, dimension), report in zip(_BY.items(), rest, strict=True):
            with _box(shell, key, dimension, report):
                bars(shell, key, report, dimension, whole=all_visitors, most=_ROWS)
    credit(shell)
    drill.draw(shell, asked)


def _over_time(shell: Shell, asked: Range, along: Report) -> None:
    now = metric_name(shell, "returning_visitors")
    before = shell.say("numbers.past_other") if asked.compare else ""
    with box(
        shell,
        "over_time",
        shell.say("audience.over_time"),
        help=metric_help(shell, "returning_visitors"),
        right=now,
        dashed=before,
        report=along,
    ):
        chart(
            charts.line(shell, along, "returning_visitors", now, before),
            alt=shell.say("audience.over_time"),
        )


def _new_and_returning(shell: Shell, whole: Report) -> None:
    row = whole.first
    parts = replace(
        whole,
        columns=(Column("visit", "dimension"), Column("visitors", "metric", "count")),
        rows=(
            {"visit": "new", "visitors": row.get("new_visitors")},
            {"visit": "returning", "visitors": row.get("returning_visitors")},
        ),
    )
    with box(
        shell,
        "visit",
        shell.say("audience.new_and_returning"),
        help=metric_help(shell, "return_rate"),
        report=whole,
    ):
        stack(shell, "visit", parts, "visit", drilled=False)


def _back(shell: Shell, back: Report) -> None:
    """Draw after how many days people came back."""
    known: dict[int, float] = {}
    for row in back.rows:
        days = min(int(row.get("days") or 0), _DAYS)
        known[days] = known.get(days, 0) + (row.get("visitors") or 0)
    bars_ = [
        {
            "label": f"{day}+" if day == _DAYS else str(day),
            "figure": known.get(day, 0),
            "tip": numbers.value(shell.language, "count", known.get(day, 0)),
        }
        for day in range(max(known, default=-1) + 1)
    ]
    with box(
        shell,
        "back",
        shell.say("audience.back"),
        help=metric_help(shell, "days_to_return"),
        right=shell.say("audience.back_key"),
        report=back,
    ):
        chart(charts.columns(shell, bars_), alt=shell.say("audience.back"))


def _box(shell: Shell, key: str, dimension: str, report: Report) -> AbstractContextManager[None]:
    return box(
        shell,
        key,
        shell.say(f"dimension.{dimension}"),
        help=metric_help(shell, "visitors"),
        right=metric_name(shell, "visitors"),
        report=report,
    )


_draw(current())
