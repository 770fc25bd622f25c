"""The pages of settings in a browser, against the real API: what is saved is what is read."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.desk import Desk, desk
from tests.stack import Stack, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SETTINGS = ("health", "settings_sites", "settings_team", "settings_templates", "settings_audit")


def told(system: Stack, path: str) -> Any:
    """Return what the API says to the administrator."""
    with system.client() as client:
        answer = client.get(f"/api/v1/{path}", params={"site": "demo"})
        answer.raise_for_status()
        return answer.json()["data"]


def dialog(here: Desk) -> Locator:
    found = here.page.get_by_role("dialog")
    found.wait_for()
    here.settled()
    return found


def box(within: Locator | Page, label: str) -> Locator:
    """Return where one types, of all that bears the label."""
    return within.locator("input, textarea").and_(within.get_by_label(label, exact=True))


def save(here: Desk, within: Locator) -> None:
    within.get_by_role("button", name="Save").click()
    here.saved()


def test_general_settings_are_saved_and_read_back(admin: Desk, whole: Stack) -> None:
    page = admin.open("settings_sites")
    form = page.get_by_test_id("stForm").first
    box(form, "Name").fill("Chaqqon Market")
    box(form, "Domains, one a line").fill("shop.example\n*.shop.example")
    zone = form.get_by_role("combobox", name="Time zone")
    zone.fill("Europe/Par")
    page.get_by_role("option", name="Europe/Paris").click()
    save(admin, form)
    site = told(whole, "sites/demo")
    assert (site["name"], site["timezone"]) == ("Chaqqon Market", "Europe/Paris")
    assert site["domains"] == ["shop.example", "*.shop.example"]
    admin.open("settings_sites")
    expect(box(form, "Name")).to_have_value("Chaqqon Market")
    expect(box(form, "Domains, one a line")).to_have_value("shop.example\n*.shop.example")


def test_what_is_wrong_is_said_and_nothing_is_lost(admin: Desk) -> None:
    page = admin.open("settings_sites")
    form = page.get_by_test_id("stForm").first
    box(form, "Domains, one a line").fill("not a host!")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("stAlert")).to_contain_text("check the domain")
    expect(box(form, "Domains, one a line")).to_have_value("not a host!")


def test_tracking_is_saved(admin: Desk, whole: Stack) -> None:
    page = admin.open("settings_sites")
    page.get_by_role("tab", name="Tracking and privacy").click()
    form = page.get_by_test_id("stForm").nth(1)
    beat = form.get_by_role("slider")
    beat.focus()
    beat.press("ArrowRight")
    box(form, "Days that data is kept").fill("60")
    form.get_by_text("Nothing is sent before the page has consent").click()
    box(form, "One line on privacy").fill("We keep it for 60 days")
    box(form, "Privacy page").fill("https://shop.example/privacy")
    save(admin, form)
    site = told(whole, "sites/demo")
    assert site["heartbeat_seconds"] == 35
    assert (site["retention_days"], site["consent"]) == (60, "required")
    assert site["privacy_url"] == "https://shop.example/privacy"
    with whole.client() as client:
        client.patch("/api/v1/sites/demo", json={"consent": "none"}).raise_for_status()


def test_look_of_messages_is_saved_and_reaches_the_pages(admin: Desk, whole: Stack) -> None:
    page = admin.open("settings_sites")
    page.get_by_role("tab", name="Look of messages").click()
    form = page.get_by_test_id("stForm").nth(2)
    form.get_by_text("A button on every page").click()
    form.get_by_text("Left", exact=True).click()
    box(form, "Title").fill("Chaqqon")
    box(form, "Greeting").fill("Assalomu alaykum!")
    box(form, "Name of the bot").fill("Yordamchi")
    save(admin, form)
    chat = told(whole, "sites/demo")["chat"]
    assert (chat["launcher"], chat["side"], chat["title"]) == (True, "left", "Chaqqon")
    assert (chat["greeting"], chat["bot_name"]) == ("Assalomu alaykum!", "Yordamchi")


def test_keys_turn_over_and_the_last_one_stays(admin: Desk, whole: Stack) -> None:
    page = admin.open("settings_sites")
    page.get_by_role("tab", name="Code and keys").click()
    before = told(whole, "sites/demo")["keys"]
    page.get_by_role("button", name="New key").click()
    admin.saved("The new key is ready")
    keys = told(whole, "sites/demo")["keys"]
    assert keys[1:] == before
    expect(page.get_by_test_id("stCode").first).to_contain_text(keys[0])
    lines = page.locator("[class*=st-key-line_key]")
    expect(lines).to_have_count(2)
    lines.nth(1).get_by_role("button", name="Remove").click()
    dialog(admin).get_by_role("button", name="Yes").click()
    expect(lines).to_have_count(1)
    assert told(whole, "sites/demo")["keys"] == keys[:1]
    expect(lines.get_by_role("button", name="Remove")).to_have_count(0)


def test_the_secret_is_made_shown_and_renewed_after_a_question(admin: Desk, whole: Stack) -> None:
    page = admin.open("settings_sites")
    page.get_by_role("tab", name="Code and keys").click()
    page.get_by_role("button", name="Make a secret").click()
    admin.saved("Secret made")
    secret = told(whole, "sites/demo")["identity_secret"]
    page.get_by_text("Show the secret").click()
    expect(page.get_by_test_id("stCode").filter(has_text=secret)).to_be_visible()
    page.get_by_role("button", name="Renew the secret").click()
    ask = dialog(admin)
    assert told(whole, "sites/demo")["identity_secret"] == secret
    ask.get_by_role("button", name="Yes").click()
    admin.saved()
    assert told(whole, "sites/demo")["identity_secret"] != secret


def test_a_site_is_made_and_removed(admin: Desk, whole: Stack) -> None:
    page = admin.open("settings_sites")
    page.get_by_role("button", name="Add a site").click()
    ask = dialog(admin)
    ask.get_by_role("button", name="Create").click()
    expect(ask.get_by_test_id("stAlert")).to_contain_text("A name and a key")
    box(ask, "Name").fill("Ikkinchi")
    box(ask, "Key").fill("second")
    box(ask, "Domain").fill("second.example")
    ask.get_by_role("button", name="Create").click()
    admin.saved("Site created")
    assert told(whole, "sites/second")["domains"] == ["second.example"]
    assert "site=second" in page.url
    page.get_by_role("button", name="Remove the site").click()
    dialog(admin).get_by_role("button", name="Yes").click()
    expect(page.get_by_role("heading", name="Ikkinchi")).to_be_hidden()
    wait_for(lambda: "second" not in [one["site_key"] for one in told(whole, "sites")], 10)


def test_a_new_member_signs_in_once_and_must_set_a_password(
    admin: Desk, whole: Stack, browser: Browser
) -> None:
    page = admin.open("settings_team")
    page.get_by_role("button", name="Add somebody").click()
    ask = dialog(admin)
    box(ask, "E-mail").fill("sardor@shop.example")
    box(ask, "Name").fill("Sardor Aliyev")
    ask.get_by_text("Manager", exact=True).click()
    ask.get_by_role("button", name="Save").click()
    code = page.get_by_test_id("stCode")
    code.wait_for()
    admin.settled()
    password = code.inner_text().strip()
    line = page.locator("[class*=st-key-line_user]").filter(has_text="Sardor Aliyev")
    expect(line).to_contain_text("Manager")
    expect(line).to_contain_text("has not signed in yet")
    admin.open("settings_team")
    expect(line).to_be_visible()
    expect(code).to_have_count(0)

    with desk(browser, whole) as sardor:
        sardor.sign_in("sardor@shop.example", password)
        sardor.open("account")
        alert = sardor.page.get_by_test_id("stAlert")
        expect(alert).to_contain_text("for one use")
        box(sardor.page, "Current password").fill(password)
        box(sardor.page, "New password").fill("yangi parol 2026")
        box(sardor.page, "New password again").fill("another one")
        change = sardor.page.get_by_role("button", name="Change the password")
        change.click()
        expect(alert.filter(has_text="differ")).to_be_visible()
        box(sardor.page, "New password again").fill("yangi parol 2026")
        change.click()
        sardor.saved("Password changed")
        expect(alert).to_have_count(0)
    with desk(browser, whole) as again:
        again.sign_in("sardor@shop.example", "yangi parol 2026")
        assert again.broken == []

    line.get_by_role("button", name="Change").click()
    ask = dialog(admin)
    ask.get_by_text("Operator", exact=True).click()
    ask.get_by_role("button", name="Save").click()
    expect(line).to_contain_text("Operator")
    (user,) = [one for one in told(whole, "users") if one["name"] == "Sardor Aliyev"]
    assert user["role"] == "operator"


def test_a_canned_response_is_added_edited_and_deleted(admin: Desk, whole: Stack) -> None:
    page = admin.open("settings_templates")
    page.get_by_role("button", name="Add a response").click()
    ask = dialog(admin)
    box(ask, "Title").fill("Yetkazish")
    box(ask, "Text").fill("Yetkazib berish bepul.")
    ask.get_by_role("button", name="Save").click()
    line = page.locator("[class*=st-key-line_template]").filter(has_text="Yetkazish")
    expect(line).to_be_visible()
    admin.settled()
    line.get_by_role("button", name="Change").click()
    ask = dialog(admin)
    box(ask, "Text").fill("Ertaga yetkazamiz.")
    ask.get_by_role("button", name="Save").click()
    expect(line).to_contain_text("Ertaga yetkazamiz.")
    assert "Ertaga yetkazamiz." in [one["text"] for one in told(whole, "templates")]
    admin.settled()
    line.get_by_role("button", name="Change").click()
    dialog(admin).get_by_role("button", name="Delete").click()
    expect(line).to_have_count(0)
    assert "Yetkazish" not in [one["title"] for one in told(whole, "templates")]


def test_the_audit_log_tells_what_was_done_and_can_be_filtered(admin: Desk) -> None:
    page = admin.open("settings_audit")
    cells = page.locator("[data-testid=stDataFrame] td")
    expect(cells.filter(has_text="key made").first).to_be_attached()
    page.get_by_role("combobox", name="Action").fill("site rem")
    page.get_by_role("option", name="site removed").click()
    expect(cells.filter(has_text="key made")).to_have_count(0)
    expect(cells.filter(has_text="site removed").first).to_be_attached()
    expect(page.get_by_text(re.compile("^1 entry"))).to_be_visible()


def test_own_name_and_language(admin: Desk, whole: Stack) -> None:
    page = admin.open("account")
    form = page.get_by_test_id("stForm").first
    box(form, "Name").fill("Malika Yusupova")
    save(admin, form)
    expect(page.locator(".st-key-account")).to_contain_text("Malika Yusupova")
    expect(page.locator("[class*=st-key-line_in]").first).to_contain_text("this one")


@pytest.fixture(scope="module")
def others(whole: Stack, browser: Browser) -> dict[str, tuple[str, str]]:
    """E-mail and password of an operator and of a manager."""
    found = {}
    with whole.client() as client:
        for role in ("operator", "manager"):
            new = {"email": f"{role}@team.example", "name": role, "role": role, "sites": ["demo"]}
            made = client.post("/api/v1/users", json=new).json()["data"]
            found[role] = (made["email"], "parol birinchi kundan")
            with httpx.Client(base_url=whole.web) as they:
                once = {"email": made["email"], "password": made["password"]}
                they.post("/api/v1/session", json=once).raise_for_status()
                own = {"old": made["password"], "new": found[role][1]}
                they.post("/api/v1/session/password", json=own).raise_for_status()
    return found


@pytest.mark.parametrize(("role", "open_to"), [("operator", ()), ("manager", ("templates",))])
def test_who_may_not_change_settings_does_not_find_them(
    role: str,
    open_to: tuple[str, ...],
    others: dict[str, tuple[str, str]],
    browser: Browser,
    whole: Stack,
) -> None:
    with desk(browser, whole) as they:
        they.sign_in(*others[role])
        menu = they.open().locator(".st-key-menu a").all_inner_texts()
        assert not [line for line in menu if re.search(r"\b(Sites|Team|Audit log)$", line)]
        assert bool([line for line in menu if "Canned" in line]) == bool(open_to)
        for path in SETTINGS:
            page = they.open(path)
            if path.removeprefix("settings_") in open_to:
                expect(page.locator(".hz-title h1")).to_have_text("Canned responses")
            else:
                expect(page.get_by_role("dialog")).to_contain_text("Page not found")
                assert page.locator(".hz-title").count() == 0
