"""The audit: every route that changes something says so, and admins can read it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import api
from tests.api.conftest import PASSWORD, Running
from tests.api.test_rest import a_visit
from tests.factories import an_id

AUDIT, V1 = "/api/v1/audit", "/api/v1"
NEW = "a much better one"

ACTIONS = {
    "POST /session": "sign_in",
    "DELETE /session": "sign_out",
    "PATCH /session": "profile_changed",
    "POST /session/password": "password_changed",
    "DELETE /session/all": "sign_out_everywhere",
    "DELETE /session/all/{sign_in_id}": "sign_in_ended",
    "POST /users": "user_added",
    "PATCH /users/{user_id}": "user_changed",
    "POST /sites": "site_made",
    "PATCH /sites/{site_key}": "site_changed",
    "DELETE /sites/{site_key}": "site_removed",
    "POST /sites/{site_key}/keys": "site_key_made",
    "DELETE /sites/{site_key}/keys/{key}": "site_key_removed",
    "POST /sites/{site_key}/identity-secret": "identity_secret_made",
    "DELETE /visitors/{visitor_id}": "visitor_erased",
    "POST /visitors/{visitor_id}/end": "session_ended",
    "POST /visitors/{visitor_id}/message": "message_sent",
    "POST /contacts": "contact_made",
    "PATCH /contacts/{contact_id}": "contact_edited",
    "DELETE /contacts/{contact_id}": "contact_deleted",
    "POST /contacts/{contact_id}/visitors": "contact_linked",
    "DELETE /contacts/{contact_id}/visitors/{visitor_id}": "contact_unlinked",
    "POST /conversations/{conversation_id}/messages": "message_sent",
    "POST /conversations/{conversation_id}/assign": "conversation_{kind}",
    "POST /conversations/{conversation_id}/{what}": "conversation_{kind}",
    "POST /templates": "template_made",
    "PUT /templates/{template_id}": "template_changed",
    "DELETE /templates/{template_id}": "template_deleted",
    "POST /sql": "sql_run",
    "POST /sql/saved": "query_saved",
    "DELETE /sql/saved/{query_id}": "query_deleted",
    "POST /tokens": "token_made",
    "DELETE /tokens/{token_id}": "token_revoked",
    "POST /goals": "goal_made",
    "DELETE /goals/{goal_id}": "goal_removed",
    "POST /snapshots": "snapshot_made",
}
"""What each route writes."""
SILENT = {
    "POST /conversations/{conversation_id}/typing": "nothing is kept of it",
    "POST /conversations/{conversation_id}/read": "how far it was read stands in the conversation",
    "POST /snapshots/days": "reads only; the files go where the command line of the machine says",
    "POST /chat/history": "reads only; the body holds a token that no address may",
}
"""Routes that write nothing, and why."""


def mutating(running: Running) -> set[str]:
    paths: dict[str, dict[str, Any]] = running.app.inner.openapi()["paths"]  # type: ignore[attr-defined]
    return {
        f"{method.upper()} {path.removeprefix(V1)}"
        for path, methods in paths.items()
        for method in methods
        if method not in ("get", "head", "options")
    }


def test_every_route_that_changes_something_is_known(running: Running) -> None:
    assert mutating(running) == ACTIONS.keys() | SILENT.keys()


def test_every_action_is_written_somewhere() -> None:
    source = "".join(path.read_text() for path in Path(api.__path__[0]).rglob("*.py"))
    for action in set(ACTIONS.values()):
        assert f'"{action}"' in source, action


def lines(running: Running, status: int = 200, **query: Any) -> list[dict[str, Any]]:
    answer = running.client.get(AUDIT, params=query)
    assert answer.status_code == status, answer.text
    return answer.json()["data"] if status == 200 else []


DONE: list[tuple[str, str, dict[str, Any] | None, str]] = [
    ("POST", "/sites", {"site_key": "shop", "name": "Shop"}, "site_made"),
    ("PATCH", "/sites/shop", {"name": "Other"}, "site_changed"),
    ("POST", "/sites/shop/keys", None, "site_key_made"),
    ("DELETE", "/sites/shop/keys/shop", None, "site_key_removed"),
    ("POST", "/sites/shop/identity-secret", None, "identity_secret_made"),
    ("DELETE", "/sites/shop", None, "site_removed"),
    ("POST", "/users", {"email": "n@x.example", "role": "operator"}, "user_added"),
    ("PATCH", "/users/2", {"reset_password": True}, "user_changed"),
    ("PATCH", "/session", {"language": "ru"}, "profile_changed"),
    ("DELETE", f"/visitors/{an_id('v', 1)}?site=demo", None, "visitor_erased"),
    ("POST", "/templates?site=demo", {"title": "Hi", "text": "Hello!"}, "template_made"),
    (
        "POST",
        "/goals?site=demo",
        {"name": "Order", "kind": "page", "match": "/order"},
        "goal_made",
    ),
    ("POST", "/contacts?site=demo", {"name": "Nodira"}, "contact_made"),
    ("POST", "/session/password", {"old": PASSWORD, "new": NEW}, "password_changed"),
]


def test_what_is_done_is_told_with_who_and_from_where_and_no_secret(running: Running) -> None:
    running.sign_in()
    running.tell(*a_visit().changes)
    secrets = [PASSWORD, NEW]
    for method, path, body, action in DONE:
        before = len(lines(running, limit=200))
        answer = running.client.request(method, V1 + path, json=body)
        assert answer.is_success, (path, answer.text)
        told = answer.json().get("data", {}) if answer.content else {}
        secrets += [told[name] for name in ("password", "identity_secret") if told.get(name)]
        after = lines(running, limit=200)
        assert len(after) == before + 1, path
        line = after[0]
        assert line["action"] == action
        assert line["user"]["email"] == "admin@localhost"
        assert (line["system"], line["address"]) == (False, "unknown")
        if "/sites" in path or "site=" in path:
            assert line["site_key"] in ("shop", "demo")
    text = running.client.get(AUDIT, params={"limit": 200}).text
    assert len(secrets) == 5
    assert not [secret for secret in secrets if secret in text]


def test_the_audit_is_read_by_pages_and_filtered(running: Running) -> None:
    running.sign_in()
    for number in range(5):
        body = {"site_key": f"site{number}", "name": "Site"}
        assert running.client.post(f"{V1}/sites", json=body).status_code == 201
    told = running.client.get(AUDIT, params={"limit": 4, "page": 2}).json()
    assert told["meta"] == {
        "total": 6,
        "total_pages": 2,
        "current_page": 2,
        "per_page": 4,
        "actions": ["sign_in", "site_made"],
    }
    assert [line["action"] for line in told["data"]] == ["site_made", "sign_in"]
    assert [line["subject"] for line in lines(running, site="site3")] == ["site3"]
    assert len(lines(running, action="site_made", user=1)) == 5
    assert lines(running, user=2) == []


@pytest.mark.parametrize(
    "query", [{"page": 0}, {"limit": 201}, {"user": "x"}, {"action": "x" * 61}]
)
def test_what_cannot_be_asked_is_refused(running: Running, query: dict[str, Any]) -> None:
    running.sign_in()
    lines(running, 400, **query)
