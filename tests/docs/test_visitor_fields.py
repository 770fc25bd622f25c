"""The fields that the specification gives a visitor and a page view, each with its value."""

from __future__ import annotations

from functools import reduce
from typing import Any

import msgspec
import pytest

from api.present import present_page, present_visitor
from hozir.contract.ids import visitor_number
from tests.factories import NOON, a_page, a_session, an_id

AT = "2026-09-21T14:13:20.000Z"
NUMBER = visitor_number(an_id("v", 1))
FIELDS = {
    "id": an_id("v", 1),
    "session_id": an_id("s", 1),
    "is_online": True,
    "anonymous_id": f"anon_{NUMBER}",
    "name": "Malika",
    "email": "malika@shop.example",
    "location.country": "Uzbekistan",
    "location.country_code": "UZ",
    "location.city": "Tashkent",
    "location.region": "Toshkent",
    "location.coordinates": [41.3, 69.24],
    "location.timezone": "Asia/Tashkent",
    "current_page.url": "/pricing",
    "current_page.title": "Page /pricing",
    "current_page.timestamp": AT,
    "current_page.time_on_page_seconds": 90,
    "session.started_at": AT,
    "session.duration_seconds": 90,
    "session.pages_viewed": 2,
    "session.last_activity_at": AT,
    "device.type": "desktop",
    "device.os": "Windows",
    "device.os_version": "11",
    "device.browser": "Chrome",
    "device.browser_version": "120.0",
    "device.screen_resolution": "1920x1080",
    "device.language": "uz-UZ",
    "referrer.source": "Google",
    "referrer.medium": "organic",
    "referrer.campaign": "spring",
    "referrer.url": "https://www.google.com/",
    "ip_address": "95.142.12.0",
}


@pytest.fixture(scope="module")
def visitor() -> dict[str, Any]:
    identity = {"name": "Malika", "email": "malika@shop.example"}
    session = a_session(pages_viewed=2, identity=identity)
    assert session.dimensions is not None
    session.dimensions = msgspec.structs.replace(session.dimensions, campaign="spring")
    page = a_page(2, "/pricing", at=NOON)
    return present_visitor(session, page, [page], now=NOON + 90_000)


@pytest.mark.parametrize("path", FIELDS)
def test_field_of_a_visitor_has_its_value(visitor: dict[str, Any], path: str) -> None:
    assert reduce(lambda told, name: told[name], path.split("."), visitor) == FIELDS[path]


def test_fields_of_a_page_view_have_their_values() -> None:
    page = a_page(2, "/pricing", at=NOON, visible=12_400, scroll=40, interactions=3)
    assert present_page(page) == {
        "number": 2,
        "url": "/pricing",
        "title": "Page /pricing",
        "timestamp": AT,
        "visible_ms": 12_400,
        "duration_seconds": 12,
        "interactions": 3,
        "scroll_depth": 40,
    }
