"""Who is on a site now, and what one visitor did."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.facts import Facts
from api.filters import BadFilter, read_filter
from api.house import House
from api.live_view import Live
from api.present import present_page, present_visitor, timestamp
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse
from warehouse import visitors

router = APIRouter(prefix="/api/v1/visitors", tags=["visitors"])

HISTORY = 200
"""Page views of a visitor in one answer."""
OFFLINE_MS = 24 * 3_600_000
"""How long a visitor who left is listed."""

Language = Literal["uz", "ru", "en"]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.get("/online")
async def online(
    house: InHouse,
    site: AskedSite,
    country: Annotated[str, Query(description="Code or name.")] = "",
    page_url: Annotated[str, Query(description="A path, or `/blog/*`.")] = "",
    duration: Annotated[str, Query(description="<1min, 1-5min, 5-15min or >15min.")] = "",
    q: Annotated[str, Query(description="Name, e-mail, id, number, city or path.")] = "",
    bots: str = "",
    page: Page = 1,
    limit: Limit = 30,
    lang: Language = "en",
) -> Response:
    """Return who is online now, latest arrival first."""
    try:
        wanted = read_filter(
            {"country": country, "page_url": page_url, "duration": duration, "q": q, "bots": bots}
        )
    except BadFilter as error:
        raise Problem(400, "malformed", str(error)) from None
    now = house.hub.clock()
    matching = [
        live
        for live in house.hub.view.online(site)
        if wanted.matches(live, now, _facts(house, live))
    ]
    shown = matching[(page - 1) * limit : page * limit]
    return answer(
        {
            "data": [_tell(house, live, now, lang) for live in shown],
            "meta": {
                "total_online": len(matching),
                "total_pages": -(-len(matching) // limit),
                "current_page": page,
                "per_page": limit,
            },
        }
    )


@router.get("/offline")
def offline(
    house: InHouse, site: AskedSite, page: Page = 1, limit: Limit = 30, lang: Language = "en"
) -> Response:
    """Return who left within the last 24 hours, latest first."""
    now = house.hub.clock()
    total, visits = visitors.left_since(
        house.warehouse, site, now - OFFLINE_MS, limit, (page - 1) * limit
    )
    return answer(
        {
            "data": [
                present_visitor(
                    visit.session,
                    visit.page,
                    [],
                    now=now,
                    language=lang,
                    facts=house.hub.view.facts(site, visit.session.visitor_id),
                )
                for visit in visits
            ],
            "meta": {
                "total_offline": total,
                "total_pages": -(-total // limit),
                "current_page": page,
                "per_page": limit,
            },
        }
    )


@router.get("/{visitor_id}")
async def visitor(
    visitor_id: str, house: InHouse, site: AskedSite, lang: Language = "en"
) -> Response:
    """Return a visitor: the visit now or the last one, and the past in figures and pages."""
    now = house.hub.clock()
    live = house.hub.view.find(site, visitor_id)
    told = _tell(house, live, now, lang) if live else None
    past = await run_in_threadpool(_past, house, site, visitor_id, told, now, lang)
    return answer({"data": past})


@router.get("/{visitor_id}/page-history")
async def page_history(
    visitor_id: str,
    house: InHouse,
    site: AskedSite,
    limit: Annotated[int, Query(ge=1, le=1000)] = HISTORY,
) -> Response:
    """Return the pages that a visitor saw in all visits, newest first."""
    pages = await run_in_threadpool(visitors.page_history, house.warehouse, site, visitor_id, limit)
    if not pages and house.hub.view.find(site, visitor_id) is None:
        last = await run_in_threadpool(visitors.last_visit, house.warehouse, site, visitor_id)
        if last is None:
            raise _unknown()
    return answer({"page_views": [present_page(page) for page in pages]})


def _tell(house: House, live: Live, now: int, language: str) -> dict[str, Any]:
    return present_visitor(
        live.session,
        live.page,
        live.shown_pages(),
        now=now,
        language=language,
        facts=_facts(house, live),
    )


def _facts(house: House, live: Live) -> Facts:
    return house.hub.view.facts(live.session.site_key, live.session.visitor_id)


def _past(
    house: House,
    site: str,
    visitor_id: str,
    told: dict[str, Any] | None,
    now: int,
    language: str,
) -> dict[str, Any]:
    if told is None:
        last = visitors.last_visit(house.warehouse, site, visitor_id)
        if last is None:
            raise _unknown()
        told = present_visitor(
            last.session,
            last.page,
            last.pages,
            now=now,
            language=language,
            facts=house.hub.view.facts(site, visitor_id),
        )
    pages = visitors.page_history(house.warehouse, site, visitor_id, HISTORY)
    figures = visitors.totals(house.warehouse, site, visitor_id)
    top = visitors.top_pages(house.warehouse, site, visitor_id, 3)
    told["page_history"] = [present_page(page) for page in pages]
    told["totals"] = figures and {
        "first_seen_at": timestamp(figures.first_seen_at),
        "last_seen_at": timestamp(figures.last_seen_at),
        "visits": figures.visits,
        "pages_viewed": figures.pages_viewed,
        "avg_session_seconds": figures.average_ms // 1000,
        "bounce_rate": round(figures.bounces / figures.visits, 4),
        "top_pages": [{"url": url, "views": views} for url, views in top],
    }
    return told


def _unknown() -> Problem:
    return Problem(404, "unknown_visitor", "No such visitor was on this site.")
