"""The columns that the specification gives the views of sessions and page views."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import duckdb
import msgspec
import pytest

from tests.factories import Visit, an_id
from warehouse.connection import open_warehouse
from warehouse.writer import Writer

START = datetime(2026, 9, 21, 14, 13, 20)
READ = datetime(2026, 9, 21, 14, 13, 30)
TOUCHED = datetime(2026, 9, 21, 14, 13, 31)
SESSION = {
    "id": an_id("s", 1),
    "session_id": an_id("s", 1),
    "visitor_id": an_id("v", 1),
    "is_online": True,
    "current_page_url": "/pricing",
    "current_page_title": "Page /pricing",
    "current_page_since": READ,
    "ip_address": "95.142.12.0",
    "country": "UZ",
    "country_name": "Uzbekistan",
    "city": "Tashkent",
    "region": "Toshkent",
    "latitude": 41.3,
    "longitude": 69.24,
    "timezone": "Asia/Tashkent",
    "device_type": "desktop",
    "os": "Windows",
    "os_version": "11",
    "browser": "Chrome",
    "browser_version": "120.0",
    "screen_resolution": "1920x1080",
    "language": "uz-UZ",
    "referrer_source": "Google",
    "referrer_medium": "organic",
    "referrer_url": "https://www.google.com/",
    "session_started_at": START,
    "last_activity_at": READ,
    "session_duration_seconds": 11,
    "pages_viewed": 2,
    "created_at": START,
    "updated_at": TOUCHED,
}
PAGES = [
    {
        "id": an_id("s", 1) + "_1",
        "session_id": an_id("s", 1),
        "url": "/",
        "title": "Page /",
        "timestamp": START,
        "duration_seconds": 10,
        "scroll_depth": 60,
        "interactions": 0,
        "exited_from_page": False,
    },
    {
        "id": an_id("s", 1) + "_2",
        "session_id": an_id("s", 1),
        "url": "/pricing",
        "title": "Page /pricing",
        "timestamp": READ,
        "duration_seconds": 0,
        "scroll_depth": 0,
        "interactions": 1,
        "exited_from_page": False,
    },
]


@pytest.fixture(scope="module")
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    visit = Visit()
    visit.page = visit.pages[0] = msgspec.structs.replace(visit.page, scroll=60)
    visit.opens()
    visit.reads("/pricing")
    visit.does("click")
    with open_warehouse(None) as connection:
        Writer(connection).apply(visit.changes, {})
        yield connection


def rows(warehouse: duckdb.DuckDBPyConnection, view: str) -> list[dict[str, Any]]:
    read = warehouse.execute(f"FROM {view} ORDER BY ALL")
    names = [column[0] for column in read.description or []]
    return [dict(zip(names, row, strict=True)) for row in read.fetchall()]


def test_columns_of_a_session_have_their_values(warehouse: duckdb.DuckDBPyConnection) -> None:
    (row,) = rows(warehouse, "visitor_sessions")
    assert {name: row[name] for name in SESSION} == SESSION
    assert row["anonymous_id"].startswith("anon_")


def test_columns_of_a_page_view_have_their_values(warehouse: duckdb.DuckDBPyConnection) -> None:
    read = rows(warehouse, "visitor_page_views")
    assert [{name: row[name] for name in PAGES[0]} for row in read] == PAGES
