"""The sign-in page in a real browser: nobody who has just signed in is led to another house."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import sync_playwright

from hozir.settings import Settings
from tests.api.conftest import PASSWORD
from tests.api.serving import served
from tests.chromium import CHROMIUM

ELSEWHERE = [
    "//evil.example/",
    "/\\evil.example/",
    "/\t/evil.example/",
    "/.//evil.example/",
    "/a/..//evil.example/",
    "/%2e//evil.example/",
    "/./\\evil.example/",
    "https://evil.example/",
    "javascript:location='https://evil.example/'",
]


@pytest.mark.browser
def test_nobody_who_signs_in_is_led_elsewhere(settings: Settings) -> None:
    with served(settings, 10) as web, sync_playwright() as playwright:
        browser = playwright.chromium.launch(**CHROMIUM)
        for asked in [*ELSEWHERE, "/map?site=demo"]:
            page = browser.new_page()
            outside: list[str] = []
            page.route(
                lambda url: not url.startswith(web.url),
                lambda route, outside=outside: (outside.append(route.request.url), route.abort()),
            )
            page.goto(f"{web.url}/sign-in?next={quote(asked, safe='')}")
            page.fill("[name=email]", "admin@localhost")
            page.fill("[name=password]", PASSWORD)
            page.press("[name=password]", "Enter")
            page.wait_for_url(lambda url: "/sign-in" not in url, wait_until="commit")
            assert outside == [], asked
            assert page.url.startswith(f"{web.url}/"), asked
            path = urlsplit(page.url).path
            assert path == ("/map" if asked in ("/map?site=demo",) else "/"), asked
            page.close()
        browser.close()
