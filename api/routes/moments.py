"""The past, moment by moment: who was online then, and how busy a day was."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from starlette.responses import Response

from api.accounts import SiteRow
from api.house import House
from api.moments import day_bounds, day_of, read_moment, tell_day, tell_moment
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from warehouse.moments import concurrency, first_visit, online_at, pages_at

router = APIRouter(
    prefix="/api/v1/moments", tags=["moments"], dependencies=[Depends(may("view_visitors"))]
)

Language = Literal["uz", "ru", "en"]
Bots = Annotated[bool, Query(description="Whether bots count too.")]


@router.get("/curve")
def curve(
    house: InHouse,
    site: AskedSite,
    day: Annotated[date | None, Query(description="Of the site's time zone; else today.")] = None,
    bots: Bots = True,
) -> Response:
    """Return how many visitors were online at once in each minute of a day, and its peak."""
    now = house.hub.clock()
    zone = _zone(house, site)
    try:
        begins, ends = day_bounds(day or day_of(now, zone), zone)
    except ValueError:
        raise Problem(400, "malformed", "day: out of bounds.") from None
    # Minutes that have not begun have no number.
    levels = concurrency(house.warehouse, site, begins, min(ends, now + 1), bots=bots)
    first = first_visit(house.warehouse, site)
    return answer(tell_day(levels, begins, ends, first, now, zone))


@router.get("/{moment}")
def at_moment(
    house: InHouse,
    site: AskedSite,
    moment: str,
    limit: Annotated[int, Query(ge=0, le=1000, description="Visitors told one by one.")] = 200,
    bots: Bots = True,
    lang: Language = "en",
) -> Response:
    """Return who was online at a moment, the latest arrival first, and their cities.

    The moment is ISO 8601; without an offset it is the site's own time. A change of that very
    moment has happened. Names are as they are known now.
    """
    try:
        at = read_moment(moment, _zone(house, site))
    except ValueError:
        raise Problem(400, "malformed", "The moment must be written by ISO 8601.") from None
    if at > house.hub.clock():
        raise Problem(400, "malformed", "That moment is yet to come.")
    stood = online_at(house.warehouse, site, at, bots=bots)
    read = pages_at(house.warehouse, site, stood[:limit], at)
    return answer(tell_moment(at, stood, read, lang, partial(house.hub.view.facts, site)))


def _zone(house: House, site: str) -> str:
    with house.accounts.open() as store:
        row = store.get(SiteRow, site)
        return row.timezone if row else "UTC"
