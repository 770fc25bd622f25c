"""Small standing bars below a figure: where what it was made of lies. No axis of heights."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from dashboards.charts import LINE, SERIES, themed

HEIGHT = 84
REST = "var(--hz-rest)"
"""Of static/health.css."""
_LEAST = 0.02
"""Of the height: where there is nothing stands a line, and what is rare is seen."""


@dataclass(frozen=True)
class Bar:
    """One of them."""

    figure: float
    tip: str
    marked: bool = False


def histogram(bars: Sequence[Bar], labels: tuple[str, str, str], full: float = 0) -> Any:
    """Return the bars. `labels` stand below the first, the middle and the last of them.

    A bar as high as `full` fills the height, or the highest one if it is higher.
    """
    highest = max(full, *(bar.figure for bar in bars)) or 1
    data = [
        {
            "n": n,
            "figure": max(_LEAST, bar.figure / highest),
            "tip": bar.tip,
            "marked": bar.marked,
        }
        for n, bar in enumerate(bars)
    ]
    at = [0, (len(bars) - 1) // 2, len(bars) - 1]
    named = json.dumps(dict(zip(map(str, at), labels, strict=True)), ensure_ascii=True)
    x = alt.X(
        "n:O",
        scale=alt.Scale(paddingInner=0.15, paddingOuter=0),
        axis=alt.Axis(
            values=at,
            labelAngle=0,
            labelExpr=f"{named}[datum.value]",
            # At both ends within the box, in the middle below its bar.
            labelAlign={
                "condition": [
                    {"test": "datum.value == 0", "value": "left"},
                    {"test": f"datum.value == {at[-1]}", "value": "right"},
                ],
                "value": "center",
            },
            labelLimit=0,
            labelPadding=6,
            domain=True,
            domainColor=LINE,
        ),
    )
    chart = (
        alt.Chart(alt.InlineData(values=data))
        .mark_bar(cornerRadiusTopLeft=2, cornerRadiusTopRight=2)
        .encode(
            x=x,
            y=alt.Y("figure:Q", axis=None, scale=alt.Scale(domain=[0, 1])),
            color=alt.condition("datum.marked", alt.value(SERIES), alt.value(REST)),
            tooltip=[alt.Tooltip("tip:N", title=" ")],
        )
    )
    return themed(chart, HEIGHT)
