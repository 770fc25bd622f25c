"""REST: the shapes of the specification, and who may ask for what."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from sqlalchemy import select

from api.accounts import Audit
from hozir.contract.codec import decode_site
from hozir.contract.topics import SITES
from tests.api.conftest import Running, eventually
from tests.conversing import from_team, tell
from tests.docs.test_operate import names, told_of
from tests.factories import Visit, an_id

HOSTILE = "<script>alert(1)</script>'); DROP TABLE users; --\u202e\x00😀"

VISITOR: dict[str, Any] = {
    "location": {"country", "country_code", "city", "region", "coordinates", "timezone"},
    "current_page": {"url", "title", "timestamp", "time_on_page_seconds"},
    "session": {"started_at", "duration_seconds", "pages_viewed", "last_activity_at"},
    "device": {
        *("type", "os", "os_version", "browser", "browser_version"),
        *("screen_resolution", "language"),
    },
    "referrer": {"source", "medium", "campaign", "url"},
}
"""The objects in a visitor and the keys that they must have at least."""
PLAIN = {
    *("id", "session_id", "is_online", "anonymous_id", "contact_id", "name", "email"),
    *("avatar_url", "ip_address", "contacted"),
}


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def a_visit(number: int = 1, **more: Any) -> Visit:
    visit = Visit(number, started_at=now_ms() - 120_000, **more)
    visit.opens()
    visit.reads("/pricing")
    return visit


def get(running: Running, path: str, status: int = 200, **query: Any) -> Any:
    answer = running.client.get(f"/api/v1/{path}", params={"site": "demo"} | query)
    assert answer.status_code == status, answer.text
    return answer.json()


def reason(answer: Any) -> str:
    return str(answer.json()["error"]["reason"])


def test_the_online_list_has_the_shape_of_the_specification(running: Running) -> None:
    running.sign_in()
    running.tell(*a_visit().changes)
    told = get(running, "visitors/online")
    assert told["meta"] == {
        "total_online": 1,
        "total_pages": 1,
        "current_page": 1,
        "per_page": 30,
    }
    (visitor,) = told["data"]
    assert set(visitor) >= PLAIN | set(VISITOR)
    for name, keys in VISITOR.items():
        assert set(visitor[name]) >= keys
    assert visitor["location"]["country"] == "Uzbekistan"
    assert visitor["location"]["coordinates"] == [41.3, 69.24]
    assert visitor["current_page"]["url"] == "/pricing"
    assert 119 <= visitor["session"]["duration_seconds"] <= 130
    assert visitor["pages"][0]["duration_seconds"] == 10
    assert visitor["session"]["started_at"].endswith("Z")


def test_the_country_is_named_in_the_language_asked_for(running: Running) -> None:
    running.sign_in()
    running.tell(*a_visit().changes)
    names = [
        get(running, "visitors/online", lang=lang)["data"][0]["location"]["country"]
        for lang in ("uz", "ru", "en")
    ]
    assert names == ["Oʻzbekiston", "Узбекистан", "Uzbekistan"]


def test_the_list_comes_in_pages_and_filtered(running: Running) -> None:
    running.sign_in()
    running.tell(*(change for n in range(5) for change in a_visit(n).changes))
    first = get(running, "visitors/online", limit=2)
    last = get(running, "visitors/online", limit=2, page=3)
    assert first["meta"] == {
        "total_online": 5,
        "total_pages": 3,
        "current_page": 1,
        "per_page": 2,
    }
    assert (len(first["data"]), len(last["data"])) == (2, 1)
    assert get(running, "visitors/online", country="RU")["data"] == []
    assert len(get(running, "visitors/online", duration="1-5min")["data"]) == 5
    assert get(running, "visitors/online", page=10**6)["data"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"limit": 201},
        {"limit": 0},
        {"page": 0},
        {"page": "x"},
        {"page": 10**30},
        {"duration": "long"},
        {"bots": "maybe"},
        {"lang": "xx"},
    ],
)
def test_what_means_nothing_is_refused_with_the_place(
    running: Running, query: dict[str, Any]
) -> None:
    running.sign_in()
    told = get(running, "visitors/online", 400, **query)
    assert told["error"]["reason"] == "malformed"
    assert next(iter(query)) in told["error"]["message"]


def test_a_visitor_with_past_and_pages(running: Running) -> None:
    running.sign_in()
    visit = a_visit()
    running.tell(*visit.changes)
    told = get(running, f"visitors/{an_id('v', 1)}")["data"]
    assert told["is_online"] is True
    assert [page["url"] for page in told["page_history"]] == ["/pricing", "/"]
    assert told["totals"]["visits"] == 1
    before = len(visit.changes)
    visit.becomes("offline")
    visit.ends()
    running.tell(*visit.changes[before:])
    told = get(running, f"visitors/{an_id('v', 1)}")["data"]
    assert (told["is_online"], told["current_page"]["url"]) == (False, "/pricing")
    history = get(running, f"visitors/{an_id('v', 1)}/page-history")["page_views"]
    assert set(history[0]) >= {
        *("url", "title", "timestamp", "duration_seconds", "interactions", "scroll_depth"),
    }
    assert get(running, "visitors/online")["data"] == []
    left = get(running, "visitors/offline")
    assert [one["id"] for one in left["data"]] == [an_id("v", 1)]
    assert left["meta"]["total_offline"] == 1


@pytest.mark.parametrize("path", ["visitors/{}", "visitors/{}/page-history"])
@pytest.mark.parametrize("who", [an_id("v", 99), "x", "%00", "'; DROP TABLE sessions"])
def test_a_stranger_is_not_found(running: Running, path: str, who: str) -> None:
    running.sign_in()
    assert get(running, path.format(who), 404)["error"]["reason"] == "unknown_visitor"


def test_hostile_text_passes_as_data(running: Running) -> None:
    running.sign_in()
    visit = Visit(1, started_at=now_ms(), identity={"name": HOSTILE, "email": {"a": 1}})
    visit.opens()
    visit.reads("/" + HOSTILE)
    running.tell(*visit.changes)
    (visitor,) = get(running, "visitors/online", q=HOSTILE)["data"]
    assert visitor["name"] == HOSTILE
    assert visitor["email"] is None
    assert visitor["current_page"]["url"] == "/" + HOSTILE
    assert get(running, f"visitors/{an_id('v', 1)}")["data"]["name"] == HOSTILE


def test_nobody_sees_the_site_of_another(running: Running) -> None:
    running.add_user("operator@shop.example", "operator", "demo")
    running.tell(*a_visit(1, site_key="simulated").changes)
    running.sign_in("operator@shop.example")
    user = running.client.get("/api/v1/session").json()["user"]
    assert [site["site_key"] for site in user["sites"]] == ["demo"]
    for path in ("online", "offline", an_id("v", 1), f"{an_id('v', 1)}/page-history"):
        told = get(running, f"visitors/{path}", 404, site="simulated")
        assert told["error"]["reason"] == "unknown_site"
        assert told == get(running, f"visitors/{path}", 404, site="never-made")
    # Who has one site need not say which.
    assert running.client.get("/api/v1/visitors/online").status_code == 200


def test_only_an_admin_makes_a_site_and_every_process_is_told(running: Running) -> None:
    new = {"site_key": "shop", "name": "Shop", "domains": ["Shop.example", "*.shop.example"]}
    for role in ("manager", "operator"):
        running.add_user(f"{role}@x.example", role, "demo")
        running.sign_in(f"{role}@x.example")
        answer = running.client.post("/api/v1/sites", json=new)
        assert (answer.status_code, reason(answer)) == (403, "not_allowed")
    running.sign_in()
    answer = running.client.post("/api/v1/sites", json=new)
    assert answer.status_code == 201
    assert answer.json()["data"]["domains"] == ["shop.example", "*.shop.example"]
    told = [decode_site(r.value).site_key for r in running.log.read(SITES, 0, 0, 10)]
    assert told == ["demo", "simulated", "shop"]
    assert get(running, "visitors/online", site="shop")["data"] == []
    again = running.client.post("/api/v1/sites", json=new)
    assert (again.status_code, reason(again)) == (409, "site_exists")
    listed = running.client.get("/api/v1/sites").json()["data"]
    assert [site["site_key"] for site in listed] == ["demo", "simulated", "shop"]
    with running.house.accounts.open() as store:
        assert "site_made" in store.scalars(select(Audit.action)).all()


@pytest.mark.parametrize(
    "wrong",
    [
        {"site_key": "no spaces"},
        {"site_key": ""},
        {"site_key": 'x"><script>'},
        {"domains": ["https://shop.example"]},
        {"domains": ["a b"]},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
        {"name": ""},
        {"name": "\ud800"},
    ],
)
def test_a_site_that_makes_no_sense_is_refused(running: Running, wrong: dict[str, Any]) -> None:
    running.sign_in()
    body = json.dumps({"site_key": "a", "name": "A"} | wrong)  # escapes what is no UTF-8
    answer = running.client.post("/api/v1/sites", content=body)
    assert (answer.status_code, reason(answer)) == (400, "malformed")


def test_sites_are_told_once(running: Running) -> None:
    eventually(lambda: running.log.head(SITES, 0) == 2)
    sites = [decode_site(r.value) for r in running.log.read(SITES, 0, 0, 10)]
    assert [(s.site_key, s.loopback, s.simulated) for s in sites] == [
        ("demo", True, False),
        ("simulated", True, True),
    ]
    from api.sites import publish_sites

    assert publish_sites(running.house.accounts, running.log) == 0


def test_addresses_that_are_not_there(running: Running) -> None:
    running.sign_in()
    answer = running.client.get("/api/v1/nothing")
    assert (answer.status_code, reason(answer)) == (404, "not_found")
    answer = running.client.put("/api/v1/session")
    assert answer.status_code in (404, 405)


def test_the_page_of_the_api_asks_nobody_else(running: Running) -> None:
    running.sign_in()
    page = running.client.get("/api/docs").text
    assert "http://" not in page
    assert "https://" not in page
    for name in ("swagger-ui-bundle.js", "swagger-ui.css"):
        assert running.client.get(f"/api/docs/assets/{name}").status_code == 200
    paths = running.client.get("/api/openapi.json").json()["paths"]
    assert "/api/v1/visitors/online" in paths


def test_health_and_figures(running: Running) -> None:
    running.tell(*a_visit().changes)
    eventually(lambda: running.client.get("/healthz").status_code == 200)
    ready = {"live": True, "ready": True, "reason": ""}
    assert running.client.get("/healthz").json() == ready
    assert running.client.get("/livez").json() == {"live": True}
    running.sign_in()
    figures = running.client.get("/metrics").text
    assert "hozir_loader_applied_total 2.0" in figures
    assert "hozir_live_sessions 1.0" in figures
    assert "hozir_loader_behind_ms " in figures
    assert "hozir_socket_lag_ms 0.0" in figures


def test_figures_are_those_of_the_page(running: Running) -> None:
    running.sign_in()
    assert names(running.client.get("/metrics").content) == told_of("web")


def test_health_and_figures_know_of_conversations(running: Running) -> None:
    running.sign_in()
    strange = from_team("to nobody", conversation_id="")
    tell(running.log, from_team("Salom"), from_team("Yana"), strange)

    def figures() -> str:
        return running.client.get("/metrics").text

    eventually(lambda: "hozir_correspondent_stored_total 2.0" in figures())
    eventually(lambda: "hozir_correspondent_refused_total 1.0" in figures())
    assert "hozir_correspondent_running 1.0" in figures()
    running.house.correspondent.stop()
    assert "hozir_correspondent_running 0.0" in figures()
    ill = running.client.get("/healthz")
    assert (ill.status_code, ill.json()["reason"]) == (503, "stopped")
    assert running.client.get("/livez").status_code == 503


@pytest.mark.parametrize("role", ["admin", "manager", "operator"])
def test_every_role_sees_who_is_online_and_a_profile(running: Running, role: str) -> None:
    running.add_user("person@x.example", role, "demo")
    running.tell(*a_visit().changes)
    running.sign_in("person@x.example")
    assert running.client.get("/api/v1/session").json()["user"]["role"] == role
    assert [one["id"] for one in get(running, "visitors/online")["data"]] == [an_id("v", 1)]
    assert get(running, f"visitors/{an_id('v', 1)}")["data"]["id"] == an_id("v", 1)
    assert get(running, f"visitors/{an_id('v', 1)}/page-history")["page_views"]
