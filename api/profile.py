"""One visitor in full, put together out of what web holds. Not for the event loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api.contact_rules import draft
from api.contacts import present_contact
from api.house import House
from api.insight import SeenPage, Story, insight
from api.live_view import Live
from api.people import present_person
from api.present import present_page, present_visitor, timestamp
from hozir.contract.change import PageView, Session
from hozir.contract.event import Dimensions
from hozir.contract.ids import visitor_number
from warehouse.profile import Event, Figures, Past, TopPage, events, past

VISITS = 50
"""Newest visits that the insight looks at."""
HISTORY = 200
"""Page views in one answer."""
PAGES_OF_VISIT = 24
TOP = 3

_UNKNOWN = Dimensions()


def browsers_of(house: House, site: str, visitor_id: str) -> tuple[str, ...]:
    """Return a visitor and the other browsers of the proven person, the visitor first."""
    one = house.people.of(site, visitor_id)
    others = house.people.visitors_of(one.person_id) if one else ()
    return (visitor_id, *(other for other in others if other != visitor_id))


def profile(
    house: House,
    site: str,
    visitor_id: str,
    live: Live | None,
    *,
    now: int,
    language: str,
    with_events: bool,
) -> dict[str, Any] | None:
    """Return all that is known of a visitor but conversations; None for a stranger.

    `live` is the visit now, if it has not ended. Figures, history, contact and events are of all
    browsers of a proven person.
    """
    browsers = browsers_of(house, site, visitor_id)
    known = past(
        house.warehouse,
        site,
        browsers,
        session_id=live.session.session_id if live else "",
        pages=HISTORY,
        top=TOP,
    )
    session = live.session if live else _newest(house, known, visitor_id)
    if session is None:
        return None
    seen = _seen(known, live)
    mine = [one.page for one in seen if one.session_id == session.session_id]
    facts = house.hub.view.facts(site, visitor_id)
    told = present_visitor(
        session,
        live.page if live else known.current or (mine[0] if mine else None),
        live.shown_pages() if live else mine[PAGES_OF_VISIT - 1 :: -1],
        now=now,
        language=language,
        facts=facts,
    )
    landing = known.landing or (live.pages.get(1) if live else None)
    found = insight(Story(session, known.visits[:VISITS], seen))
    # Who is nobody's contact is known without asking.
    contact = house.contacts.of_visitor(site, visitor_id) if facts.contact_id else None
    one = house.people.of(site, visitor_id)
    return told | {
        "last_seen_at": timestamp(session.last_seen_at),
        "landing_page": landing and {"url": landing.path, "title": landing.title or None},
        "person": one
        and present_person(one, [_browser(house, site, known, other) for other in browsers]),
        "contact": contact and present_contact(contact),
        "contact_draft": None if contact else _draft(session),
        "insight": found and {"rule": found.rule, "values": found.values},
        "page_history": present_history(known),
        "totals": known.figures and _totals(known.figures, known.top),
        "events": _events(house, site, browsers) if with_events else None,
    }


def page_history(
    house: House, site: str, visitor_id: str, limit: int
) -> list[dict[str, Any]] | None:
    """Return the newest page views of a visitor in all browsers; None for a stranger."""
    browsers = browsers_of(house, site, visitor_id)
    known = past(house.warehouse, site, browsers, pages=limit, top=0)
    if not known.visits and house.hub.view.find(site, visitor_id) is None:
        return None
    return present_history(known)


def present_history(known: Past) -> list[dict[str, Any]]:
    """Return page views, newest first, each with its visit and browser."""
    return [
        present_page(one.page) | {"session_id": one.session_id, "visitor_id": one.visitor_id}
        for one in known.pages
    ]


def _newest(house: House, known: Past, visitor_id: str) -> Session | None:
    found = known.newest.get(visitor_id)
    return found and house.hub.view.put_right(found)


def _seen(known: Past, live: Live | None) -> list[SeenPage]:
    """Return the pages newest first; those of the visit now as the live view has them."""
    if live is None:
        return [SeenPage(one.page, one.session_id) for one in known.pages]
    session_id = live.session.session_id
    pages: dict[int, PageView] = {
        one.page.number: one.page for one in known.pages if one.session_id == session_id
    }
    pages |= live.pages
    others = [
        SeenPage(one.page, one.session_id) for one in known.pages if one.session_id != session_id
    ]
    mine = [SeenPage(page, session_id) for page in pages.values()]
    return sorted([*mine, *others], key=lambda one: (-one.page.at, -one.page.number))


def _draft(session: Session) -> dict[str, Any] | None:
    found = draft(session.identity)
    return (
        {name: value or None for name, value in found.items() if name != "traits"}
        | {"traits": found["traits"]}
        if any(found.values())
        else None
    )


def _browser(house: House, site: str, known: Past, visitor_id: str) -> dict[str, Any]:
    live = house.hub.view.find(site, visitor_id)
    session = live.session if live else _newest(house, known, visitor_id)
    of = (session and session.dimensions) or _UNKNOWN
    return {
        "id": visitor_id,
        "number": visitor_number(visitor_id),
        "presence": session.presence if session else "offline",
        "device": {
            "type": of.device or None,
            "os": of.os or None,
            "browser": of.browser or None,
        },
        "last_seen_at": session and timestamp(session.last_seen_at),
    }


def _totals(figures: Figures, top: Sequence[TopPage]) -> dict[str, Any]:
    return {
        "first_seen_at": timestamp(figures.first_seen_at),
        "last_seen_at": timestamp(figures.last_seen_at),
        "visits": figures.visits,
        "pages_viewed": figures.pages_viewed,
        "avg_session_seconds": figures.average_ms // 1000,
        "bounce_rate": round(figures.bounces / figures.visits, 4),
        "top_pages": [{"url": page.path, "views": page.views} for page in top],
    }


def _events(house: House, site: str, browsers: Sequence[str]) -> list[dict[str, Any]]:
    return [_present_event(event) for event in events(house.warehouse, site, browsers)]


def _present_event(event: Event) -> dict[str, Any]:
    return {
        "kind": event.kind,
        "name": event.name,
        "target": event.target,
        "url": event.path,
        "props": event.props,
        "timestamp": timestamp(event.at),
    }
