"""The demo site: whole, by itself, and full of things to see on the dashboard."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

import pytest
from playwright.sync_api import Page

from tests.tracker.recorder import DEMO, Recorder

PAGES = sorted(page.relative_to(DEMO).as_posix() for page in DEMO.rglob("*.html"))


def test_demo_has_its_pages() -> None:
    places = {page.split("/")[0] for page in PAGES}
    assert places == {"index.html", "features", "pricing", "blog", "contact", "app"}


@pytest.mark.parametrize("name", PAGES)
def test_page_carries_the_script_and_leads_nowhere_that_is_not(name: str) -> None:
    text = (DEMO / name).read_text()
    assert '<script async src="/h.js" data-site="demo"></script>' in text
    for address in re.findall(r'(?:href|src)="([^"]+)"', text):
        parts = urlsplit(urljoin(f"http://demo/demo/{name}", address))
        if parts.netloc == "demo" and parts.path != "/h.js":
            found = DEMO / parts.path.removeprefix("/demo/")
            assert found.exists(), f"{name} leads to {address}"


@pytest.mark.browser
@pytest.mark.parametrize("name", PAGES)
def test_page_shows_without_error_and_asks_nobody_else(
    page: Page, recorder: Recorder, name: str
) -> None:
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("response", lambda r: problems.append(r.url) if r.status > 399 else None)

    def outside(url: str) -> bool:
        return url.startswith("http") and not url.startswith(recorder.origin)

    page.on("request", lambda r: problems.append(r.url) if outside(r.url) else None)
    page.goto(f"/demo/{name}")
    recorder.wait_for("page_view")
    bar = page.locator(".demo-bar a")
    assert bar.get_attribute("href") == "http://127.0.0.1:8001/"
    for width in (1440, 375):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not problems


@pytest.mark.browser
def test_walk_through_the_shop_is_seen(page: Page, recorder: Recorder) -> None:
    page.goto("/demo/")
    recorder.wait_for("page_view")
    page.click(".hero .cta-order")
    recorder.wait_for("page_view", 2)
    page.click("text=Gilos")
    recorder.wait_for("page_view", 3)
    page.click(".add")
    page.click(".cart-link")
    page.click(".checkout")
    recorder.wait_for("page_view", 5)
    page.go_back(wait_until="commit")
    views = recorder.wait_for("page_view", 6)
    assert [urlsplit(view.url)[2:4] for view in views] == [
        ("/demo/", ""),
        ("/demo/app/", ""),
        ("/demo/app/", "p=gilos"),
        ("/demo/app/", "view=savat"),
        ("/demo/app/", "view=rahmat"),
        ("/demo/app/", "view=savat"),
    ]
    assert views[2].title == "Gilos — Chaqqon Market"
    added, ordered = recorder.events("custom")
    assert (added.name, added.props) == ("add_to_cart", {"product": "gilos", "price": "42000"})
    assert (ordered.name, ordered.props) == ("order", {"total": 42000, "items": 1})


@pytest.mark.browser
def test_contact_form_is_seen_but_not_what_is_typed(page: Page, recorder: Recorder) -> None:
    page.goto("/demo/contact/")
    recorder.wait_for("page_view")
    page.fill("[name=name]", "Nobody Real")
    page.fill("[name=email]", "nobody@private.example")
    page.fill("[name=message]", "A private message")
    page.click(".send")
    (sent,) = recorder.wait_for("custom")
    assert (sent.name, sent.props) == ("contact_sent", {"topic": "buyurtma"})
    assert {event.name for event in recorder.events("interaction")} >= {"form_view", "form_submit"}
    assert "rivate" not in repr(recorder.beacons())
