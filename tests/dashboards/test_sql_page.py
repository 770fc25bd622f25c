"""The page of SQL in a browser, against the real API: write, run, look, keep, take away."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl
import pytest
from playwright.sync_api import Page, expect

from tests.crowd import Crowd
from tests.dashboards.report_answers import EVIL
from tests.desk import Desk
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AS_JSON = {"Accept": "application/json"}
BY_TITLE = (
    "SELECT title, count(*) AS views FROM visitor_page_views "
    "WHERE url LIKE '%/sql-page%' GROUP BY title ORDER BY views DESC"
)


@pytest.fixture(scope="module")
def read(whole: Stack) -> Iterator[None]:
    """Pages that somebody has opened: one twice, one whose title is markup."""
    with whole.client() as client:
        key = client.get("/api/v1/sites/demo").json()["data"]["keys"][0]
        with Crowd(whole.ingest, key) as crowd:
            guest = crowd.come()
            for title in ("Narxlar", "Narxlar", EVIL):
                guest.open("http://localhost:3000/sql-page", title)

            def stored() -> bool:
                told = client.post("/api/v1/sql", json={"sql": BY_TITLE}, headers=AS_JSON).json()
                return sorted(views for _, views in told["rows"]) == [1, 2]

            wait_for(stored, 30, "for the pages to be stored")
            yield


def run(at: Desk, sql: str) -> Page:
    """Write a statement in the place of what stands there, and run it by the keys."""
    area = at.page.locator("[data-testid=stForm] textarea")
    area.fill(sql)
    area.press("Control+Enter")
    at.settled()
    return at.page


def rows(page: Page, text: str) -> None:
    expect(page.get_by_test_id("stCaptionContainer").filter(has_text=text).first).to_be_visible()


def cell(page: Page, text: str) -> None:
    # The table is a picture; its cells stand in it for those who cannot see.
    found = page.get_by_test_id("stDataFrame").locator("[role=gridcell]", has_text=text).first
    found.wait_for(state="attached")


def test_what_is_asked_is_shown_as_a_table_and_as_a_chart(admin: Desk, read: None) -> None:
    page = admin.open("sql")
    rows(run(admin, BY_TITLE), "2 rows")
    cell(page, "Narxlar")
    cell(page, EVIL[:20])
    page.get_by_role("tab", name="Chart").click()
    chart = page.get_by_test_id("stVegaLiteChart").locator("canvas, svg").first
    expect(chart).to_be_visible()
    assert page.locator("[data-testid=stMain] img").count() == 0


def test_the_whole_result_is_a_file(admin: Desk, read: None) -> None:
    admin.open("sql")
    page = run(admin, "SELECT range AS number FROM range(2500)")
    rows(page, "1,000 rows · the first ones")
    with page.expect_download() as kept:
        page.get_by_role("button", name="Parquet").click()
    assert pl.read_parquet(kept.value.path())["number"].to_list() == list(range(2500))
    with page.expect_download() as kept:
        page.get_by_role("button", name="CSV", exact=True).click()
    assert pl.read_csv(kept.value.path()).height == 2500


def test_a_mistake_is_told_as_the_database_tells_it(admin: Desk, read: None) -> None:
    admin.open("sql")
    page = run(admin, "SELECT contry FROM visitor_sessions")
    expect(page.get_by_role("alert")).to_contain_text("cannot be run")
    expect(page.get_by_test_id("stCode")).to_contain_text('"contry"')
    page = run(admin, "SELECT * FROM read_csv('/etc/passwd')")
    expect(page.get_by_test_id("stCode")).to_contain_text("read_csv")
    rows(run(admin, "SELECT 1 AS one"), "1 row")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_query_is_kept_taken_up_again_and_deleted(admin: Desk, read: None) -> None:
    page = admin.open("sql")
    rows(run(admin, BY_TITLE), "2 rows")
    page.get_by_role("button", name="Keep").click()
    page.get_by_role("textbox", name="Name").fill("Pages by title")
    page.get_by_role("button", name="Save").click()
    admin.saved()
    page = admin.open("sql")
    area = page.locator("[data-testid=stForm] textarea")
    expect(area).not_to_have_value(BY_TITLE)
    page.get_by_role("combobox", name="Kept queries").click()
    page.get_by_role("option", name="Pages by title").click()
    expect(area).to_have_value(BY_TITLE)
    page.get_by_role("button", name="Delete").click()
    admin.saved()
    expect(page.get_by_role("button", name="Delete")).to_have_count(0)


def test_each_view_tells_its_columns_and_what_they_mean(admin: Desk, read: None) -> None:
    page = admin.open("sql")
    view = page.get_by_test_id("stExpander").filter(has_text="visitor_page_views")
    view.locator("summary").click()
    column = view.locator(".hz-columns li").filter(has_text="duration_seconds").first
    expect(column).to_be_visible()
    expect(column.locator("span")).not_to_be_empty()
