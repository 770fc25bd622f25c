"""Which visitors somebody wants to see: pure functions of a live session and a moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from api.facts import NOTHING, Facts
from api.live_view import Live
from api.present import claimed
from hozir.contract.ids import visitor_number
from hozir.countries import countries
from warehouse.listing import APOSTROPHES, Asked

MINUTE = 60_000

DURATIONS: dict[str, tuple[int, int | None]] = {
    "<1min": (0, MINUTE),
    "1-5min": (MINUTE, 5 * MINUTE),
    "5-15min": (5 * MINUTE, 15 * MINUTE),
    "15+min": (15 * MINUTE, None),
    ">15min": (15 * MINUTE, None),
}
"""From (included) and to (not included), in milliseconds since the visit began."""

LONGEST = 200
"""Characters of a filter's text; the rest is cut."""


class BadFilter(ValueError):
    """A filter that means nothing. The message is one line for a person."""


@dataclass(frozen=True)
class Filter:
    """What all must hold. Empty asks for nothing."""

    countries: frozenset[str] = frozenset()
    page: str = ""
    page_prefix: bool = False
    duration: tuple[int, int | None] | None = None
    q: str = ""
    bots: bool = True
    nobody: bool = False
    """For screens that show numbers alone: no visitor is sent to them."""

    @property
    def by_time(self) -> bool:
        """True if a visitor may come to match, or cease to, by the mere passing of time."""
        return self.duration is not None

    def matches(self, live: Live, now: int, facts: Facts = NOTHING) -> bool:
        """Tell whether a visitor matches at a moment, in milliseconds."""
        known = live.session.dimensions
        if self.nobody or (not self.bots and live.bot):
            return False
        if self.countries and (known is None or known.country not in self.countries):
            return False
        if self.page and not self._matches_page(live.page.path if live.page else ""):
            return False
        if self.duration is not None:
            least, most = self.duration
            here = max(0, now - live.session.started_at)
            if here < least or (most is not None and here >= most):
                return False
        return not self.q or self._finds(live, facts)

    def _matches_page(self, path: str) -> bool:
        if self.page_prefix:
            # `/blog/*` takes `/blog` itself as well.
            return path.startswith(self.page) or path == self.page.removesuffix("/")
        return path == self.page or path.partition("?")[0] == self.page

    def _finds(self, live: Live, facts: Facts) -> bool:
        session = live.session
        known = session.dimensions
        texts = (
            facts.name,
            facts.email,
            claimed(session.identity, "name"),
            claimed(session.identity, "email"),
            session.visitor_id,
            known.city if known else None,
            live.page.path if live.page else None,
        )
        if any(text and self.q in folded(text) for text in texts):
            return True
        number = str(visitor_number(session.visitor_id))
        if self.q.removeprefix("#").removeprefix("anon_") == number:
            return True
        return known is not None and any(self.q in name for name in _names(known.country))

    def asked_of_past(self, facts: Iterable[tuple[str, Facts]]) -> Asked:
        """Return the same for the warehouse. `facts` are those of the site's visitors, by id."""
        least, most = self.duration or (0, None)
        q = self.q
        return Asked(
            countries=self.countries,
            page=self.page,
            page_prefix=self.page_prefix,
            least_ms=least,
            most_ms=most,
            bots=self.bots,
            q=q,
            q_countries=frozenset(
                code for code in countries() if q and any(q in name for name in _names(code))
            ),
            q_visitors=frozenset(
                visitor_id
                for visitor_id, known in facts
                if q and any(text and q in folded(text) for text in (known.name, known.email))
            ),
        )


def read_filter(wanted: Mapping[str, Any]) -> Filter:
    """Read a filter from query parameters or a frame. Raises BadFilter."""
    country = _text(wanted, "country")
    page = _text(wanted, "page_url")
    duration = _text(wanted, "duration")
    # A `+` that nobody encoded arrives as a space.
    duration = duration.replace("15 min", "15+min")
    if duration and duration not in DURATIONS:
        raise BadFilter(f"duration must be one of {', '.join(DURATIONS)}")
    prefix = page.endswith("*")
    return Filter(
        countries=_country_codes(country) if country else frozenset(),
        page=page.rstrip("*") or ("/" if prefix else ""),
        page_prefix=prefix,
        duration=DURATIONS.get(duration),
        q=folded(_text(wanted, "q")),
        bots=_switch(wanted.get("bots")),
        nobody=_text(wanted, "only") == "counts",
    )


def folded(text: str) -> str:
    """Return text as it is compared: case and the kind of apostrophe make no difference."""
    return text.casefold().translate(_APOSTROPHES)


_APOSTROPHES = str.maketrans(dict.fromkeys(APOSTROPHES, "'"))


@cache
def _names(code: str) -> tuple[str, ...]:
    country = countries().get(code)
    return tuple(map(folded, (country.uz, country.ru, country.en))) if country else ()


def _country_codes(text: str) -> frozenset[str]:
    """Return the codes that a code or a name in any language means; as typed if none."""
    wanted = folded(text)
    found = {code for code in countries() if folded(code) == wanted or wanted in _names(code)}
    return frozenset(found or {text.upper()})


def _text(wanted: Mapping[str, Any], name: str) -> str:
    value = wanted.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise BadFilter(f"{name} must be text")
    return value.strip()[:LONGEST]


def _switch(value: Any) -> bool:
    if value in (None, "", True, "true", "1", "yes"):
        return True
    if value in (False, "false", "0", "no"):
        return False
    raise BadFilter("bots must be true or false")
