"""Settings of sites: what may be said, who is told, and who sees what."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.sites import told_sites
from hozir.contract.errors import LogUnavailable
from tests.api.conftest import PASSWORD, Running

SITES = "/api/v1/sites"
SETTINGS: dict[str, Any] = {
    "name": "Do‘kon",
    "domains": ["shop.example", "*.shop.example"],
    "loopback": False,
    "timezone": "Europe/Riga",
    "heartbeat_seconds": 15,
    "retention_days": 30,
    "consent": "required",
    "privacy_notice": "We keep what you read for 30 days.",
    "privacy_url": "https://shop.example/privacy",
    "chat": {
        "enabled": False,
        "launcher": True,
        "colour": "#00ff00",
        "side": "left",
        "title": "Write to us",
        "greeting": "Hello!",
        "bot_name": "Robot",
    },
}


def ask(running: Running, method: str, path: str, status: int = 200, body: Any = None) -> Any:
    answer = running.client.request(method, f"{SITES}{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json().get("data") or answer.json().get("error") if answer.content else None


def test_every_setting_is_kept_and_told(running: Running) -> None:
    running.sign_in()
    told = ask(running, "PATCH", "/demo", body=SETTINGS)
    assert {name: told[name] for name in SETTINGS} == SETTINGS
    assert ask(running, "GET", "/demo") == told | {"identity_secret": ""}
    assert 'data-consent="required"' in told["snippet"]
    site = told_sites(running.log)["demo"]
    assert (site.heartbeat_seconds, site.consent, site.chat.side) == (15, "required", "left")


def test_what_is_left_out_stays(running: Running) -> None:
    running.sign_in()
    ask(running, "PATCH", "/demo", body=SETTINGS)
    ask(running, "PATCH", "/demo", body={"chat": {"enabled": True}})
    now = ask(running, "PATCH", "/demo", body={"privacy_url": ""})
    chat = SETTINGS["chat"] | {"enabled": True}
    assert {name: now[name] for name in SETTINGS} == SETTINGS | {"chat": chat, "privacy_url": ""}


@pytest.mark.parametrize(
    "body",
    [
        {"name": ""},
        {"name": "two\nlines"},
        {"domains": ["https://shop.example"]},
        {"timezone": "Mars/Base"},
        {"heartbeat_seconds": 9},
        {"heartbeat_seconds": 61},
        {"retention_days": 0},
        {"consent": "maybe"},
        {"privacy_url": "javascript:alert(1)"},
        {"privacy_url": "//shop.example"},
        {"privacy_url": "https://"},
        {"privacy_notice": "x" * 301},
        {"chat": {"colour": "red; background: url(x)"}},
        {"chat": {"side": "top"}},
        {"chat": {"nothing": 1}},
        {"identity_secret": "mine"},
        {"keys": []},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused(running: Running, body: dict[str, Any]) -> None:
    running.sign_in()
    assert ask(running, "PATCH", "/demo", 400, body)["reason"] == "malformed"


def test_a_new_key_goes_first_and_old_ones_stay_until_removed(running: Running) -> None:
    running.sign_in()
    made = ask(running, "POST", "/demo/keys", 201)
    key, old = made["keys"]
    assert old == "demo"
    assert f'data-site="{key}"' in made["snippet"]
    assert told_sites(running.log)["demo"].public_keys == [key, "demo"]
    assert ask(running, "POST", "", 409, {"site_key": key, "name": "X"})["reason"] == "site_exists"
    assert ask(running, "DELETE", "/demo/keys/demo")["keys"] == [key]
    assert ask(running, "DELETE", f"/demo/keys/{key}", 409)["reason"] == "last_key"
    assert ask(running, "DELETE", "/demo/keys/demo", 404)["reason"] == "not_found"
    assert running.client.get("/api/v1/visitors/online?site=demo").status_code == 200
    for _ in range(9):
        ask(running, "POST", "/demo/keys", 201)
    ask(running, "POST", "/demo/keys", 400)


def test_the_secret_is_shown_to_admins_alone(running: Running) -> None:
    running.sign_in()
    first = ask(running, "POST", "/demo/identity-secret")["identity_secret"]
    secret = ask(running, "POST", "/demo/identity-secret")["identity_secret"]
    assert len(secret) == 64
    assert secret != first
    assert told_sites(running.log)["demo"].identity_secret == secret
    assert ask(running, "GET", "/demo")["identity_secret"] == secret
    assert secret not in running.client.get(SITES).text
    assert secret not in running.client.get("/api/v1/session").text
    assert secret not in running.client.get("/api/v1/audit").text
    running.add_user("m@x.example", "manager", "demo")
    theirs = TestClient(running.app)
    theirs.post("/api/v1/session", json={"email": "m@x.example", "password": PASSWORD})
    told = theirs.get(f"{SITES}/demo")
    assert told.status_code == 200
    assert secret not in told.text
    assert "keys" not in told.json()["data"]


@pytest.mark.parametrize("role", ["manager", "operator"])
def test_only_admins_configure(running: Running, role: str) -> None:
    running.add_user("m@x.example", role, "demo")
    running.sign_in("m@x.example")
    for method, path in (
        ("PATCH", "/demo"),
        ("POST", "/demo/keys"),
        ("DELETE", "/demo/keys/demo"),
        ("POST", "/demo/identity-secret"),
        ("DELETE", "/demo"),
    ):
        assert ask(running, method, path, 403, {})["reason"] == "not_allowed"
    assert ask(running, "GET", "/simulated", 404)["reason"] == "unknown_site"


def test_a_removed_site_is_gone_for_everybody_and_its_key_stays_taken(running: Running) -> None:
    running.sign_in()
    with running.client.websocket_connect("/api/v1/live?site=demo") as socket:
        socket.receive_json()
        ask(running, "DELETE", "/demo", 204)
        assert socket.receive()["code"] == 4404
    assert told_sites(running.log)["demo"].deleted
    assert [site["site_key"] for site in ask(running, "GET", "")] == ["simulated"]
    for method in ("GET", "PATCH", "DELETE"):
        assert ask(running, method, "/demo", 404, {})["reason"] == "unknown_site"
    again = ask(running, "POST", "", 409, {"site_key": "demo", "name": "Demo"})
    assert again["reason"] == "site_exists"


def test_nothing_is_stored_that_cannot_be_told(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    running.sign_in()
    before = ask(running, "GET", "/demo")

    def away(*_: Any) -> None:
        raise LogUnavailable("the disk refuses")

    with monkeypatch.context() as broken:
        broken.setattr(running.log, "append", away)
        for method, path, body in (
            ("PATCH", "/demo", {"name": "Other"}),
            ("POST", "/demo/keys", None),
            ("POST", "/demo/identity-secret", None),
            ("DELETE", "/demo", None),
        ):
            assert ask(running, method, path, 503, body)["reason"] == "log_unavailable"
    assert ask(running, "GET", "/demo") == before
    assert "site_" not in str([line["action"] for line in audit(running)])


def audit(running: Running) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = running.client.get("/api/v1/audit").json()["data"]
    return lines
