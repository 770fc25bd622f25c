"""Reports as SQL: the numbers of each source side by side, by what tells the rows apart."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from warehouse.asking import Asked, Column, Granularity, Query, Report, Values
from warehouse.chain import visitor_key
from warehouse.dimensions import DIMENSIONS
from warehouse.local_time import (
    DAY_MS,
    HOUR_MS,
    MONDAY,
    QUARTER_MS,
    US,
    automatic,
    local_us,
    slot,
    spans,
    steps,
)
from warehouse.metrics import METRICS, Source
from warehouse.moments import MINUTE_MS, concurrency_sql
from warehouse.relations import Relations

WIDTHS_MS = {"": MINUTE_MS, "quarter": QUARTER_MS, "hour": HOUR_MS, "day": DAY_MS}
"""Steps of the report `online`, by granularity."""
MOST_STEPS = 100
"""Page views of a session that the report `steps` tells."""
HOURS_OF_WEEK = 7 * 24
_IN_ORDER = ("at", "weekday", "days", "step", "depth")
"""Rows of these come in their own order."""
_BEFORE = {
    "": "previous_at",
    "page": "before_at",
    "source": "previous_source_at",
    "country": "previous_country_at",
    "device": "previous_device_at",
}
"""When the visitor's row before was: of all, or of those that are alike in this."""
_MOMENT: Mapping[Source, str] = {"sessions": "started_at", "conversations": "opened_at"}
"""When a row of a source belongs to; of all others, when it happened."""
_OF_PAGE_VIEWS = {"page": "path", "exit_page": "path"}
_OF_EVENTS = {"event": "coalesce(name, '')"}


def compose(
    report: Report,
    asked: Asked,
    granularity: Granularity | str,
    limit: int | None,
    skip: int,
    order: str,
) -> Query:
    """Return the query of a report. Raises KeyError for a name that there is not."""
    composer = _Composer(report, asked, granularity)
    rows = composer.rows()
    columns = (*map(_dimension_column, report.dimensions), *map(_metric_column, report.metrics))
    names = ", ".join(f'"{column.name}"' for column in columns)
    tail = f"FROM ({rows}) ORDER BY {_order(report, columns, order)}"
    if limit is not None:
        tail += f" LIMIT {composer.values.bind(limit)}"
    if skip:
        tail += f" OFFSET {composer.values.bind(skip)}"
    return Query(
        f"SELECT {names} {tail}",
        composer.values.named,
        columns,
        f"SELECT {names}, count(*) OVER () {tail}",
    )


def compose_visitors(asked: Asked, limit: int) -> Query:
    """Return the query of the visitors whose sessions are meant, the newest session first."""
    values = Values()
    sessions = Relations(asked, values).sessions()
    columns = tuple(Column(name, "dimension") for name in ("site_key", "visitor_id", "session_id"))
    tail = (
        "FROM (SELECT site_key, visitor_id, max_by(session_id, (started_at, session_id)) "
        f"AS session_id, max(started_at) AS latest FROM ({sessions}) GROUP BY site_key, visitor_id)"
        f" ORDER BY latest DESC, session_id LIMIT {values.bind(limit)}"
    )
    names = ", ".join(column.name for column in columns)
    return Query(
        f"SELECT {names} {tail}", values.named, columns, f"SELECT {names}, count(*) OVER () {tail}"
    )


class _Composer:
    """Writes the rows of one question, in no order."""

    def __init__(self, report: Report, asked: Asked, granularity: Granularity | str) -> None:
        self._report = report
        self._asked = asked
        self._granularity = granularity
        self._offsets = spans(asked.timezone, asked.start_ms, asked.end_ms)
        self.values = Values()
        self._relations = Relations(asked, self.values)

    def rows(self) -> str:
        own: Mapping[str, Callable[[], str]] = {
            "visitors": self._series,
            "conversations": self._series,
            "conversation_pages": self._conversation_pages,
            "online": self._online,
            "goals": self._goals,
            "steps": self._steps,
            "agents": self._agents,
            "sites": self._sites,
            "hours": self._hours,
        }
        return own.get(self._report.name, self._plain)()

    def _plain(self) -> str:
        """Numbers of one source by dimensions; where there is but one row, of several."""
        parts = [
            self._aggregate(source, names, self._keys(source))
            for source, names in self._by_source().items()
        ]
        if len(parts) == 1:
            return parts[0]
        return f"SELECT * FROM {' CROSS JOIN '.join(f'({part})' for part in parts)}"

    def _series(self) -> str:
        """A row for each step of the range."""
        granularity = _granularity(self._granularity, self._asked)
        parts = []
        for source, names in self._by_source().items():
            key = slot(_MOMENT.get(source, "happened_at"), self._offsets, granularity)
            parts.append(self._aggregate(source, names, {"slot": key}, granularity))
        found = steps(self._asked.timezone, self._asked.start_ms, self._asked.end_ms, granularity)
        slots = self.values.bind([step.slot for step in found])
        moments = self.values.bind([step.at_ms for step in found])
        driver = f'SELECT unnest({slots}) AS slot, make_timestamp_ms(unnest({moments})) AS "at"'
        return self._beside("slot", '"at"', driver, parts)

    def _sites(self) -> str:
        """A row for each site, also for those where nothing happened."""
        parts = [
            self._aggregate(source, names, {"site": "site_key"})
            for source, names in self._by_source().items()
        ]
        keys = self._relations.site_keys()
        driver = f"SELECT unnest({self.values.bind(list(keys))}::VARCHAR[]) AS site"
        return self._beside("site", "site", driver, parts)

    def _beside(self, key: str, shown: str, driver: str, parts: Sequence[str]) -> str:
        """Join what several sources tell of the same rows. What was not counted is 0."""
        names = [
            f"coalesce({name}, 0) AS {name}" if METRICS[name].unit == "count" else name
            for name in self._report.metrics
        ]
        joined = "".join(f" LEFT JOIN ({part}) USING ({key})" for part in parts)
        return f"SELECT {shown}, {', '.join(names)} FROM ({driver}){joined}"

    def _hours(self) -> str:
        """Grouped by one number: by weekday and hour it takes a third longer."""
        local = local_us("started_at", self._offsets)
        hours = f"{local} // {HOUR_MS * US} % {HOURS_OF_WEEK}"
        sessions = self._relations.sessions(f"{hours} AS hour_of_week")
        numbers = ", ".join(f"{METRICS[name].sql} AS {name}" for name in self._report.metrics)
        return (
            f"SELECT (hour_of_week // 24 + {MONDAY}) % 7 + 1 AS weekday, "
            f"hour_of_week % 24 AS hour, {numbers} FROM ({sessions}) GROUP BY hour_of_week"
        )

    def _conversation_pages(self) -> str:
        talks = f"SELECT *, {visitor_key('talks')} AS visitor FROM ({{}}) AS talks"
        return (
            f"WITH talks AS MATERIALIZED ({talks.format(self._relations.conversations())}), "
            "opened AS (SELECT visitor, path, happened_at "
            f"FROM ({self._relations.opened_until_the_end()}) SEMI JOIN talks USING (visitor)) "
            "SELECT coalesce(path, '') AS page, count(*) AS conversations FROM talks "
            "ASOF LEFT JOIN opened ON opened.visitor = talks.visitor "
            "AND opened.happened_at <= talks.opened_at GROUP BY page"
        )

    def _goals(self) -> str:
        parts = []
        for goal in self._asked.goals:
            sessions = self._relations.sessions(
                f"{self._relations.converted((goal,))} AS converted"
            )
            parts.append(
                f"SELECT {self.values.bind(goal.name)} AS goal, "
                f"{METRICS['conversions'].sql} AS conversions, "
                f"{METRICS['visitors'].sql} FILTER (converted) AS visitors, "
                f"{METRICS['conversion_rate'].sql} AS conversion_rate FROM ({sessions})"
            )
        return " UNION ALL ".join(parts) or (
            "SELECT '' AS goal, 0 AS conversions, 0 AS visitors, 0 AS conversion_rate WHERE false"
        )

    def _steps(self) -> str:
        last = (
            "SELECT pages_viewed AS step, count(*) AS last, "
            "count(*) FILTER (ended_at IS NOT NULL) AS exits "
            f"FROM ({self._relations.sessions()}) WHERE pages_viewed > 0 GROUP BY pages_viewed"
        )
        return (
            f"WITH lasts AS MATERIALIZED ({last}), steps AS ("
            f"SELECT unnest(generate_series(1, max(step))) AS step FROM lasts) "
            "SELECT step, sessions, exits, exits / sessions AS exit_rate FROM ("
            "SELECT step, sum(coalesce(last, 0)) OVER (ORDER BY step DESC)::BIGINT AS sessions, "
            "coalesce(exits, 0) AS exits FROM steps LEFT JOIN lasts USING (step)"
            f") WHERE step <= {MOST_STEPS}"
        )

    def _agents(self) -> str:
        written = "kind = 'message' AND author = 'agent' AND author_id IS NOT NULL"
        return (
            f"WITH talks AS MATERIALIZED ({self._relations.conversations()}), "
            f"lines AS MATERIALIZED ({self._relations.messages()}), written AS ("
            f"SELECT author_id AS agent, {METRICS['messages'].sql} AS messages FROM lines "
            f"WHERE {written} GROUP BY author_id"
            "), talked AS (SELECT author_id AS agent, count(DISTINCT conversation_id) "
            "AS conversations FROM conversation_lines SEMI JOIN talks USING (conversation_id) "
            f"WHERE {written} GROUP BY author_id"
            "), answered AS (SELECT responder AS agent, "
            f"{METRICS['first_response_seconds'].sql} AS first_response_seconds FROM talks "
            "WHERE responder IS NOT NULL GROUP BY responder) "
            "SELECT agent, coalesce(conversations, 0) AS conversations, "
            "coalesce(messages, 0) AS messages, first_response_seconds FROM talked "
            "FULL JOIN written USING (agent) FULL JOIN answered USING (agent)" + self._only_agent()
        )

    def _only_agent(self) -> str:
        agent = self._asked.filters.get("agent")
        return "" if agent is None else f" WHERE agent = {self.values.bind(agent)}"

    def _online(self) -> str:
        self.values.named |= {
            "sites": list(self._relations.site_keys()),
            "start": self._asked.start_ms,
            "end": self._asked.end_ms,
            "width": WIDTHS_MS[self._granularity],
        }
        levels = concurrency_sql(self._relations.concurrent())
        return f'SELECT make_timestamp_ms(ms) AS "at", online FROM ({levels})'

    def _by_source(self) -> dict[Source, list[str]]:
        found: dict[Source, list[str]] = {}
        of_pages = set(self._report.dimensions) & set(_OF_PAGE_VIEWS)
        for name in self._report.metrics:
            source = "page_views" if of_pages else METRICS[name].source
            found.setdefault(source, []).append(name)
        return found

    def _keys(self, source: Source) -> dict[str, str]:
        """Return the SQL of each dimension over the rows of a source."""
        local = local_us(_MOMENT.get(source, "started_at"), self._offsets)
        own = {
            "weekday": f"({local} // {DAY_MS * US} + {MONDAY}) % 7 + 1",
            "hour": f"{local} // {HOUR_MS * US} % 24",
            "days": f"away_us // {DAY_MS * US}",
            "depth": "scroll // 10 * 10",
        }
        if source == "page_views":
            own |= _OF_PAGE_VIEWS
        if source == "events":
            own |= _OF_EVENTS
        return {name: own.get(name) or DIMENSIONS[name].sql for name in self._report.dimensions}

    def _aggregate(
        self,
        source: Source,
        names: Sequence[str],
        keys: Mapping[str, str],
        granularity: Granularity | None = None,
    ) -> str:
        """Return the numbers of one source by keys."""
        before = self._before(keys)
        quick = {"visitors"} if before != "previous_at" else set(names)
        metrics = [
            f"{(before and name in quick and METRICS[name].quick) or METRICS[name].sql} AS {name}"
            for name in names
        ]
        selected = ", ".join([*(f"{sql} AS {name}" for name, sql in keys.items()), *metrics])
        where = " WHERE previous_at IS NOT NULL" if "days" in keys else ""
        grouped = f" GROUP BY {', '.join(keys.values())}" if keys else ""
        having = ' HAVING count(*) FILTER ("exit") > 0' if "exit_page" in keys else ""
        relation = self._relation(source, names, before, granularity)
        return f"SELECT {selected} FROM ({relation}){where}{grouped}{having}"

    def _before(self, keys: Mapping[str, str]) -> str:
        """Return the column that tells when the visitor's row before was, among those of the same
        keys; empty where none does, or where that row may not be among those that count."""
        if self._asked.bots or set(self._asked.filters) - {"site"}:
            return ""
        told_apart = set(keys) - {"slot", "site"}
        return _BEFORE.get(",".join(told_apart), "")

    def _relation(
        self, source: Source, names: Sequence[str], before: str, granularity: Granularity | None
    ) -> str:
        relations = self._relations
        start = self.values.moment(self._asked.start_ms)
        if source == "sessions":
            again, novel = f"{before or 'NULL'} >= {start}", f"first_at >= {start}"
            if granularity is not None:
                here = slot("started_at", self._offsets, granularity)
                again += f" AND {slot('previous_at', self._offsets, granularity)} = {here}"
                novel += f" AND {slot('first_at', self._offsets, granularity)} = {here}"
            extra = [f"{again} AS again", f"{novel} AS novel"]
            if {"conversions", "conversion_rate"} & set(names):
                extra.append(f"{relations.converted(self._asked.goals)} AS converted")
            if "contacted_share" in names:
                extra.append(f"{relations.contacted()} AS contacted")
            return relations.sessions(*extra)
        if source == "page_views":
            return relations.page_views(f"before_at >= {start} AS again")
        return {
            "events": relations.events,
            "conversations": relations.conversations,
            "messages": relations.messages,
        }[source]()


def _granularity(wanted: Granularity | str, asked: Asked) -> Granularity:
    known: dict[str, Granularity] = {
        "": automatic(asked.start_ms, asked.end_ms),
        "quarter": "quarter",
        "hour": "hour",
        "day": "day",
        "week": "week",
        "month": "month",
    }
    return known[wanted]


def _dimension_column(name: str) -> Column:
    return Column(name, "time" if name == "at" else "dimension")


def _metric_column(name: str) -> Column:
    metric = METRICS[name]
    return Column(name, "metric", metric.unit, metric.better)


def _order(report: Report, columns: Sequence[Column], wanted: str) -> str:
    name = wanted.removeprefix("-")
    if name:
        column = {column.name: column for column in columns}[name]
    else:
        first_dimension = report.dimensions[0] if report.dimensions else ""
        column = columns[0 if first_dimension in _IN_ORDER else len(report.dimensions)]
    descending = (column.kind == "metric") != wanted.startswith("-")
    rest = [f'"{name}"' for name in report.dimensions if name != column.name]
    return ", ".join([f'"{column.name}" {"DESC" if descending else "ASC"} NULLS LAST', *rest])
