"""Asks the API for reports, several at once, and remembers the answers for a few seconds.

A page of numbers:

    shell = current()
    asked, _ = head(shell, "page.pages")             # boxes.py: title, period, styles
    pages, hours = reports(
        shell, asked, Ask("pages", limit=50), Ask("hours"), filters={"country": "UZ"}
    )
    with box(shell, "pages", shell.say("page.pages"), help=metric_help(shell, "visitors"),
             report=pages):                          # title, question mark, download
        bars(shell, "pages", pages, "page", ("visitors", "page_seconds"))    # bars.py
    with box(shell, "table", shell.say("page.pages"), report=pages):
        table(shell, "table", pages)                 # tables.py
    with box(shell, "hours", shell.say("numbers.hours"), report=hours):
        chart(heat(shell, hours))                    # charts.py: line, heat, columns
    drill.draw(shell, asked)                         # last: who stands behind an opened row

A report that the API would not give has `missing` set and no rows; its box says so.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import streamlit as st

from dashboards import client
from dashboards.range_picker import Range
from dashboards.shell import Shell

FRESH_SECONDS = 10.0
NAMING = "_name"
"""How a column ends that names the codes of the one before it."""
_AT_ONCE = 8
EVERY_SITE = (("site", ""),)
"""Filters of a report about all sites that the person may see."""
_KEPT = "reports"


@dataclass(frozen=True)
class Column:
    """A column of a report."""

    name: str
    kind: str
    """dimension, metric or time."""
    unit: str = ""
    better: str = ""
    """"more" or "fewer" where one of them is better."""


@dataclass(frozen=True)
class Report:
    """What the API told."""

    name: str
    columns: tuple[Column, ...] = ()
    rows: tuple[dict[str, Any], ...] = ()
    before_rows: tuple[dict[str, Any], ...] = ()
    """The whole series of the period before, where the report is one over time."""
    range: Mapping[str, Any] = field(default_factory=dict)
    total: int = 0
    query: tuple[tuple[str, str], ...] = ()
    """What was asked."""
    missing: bool = False
    """True where the API gave no answer."""

    def column(self, name: str) -> Column | None:
        """Return one of its columns."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def dimension(self) -> str:
        """The dimension by which its rows are told apart, the last of them; empty if none."""
        return next(reversed(self.dimensions), "")

    @property
    def dimensions(self) -> tuple[str, ...]:
        """All of them, without the columns that only name a code for people."""
        return tuple(
            one.name
            for one in self.columns
            if one.kind == "dimension" and not one.name.endswith(NAMING)
        )

    @property
    def metrics(self) -> tuple[Column, ...]:
        """Its metrics, in the order of the API."""
        return tuple(one for one in self.columns if one.kind == "metric")

    @property
    def first(self) -> dict[str, Any]:
        """Its first row, empty if there is none."""
        return self.rows[0] if self.rows else {}

    def sum(self, metric: str) -> float:
        """Return a metric summed over the rows."""
        return sum(row.get(metric) or 0 for row in self.rows)

    def download(self, kind: str) -> str:
        """Return the address that gives all of it as a file: csv, xlsx or parquet."""
        asked = {name: value for name, value in self.query if name not in ("limit", "skip")}
        return f"/api/v1/reports/{self.name}?{urlencode(asked | {'format': kind})}"


@dataclass(frozen=True)
class Ask:
    """One report that a page wants."""

    name: str
    limit: int | None = None
    granularity: str = ""
    order: str = ""
    filters: tuple[tuple[str, str], ...] = ()
    """Dimensions held to one value."""
    range: str = ""
    """Another period than that of the page, as `30d`, with nothing to compare."""


def reports(
    shell: Shell, asked: Range, *wanted: Ask, filters: Mapping[str, str] | None = None
) -> tuple[Report, ...]:
    """Return the reports, asked for at once. Stops the page where none of them came."""
    queries = [(one.name, _query(shell, asked, one, filters or {})) for one in wanted]
    kept = _kept()
    fresh = [query for query in dict.fromkeys(queries) if query not in kept]
    if fresh:
        # Streamlit's own things belong to the thread of the script; these threads only ask.
        with ThreadPoolExecutor(min(_AT_ONCE, len(fresh))) as pool:
            told = list(pool.map(lambda query: _ask(shell.api, *query), fresh))
        at = time.monotonic()
        kept.update({query: (at, one) for query, one in zip(fresh, told, strict=True)})
    found = tuple(kept[query][1] for query in queries)
    if found and all(one.missing for one in found):
        st.error(shell.say("shell.no_answer"), icon=":material/cloud_off:")
        st.stop()
    return found


def forget() -> None:
    """Let what was answered count no more: something that it rests on was changed."""
    st.session_state.pop(_KEPT, None)


def _query(
    shell: Shell, asked: Range, one: Ask, filters: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    query = {"site": shell.site.site_key, **asked.query(), "lang": shell.language}
    query |= {name: value for name, value in filters.items() if value} | dict(one.filters)
    if not query["site"]:
        # Sites in several zones are told by the days of UTC, and the page's head names those of
        # the site that is looked at.
        query["tz"] = shell.site.timezone
        del query["site"]
    if one.range:
        query |= {"range": one.range, "compare": "none"}
        query = {name: value for name, value in query.items() if name not in ("from", "to")}
    if one.limit is not None:
        query["limit"] = str(one.limit)
    if one.granularity:
        query["granularity"] = one.granularity
    if one.order:
        query["order"] = one.order
    return tuple(query.items())


def _ask(api: client.Api, name: str, query: tuple[tuple[str, str], ...]) -> Report:
    try:
        told = api.read(f"reports/{name}", **dict(query))
    except (client.NoAnswer, client.SignedOut):
        return Report(name, query=query, missing=True)
    columns = tuple(
        Column(one["name"], one["kind"], one.get("unit") or "", one.get("better") or "")
        for one in told.get("columns", ())
    )
    rows = tuple(told.get("rows") or ())
    return Report(
        name,
        columns,
        rows,
        tuple(told.get("before_rows") or ()),
        told.get("range") or {},
        int(told.get("total") or len(rows)),
        query,
    )


def _kept() -> dict[Any, tuple[float, Report]]:
    """Return the answers of this browser that are still fresh: nobody sees another's."""
    now = time.monotonic()
    kept: dict[Any, tuple[float, Report]] = {
        query: (at, told)
        for query, (at, told) in st.session_state.get(_KEPT, {}).items()
        if now - at < FRESH_SECONDS and not told.missing
    }
    st.session_state[_KEPT] = kept
    return kept
