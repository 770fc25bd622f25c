"""Charts of numbers: Altair in the look of the house, fit for light, dark and print.

Colours are the variables of static/numbers.css. The charts are SVG, so the style sheet turns them
with the theme and for paper. `boxes.chart` draws one; the box around it carries the question mark
and the download. Each is None where there is nothing to draw.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt

from dashboards import dates, numbers
from dashboards.report import Report
from dashboards.shell import Shell

INK, LINE, SUNKEN = "var(--hz-ink-3)", "var(--hz-line)", "var(--hz-sunken)"
SERIES, BEFORE, HEAT = "var(--hz-chart-1)", "var(--hz-chart-prev)", "var(--hz-heat)"
SURFACE, INK_1 = "var(--hz-surface)", "var(--hz-ink)"
_FONT = "Inter, system-ui, sans-serif"
_TICKS = 7
# A comma apart in English, a thin space elsewhere; d3 knows only the first here.
_APART = "replace(format(datum.value, ',~f'), regexp(',', 'g'), '\u202f')"


def themed(chart: Any, height: int) -> Any:
    """Return a chart in the look of the house."""
    return (
        chart.properties(
            height=height,
            background="transparent",
            # Vega takes letters for as high as their size; what hangs below would be cut.
            padding={"left": 0, "right": 4, "top": 8, "bottom": 4},
            usermeta={"embedOptions": {"renderer": "svg", "theme": None}},
        )
        .configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=INK,
            labelFont=_FONT,
            labelFontSize=12,
            title=None,
            domain=False,
            ticks=False,
            gridColor=LINE,
            labelPadding=8,
        )
    )


def line(
    shell: Shell,
    report: Report,
    metric: str,
    now: str,
    before: str = "",
    height: int = 230,
    unit: str = "",
) -> Any:
    """Return a metric over time, with the whole period before as a dashed line.

    `now` and `before` name the two under the pointer; without a period before leave `before` out.
    """
    column = report.column(metric)
    unit = unit or (column.unit if column else "count")
    points = series(shell, report, metric, bool(before))
    if not points:
        return None
    for point in points:
        for which in ("now", "before"):
            if point.get(which) is not None:
                point[f"{which}_text"] = numbers.value(shell.language, unit, point[which])
    tips = [
        alt.Tooltip("label:N", title=" "),
        alt.Tooltip("now_text:N", title=now),
        *([alt.Tooltip("before_text:N", title=before)] if before else []),
    ]
    near = alt.selection_point(
        nearest=True, on="pointerover", clear="pointerout", fields=["n"], empty=False
    )
    base = alt.Chart(_data(points)).encode(x=_along([one["label"] for one in points]))
    scale = alt.Scale(domainMin=0, nice=True, zero=True)
    up = alt.Y("now:Q", axis=_figures(shell, unit), scale=scale)
    smooth: dict[str, Any] = {"interpolate": "monotone"}
    layers: list[Any] = [
        base.mark_area(color=SERIES, opacity=0.09, **smooth).encode(y=up),
        base.mark_line(color=SERIES, strokeWidth=2.25, **smooth).encode(y=up),
    ]
    if before:
        layers.insert(
            1,
            base.mark_line(color=BEFORE, strokeWidth=1.5, strokeDash=[4, 4], **smooth).encode(
                y=alt.Y("before:Q", scale=scale)
            ),
        )
    # One alone makes no line.
    lonely = len([one for one in points if one.get("now") is not None]) == 1
    layers.append(
        base.mark_point(color=SERIES, fill=SERIES, size=64, filled=True).encode(
            y=up,
            opacity=alt.value(1)
            if lonely
            else alt.when(near).then(alt.value(1)).otherwise(alt.value(0)),
        )
    )
    layers.append(
        base.mark_rule(color=LINE, strokeWidth=1.5)
        .encode(tooltip=tips, opacity=alt.when(near).then(alt.value(1)).otherwise(alt.value(0)))
        .add_params(near)
    )
    return themed(alt.layer(*layers), height)


def series(shell: Shell, report: Report, metric: str, before: bool = False) -> list[dict[str, Any]]:
    """Return the points of a metric over time: n, label, now, before (None where unknown).

    What has not come yet has no figure: the line ends where now is.
    """
    granularity = str(report.range.get("granularity") or "")
    zone = ZoneInfo(str(report.range.get("timezone") or shell.site.timezone))
    until = moment(report.range.get("until"), zone) or datetime.now(zone)
    rows, old = report.rows, report.before_rows if before else ()
    points: list[dict[str, Any]] = []
    for n in range(max(len(rows), len(old))):
        row = rows[n] if n < len(rows) else None
        past = old[n] if n < len(old) else None
        at = moment((row or past or {}).get("at"), zone)
        point: dict[str, Any] = {"n": n, "label": ""}
        if at is not None:
            point["label"] = dates.bucket(shell.language, at, granularity)
        if row is not None and (at is None or at <= until):
            point["now"] = row.get(metric)
        if past is not None:
            point["before"] = past.get(metric)
        elif before and row is not None and f"{metric}_before" in row:
            point["before"] = row[f"{metric}_before"]
        points.append(point)
    return points


def heat(shell: Shell, report: Report, metric: str = "visitors", height: int = 224) -> Any:
    """Return the hours of a week as a map: the stronger the fuller, the fullest framed."""
    known = {(int(row["weekday"]), int(row["hour"])): row.get(metric) or 0 for row in report.rows}
    most = max(known.values(), default=0)
    peak = peak_hour(report, metric)
    if report.missing:
        return None
    column = report.column(metric)
    cells = [
        {
            "day": day,
            "hour": hour,
            "full": (known.get((day, hour), 0) / most) if most else 0,
            "when": f"{dates.weekday(shell.language, day)}, {hour:02d}:00",
            "text": numbers.value(
                shell.language, column.unit if column else "count", known.get((day, hour), 0)
            ),
            "peak": (day, hour) == peak,
        }
        for day in range(1, 8)
        for hour in range(24)
    ]
    days = [dates.weekday(shell.language, day) for day in range(1, 8)]
    base = alt.Chart(_data(cells)).encode(
        x=alt.X(
            "hour:O",
            scale=alt.Scale(paddingInner=0.14, paddingOuter=0),
            axis=alt.Axis(
                orient="top",
                values=[0, 6, 12, 18],
                labelAngle=0,
                labelExpr="(datum.value < 10 ? '0' : '') + datum.value",
                labelPadding=4,
            ),
        ),
        y=alt.Y(
            "day:O",
            scale=alt.Scale(paddingInner=0.1, paddingOuter=0),
            axis=alt.Axis(labelExpr=f"{_quoted(days)}[datum.value - 1]"),
        ),
    )
    tips = [
        alt.Tooltip("when:N", title=" "),
        alt.Tooltip("text:N", title=shell.say(f"metric.{metric}")),
    ]
    rest = base.mark_rect(color=SUNKEN, cornerRadius=4)
    full = base.mark_rect(color=HEAT, cornerRadius=4).encode(
        opacity=alt.Opacity("full:Q", scale=alt.Scale(domain=[0, 1], range=[0, 1]), legend=None),
        tooltip=tips,
    )
    frame = (
        base.transform_filter("datum.peak")
        .mark_rect(filled=False, stroke=INK_1, strokeWidth=2, cornerRadius=4)
        .encode(tooltip=tips)
    )
    return themed(alt.layer(rest, full, frame), height)


def peak_hour(report: Report, metric: str = "visitors") -> tuple[int, int] | None:
    """Return weekday (1 is Monday) and hour of the most; None while nothing has come."""
    best = max(report.rows, key=lambda row: row.get(metric) or 0, default=None)
    return (int(best["weekday"]), int(best["hour"])) if best and best.get(metric) else None


def columns(
    shell: Shell, rows: Sequence[Mapping[str, Any]], unit: str = "count", height: int = 200
) -> Any:
    """Return standing bars. Each row has `label`, `figure`, and `tip` for the pointer."""
    data = [
        {
            "n": n,
            "label": row["label"],
            "figure": row["figure"],
            "tip": row.get("tip") or numbers.value(shell.language, unit, row["figure"]),
        }
        for n, row in enumerate(rows)
    ]
    if not data:
        return None
    chart = (
        alt.Chart(_data(data))
        .mark_bar(color=SERIES, cornerRadiusTopLeft=3, cornerRadiusTopRight=3)
        .encode(
            x=alt.X(
                "n:O",
                scale=alt.Scale(paddingInner=0.3),
                axis=alt.Axis(
                    labelAngle=0,
                    labelOverlap=True,
                    labelExpr=f"{_quoted([one['label'] for one in data])}[datum.value]",
                ),
            ),
            y=alt.Y("figure:Q", axis=_figures(shell, unit)),
            tooltip=[alt.Tooltip("label:N", title=" "), alt.Tooltip("tip:N", title=" ")],
        )
    )
    return themed(chart, height)


def moment(told: Any, zone: ZoneInfo) -> datetime | None:
    """Return a moment of the API (ISO 8601, or ms since 1970) in a time zone."""
    if isinstance(told, int | float):
        return datetime.fromtimestamp(told / 1000, UTC).astimezone(zone)
    try:
        at = datetime.fromisoformat(str(told))
    except ValueError:
        return None
    return at.astimezone(zone) if at.tzinfo else at.replace(tzinfo=zone)


def _along(labels: list[str]) -> alt.X:
    step = max(1, -(-len(labels) // _TICKS))
    # Hours and days are read by halves and quarters, not by sevenths.
    step = next((nice for nice in (1, 2, 3, 4, 6, 8, 12, 14, 24, 28) if nice >= step), step)
    shown = list(range(0, len(labels), step))
    return alt.X(
        "n:Q",
        scale=alt.Scale(domain=[0, max(1, len(labels) - 1)], nice=False),
        axis=alt.Axis(
            values=shown, grid=False, labelExpr=f"{_quoted(labels)}[datum.value]", labelFlush=True
        ),
    )


def _figures(shell: Shell, unit: str) -> alt.Axis:
    told = {
        "share": f"round(datum.value * 100) + '{numbers.share(shell.language, 0)[1:]}'",
        "percent_depth": f"datum.value + '{numbers.share(shell.language, 0)[1:]}'",
        "seconds": f"datum.value + '{numbers.length(shell.language, 0)[1:]}'",
    }.get(unit, "format(datum.value, ',~f')" if shell.language == "en" else _APART)
    if unit == "count":
        # Nobody is half a visitor.
        told = f"datum.value % 1 ? '' : {told}"
    return alt.Axis(labelExpr=told, tickCount=4, grid=True)


def _data(rows: list[dict[str, Any]]) -> alt.InlineData:
    return alt.InlineData(values=rows)


def _quoted(labels: Sequence[str]) -> str:
    return json.dumps(list(labels), ensure_ascii=True)
