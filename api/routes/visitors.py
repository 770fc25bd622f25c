"""Who is on a site now, who was, and all of them as a file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from api.accounts import write_audit
from api.export import MEDIA_TYPE, Row, as_csv
from api.facts import Facts
from api.filters import BadFilter, Filter, read_filter
from api.house import House
from api.live_view import Live
from api.present import present_visitor, timestamp
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person
from warehouse.listing import Listed, everyone, listed, sizes

router = APIRouter(prefix="/api/v1/visitors", tags=["visitors"])

OFFLINE_MS = 24 * 3_600_000
"""How long a visitor who left is listed."""

Language = Literal["uz", "ru", "en"]
Scope = Literal["online", "offline", "all"]
Page = Annotated[int, Query(ge=1, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=200)]


def asked_filter(
    country: Annotated[str, Query(description="Code or name.")] = "",
    page_url: Annotated[str, Query(description="A path, or `/blog/*`.")] = "",
    duration: Annotated[str, Query(description="<1min, 1-5min, 5-15min or >15min.")] = "",
    q: Annotated[str, Query(description="Name, e-mail, id, number, city or path.")] = "",
    bots: str = "",
) -> Filter:
    """The filter of a list. Raises Problem for one that means nothing."""
    try:
        return read_filter(
            {"country": country, "page_url": page_url, "duration": duration, "q": q, "bots": bots}
        )
    except BadFilter as error:
        raise Problem(400, "malformed", str(error)) from None


@dataclass(frozen=True)
class Part:
    """Which part of a list, and in whose words."""

    page: int
    limit: int
    lang: str

    @property
    def skip(self) -> int:
        """Visitors before this part."""
        return (self.page - 1) * self.limit

    def meta(self, name: str, total: int) -> dict[str, int]:
        """Return what the answer says of the whole list."""
        return {
            name: total,
            "total_pages": -(-total // self.limit),
            "current_page": self.page,
            "per_page": self.limit,
        }


def asked_part(page: Page = 1, limit: Limit = 30, lang: Language = "en") -> Part:
    """The part of a list that is asked for."""
    return Part(page, limit, lang)


AskedFilter = Annotated[Filter, Depends(asked_filter)]
AskedPart = Annotated[Part, Depends(asked_part)]
Exporter = Annotated[Person, Depends(may("export_visitors"))]


@router.get("/online")
async def online(house: InHouse, site: AskedSite, wanted: AskedFilter, part: AskedPart) -> Response:
    """Return who is online now, latest arrival first; `counts` are those of the whole site.

    `behind_seconds` is 0, unless nothing could be learnt for so long: who is listed may have gone.
    """
    now = house.hub.clock()
    matching = _online(house, site, wanted, now)
    shown = matching[part.skip : part.skip + part.limit]
    counts = house.hub.view.count(site, bots=wanted.bots)
    return answer(
        {
            "data": [_tell(house, live, now, part.lang) for live in shown],
            "meta": part.meta("total_online", len(matching)),
            "counts": {
                "online": counts.online,
                "active": counts.active,
                "away": counts.away,
                "matching": len(matching),
            },
            "now": timestamp(now),
            "behind_seconds": house.loader.behind_ms // 1000,
        }
    )


@router.get("/offline")
def offline(house: InHouse, site: AskedSite, wanted: AskedFilter, part: AskedPart) -> Response:
    """Return who left within the last 24 hours, latest first."""
    now = house.hub.clock()
    return _past(house, site, wanted, part, "total_offline", now, now - OFFLINE_MS)


@router.get("/all")
def everybody(house: InHouse, site: AskedSite, wanted: AskedFilter, part: AskedPart) -> Response:
    """Return everybody who ever came, each once: last sign of life first."""
    return _past(house, site, wanted, part, "total", house.hub.clock(), None)


@router.get("/counts")
def counts(house: InHouse, site: AskedSite) -> Response:
    """Return how long the lists are, without a filter."""
    found = sizes(house.warehouse, site, house.hub.clock() - OFFLINE_MS)
    now = house.hub.view.count(site)
    return answer(
        {"data": {"online": now.online, "offline": found.offline, "all": found.everybody}}
    )


@router.get("/export")
async def export(
    house: InHouse,
    site: AskedSite,
    wanted: AskedFilter,
    person: Exporter,
    scope: Scope = "online",
    lang: Language = "en",
) -> Response:
    """Return a list as CSV, whole, in its own order."""
    now = house.hub.clock()
    rows: Iterable[Row]
    if scope == "online":
        rows = [(live.session, live.page) for live in _online(house, site, wanted, now)]
    else:
        since = now - OFFLINE_MS if scope == "offline" else None
        asked = wanted.asked_of_past(house.hub.view.known(site))
        past = everyone(house.warehouse, site, asked, now=now, since=since)
        rows = (_as_it_is(house, one) for one in past)
    await run_in_threadpool(_note_export, house, person, site, scope)
    facts = house.hub.view.facts
    return StreamingResponse(
        as_csv(rows, lambda visitor_id: facts(site, visitor_id), now=now, language=lang),
        media_type=MEDIA_TYPE,
        headers={
            "Content-Disposition": f'attachment; filename="visitors-{site}-{scope}.csv"',
            "Cache-Control": "no-store",
        },
    )


def _note_export(house: House, person: Person, site: str, scope: str) -> None:
    with house.accounts.open() as store:
        write_audit(store, person.id, "visitors_exported", site, scope=scope)


def _online(house: House, site: str, wanted: Filter, now: int) -> list[Live]:
    return [
        live
        for live in house.hub.view.online(site)
        if wanted.matches(live, now, _facts(house, live))
    ]


def _past(
    house: House,
    site: str,
    wanted: Filter,
    part: Part,
    total_name: str,
    now: int,
    since: int | None,
) -> Response:
    asked = wanted.asked_of_past(house.hub.view.known(site))
    total, found = listed(
        house.warehouse,
        site,
        asked,
        now=now,
        since=since,
        limit=part.limit,
        skip=part.skip,
    )
    return answer(
        {
            "data": [tell_past(house, one, now, part.lang) for one in found],
            "meta": part.meta(total_name, total),
            "now": timestamp(now),
        }
    )


def tell_past(house: House, one: Listed, now: int, language: str) -> dict[str, Any]:
    session, page = _as_it_is(house, one)
    live = house.hub.view.find(session.site_key, session.visitor_id)
    if live is not None and live.online:
        told = _tell(house, live, now, language)
    else:
        facts = house.hub.view.facts(session.site_key, session.visitor_id)
        told = present_visitor(session, page, [], now=now, language=language, facts=facts)
    return told | {"last_seen_at": timestamp(session.last_seen_at)}


def _as_it_is(house: House, one: Listed) -> Row:
    """Return what the warehouse told, or the live view where that is ahead."""
    live = house.hub.view.session(one.session.session_id)
    if live is not None and live.seq > one.seq:
        return live.session, live.page
    return house.hub.view.put_right(one.session), one.page


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
