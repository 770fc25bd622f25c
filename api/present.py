"""Sessions as the API tells them: one visitor, one JSON object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from hozir.contract.change import PageView, Session
from hozir.contract.event import Dimensions
from hozir.contract.ids import visitor_number
from hozir.countries import country_name

_NOTHING = Dimensions()


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
) -> dict[str, Any]:
    """Return the visitor of a session. `pages` are those to show, oldest first.

    Durations of somebody online run up to `now`; of others, up to the last sign of life.
    """
    known = session.dimensions or _NOTHING
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
        "contact_id": None,
        "name": claimed(session.identity, "name"),
        "email": claimed(session.identity, "email"),
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
        "contacted": False,
        "chatting": False,
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
