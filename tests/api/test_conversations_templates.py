"""Canned responses of a site."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from api.accounts import Audit
from tests.api.conftest import Running
from tests.api.test_conversations import HOSTILE, call, reason

DRAFT = {"title": "Narx", "text": "Narxlar sahifasini koʻrdingizmi?"}


def listed(running: Running, **query: Any) -> Any:
    return call(running, "GET", "templates", **query)["data"]


def test_a_site_begins_with_four_and_keeps_what_became_of_them(running: Running) -> None:
    running.sign_in()
    first = listed(running)
    assert [one["text"] for one in first] == [
        "Sizga yordam berishim mumkinmi?",
        "Savollaringiz bormi?",
        "Pricing haqida maʼlumot olishni xohlaysizmi?",
        "Demo koʻrishni xohlaysizmi?",
    ]
    made = call(running, "POST", "templates", DRAFT, 201)["data"]
    changed = DRAFT | {"text": HOSTILE}
    assert call(running, "PUT", f"templates/{made['id']}", changed)["data"]["text"] == HOSTILE
    for one in first:
        call(running, "DELETE", f"templates/{one['id']}", status=204)
    assert listed(running) == [{"id": made["id"]} | changed]
    call(running, "DELETE", f"templates/{made['id']}", status=204)
    assert listed(running) == []
    assert len(listed(running, site="simulated")) == 4
    with running.house.accounts.open() as store:
        actions = list(store.scalars(select(Audit.action).where(Audit.site_key == "demo")))
    assert actions[:2] == ["template_made", "template_changed"]
    assert actions.count("template_deleted") == 5


def test_those_of_another_site_are_not_there(running: Running) -> None:
    running.sign_in()
    made = call(running, "POST", "templates", DRAFT, 201, site="simulated")["data"]
    running.add_user("m@x.example", "manager", "demo")
    running.sign_in("m@x.example")
    for method, body in (("PUT", DRAFT), ("DELETE", None)):
        told = call(running, method, f"templates/{made['id']}", body, 404)
        assert reason(told) == "unknown_template"
        told = call(running, method, f"templates/{made['id']}", body, 404, site="simulated")
        assert reason(told) == "unknown_site"


def test_an_operator_reads_and_does_not_write(running: Running) -> None:
    running.add_user("o@x.example", "operator", "demo")
    running.sign_in("o@x.example")
    first = listed(running)[0]
    for method, path, body in (
        ("POST", "templates", DRAFT),
        ("PUT", f"templates/{first['id']}", DRAFT),
        ("DELETE", f"templates/{first['id']}", None),
    ):
        assert reason(call(running, method, path, body, 403)) == "not_allowed"


def test_what_makes_no_sense_is_refused(running: Running) -> None:
    running.sign_in()
    for wrong in (
        *({"title": ""}, {"title": " "}, {"title": "a" * 81}, {"text": ""}, {"text": "a" * 501}),
    ):
        call(running, "POST", "templates", DRAFT | wrong, 400)
        call(running, "PUT", "templates/1", DRAFT | wrong, 400)
    for odd in ("0", "-1", "x", str(2**40)):
        call(running, "PUT", f"templates/{odd}", DRAFT, 400)
