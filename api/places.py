"""Where visitors are, gathered for the map: by country, by city, or one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from api.live_view import Live
from hozir.countries import country_name, country_point

Point = tuple[float, float]
"""Latitude and longitude, in degrees."""


@dataclass
class Place:
    """A spot of the map and who is there. A visitor who stands alone is named."""

    country: str
    """ISO code."""
    city: str | None
    point: Point
    online: int = 0
    active: int = 0
    away: int = 0
    offline: int = 0
    """Visitors who left within the last day."""
    visitor_id: str | None = None

    @property
    def key(self) -> str:
        """Names the place as long as it is on the map."""
        return f"{self.country}/{self.city}" if self.city is not None else self.country


@dataclass(frozen=True)
class Left:
    """How many visitors left a city within the last day."""

    country: str
    city: str
    point: Point | None
    visitors: int


def by_country(lives: Iterable[Live], left: Iterable[Left]) -> list[Place]:
    """Gather visitors by country, the most visited first. Without a country nobody is placed."""
    places: dict[str, Place] = {}
    for live in lives:
        known = live.session.dimensions
        if known is None or not known.country:
            continue
        point = country_point(known.country) or _point(live)
        if point is not None:
            place = places.setdefault(known.country, Place(known.country, None, point))
            _count(place, live)
    for some in left:
        point = country_point(some.country) or some.point
        if some.country and point is not None:
            place = places.setdefault(some.country, Place(some.country, None, point))
            place.offline += some.visitors
    return _sorted(places.values())


def by_city(lives: Iterable[Live], left: Iterable[Left], country: str) -> list[Place]:
    """Gather the visitors of a country by city, the most visited first.

    Who is known by country alone stands in its middle.
    """
    places: dict[str, Place] = {}
    for live in lives:
        known = live.session.dimensions
        if known is None or known.country != country:
            continue
        point = _point(live) or country_point(country)
        if point is not None:
            _count(places.setdefault(known.city, Place(country, known.city, point)), live)
    for some in left:
        point = some.point or country_point(country)
        if some.country == country and point is not None:
            place = places.setdefault(some.city, Place(country, some.city, point))
            place.offline += some.visitors
    return _sorted(places.values())


def in_city(lives: Iterable[Live], country: str, city: str) -> list[Live]:
    """Return who is in a city, in the order given."""
    return [
        live
        for live in lives
        if (known := live.session.dimensions) is not None
        and known.country == country
        and known.city == city
    ]


def country_shares(lives: Iterable[Live]) -> list[tuple[str, int, int]]:
    """Return (code, visitors, percent of those placed) of each country, the greatest first."""
    counts = Counter(
        known.country
        for live in lives
        if (known := live.session.dimensions) is not None and known.country
    )
    total = counts.total()
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(code, count, round(100 * count / total)) for code, count in ranked]


def present_place(place: Place, language: str) -> dict[str, object]:
    """Return a place as the API tells it."""
    return {
        "key": place.key,
        "country_code": place.country,
        "country": country_name(place.country, language),
        "city": place.city or None,
        "coordinates": list(place.point),
        "online": place.online,
        "active": place.active,
        "away": place.away,
        "offline": place.offline,
        "visitor_id": place.visitor_id,
    }


def _count(place: Place, live: Live) -> None:
    place.online += 1
    place.active += live.session.presence == "active"
    place.away += live.session.presence == "away"
    alone = place.online == 1
    place.visitor_id = live.session.visitor_id if alone else None
    if alone and place.city is None:
        place.point = _point(live) or place.point
    elif place.online == 2 and place.city is None:
        place.point = country_point(place.country) or place.point


def _point(live: Live) -> Point | None:
    known = live.session.dimensions
    if known is None or known.latitude is None or known.longitude is None:
        return None
    return known.latitude, known.longitude


def _sorted(places: Iterable[Place]) -> list[Place]:
    return sorted(places, key=lambda place: (-place.online, -place.offline, place.key))
