"""Sessions as the API tells them: one visitor, one JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from api.facts import NOTHING, Facts
from hozir.contract.change import PageView, Session
from hozir.contract.event import Dimensions
from hozir.contract.ids import visitor_number
from hozir.countries import country_name

_UNKNOWN = Dimensions()


def timestamp(at: int) -> str:
    """Return milliseconds since 1970 as ISO 8601 in UTC."""
    seconds, millis = divmod(at, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{millis:03d}Z"


def present_visitor(
    session: Session,
    page: PageView | None,
    pages: Iterable[PageView],
    *,
    now: int,
    language: str = "en",
    facts: Facts = NOTHING,
) -> dict[str, Any]:
    """Return the visitor of a session. `pages` are those to show, oldest first.

    Durations of somebody online run up to `now`; of others, up to the last sign of life.
    """
    known = session.dimensions or _UNKNOWN
    online = session.presence != "offline"
    until = max(now, session.last_seen_at) if online else session.last_seen_at
    number = visitor_number(session.visitor_id)
    return {
        "id": session.visitor_id,
        "session_id": session.session_id,
        "site_key": session.site_key,
        "is_online": online,
        "presence": session.presence,
        "presence_since": timestamp(session.presence_since),
        "anonymous_id": f"anon_{number}",
        "number": number,
        "contact_id": facts.contact_id,
        "person_id": facts.person_id,
        "name": facts.name or claimed(session.identity, "name"),
        "name_source": _name_source(session.identity, facts),
        "email": facts.email or claimed(session.identity, "email"),
        "identity": _identity(session.identity),
        "avatar_url": None,
        "location": _location(known, language),
        "current_page": page and _current_page(page, until),
        "session": {
            "started_at": timestamp(session.started_at),
            "duration_seconds": max(0, until - session.started_at) // 1000,
            "pages_viewed": session.pages_viewed,
            "interactions": session.interactions,
            "last_activity_at": timestamp(session.last_activity_at),
            "tabs": session.tabs,
            "visit": known.visit,
        },
        "device": {
            "type": known.device or None,
            "os": known.os or None,
            "os_version": known.os_version or None,
            "browser": known.browser or None,
            "browser_version": known.browser_version or None,
            "screen_resolution": known.screen or None,
            "language": known.language or None,
            "model": known.model or None,
        },
        "referrer": {
            "source": known.source or None,
            "medium": known.medium or None,
            "campaign": known.campaign or None,
            "url": known.referrer or None,
        },
        "ip_address": known.ip or None,
        "contacted": facts.contacted_session == session.session_id,
        "chatting": facts.chatting,
        "conversation_id": facts.conversation_id,
        "bot": known.bot or None,
        "pages": [present_page(seen) for seen in pages],
    }


def present_page(page: PageView) -> dict[str, Any]:
    """Return a page view. Its duration is the time it was visible."""
    return {
        "number": page.number,
        "url": page.path,
        "title": page.title or None,
        "timestamp": timestamp(page.at),
        "visible_ms": page.visible,
        "duration_seconds": page.visible // 1000,
        "interactions": page.interactions,
        "scroll_depth": page.scroll,
    }


def claimed(identity: Mapping[str, Any], name: str) -> str | None:
    """Return what the site said of a visitor, if it is text."""
    value = identity.get(name)
    return value if isinstance(value, str) and value else None


def _name_source(identity: Mapping[str, Any], facts: Facts) -> str | None:
    if facts.name:
        return "contact"
    if claimed(identity, "name") is None:
        return None
    return "verified" if identity.get("verified") is True else "claimed"


def _identity(identity: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return whom the site says it is; verified where it has proven that."""
    if not identity:
        return None
    return {"id": claimed(identity, "id"), "verified": identity.get("verified") is True}


def _location(known: Dimensions, language: str) -> dict[str, Any]:
    placed = known.latitude is not None and known.longitude is not None
    return {
        "country": country_name(known.country, language) or None,
        "country_code": known.country or None,
        "city": known.city or None,
        "region": known.region or None,
        "coordinates": [known.latitude, known.longitude] if placed else None,
        "timezone": known.timezone or None,
    }


def _current_page(page: PageView, until: int) -> dict[str, Any]:
    return {
        "url": page.path,
        "title": page.title or None,
        "timestamp": timestamp(page.at),
        "time_on_page_seconds": max(0, until - page.at) // 1000,
        "number": page.number,
    }
