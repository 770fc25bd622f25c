"""What every notebook here begins with: the way to the data, the look of charts and sentences."""

from __future__ import annotations

import os
import textwrap

import altair as alt
import polars as pl

import hozir

SITE = os.environ.get("HOZIR_SITE", "demo")
ZONE = "Asia/Tashkent"
"""The site's time zone: a day is a day there. What is stored is UTC."""

INDIGO, GREEN, AMBER, RED, GREY = "#4f46e5", "#16a34a", "#d97706", "#dc2626", "#9ca3af"
PALE = "#c7d2fe"
INK, SMALL, LINE = "#111827", "#566072", "#e4e7f0"
WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

desk = hozir.connect(os.environ.get("HOZIR_URL", "http://localhost:8001"))
"""The token is in HOZIR_TOKEN: make one on the page Account."""


def ask(query: str, **params: object) -> pl.DataFrame:
    """Return the rows of a SELECT over the site; `$name` in it is filled by `name=`."""
    return desk.sql(query, params=params or None, site=SITE)


def local(column: str) -> pl.Expr:
    """Return a stored moment by the site's clock."""
    utc = pl.col(column).cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    return utc.dt.convert_time_zone(ZONE).dt.replace_time_zone(None)


def say(text: str) -> None:
    """Print a finding as a paragraph. Plain text: words of strangers stay words."""
    print(textwrap.fill(" ".join(text.split()), 96))


def share(part: float | None) -> str:
    """Return a share as people read it."""
    return "–" if part is None else f"{100 * part:.0f}%" if part >= 0.1 else f"{100 * part:.1f}%"


@alt.theme.register("hozir", enable=True)
def _theme() -> alt.theme.ThemeConfig:
    axis = {
        "labelColor": SMALL,
        "titleColor": SMALL,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "labelFontSize": 11,
        "titleFontSize": 11,
    }
    return alt.theme.ThemeConfig(
        config={
            "view": {"continuousWidth": 640, "continuousHeight": 240, "stroke": None},
            "background": "#ffffff",
            "font": "Inter, DejaVu Sans, sans-serif",
            "title": {
                "anchor": "start", "color": INK, "fontSize": 14, "fontWeight": 600,
                "subtitleColor": SMALL, "subtitleFontSize": 12, "offset": 12,
            },
            "axis": axis,
            "axisX": {"grid": False},
            "legend": {"labelColor": SMALL, "titleColor": SMALL, "titleFontWeight": "normal"},
            "bar": {"color": INDIGO},
            "line": {"color": INDIGO, "strokeWidth": 2},
            "range": {"category": [INDIGO, AMBER, GREEN, RED, "#0891b2", "#9333ea", GREY]},
        }
    )  # fmt: skip


# A picture shows wherever the notebook is read, without a script or a network.
alt.renderers.enable("png", ppi=110)
pl.Config.set_tbl_hide_dataframe_shape(True)
pl.Config.set_tbl_rows(20)
