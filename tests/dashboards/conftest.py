"""A person, a site, and an API that answers as agreed without a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser

from dashboards import client
from tests.dashboards.live_screen import Screen
from tests.dashboards.whole import admin, whole

__all__ = ["admin", "whole"]

SITE: dict[str, Any] = {
    "site_key": "demo",
    "name": "Chaqqon <b>Market</b>",
    "domains": ["chaqqon.example"],
    "timezone": "Asia/Tashkent",
    "simulated": False,
    "snippet": '<script async src="http://localhost:8000/h.js" data-site="demo"></script>',
    "demo_url": "http://localhost:8000/demo/",
    "had_visitors": True,
}
PERSON: dict[str, Any] = {
    "id": "u_1",
    "email": "malika@chaqqon.example",
    "name": "Malika Yusupova",
    "role": "operator",
    "language": "uz",
    "may": ["view_visitors", "view_map", "send_messages", "edit_contacts"],
    "sites": [SITE],
}
VISITOR: dict[str, Any] = {"id": "v_1", "site_key": "demo", "pages": []}


class FakeApi:
    """Answers for the API; `answers` maps a path, or method and path, to status and body."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {
            "/api/v1/session": (200, {"user": deepcopy(PERSON)}),
            "/api/v1/visitors/v_1": (200, VISITOR),
        }
        self.asked: list[httpx.Request] = []
        self.away = False

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.away:
            raise httpx.ConnectError("refused")
        path = request.url.path
        found = self.answers.get(f"{request.method} {path}") or self.answers.get(path)
        status, body = found or (404, {"error": {}})
        return httpx.Response(status, json=body)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeApi]:
    fake = FakeApi()
    http = httpx.Client(base_url="http://web.test/", transport=httpx.MockTransport(fake))
    connect: Callable[[], client.Api] = lambda: client.Api(http, "token")  # noqa: E731
    monkeypatch.setattr(client, "connect", connect)
    yield fake
    http.close()


@pytest.fixture
def screen(browser: Browser) -> Iterator[Screen]:
    """A page for a part of the live page; an error in it fails the test."""
    context = browser.new_context(viewport={"width": 1100, "height": 800})
    page = context.new_page()
    failures: list[str] = []
    page.on("pageerror", lambda error: failures.append(str(error)))
    yield Screen(page)
    context.close()
    assert failures == []
