"""Writes docs/metrics.md from warehouse/metrics.py and its neighbours, where it all is defined."""

from __future__ import annotations

from pathlib import Path

from warehouse.dimensions import DIMENSIONS
from warehouse.metrics import METRICS
from warehouse.reports import REPORTS

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"
HEAD = """# What does each number mean?

API, screens, exports and this page take every number from one definition. This page is written
from `warehouse/metrics.py`, `dimensions.py` and `reports.py` by `make metrics`.

- A range is `[start, end)`, made of days of the site's time zone. A session belongs to the range
  in which it began, everything else to when it happened. What has not ended yet counts too.
- A visitor is one browser on one site. Bots are left out unless they are asked for.
- A visitor counts once in each row, so the rows of a report may add up to more than the whole.
- Filters leave sessions. `page` leaves the sessions in which the page was opened, and of page views
  those of the page itself. Conversations are left whose visitor had such a session.
- Where there is nothing to divide by, there is no number, rather than 0.

## Metrics

| metric | unit | meaning | of | SQL |
| --- | --- | --- | --- | --- |
"""
DIMENSION_HEAD = """
## Dimensions

What is unknown is the empty text.

| dimension | meaning |
| --- | --- |
"""
REPORT_HEAD = """
## Reports

| report | by | metrics | meaning |
| --- | --- | --- | --- |
"""


def render() -> str:
    """Return the page."""
    metrics = [
        f"| {metric.name} | {metric.unit} | {metric.meaning} | {metric.source} | `{metric.sql}` |"
        for metric in METRICS.values()
    ]
    dimensions = [f"| {one.name} | {one.meaning} |" for one in DIMENSIONS.values()]
    reports = [
        f"| {one.name} | {', '.join(one.dimensions)} | {', '.join(one.metrics)} | {one.meaning} |"
        for one in REPORTS.values()
    ]
    parts = [HEAD, *_lines(metrics), DIMENSION_HEAD, *_lines(dimensions), REPORT_HEAD]
    return "".join([*parts, *_lines(reports)])


def _lines(rows: list[str]) -> list[str]:
    return [f"{row}\n" for row in rows]


if __name__ == "__main__":
    PAGE.write_text(render())
