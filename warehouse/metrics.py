"""Every number that Hozir reports, defined once.

A definition is SQL over one source, a relation that `warehouse/report_sql.py` makes for a question:
only the sites, the range, the filters and the visitors (people, or bots too) that were asked for.
Reports, exports, screens and docs/metrics.md all take it from here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Unit = Literal["count", "share", "seconds", "days", "per_session", "per_visitor", "percent_depth"]
"""share is 0 to 1; percent_depth is 0 to 100 of a page's height."""

Better = Literal["more", "fewer", ""]
"""Which way is good news; empty where neither is."""

Source = Literal["sessions", "page_views", "events", "conversations", "messages", "live"]
"""sessions that began in the range, page views and events that happened in it, conversations opened
and messages written in it; live is who is there now, whatever the range."""


@dataclass(frozen=True)
class Metric:
    """What one number means, and how it is made."""

    name: str
    meaning: str
    """One English sentence."""
    unit: Unit
    better: Better
    source: Source
    sql: str
    """An aggregate over the rows of the source. NULL where there is nothing to divide by."""
    quick: str = ""
    """The same number without a set of visitors, where all of a site's visitors count: without the
    rows that another of the visitor's goes before in the period (`again`). Empty: the same SQL."""


def _metrics(*metrics: Metric) -> dict[str, Metric]:
    return {metric.name: metric for metric in metrics}


METRICS: dict[str, Metric] = _metrics(
    Metric(
        "visitors",
        "Different visitors in the period; a visitor is one browser on one site.",
        "count",
        "more",
        "sessions",
        "count(DISTINCT visitor)",
        "count(*) - count(*) FILTER (again)",
    ),
    Metric(
        "sessions",
        "Visits that began in the period; a visit ends after 30 minutes of silence.",
        "count",
        "more",
        "sessions",
        "count(*)",
    ),
    Metric(
        "page_views",
        "Pages opened in the period.",
        "count",
        "more",
        "page_views",
        "count(*)",
    ),
    Metric(
        "online",
        "Visitors who are on the site now.",
        "count",
        "more",
        "live",
        "count(DISTINCT visitor) FILTER (presence <> 'offline')",
    ),
    Metric(
        "bounce_rate",
        "Share of sessions with one page view.",
        "share",
        "fewer",
        "sessions",
        "count(*) FILTER (pages_viewed = 1) / nullif(count(*), 0)",
    ),
    Metric(
        "session_seconds",
        "Mean time from the start of a session to its last sign of life.",
        "seconds",
        "more",
        "sessions",
        "sum(length_us) / count(*) / 1000000",
    ),
    Metric(
        "visible_seconds",
        "Mean time in a session during which a page was in sight.",
        "seconds",
        "more",
        "sessions",
        "sum(visible_ms) / count(*) / 1000",
    ),
    Metric(
        "page_seconds",
        "Mean time that a page was in sight each time it was opened.",
        "seconds",
        "more",
        "page_views",
        "sum(visible_ms) / count(*) / 1000",
    ),
    Metric(
        "pages_per_session",
        "Mean number of page views in a session.",
        "per_session",
        "more",
        "sessions",
        "sum(pages_viewed) / count(*)",
    ),
    Metric(
        "new_visitors",
        "Visitors whose first session ever began in the period.",
        "count",
        "more",
        "sessions",
        "count(DISTINCT visitor) FILTER (novel)",
        "count(*) - count(previous_at)",
    ),
    Metric(
        "returning_visitors",
        "Visitors of the period who had been here before it.",
        "count",
        "more",
        "sessions",
        "count(DISTINCT visitor) FILTER (NOT novel)",
        "count(previous_at) - count(*) FILTER (again)",
    ),
    Metric(
        "return_rate",
        "Share of the visitors of the period who had been here before it.",
        "share",
        "more",
        "sessions",
        "count(DISTINCT visitor) FILTER (NOT novel) / nullif(count(DISTINCT visitor), 0)",
        "(count(previous_at) - count(*) FILTER (again)) "
        "/ nullif(count(*) - count(*) FILTER (again), 0)",
    ),
    Metric(
        "days_to_return",
        "Mean days from the start of a visitor's session before to the start of this one.",
        "days",
        "fewer",
        "sessions",
        "sum(away_us) / count(away_us) / 86400000000",
    ),
    Metric(
        "sessions_per_visitor",
        "Sessions of the period for each of its visitors.",
        "per_visitor",
        "more",
        "sessions",
        "count(*) / nullif(count(DISTINCT visitor), 0)",
        "count(*) / nullif(count(*) - count(*) FILTER (again), 0)",
    ),
    Metric(
        "messages_per_visitor",
        "Messages written by a visitor, for each visitor who wrote in the period.",
        "per_visitor",
        "more",
        "messages",
        "count(*) FILTER (author = 'visitor') "
        "/ nullif(count(DISTINCT visitor) FILTER (author = 'visitor'), 0)",
    ),
    Metric(
        "entries",
        "Sessions that began on the page.",
        "count",
        "more",
        "page_views",
        "count(*) FILTER (entry)",
    ),
    Metric(
        "exits",
        "Sessions that ended with the page as their last one.",
        "count",
        "",
        "page_views",
        'count(*) FILTER ("exit")',
    ),
    Metric(
        "exit_rate",
        "Share of the page's views that were the last of an ended session.",
        "share",
        "fewer",
        "page_views",
        'count(*) FILTER ("exit") / nullif(count(*), 0)',
    ),
    Metric(
        "scroll_depth",
        "Mean depth to which a page was scrolled each time it was opened.",
        "percent_depth",
        "more",
        "page_views",
        "sum(scroll) / count(*)",
    ),
    Metric(
        "events",
        "Custom events that the site's pages reported in the period.",
        "count",
        "more",
        "events",
        "count(*)",
    ),
    Metric(
        "event_visitors",
        "Different visitors with such an event in the period.",
        "count",
        "more",
        "events",
        "count(DISTINCT visitor)",
    ),
    Metric(
        "conversions",
        "Sessions that reached a goal: the page was opened in them, or the event happened.",
        "count",
        "more",
        "sessions",
        "count(*) FILTER (converted)",
    ),
    Metric(
        "conversion_rate",
        "Share of sessions that reached a goal.",
        "share",
        "more",
        "sessions",
        "avg(converted::INTEGER)",
    ),
    Metric(
        "conversations",
        "Conversations opened in the period, by visitors or by the team.",
        "count",
        "more",
        "conversations",
        "count(*)",
    ),
    Metric(
        "messages",
        "Messages written in the period, by visitors and by the team.",
        "count",
        "more",
        "messages",
        "count(*)",
    ),
    Metric(
        "contacted_share",
        "Share of sessions during which the team wrote to the visitor.",
        "share",
        "more",
        "sessions",
        "avg(contacted::INTEGER)",
    ),
    Metric(
        "replied_share",
        "Share of the conversations opened by the team in which the visitor answered.",
        "share",
        "more",
        "conversations",
        "avg((from_visitor > 0)::INTEGER) FILTER (started_by <> 'visitor')",
    ),
    Metric(
        "first_response_seconds",
        "Mean time from a visitor's first message of a conversation to the team's first answer.",
        "seconds",
        "fewer",
        "conversations",
        "avg(first_response_ms) / 1000",
    ),
)
"""By name, in the order in which screens and docs tell them."""
