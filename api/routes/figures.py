"""The figures of now and today, and the map."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api import places
from api.accounts import SiteRow
from api.house import House
from api.places import Left
from api.present import present_visitor
from api.report_range import read_range
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from hozir.countries import country_name, country_point
from warehouse import figures
from warehouse.asking import Asked
from warehouse.reports import fetch, query

router = APIRouter(prefix="/api/v1/visitors", tags=["visitors"])

TOP = 5
LEFT_MS = 24 * 3_600_000
"""How long the map remembers who left."""
IN_CITY = 200
"""Visitors shown one by one; the rest is counted."""

Language = Literal["uz", "ru", "en"]


@router.get("/stats", dependencies=[Depends(may("view_visitors"))])
async def stats(house: InHouse, site: AskedSite) -> Response:
    """Return who is here now by device, and today in the site's time zone in figures.

    The figures of today are those of the reports: sessions that began today, without bots.
    """
    lives = house.hub.view.online(site)
    devices = Counter(
        known.device for live in lives if (known := live.session.dimensions) and known.device
    )
    today = await run_in_threadpool(_today, house, site)
    return answer(
        {
            "total_online": len(lives),
            "behind_seconds": house.loader.behind_ms // 1000,
            **today,
            "device_breakdown": {"desktop": 0, "mobile": 0, "tablet": 0} | devices,
        }
    )


@router.get("/geographic-data", dependencies=[Depends(may("view_map"))])
async def geographic_data(house: InHouse, site: AskedSite, lang: Language = "en") -> Response:
    """Return the countries where somebody is online now, the most visitors first."""
    return answer({"countries": _countries(house, site, lang)})


@router.get("/map", dependencies=[Depends(may("view_map"))])
async def world_map(
    house: InHouse,
    site: AskedSite,
    country: Annotated[str, Query(max_length=2, description="Shows its cities.")] = "",
    city: Annotated[
        str | None, Query(max_length=200, description="With a country: shows its visitors.")
    ] = None,
    lang: Language = "en",
) -> Response:
    """Return where visitors are, at one of three levels: countries, cities, one city's visitors."""
    now = house.hub.clock()
    lives = house.hub.view.online(site)
    told: dict[str, Any] = {"countries": _countries(house, site, lang), "visitors": []}
    if country and city is not None:
        inside = places.in_city(lives, country, city)
        told["places"] = [
            place
            for place in places.by_city(inside, [], country)
            if place.city == city  # one; none when the last visitor has left
        ]
        told["visitors"] = [
            present_visitor(
                live.session,
                live.page,
                live.shown_pages(),
                now=now,
                language=lang,
                facts=house.hub.view.facts(site, live.session.visitor_id),
            )
            for live in inside[:IN_CITY]
        ]
    else:
        rows = await run_in_threadpool(figures.left_places, house.warehouse, site, now - LEFT_MS)
        left = [_left(row) for row in rows]
        told["places"] = (
            places.by_city(lives, left, country) if country else places.by_country(lives, left)
        )
    told["places"] = [places.present_place(place, lang) for place in told["places"]]
    told["meta"] = {
        "online": len(lives),
        "unplaced": len(lives) - sum(one["visitor_count"] for one in told["countries"]),
    }
    return answer(told)


def _countries(house: House, site: str, language: str) -> list[dict[str, Any]]:
    return [
        {
            "country_code": code,
            "country": country_name(code, language),
            "visitor_count": count,
            "percentage": percent,
            "coordinates": list(country_point(code) or ()) or None,
        }
        for code, count, percent in places.country_shares(house.hub.view.online(site))
    ]


def _left(row: figures.LeftPlace) -> Left:
    placed = row.latitude is not None and row.longitude is not None
    point = (row.latitude, row.longitude) if placed else None
    return Left(row.country, row.city, point, row.visitors)  # type: ignore[arg-type]


def _today(house: House, site: str) -> dict[str, Any]:
    """Return the figures of the site's day, by the definitions of the reports."""
    with house.accounts.open() as store:
        row = store.get(SiteRow, site)
        zone = row.timezone if row else "UTC"
    span = read_range("today", "", "", "", timezone=zone, now=house.hub.clock())
    asked = Asked((site,), span.start, span.end, zone)
    (day,) = fetch(house.warehouse, query("overview", asked))
    pages = fetch(house.warehouse, query("pages", asked, limit=TOP))
    # One more: those whose source is not known come as one row, and are no referrer.
    sources = fetch(house.warehouse, query("sources", asked, limit=TOP + 1, order="sessions"))
    return {
        "total_today": day["visitors"],
        "avg_session_duration_seconds": int(day["session_seconds"] or 0),
        "top_pages": [
            {
                "url": page["page"],
                "visitors": page["visitors"],
                "avg_time_seconds": int(page["page_seconds"] or 0),
            }
            for page in pages
        ],
        "top_referrers": [
            {"source": source["source"], "count": source["sessions"]}
            for source in sources
            if source["source"]
        ][:TOP],
    }
