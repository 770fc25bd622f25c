"""From the empty list to the settings of the site, for those who may change them."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

import dashboards
from dashboards.components import mount
from tests.dashboards.live_screen import Screen

APP = Path(dashboards.__file__).parent / "app.py"


@pytest.mark.browser
def test_an_empty_list_says_what_comes_and_offers_the_settings(screen: Screen) -> None:
    screen.mount("head")
    screen.snapshot([])
    assert screen.page.locator("h1").inner_text() == "Hozir hech kim yoʻq"
    screen.page.evaluate("window.unmount()")
    screen.mount(may=["configure_sites"])
    screen.snapshot([])
    box = screen.page.locator(".middle")
    assert box.locator("p").all_inner_texts() == [
        "Kimdir kirishi bilan shu yerda koʻrinadi.",
        "Uzoq vaqt hech kim kirmasa, sayt sozlamalarini tekshiring.",
    ]
    box.get_by_role("button", name="Sayt sozlamalari").click()
    assert screen.page.evaluate("window.told.at(-1)[0]") == "settings"


@pytest.mark.browser
def test_who_may_not_change_the_site_is_not_sent_there(screen: Screen) -> None:
    screen.mount(may=["view_visitors"])
    screen.snapshot([])
    box = screen.page.locator(".middle")
    assert box.inner_text() == "Kimdir kirishi bilan shu yerda koʻrinadi."
    assert box.get_by_role("button").count() == 0


@pytest.mark.parametrize("may", [True, False])
def test_the_button_leads_to_the_settings_of_the_same_site(
    api: Any, monkeypatch: pytest.MonkeyPatch, may: bool
) -> None:
    if may:
        api.answers["/api/v1/session"][1]["user"]["may"].append("configure_sites")
    asked = dict.fromkeys(("write", "save", "select", "talk")) | {"settings": 1}
    draw = mount.part

    def answering(name: str, *rest: Any, **more: Any) -> Any:
        drawn = draw(name, *rest, **more)
        return SimpleNamespace(**asked) if name == "list" else drawn

    monkeypatch.setattr(mount, "part", answering)
    app = AppTest.from_file(str(APP), default_timeout=20).run()
    assert not app.exception
    asked_for = {request.url.path for request in api.asked}
    assert ("/api/v1/sites/demo" in asked_for) is may
    assert dict(app.query_params) == ({"site": "demo", "lang": "uz"} if may else {})
