"""The overview in a browser, against the real API: from a figure down to one visitor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.crowd import Crowd
from tests.dashboards.report_answers import EVIL
from tests.desk import Desk
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SOURCE = "qishki-aksiya"
LINK = f"http://localhost:3000/qishki?utm_source={SOURCE}&utm_medium=social"


@pytest.fixture(scope="module")
def reader(whole: Stack) -> Iterator[str]:
    """Somebody who came by a campaign; their name."""
    with whole.client() as client:
        key = client.get("/api/v1/sites/demo").json()["data"]["keys"][0]
        with Crowd(whole.ingest, key) as crowd:
            guest = crowd.come()
            guest.open(LINK, EVIL)
            guest.identify(name="Zilola Rustamova")

            def counted() -> bool:
                asked = {"site": "demo", "source": SOURCE, "range": "7d"}
                told = client.get("/api/v1/reports/overview", params=asked).json()
                return bool(told["rows"][0]["visitors"] == 1)

            wait_for(counted, 30, "for the visit to be counted")
            yield "Zilola Rustamova"


def test_from_a_bar_to_the_visitors_and_one_profile(admin: Desk, reader: str) -> None:
    page = admin.open("overview", range="7d")
    expect(page.locator(".hz-lede")).to_contain_text("visitor")
    expect(page.get_by_test_id("stMetric")).to_have_count(6)
    expect(page.locator("[class*='st-key-box_'] svg.marks").first).to_be_visible()
    assert page.locator("[data-testid=stMain] img").count() == 0
    row = page.locator("[class*='st-key-bar_sources_']").filter(has_text=SOURCE)
    row.get_by_role("button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Source: {SOURCE}")
    # The table is a picture; its cells stand in it for those who cannot see.
    cell = dialog.locator("[role=gridcell]", has_text=reader)
    cell.wait_for(state="attached")
    frame = dialog.get_by_test_id("stDataFrame").bounding_box()
    assert frame is not None
    page.mouse.click(frame["x"] + 60, frame["y"] + 52)
    page.wait_for_url(re.compile(r"visitor=v_"))
    admin.settled()
    expect(page.get_by_role("dialog")).to_contain_text(reader)


def test_a_period_stays_from_page_to_page_and_its_table_is_a_file(admin: Desk, reader: str) -> None:
    page = admin.open("overview")
    page.get_by_role("radio", name="7 days").click()
    page.wait_for_url(re.compile(r"range=7d"))
    admin.settled()
    expect(page.locator(".hz-title p")).to_contain_text("compared with the 7 days before")
    with page.expect_download() as kept:
        page.locator(".st-key-box_sources .hz-file").click()
    assert kept.value.suggested_filename.endswith(".csv")
    told = kept.value.path().read_text("utf-8-sig")
    assert told.startswith('"source","visitors"')
    assert SOURCE in told
    page.get_by_role("link", name="Audience").first.click()
    page.wait_for_url(re.compile(r"/audience\?"))
    admin.settled()
    assert parse_qs(urlsplit(page.url).query)["range"] == ["7d"]
    expect(page.locator(".hz-title h1")).to_have_text("Audience")


def test_on_a_phone_nothing_hangs_over_the_edge(admin: Desk, reader: str) -> None:
    admin.page.set_viewport_size({"width": 375, "height": 812})
    try:
        for view in ("overview", "audience"):
            page = admin.open(view, lang="ru")
            expect(page.get_by_test_id("stMetric").first).to_be_visible()
            wide = "document.querySelector('[data-testid=stMain]').scrollWidth"
            assert page.evaluate(wide) <= 375
    finally:
        admin.page.set_viewport_size({"width": 1440, "height": 1000})
