"""A question to the warehouse and its answer's shape, as reports and their SQL share them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Granularity = Literal["quarter", "hour", "day", "week", "month"]
"""quarter is a quarter of an hour; weeks begin on Monday."""


class Goal(NamedTuple):
    """What a site wants of its visitors."""

    name: str
    kind: Literal["page", "event"]
    match: str
    """A path or the name of a custom event; a trailing * stands for anything."""
    site_key: str = ""
    """Whose goal it is, where several sites are asked about; empty for that of any."""


@dataclass(frozen=True)
class Asked:
    """What a report is asked about: sites, `[start_ms, end_ms)` in UTC, whose days, which visitors.

    A session belongs to the range in which it began; all else to when it happened.
    """

    site_keys: tuple[str, ...]
    start_ms: int
    end_ms: int
    timezone: str = "UTC"
    """IANA name: whose days and hours."""
    filters: Mapping[str, str] = field(default_factory=dict)
    """Value by dimension (`warehouse/dimensions.py`); all of them must hold."""
    bots: bool = False
    """Whether bots count too."""
    goals: tuple[Goal, ...] = ()
    """Whatever reaches any of these is a conversion; the report `goals` tells each."""


@dataclass(frozen=True)
class Report:
    """Columns of a report: what tells its rows apart, then its numbers."""

    name: str
    dimensions: tuple[str, ...]
    """Names of DIMENSIONS, or of the report's own: at, weekday, hour, days, step, depth, goal."""
    metrics: tuple[str, ...]
    """Names of METRICS, the first of which orders the rows."""
    meaning: str
    """One English sentence."""


class Column(NamedTuple):
    """A column of an answer."""

    name: str
    kind: Literal["dimension", "metric", "time"]
    unit: str = ""
    better: str = ""


@dataclass(frozen=True)
class Query:
    """A question in SQL, its values, and the columns of the answer."""

    sql: str
    values: dict[str, Any]
    columns: tuple[Column, ...]
    counted_sql: str
    """The same with one column more, the last: how many rows there are without limit and skip."""


class Values:
    """Collects the values of a statement, each under a name of its own."""

    def __init__(self) -> None:
        self.named: dict[str, Any] = {}

    def bind(self, value: Any) -> str:
        """Return what stands for a value in the statement."""
        for name, known in self.named.items():
            if type(known) is type(value) and known == value:
                return f"${name}"
        name = f"v{len(self.named)}"
        self.named[name] = value
        return f"${name}"

    def moment(self, ms: int) -> str:
        """Return what stands for a moment given in milliseconds."""
        return f"make_timestamp_ms({self.bind(ms)})"
