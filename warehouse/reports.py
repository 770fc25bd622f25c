"""The reports: which numbers are told by what. How they are computed is in `report_sql.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import pyarrow as pa

from warehouse.asking import Asked, Column, Goal, Granularity, Query, Report
from warehouse.connection import Connection
from warehouse.report_sql import compose, compose_visitors

__all__ = [
    "REPORTS",
    "Asked",
    "Column",
    "Goal",
    "Granularity",
    "Page",
    "Query",
    "Report",
    "fetch",
    "fetch_page",
    "query",
    "stream",
    "visitors_of",
]

BATCH_ROWS = 10_000


class Page(NamedTuple):
    """Some rows of an answer, and how many there are in all."""

    rows: list[dict[str, Any]]
    total: int


def _reports(*reports: Report) -> dict[str, Report]:
    return {report.name: report for report in reports}


_VISITS = ("visitors", "sessions", "bounce_rate", "session_seconds", "pages_per_session")
_BY_VISIT = (*_VISITS, "conversions", "conversion_rate")


def _by(name: str, dimension: str, meaning: str) -> Report:
    return Report(name, (dimension,), _BY_VISIT, meaning)


REPORTS: dict[str, Report] = _reports(
    Report(
        "overview",
        (),
        (
            *("visitors", "sessions", "page_views", "bounce_rate", "session_seconds"),
            *("visible_seconds", "pages_per_session", "page_seconds", "scroll_depth"),
            *("new_visitors", "returning_visitors", "return_rate", "days_to_return"),
            *("sessions_per_visitor", "events", "conversions", "conversion_rate"),
            *("conversations", "messages", "messages_per_visitor", "contacted_share"),
            *("replied_share", "first_response_seconds"),
        ),
        "All of the period in one row.",
    ),
    Report(
        "visitors",
        ("at",),
        (
            *("visitors", "sessions", "page_views", "bounce_rate", "session_seconds"),
            *("visible_seconds", "pages_per_session", "new_visitors", "returning_visitors"),
        ),
        "Visitors and their sessions, step by step through the period.",
    ),
    Report(
        "pages",
        ("page",),
        (
            *("visitors", "page_views", "page_seconds", "entries", "exits", "exit_rate"),
            "scroll_depth",
        ),
        "Pages that were read, and where people leave.",
    ),
    _by("entry_pages", "entry_page", "Pages on which sessions began."),
    Report(
        "exit_pages",
        ("exit_page",),
        ("exits", "page_views", "exit_rate", "page_seconds"),
        "Pages on which sessions ended.",
    ),
    _by("sources", "source", "Where visitors came from."),
    _by("media", "medium", "By which kind of way visitors came."),
    _by("campaigns", "campaign", "Which campaigns brought visitors."),
    _by("terms", "term", "Which search terms brought visitors."),
    _by("referrers", "referrer", "Which pages led here."),
    _by("countries", "country", "Countries that visitors are in."),
    Report("cities", ("country", "city"), _BY_VISIT, "Cities that visitors are in."),
    _by("devices", "device", "Devices that visitors use."),
    _by("browsers", "browser", "Browsers that visitors use."),
    _by("systems", "system", "Operating systems that visitors use."),
    _by("languages", "language", "Languages that visitors' browsers ask for."),
    _by("screens", "screen", "Sizes of visitors' screens."),
    Report(
        "events", ("event",), ("events", "event_visitors"), "Custom events that pages reported."
    ),
    Report(
        "hours",
        ("weekday", "hour"),
        ("visitors", "sessions"),
        "When sessions begin: weekday 1 (Monday) to 7 and hour 0 to 23 of the site.",
    ),
    Report(
        "talk_hours",
        ("weekday", "hour"),
        ("conversations",),
        "When conversations begin: weekday 1 (Monday) to 7 and hour 0 to 23 of the site.",
    ),
    Report(
        "conversations",
        ("at",),
        ("conversations", "messages", "replied_share", "first_response_seconds"),
        "Conversations and their messages, step by step through the period.",
    ),
    Report(
        "conversation_pages",
        ("page",),
        ("conversations",),
        "Pages that visitors were on, or had been on last, when a conversation began.",
    ),
    Report(
        "returning",
        ("days",),
        ("visitors", "sessions"),
        "How many days after their session before visitors came back.",
    ),
    Report(
        "steps",
        ("step",),
        ("sessions", "exits", "exit_rate"),
        "How many sessions reached their first, second, third page view, and left there.",
    ),
    Report(
        "scroll",
        ("depth",),
        ("page_views",),
        "How deep pages were scrolled, in tenths of their height.",
    ),
    Report(
        "goals",
        ("goal",),
        ("conversions", "visitors", "conversion_rate"),
        "Sessions that reached each goal, and their visitors.",
    ),
    Report(
        "sites",
        ("site",),
        (*_BY_VISIT, "page_views", "new_visitors", "conversations", "messages"),
        "Sites side by side.",
    ),
    Report(
        "agents",
        ("agent",),
        ("conversations", "messages", "first_response_seconds"),
        "What each of the team wrote, and how soon they answered.",
    ),
    Report(
        "online",
        ("at",),
        ("online",),
        "How many visitors were there at once, minute by minute.",
    ),
)
"""By name."""


def query(
    report: str,
    asked: Asked,
    *,
    granularity: Granularity | Literal[""] = "",
    limit: int | None = None,
    skip: int = 0,
    order: str = "",
    metrics: Sequence[str] = (),
) -> Query:
    """Return the query of a report, with some of its `metrics` or with all.

    `order` is one of its columns: metrics the most first, dimensions the first letter first; a `-`
    in front turns it round. Without one, the first metric orders, and a series goes by time. A
    moment in column `at` is a UTC TIMESTAMP without zone; `at` has a row for each step of the
    range, with 0 or NULL where nothing happened. Raises KeyError for a report, metric, dimension,
    granularity, order or time zone that there is not.
    """
    found = REPORTS[report]
    for name in metrics:
        if name not in found.metrics:
            raise KeyError(name)
    if metrics:
        kept = tuple(name for name in found.metrics if name in metrics)
        found = replace(found, metrics=kept)
    return compose(found, asked, granularity, limit, skip, order)


def visitors_of(asked: Asked, *, limit: int = 200) -> Query:
    """Return the query of the visitors behind a number: site_key, visitor_id and session_id, their
    newest session that is meant, newest first. A row's value goes into `asked.filters`."""
    return compose_visitors(asked, limit)


def fetch(connection: Connection, query: Query) -> list[dict[str, Any]]:
    """Return the rows, on a cursor of their own."""
    rows = connection.cursor().execute(query.sql, query.values).fetchall()
    names = [column.name for column in query.columns]
    return [dict(zip(names, row, strict=True)) for row in rows]


def fetch_page(connection: Connection, query: Query) -> Page:
    """Return the rows that `limit` and `skip` leave, and how many there are without these.

    Behind the last row there is nothing to tell the number by; it is 0 then.
    """
    rows = connection.cursor().execute(query.counted_sql, query.values).fetchall()
    names = [column.name for column in query.columns]
    told = [dict(zip(names, row[:-1], strict=True)) for row in rows]
    return Page(told, rows[0][-1] if rows else 0)


def stream(connection: Connection, query: Query) -> pa.RecordBatchReader:
    """Return the rows batch by batch, on a cursor of their own, in constant memory."""
    found = connection.cursor().sql(query.sql, params=query.values)
    reader: pa.RecordBatchReader = found.to_arrow_reader(BATCH_ROWS)
    return reader
