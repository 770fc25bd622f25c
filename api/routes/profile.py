"""One visitor: who it is, the visit now or the last one, and the past."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

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

Language = Literal["uz", "ru", "en"]


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
        facts=house.hub.view.facts(live.session.site_key, live.session.visitor_id),
    )


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
