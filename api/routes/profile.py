"""One visitor: who it is, the visit now or the last one, and the past."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.accounts import write_audit
from api.ending import end_session
from api.house import House
from api.permissions import allowed
from api.problem import Problem, log_unavailable
from api.profile import HISTORY, browsers_of, profile
from api.profile import page_history as history_of
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person
from hozir.contract.errors import LogFull, LogUnavailable
from warehouse.conversation_reads import conversations_of

router = APIRouter(prefix="/api/v1/visitors", tags=["visitors"])

Language = Literal["uz", "ru", "en"]
Viewer = Annotated[Person, Depends(may("view_visitors"))]
Ender = Annotated[Person, Depends(may("end_sessions"))]


@router.get("/{visitor_id}")
async def visitor(
    visitor_id: str, person: Viewer, house: InHouse, site: AskedSite, lang: Language = "en"
) -> Response:
    """Return a visitor: the visit now or the last one, who it is, and the past.

    Of a person whom the site has proven, figures, history and conversations are of all browsers.
    `events` is null for roles that may not see them.
    """
    live = house.hub.view.find(site, visitor_id)
    look = partial(
        profile,
        now=house.hub.clock(),
        language=lang,
        with_events=allowed(person.role, "track_events"),
    )
    told, talks = await asyncio.gather(
        run_in_threadpool(look, house, site, visitor_id, live),
        _conversations(house, site, visitor_id, lang),
    )
    if told is None:
        raise _unknown()
    return answer({"data": told | {"conversations": talks}})


@router.get("/{visitor_id}/page-history", dependencies=[Depends(may("view_visitors"))])
async def page_history(
    visitor_id: str,
    house: InHouse,
    site: AskedSite,
    limit: Annotated[int, Query(ge=1, le=1000)] = HISTORY,
) -> Response:
    """Return the pages that a visitor saw in all visits and browsers, newest first."""
    pages = await run_in_threadpool(history_of, house, site, visitor_id, limit)
    if pages is None:
        raise _unknown()
    return answer({"page_views": pages})


@router.post("/{visitor_id}/end", status_code=202)
def end(visitor_id: str, person: Ender, house: InHouse, site: AskedSite) -> Response:
    """End the visit that a visitor is on; every screen sees it within a moment.

    Whatever the visitor does next begins another one.
    """
    live = house.hub.view.find(site, visitor_id)
    if live is None:
        raise Problem(404, "unknown_visitor", "No such visitor is on this site now.")
    session_id = live.session.session_id
    try:
        with house.accounts.open() as store:
            write_audit(
                store, person.id, "session_ended", visitor_id, site=site, session=session_id
            )
            store.flush()
            end_session(house.log, site, visitor_id, session_id)
    except (LogUnavailable, LogFull):
        raise log_unavailable("The log cannot be written") from None
    return answer({"data": {"session_id": session_id}}, 202)


async def _conversations(
    house: House, site: str, visitor_id: str, language: str
) -> list[dict[str, Any]]:
    browsers = browsers_of(house, site, visitor_id)
    found = await run_in_threadpool(conversations_of, house.warehouse, site, browsers)
    told = await house.conversation_view.conversations(site, found, language)
    return [{k: v for k, v in one.items() if k != "visitor"} for one in told]


def _unknown() -> Problem:
    return Problem(404, "unknown_visitor", "No such visitor was on this site.")
