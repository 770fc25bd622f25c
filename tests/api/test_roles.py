"""Who may do what: every endpoint and socket, for three roles and nobody, across two sites.

The table below is the specification's matrix, endpoint by endpoint. An endpoint that is not in it
fails the first test, so that nothing is opened by being forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from api.permissions import MATRIX, Permission
from tests.api.conftest import PASSWORD, Running
from tests.api.furnished import A_GOAL, PREFIX, Site, furnish

OURS, OTHERS = "demo", "simulated"
PEOPLE = {
    "admin": "admin@localhost",
    "manager": "manager@shop.example",
    "operator": "operator@shop.example",
}


@dataclass(frozen=True)
class Endpoint:
    """One line of the matrix. `needs`: None for everybody who is signed in, `open` for all."""

    method: str
    path: str
    needs: Permission | str | None
    """A permission, or `signed in`, or `open`."""
    ok: int = 200
    body: dict[str, Any] | None = field(default=None, hash=False)
    of_site: bool = True
    """Whether `?site=` names the site; else it is in the path, or it is about no site."""


SIGNED_IN, OPEN = "signed in", "open"
A_NEW_KEY = {"site_key": "another", "name": "Another"}
A_MOMENT = "2026-01-01T12:00:00Z"

MATRIX_OF_ENDPOINTS = [
    Endpoint("GET", "visitors/online", "view_visitors"),
    Endpoint("GET", "visitors/offline", "view_visitors"),
    Endpoint("GET", "visitors/all", "view_visitors"),
    Endpoint("GET", "visitors/counts", "view_visitors"),
    Endpoint("GET", "visitors/stats", "view_visitors"),
    Endpoint("GET", "visitors/geographic-data", "view_map"),
    Endpoint("GET", "visitors/map", "view_map"),
    Endpoint("GET", "visitors/export", "export_visitors"),
    Endpoint("GET", "moments/curve", "view_visitors"),
    Endpoint("GET", f"moments/{A_MOMENT}", "view_visitors"),
    Endpoint("GET", "visitors/{visitor_id}", "view_visitors"),
    Endpoint("GET", "visitors/{visitor_id}/page-history", "view_visitors"),
    Endpoint("GET", "visitors/{visitor_id}/data", "export_visitors"),
    Endpoint("POST", "visitors/{visitor_id}/message", "send_messages", 201, {"message": "Salom"}),
    Endpoint("GET", "contacts", "view_visitors"),
    Endpoint("POST", "contacts", "edit_contacts", 201, {"name": "Yangi", "email": "y@m.example"}),
    Endpoint("GET", "contacts/{contact_id}", "view_visitors"),
    Endpoint("PATCH", "contacts/{contact_id}", "edit_contacts", 200, {"note": "VIP"}),
    Endpoint(
        "POST",
        "contacts/{contact_id}/visitors",
        "edit_contacts",
        200,
        {"visitor_id": "{visitor_id}"},
    ),
    Endpoint("DELETE", "contacts/{contact_id}/visitors/{visitor_id}", "edit_contacts", 200),
    Endpoint("GET", "conversations", "send_messages"),
    Endpoint("GET", "conversations/{conversation_id}", "send_messages"),
    Endpoint("GET", "conversations/{conversation_id}/messages", "send_messages"),
    Endpoint("GET", "conversations/{conversation_id}/presence", "send_messages"),
    Endpoint(
        "POST",
        "conversations/{conversation_id}/messages",
        "send_messages",
        201,
        {"id": "m_00000000-0000-4000-8000-000000000001", "text": "Salom"},
    ),
    Endpoint("POST", "conversations/{conversation_id}/typing", "send_messages", 204),
    Endpoint("POST", "conversations/{conversation_id}/read", "send_messages", 200, {"number": 1}),
    Endpoint(
        "POST", "conversations/{conversation_id}/assign", "send_messages", 200, {"user_id": None}
    ),
    Endpoint("POST", "conversations/{conversation_id}/close", "send_messages"),
    Endpoint("POST", "conversations/{conversation_id}/reopen", "send_messages"),
    Endpoint("GET", "templates", "send_messages"),
    Endpoint("POST", "templates", "edit_templates", 201, {"title": "A", "text": "B"}),
    Endpoint("PUT", "templates/{template_id}", "edit_templates", 200, {"title": "A", "text": "C"}),
    Endpoint("DELETE", "templates/{template_id}", "edit_templates", 204),
    Endpoint("GET", "reports", "view_reports", of_site=False),
    Endpoint("GET", "reports/overview", "view_reports"),
    Endpoint("GET", "reports/overview/visitors", "view_reports"),
    Endpoint("GET", "goals", "view_reports"),
    Endpoint("POST", "goals", "edit_goals", 201, A_GOAL | {"match": "/thanks"}),
    Endpoint("DELETE", "goals/{goal_id}", "edit_goals", 204),
    Endpoint("DELETE", "contacts/{contact_id}", "delete_contacts", 204),
    Endpoint("POST", "visitors/{visitor_id}/end", "end_sessions", 202),
    Endpoint("DELETE", "visitors/{visitor_id}", "configure_sites", 200),
    Endpoint("POST", "sql", "run_sql", 200, {"sql": "SELECT 1"}, of_site=False),
    Endpoint("GET", "sql/tables", "run_sql", of_site=False),
    Endpoint("GET", "sql/saved", "run_sql"),
    Endpoint("POST", "sql/saved", "run_sql", 201, {"name": "A", "sql": "SELECT 1"}),
    Endpoint("DELETE", "sql/saved/{query_id}", "run_sql", 204),
    Endpoint("GET", "tokens", SIGNED_IN, of_site=False),
    Endpoint("POST", "tokens", SIGNED_IN, 201, {"name": "notebook"}, of_site=False),
    Endpoint("DELETE", "tokens/{token_id}", SIGNED_IN, 404, of_site=False),
    Endpoint("GET", "sites", SIGNED_IN, of_site=False),
    Endpoint("GET", "sites/{site}", SIGNED_IN, of_site=False),
    Endpoint("POST", "sites", "configure_sites", 201, A_NEW_KEY, of_site=False),
    Endpoint("PATCH", "sites/{site}", "configure_sites", 200, {"name": "Doʻkon"}, of_site=False),
    Endpoint("POST", "sites/{site}/keys", "configure_sites", 201, of_site=False),
    Endpoint("DELETE", "sites/{site}/keys/{site}", "configure_sites", 200, of_site=False),
    Endpoint("POST", "sites/{site}/identity-secret", "configure_sites", 200, of_site=False),
    Endpoint("DELETE", "sites/{site}", "configure_sites", 204, of_site=False),
    Endpoint("GET", "users", "manage_team", of_site=False),
    Endpoint("GET", "users/roles", "manage_team", of_site=False),
    Endpoint(
        "POST", "users", "manage_team", 201, {"email": "n@m.example", "role": "operator"}, False
    ),
    Endpoint("PATCH", "users/{user_id}", "manage_team", 200, {"name": "Malika"}, of_site=False),
    Endpoint("GET", "audit", "read_audit", of_site=False),
    Endpoint("GET", "health", "see_health", of_site=False),
    Endpoint("GET", "retention", "configure_sites", of_site=False),
    Endpoint("GET", "snapshots", "make_snapshots", of_site=False),
    Endpoint("POST", "snapshots", "make_snapshots", 201, of_site=False),
    Endpoint("GET", "session", SIGNED_IN, of_site=False),
    Endpoint("PATCH", "session", SIGNED_IN, 200, {"language": "ru"}, of_site=False),
    Endpoint("GET", "session/all", SIGNED_IN, of_site=False),
    Endpoint("DELETE", "session/all/{sign_in_id}", SIGNED_IN, 404, of_site=False),
    Endpoint(
        "POST",
        "session/password",
        SIGNED_IN,
        204,
        {"old": PASSWORD, "new": "a second passphrase"},
        of_site=False,
    ),
    Endpoint("DELETE", "session/all", SIGNED_IN, 204, of_site=False),
]
OPEN_TO_ALL = {
    *(("GET", "session/ways"), ("POST", "session"), ("DELETE", "session")),
    *(("GET", "oidc/start"), ("GET", "oidc/callback")),
    # Opened by the visitor's own token.
    ("POST", "chat/history"),
    # Opened by the secret of the data folder.
    ("POST", "snapshots/days"),
}


@pytest.fixture
def sites(running: Running) -> tuple[Site, Site]:
    running.sign_in()
    return furnish(running, 1, OURS), furnish(running, 2, OTHERS)


def enter(running: Running, role: str) -> None:
    running.client.cookies.clear()
    if role != "admin":
        running.add_user(PEOPLE[role], role, OURS)
    running.sign_in(PEOPLE[role])


def ask(running: Running, endpoint: Endpoint, site: Site, of: Site | None = None) -> Any:
    """Do a request about the things of `of`, a site's own unless told."""
    things = of or site
    body = endpoint.body
    if body is not None:
        body = {
            name: things.fill(value) if isinstance(value, str) and value.startswith("{") else value
            for name, value in body.items()
        }
    return running.client.request(
        endpoint.method,
        PREFIX + things.fill(endpoint.path),
        params={"site": site.key} if endpoint.of_site else {},
        json=body,
    )


def is_allowed(endpoint: Endpoint, role: str) -> bool:
    return endpoint.needs == SIGNED_IN or endpoint.needs in MATRIX[role]  # type: ignore[index]


def test_every_endpoint_has_its_line_in_the_matrix(running: Running) -> None:
    there = {
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in running.app.inner.openapi()["paths"].items()  # type: ignore[attr-defined]
        for method in methods
        if path.startswith(PREFIX)
    }
    names = {
        "{site_key}": "{site}",
        "/{key}": "/{site}",
        "{moment}": A_MOMENT,
        "reports/{name}": "reports/overview",
    }
    known = {(one.method, one.path) for one in MATRIX_OF_ENDPOINTS} | OPEN_TO_ALL
    for method, path in there:
        for ours, theirs in names.items():
            path = path.replace(ours, theirs)
        # One route, two words.
        paths = [path.replace("{what}", word) for word in ("close", "reopen")]
        assert all((method, one) in known for one in paths), (method, path)


def test_nobody_gets_nothing(running: Running, sites: tuple[Site, Site]) -> None:
    running.client.cookies.clear()
    for endpoint in MATRIX_OF_ENDPOINTS:
        answer = ask(running, endpoint, sites[0])
        assert answer.status_code == 401, (endpoint, answer.text)
        assert answer.json()["error"]["reason"] == "signed_out"


@pytest.mark.parametrize("role", list(PEOPLE))
def test_a_role_does_what_the_matrix_grants_and_nothing_else(
    running: Running, sites: tuple[Site, Site], role: str
) -> None:
    enter(running, role)
    ours = sites[0]
    for endpoint in MATRIX_OF_ENDPOINTS:
        if endpoint.path == "sites/{site}/keys/{site}" and is_allowed(endpoint, role):
            ask(running, Endpoint("POST", "sites/{site}/keys", None, 201, of_site=False), ours)
        answer = ask(running, endpoint, ours)
        if is_allowed(endpoint, role):
            assert answer.status_code == endpoint.ok, (endpoint, answer.text)
        else:
            assert answer.status_code == 403, (endpoint, answer.text)
            assert answer.json()["error"]["reason"] == "not_allowed"


@pytest.mark.parametrize("role", ["manager", "operator"])
def test_nobody_sees_or_touches_what_is_of_another_site(
    running: Running, sites: tuple[Site, Site], role: str
) -> None:
    enter(running, role)
    ours, theirs = sites
    for endpoint in MATRIX_OF_ENDPOINTS:
        if not is_allowed(endpoint, role):
            continue
        if endpoint.of_site:
            answer = ask(running, endpoint, theirs)
            assert answer.status_code == 404, (endpoint, answer.text)
            assert answer.json()["error"]["reason"] == "unknown_site"
        if endpoint.of_site and "{" in endpoint.path:
            # The site is theirs, the thing is not.
            answer = ask(running, endpoint, ours, of=theirs)
            assert answer.status_code == 404, (endpoint, answer.text)
        if "{site}" in endpoint.path:
            assert ask(running, endpoint, theirs).status_code == 404, endpoint


def test_things_of_one_site_are_not_found_on_another_even_by_an_admin(
    running: Running, sites: tuple[Site, Site]
) -> None:
    enter(running, "admin")
    ours, theirs = sites
    for endpoint in MATRIX_OF_ENDPOINTS:
        if endpoint.of_site and "{" in endpoint.path:
            answer = ask(running, endpoint, ours, of=theirs)
            assert answer.status_code == 404, (endpoint, answer.text)


@pytest.mark.parametrize("path", ["live", "inbox"])
@pytest.mark.parametrize("role", ["nobody", "manager", "operator", "admin"])
def test_a_socket_opens_for_ones_own_sites_alone(
    running: Running, sites: tuple[Site, Site], role: str, path: str
) -> None:
    running.client.cookies.clear()
    if role != "nobody":
        enter(running, role)
    assert first_frame(running, path, OURS) == ("snapshot" if role != "nobody" else 4401)
    refusal = 4401 if role == "nobody" else 4404
    assert first_frame(running, path, OTHERS) == ("snapshot" if role == "admin" else refusal)


def first_frame(running: Running, path: str, site: str) -> str | int:
    """Return what a socket says first: the name of its frame, or the code that it closes with."""
    try:
        with running.client.websocket_connect(f"{PREFIX}{path}?site={site}") as socket:
            event: str = socket.receive_json()["event"]
            return event
    except WebSocketDisconnect as closed:
        return closed.code


def test_custom_events_are_told_to_those_who_track_them(
    running: Running, sites: tuple[Site, Site]
) -> None:
    for role, told in (("operator", False), ("manager", True), ("admin", True)):
        enter(running, role)
        answer = running.client.get(
            f"{PREFIX}visitors/{sites[0].visitor_id}", params={"site": OURS}
        )
        assert (answer.json()["data"]["events"] is not None) is told, role
