"""The period that a page of numbers looks at: chosen natively, kept in the address.

`draw` shows the choice and returns it; `heading` says it in words. The address is what counts
(`range`, `from`, `to`, `compare`), so a link shows somebody else the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import streamlit as st

from dashboards.dates import day, whole_day
from dashboards.filters import write_address
from dashboards.shell import Shell
from dashboards.texts import Language, count, say

RANGES = ("today", "yesterday", "7d", "30d", "90d")
LONGEST_DAYS = 400
_CUSTOM = "custom"
_CHOSEN, _DAYS, _COMPARE = "range chosen", "range days", "range compare"


@dataclass(frozen=True)
class Range:
    """A period in days of the site's time zone, both ends included."""

    name: str
    first: date
    last: date
    compare: bool = True
    """Whether the period before stands beside it."""

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    def query(self) -> dict[str, str]:
        """Return the parameters that ask the API for it."""
        asked = {"range": self.name, "compare": "previous" if self.compare else "none"}
        if self.name == _CUSTOM:
            asked |= {"from": self.first.isoformat(), "to": self.last.isoformat()}
        return asked


def read(address: Mapping[str, str], today: date) -> Range:
    """Return the period of an address. What makes no sense there counts as today."""
    compare = address.get("compare") != "none"
    name = address.get("range", "")
    if name == _CUSTOM:
        first, last = _date(address.get("from")), _date(address.get("to"))
        if first and last and first <= last <= today and (last - first).days < LONGEST_DAYS:
            return Range(_CUSTOM, first, last, compare)
    if name == "yesterday":
        return Range(name, today - timedelta(1), today - timedelta(1), compare)
    if name in ("7d", "30d", "90d"):
        return Range(name, today - timedelta(int(name[:-1]) - 1), today, compare)
    return Range("today", today, today, compare)


def chosen(shell: Shell) -> Range:
    """Return the period that the address asks for."""
    return read(st.query_params, _now(shell).date())


def draw(shell: Shell) -> Range:
    """Draw the choice and return the period."""
    asked = chosen(shell)
    today = _now(shell).date()
    st.session_state[_CHOSEN] = asked.name if asked.name in RANGES else None
    st.session_state[_DAYS] = (asked.first, asked.last)
    st.session_state[_COMPARE] = asked.compare

    def turn() -> None:
        name = st.session_state[_CHOSEN]
        if name in RANGES:
            _write(name=name)

    def turn_days() -> None:
        days = st.session_state[_DAYS]
        if isinstance(days, tuple) and len(days) == 2:
            first, last = days[0], min(days[1], days[0] + timedelta(LONGEST_DAYS - 1))
            _write(name=_CUSTOM, first=first, last=last)

    with st.container(key="range", horizontal=True, vertical_alignment="center", gap="small"):
        st.segmented_control(
            shell.say("numbers.period"),
            RANGES,
            format_func=lambda name: shell.say(f"numbers.range_{name}"),
            key=_CHOSEN,
            on_change=turn,
            label_visibility="collapsed",
            wrap=False,
        )
        label = _span(shell.language, asked) if asked.name == _CUSTOM else "numbers.period"
        with st.popover(
            shell.say(label) if label == "numbers.period" else label,
            icon=":material/calendar_month:",
        ):
            st.date_input(
                shell.say("numbers.days"),
                key=_DAYS,
                max_value=today,
                format="DD.MM.YYYY",
                on_change=turn_days,
            )
            st.toggle(
                shell.say("numbers.compare"),
                key=_COMPARE,
                on_change=lambda: _write(compare=bool(st.session_state[_COMPARE])),
            )
    return asked


def heading(shell: Shell, asked: Range) -> str:
    """Return the period in words, and what it is compared with."""
    language, now = shell.language, _now(shell)
    if asked.name == "today":
        told = f"{whole_day(language, asked.first)}, {shell.say('numbers.until')}"
        told = told.replace("{time}", f"{now:%H:%M}")
    elif asked.days == 1:
        told = whole_day(language, asked.first)
    else:
        told = _span(language, asked)
    told = told[0].upper() + told[1:]
    if not asked.compare:
        return told
    return f"{told} · {shell.say('numbers.compared').replace('{before}', before(language, asked))}"


def before(language: Language, asked: Range) -> str:
    """Return the period before in words, as they follow "compared with"."""
    if asked.name == "today":
        return say(language, "numbers.before_today")
    if asked.days == 1:
        return say(language, "numbers.before_day")
    return count(language, "numbers.before_days", asked.days)


def than(language: Language, asked: Range) -> str:
    """Return the period before in words, as they follow "more than"."""
    if asked.name == "today":
        return say(language, "numbers.than_today")
    if asked.days == 1:
        return say(language, "numbers.than_day")
    return count(language, "numbers.than_days", asked.days)


def _span(language: Language, asked: Range) -> str:
    this_year = asked.last.year
    if asked.days == 1:
        return day(language, asked.first)
    return f"{day(language, asked.first, this_year)} – {day(language, asked.last)}"


def _write(
    name: str = "", first: date | None = None, last: date | None = None, compare: bool | None = None
) -> None:
    values: dict[str, str] = {}
    without: tuple[str, ...] = ()
    if name:
        without = ("range", "from", "to")
        values = {"range": name} if name != RANGES[0] else {}
    if first and last:
        values |= {"from": first.isoformat(), "to": last.isoformat()}
    if compare is not None:
        without = ("compare",)
        values = {} if compare else {"compare": "none"}
    write_address(values, without)


def _now(shell: Shell) -> datetime:
    return datetime.now(ZoneInfo(shell.site.timezone))


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None
