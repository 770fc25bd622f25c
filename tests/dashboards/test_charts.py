"""What charts are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from dashboards import charts
from dashboards.client import Person, Site
from dashboards.report import Column, Report
from dashboards.shell import Shell
from tests.dashboards.report_answers import iso

MIDNIGHT = datetime(2026, 2, 23, 19, tzinfo=UTC)
"""In Tashkent."""
SHELL = Shell(
    cast("Any", None),
    Person("u_1", "a@b.example", "A", "manager"),
    Site("demo", "Demo", timezone="Asia/Tashkent"),
    "ru",
)


def over_hours(now: int, before: int, until: int) -> Report:
    """Return a day of which `until` hours are over."""
    return Report(
        "visitors",
        (Column("at", "time"), Column("visitors", "metric", "count", "more")),
        tuple({"at": iso(MIDNIGHT + timedelta(hours=n)), "visitors": n} for n in range(now)),
        tuple(
            {"at": iso(MIDNIGHT + timedelta(hours=n - 24)), "visitors": n + 1}
            for n in range(before)
        ),
        {
            "timezone": "Asia/Tashkent",
            "granularity": "hour",
            "until": iso(MIDNIGHT + timedelta(hours=until, minutes=32)),
        },
    )


@pytest.mark.parametrize("told", [24, 17])
def test_the_line_ends_now_and_the_day_before_goes_on(told: int) -> None:
    points = charts.series(SHELL, over_hours(told, 24, 16), "visitors", before=True)
    assert len(points) == 24
    assert [point["label"] for point in points][::23] == ["00:00", "23:00"]
    assert [point.get("now") for point in points[15:18]] == [15, 16, None]
    assert [point["before"] for point in points[15:18]] == [16, 17, 18]


def test_a_line_says_its_figures_in_the_language() -> None:
    told = charts.line(SHELL, over_hours(17, 24, 16), "visitors", "Сегодня", "Вчера").to_dict()
    (rows,) = told["datasets"].values()
    assert rows[16]["now_text"] == "16"
    assert "now_text" not in rows[17]
    tips = [one["title"] for one in told["layer"][-1]["encoding"]["tooltip"]]
    assert tips == [" ", "Сегодня", "Вчера"]
    assert told["usermeta"]["embedOptions"]["renderer"] == "svg"


def test_the_fullest_hour_of_the_week_is_framed() -> None:
    report = Report(
        "hours",
        (Column("weekday", "dimension"), Column("hour", "dimension"), Column("visitors", "metric")),
        ({"weekday": 2, "hour": 16, "visitors": 8}, {"weekday": 7, "hour": 0, "visitors": 2}),
    )
    assert charts.peak_hour(report) == (2, 16)
    (cells,) = charts.heat(SHELL, report).to_dict()["datasets"].values()
    assert len(cells) == 7 * 24
    assert [(one["day"], one["hour"]) for one in cells if one["peak"]] == [(2, 16)]
    assert {one["full"] for one in cells} == {0, 0.25, 1}


@pytest.mark.parametrize("rows", [(), ({"weekday": 1, "hour": 1, "visitors": 0},)])
def test_a_week_without_visitors_has_no_peak(rows: tuple[dict[str, Any], ...]) -> None:
    assert charts.peak_hour(Report("hours", rows=rows)) is None


def test_nothing_is_drawn_of_nothing() -> None:
    assert charts.line(SHELL, Report("visitors"), "visitors", "now") is None
    assert charts.heat(SHELL, Report("hours", missing=True)) is None
    assert charts.columns(SHELL, []) is None


def test_labels_cannot_leave_their_quotes() -> None:
    told = charts.columns(SHELL, [{"label": "'] + evil + [\"", "figure": 1}]).to_dict()
    assert told["encoding"]["x"]["axis"]["labelExpr"].startswith('["\'] + evil + [\\"')
