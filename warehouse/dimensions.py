"""What numbers are told apart by. Every dimension is a column of reports and a filter."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Dimension:
    """One way to tell sessions, page views or conversations apart.

    Unknown is the empty text, in rows and as a filter's value.
    """

    name: str
    meaning: str
    """One English sentence."""
    sql: str = ""
    """Over a session's row; empty where a session may have several, or none."""


def _dimensions(*dimensions: Dimension) -> dict[str, Dimension]:
    return {dimension.name: dimension for dimension in dimensions}


DIMENSIONS: dict[str, Dimension] = _dimensions(
    Dimension("page", "Path of a page; as a filter, a trailing * stands for anything."),
    Dimension("entry_page", "Path of the first page of a session.", "coalesce(entry_path, '')"),
    Dimension("exit_page", "Path of the last page of an ended session."),
    Dimension("source", "Where a visitor came from.", "coalesce(source, '')"),
    Dimension("medium", "Kind of the way here, as organic or cpc.", "coalesce(medium, '')"),
    Dimension("campaign", "Campaign in the link that led here.", "coalesce(campaign, '')"),
    Dimension("term", "Search term in the link that led here.", "coalesce(term, '')"),
    Dimension("referrer", "Address of the page that led here.", "coalesce(referrer, '')"),
    Dimension("country", "Country as an ISO 3166 code.", "coalesce(country, '')"),
    Dimension("city", "City by the address of the network.", "coalesce(city, '')"),
    Dimension("device", "desktop, mobile, tablet or tv.", "coalesce(device, '')"),
    Dimension("browser", "Name of the browser.", "coalesce(browser, '')"),
    Dimension("system", "Name of the operating system.", "coalesce(os, '')"),
    Dimension(
        "language", "First language of the browser.", "split_part(coalesce(language, ''), ',', 1)"
    ),
    Dimension("screen", "Size of the screen in CSS pixels.", "coalesce(screen, '')"),
    Dimension("event", "Name of a custom event."),
    Dimension(
        "visit",
        "new for a visitor's first session ever, returning for a later one.",
        "CASE WHEN previous_at IS NULL THEN 'new' ELSE 'returning' END",
    ),
    Dimension("agent", "Somebody of the team who wrote, by user id."),
    Dimension("site", "Key of a site.", "site_key"),
)
"""By name, in the order in which docs tell them."""
