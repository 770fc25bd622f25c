"""The rows that numbers are made of: what a question leaves of sessions, page views and so on.

Each relation is a SELECT with the columns that `warehouse/metrics.py` and `dimensions.py` speak
of. What is still going on counts as well as what has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.asking import Asked, Goal, Values
from warehouse.dimensions import DIMENSIONS
from warehouse.listing import LONGEST_VISIT_HOURS
from warehouse.local_time import HOUR_MS

LONGEST_MS = LONGEST_VISIT_HOURS * HOUR_MS
_PATTERN_END = "*"


@dataclass(frozen=True)
class Relations:
    """Writes the relations of one question; every value goes into `values`."""

    asked: Asked
    values: Values

    def sessions(self, *extra: str) -> str:
        """Sessions that began in the range, with `extra` columns."""
        conditions = [
            self._sites(),
            self._within("started_at", self.asked.start_ms, self.asked.end_ms),
            *self._people(),
            *self._session_conditions(),
        ]
        columns = ", ".join(
            (
                "*",
                "epoch_us(coalesce(ended_at, last_seen_at)) - epoch_us(started_at) AS length_us",
                "epoch_us(started_at) - epoch_us(previous_at) AS away_us",
                *extra,
            )
        )
        return f"SELECT {columns} FROM all_sessions WHERE {' AND '.join(conditions)}"

    def page_views(self, *extra: str) -> str:
        """Page views that happened in the range, with `extra` columns."""
        conditions = [
            self._sites(),
            self._within("happened_at", self.asked.start_ms, self.asked.end_ms),
        ]
        if not self.asked.bots:
            conditions.append("NOT bot")
        if (page := self.asked.filters.get("page")) is not None:
            conditions.append(self.matches("path", page))
        if others := self._session_conditions(without=("page",)):
            conditions.append(f"session IN ({self._of_sessions(others)})")
        columns = ", ".join(("*", "number = 1 AS entry", *extra))
        return f"SELECT {columns} FROM all_page_views WHERE {' AND '.join(conditions)}"

    def opened_until_the_end(self) -> str:
        """All page views of the range, and those before it that belong to a visit within it."""
        within = self._within("happened_at", self.asked.start_ms - LONGEST_MS, self.asked.end_ms)
        return f"SELECT * FROM all_page_views WHERE {self._sites()} AND {within}"

    def events(self) -> str:
        """Custom events that happened in the range."""
        conditions = [
            self._sites(),
            "kind = 'custom'",
            self._within("happened_at", self.asked.start_ms, self.asked.end_ms),
        ]
        for name, column in (("event", "coalesce(name, '')"), ("page", "coalesce(path, '')")):
            if (value := self.asked.filters.get(name)) is not None:
                conditions.append(self.matches(column, value))
        if others := self._session_conditions(without=("event", "page")):
            conditions.append(f"session IN ({self._of_sessions(others)})")
        if not self.asked.bots:
            conditions.append("NOT bot")
        return f"SELECT * FROM events WHERE {' AND '.join(conditions)}"

    def conversations(self) -> str:
        """Conversations opened in the range, with who answered first, and after how long."""
        conditions = [
            self._sites(),
            self._within("opened_at", self.asked.start_ms, self.asked.end_ms),
            *self._of_talkers(),
        ]
        if (agent := self.asked.filters.get("agent")) is not None:
            conditions.append(
                "conversation_id IN (SELECT conversation_id FROM conversation_lines "
                f"WHERE author_id = {self.values.bind(agent)})"
            )
        return (
            "SELECT * FROM conversation_states LEFT JOIN "
            f"({_FIRST_RESPONSES}) USING (conversation_id) WHERE {' AND '.join(conditions)}"
        )

    def messages(self) -> str:
        """Messages written in the range."""
        conditions = [
            self._sites(),
            "kind = 'message'",
            self._within("happened_at", self.asked.start_ms, self.asked.end_ms),
            *self._of_talkers(),
        ]
        if (agent := self.asked.filters.get("agent")) is not None:
            conditions.append(f"author_id = {self.values.bind(agent)}")
        # Told apart within the answer alone: DuckDB's own hash takes a tenth of the key's time.
        return (
            "SELECT *, hash(site_key || ' ' || visitor_id) AS visitor FROM conversation_lines "
            f"WHERE {' AND '.join(conditions)}"
        )

    def concurrent(self) -> str:
        """Condition on `all_sessions`: whose presence is counted."""
        return " AND ".join((*self._people(), *self._session_conditions())) or "true"

    def converted(self, goals: tuple[Goal, ...]) -> str:
        """Condition on a session: whether it reached any of these goals; NULL without goals.

        A session of a site that has none of them is NULL as well.
        """
        if not goals:
            return "NULL::BOOLEAN"
        reached = f"session IN ({' UNION ALL '.join(self._reached(goal) for goal in goals)})"
        owners = dict.fromkeys(goal.site_key for goal in goals)
        if "" in owners:
            return reached
        keys = ", ".join(map(self.values.bind, owners))
        return f"CASE WHEN site_key IN ({keys}) THEN {reached} END"

    def contacted(self) -> str:
        """Condition on a session: whether the team wrote into it."""
        return (
            "session IN (SELECT session FROM conversation_lines WHERE kind = 'message' "
            f"AND author <> 'visitor' AND session IS NOT NULL AND {self._sites()})"
        )

    def matches(self, column: str, value: str) -> str:
        """Condition on a text: equal, or beginning so if the value ends with `*`."""
        if value.endswith(_PATTERN_END):
            return f"starts_with({column}, {self.values.bind(value[:-1])})"
        return f"{column} = {self.values.bind(value)}"

    def site_keys(self) -> tuple[str, ...]:
        """The sites that are meant."""
        only = self.asked.filters.get("site")
        return tuple(key for key in self.asked.site_keys if only is None or key == only)

    def _sites(self) -> str:
        keys = self.site_keys()
        if not keys:
            return "false"
        return f"site_key IN ({', '.join(self.values.bind(key) for key in keys)})"

    def _within(self, column: str, start_ms: int, end_ms: int) -> str:
        start, end = self.values.moment(start_ms), self.values.moment(end_ms)
        return f"{column} >= {start} AND {column} < {end}"

    def _people(self) -> list[str]:
        return [] if self.asked.bots else ["bot IS NULL"]

    def _session_conditions(self, without: tuple[str, ...] = ()) -> list[str]:
        return [
            self._session_condition(name, value)
            for name, value in self.asked.filters.items()
            if name not in without and name != "site"
        ]

    def _session_condition(self, name: str, value: str) -> str:
        """Condition on a session. Raises KeyError for a dimension that there is not."""
        dimension = DIMENSIONS[name]
        if name == "entry_page":
            return self.matches(dimension.sql, value)
        if dimension.sql:
            return f"{dimension.sql} = {self.values.bind(value)}"
        start, end = self.asked.start_ms, self.asked.end_ms + LONGEST_MS
        if name == "event":
            return f"session IN ({self._with_event(value, start, end)})"
        if name == "agent":
            return (
                "session IN (SELECT session FROM conversation_lines "
                f"WHERE session IS NOT NULL AND author_id = {self.values.bind(value)})"
            )
        last = ' AND "exit"' if name == "exit_page" else ""
        return f"session IN ({self._with_page(value, start, end)}{last})"

    def _with_page(self, value: str, start_ms: int, end_ms: int) -> str:
        return (
            f"SELECT session FROM all_page_views WHERE {self._sites()} "
            f"AND {self._within('happened_at', start_ms, end_ms)} AND {self.matches('path', value)}"
        )

    def _with_event(self, value: str, start_ms: int, end_ms: int) -> str:
        return (
            f"SELECT session FROM events WHERE {self._sites()} AND kind = 'custom' "
            f"AND {self._within('happened_at', start_ms, end_ms)} AND {self.matches('name', value)}"
        )

    def _reached(self, goal: Goal) -> str:
        start, end = self.asked.start_ms, self.asked.end_ms + LONGEST_MS
        write = self._with_page if goal.kind == "page" else self._with_event
        found = write(goal.match, start, end)
        if goal.site_key:
            found += f" AND site_key = {self.values.bind(goal.site_key)}"
        return found

    def _of_sessions(self, conditions: list[str]) -> str:
        """Sessions in which something of the range may have happened."""
        began = self._within("started_at", self.asked.start_ms - LONGEST_MS, self.asked.end_ms)
        return (
            f"SELECT session FROM all_sessions WHERE {self._sites()} AND {began} "
            f"AND {' AND '.join(conditions)}"
        )

    def _of_talkers(self) -> list[str]:
        """Conditions on a conversation: its visitor had a session in the range that is meant."""
        others = self._session_conditions(without=("agent",))
        if not others:
            return []
        began = self._within("started_at", self.asked.start_ms - LONGEST_MS, self.asked.end_ms)
        return [
            "(site_key, visitor_id) IN (SELECT (site_key, visitor_id) FROM all_sessions "
            f"WHERE {self._sites()} AND {began} AND {' AND '.join(others)})"
        ]


_FIRST_RESPONSES = (
    "SELECT conversation_id, arg_min(author_id, number) AS responder, "
    "epoch_ms(min(happened_at)) - any_value(asked_ms) AS first_response_ms "
    "FROM conversation_lines JOIN (SELECT conversation_id, min(number) AS asked, "
    "epoch_ms(arg_min(happened_at, number)) AS asked_ms FROM conversation_lines "
    "WHERE kind = 'message' AND author = 'visitor' GROUP BY conversation_id) "
    "USING (conversation_id) WHERE kind = 'message' AND author = 'agent' AND number > asked "
    "GROUP BY conversation_id"
)
