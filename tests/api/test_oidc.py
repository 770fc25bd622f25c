"""Signing in by a provider, against a real one on this machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from sqlalchemy import select

from api.accounts import Audit, SignIn, User
from api.next_path import next_path
from api.oidc import oidc_of
from hozir.contract.errors import Misconfigured
from hozir.settings import Settings
from tests.api.conftest import Running
from tests.api.provider import CLIENT_ID, CLIENT_SECRET, Provider, a_provider

START, BACK, WHO = "/api/v1/oidc/start", "/api/v1/oidc/callback", "/api/v1/session"


@pytest.fixture(scope="module")
def serving() -> Iterator[Provider]:
    with a_provider() as provider:
        yield provider


@pytest.fixture
def provider(serving: Provider, running: Running) -> Provider:
    serving.email, serving.claims = "admin@localhost", {}
    serving.use_key("one")
    settings = dataclasses.replace(
        running.house.settings,
        oidc_issuer=serving.issuer,
        oidc_client_id=CLIENT_ID,
        oidc_client_secret=CLIENT_SECRET,
        oidc_name="Example ID",
        web_url="http://testserver",
    )
    running.house.settings = settings
    running.house.oidc = oidc_of(settings)
    return serving


def there(running: Running, next: str = "/") -> str:
    """Go to the provider as a browser does; return the way back that it gives."""
    answer = running.client.get(START, params={"next": next}, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Path={START.rpartition('/')[0]}" in cookie
    there = httpx.get(answer.headers["location"], trust_env=False)
    return there.headers["location"]


def back(running: Running, address: str) -> str:
    answer = running.client.get(address, follow_redirects=False)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def problem(location: str) -> str:
    assert location.startswith("/sign-in?")
    return parse_qs(urlsplit(location).query)["problem"][0]


def test_without_a_provider_it_is_refused(running: Running) -> None:
    assert running.client.get(f"{WHO}/ways").json() == {"password": True, "oidc": None}
    for path in (START, BACK):
        answer = running.client.get(path, follow_redirects=False)
        assert (answer.status_code, answer.json()["error"]["reason"]) == (404, "oidc_off")


def test_whom_the_provider_vouches_for_is_in(running: Running, provider: Provider) -> None:
    ways = running.client.get(f"{WHO}/ways").json()
    assert ways == {"password": True, "oidc": {"name": "Example ID"}}
    assert back(running, there(running, "/map?site=demo")) == "/map?site=demo"
    assert running.client.get(WHO).json()["user"]["email"] == "admin@localhost"
    with running.house.accounts.open() as store:
        assert store.scalars(select(SignIn.way)).all() == ["oidc"]
        line = store.scalars(select(Audit).where(Audit.action == "sign_in")).one()
        assert line.detail == {"way": "oidc"}


def test_who_was_invited_needs_no_new_password_then(running: Running, provider: Provider) -> None:
    running.add_user("new@x.example", "operator", "demo")
    with running.house.accounts.open() as store:
        user = store.scalars(select(User).where(User.email == "new@x.example")).one()
        user.must_change_password = True
    provider.email = "New@X.example"
    back(running, there(running))
    assert running.client.get(WHO).json()["user"]["must_change_password"] is False
    assert running.client.get("/api/v1/visitors/online?site=demo").status_code == 200


@pytest.mark.parametrize("disabled", [False, True])
def test_strangers_and_who_left_are_not(
    running: Running, provider: Provider, disabled: bool
) -> None:
    provider.email = "someone@x.example"
    if disabled:
        running.add_user(provider.email, "admin")
        with running.house.accounts.open() as store:
            store.scalars(select(User).where(User.email == provider.email)).one().disabled = True
    assert problem(back(running, there(running))) == "oidc_stranger"
    assert running.client.get(WHO).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email": None},
        {"nonce": "of another try"},
        {"nonce": None},
        {"aud": "another program"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "http://127.0.0.1:1"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"sub": None},
    ],
    ids=str,
)
def test_a_token_that_proves_nothing_opens_nothing(
    running: Running, provider: Provider, claims: dict[str, Any]
) -> None:
    provider.claims = claims
    assert problem(back(running, there(running))) == "oidc_refused"
    assert running.client.get(WHO).status_code == 401


def test_only_the_providers_own_key_signs(running: Running, provider: Provider) -> None:
    provider.signed_by = RSAKey.generate_key(2048, {"kid": "one"})
    assert problem(back(running, there(running))) == "oidc_refused"
    provider.header = {"alg": "HS256", "kid": "one"}
    provider.signed_by = OctKey.import_key(CLIENT_SECRET * 3)
    assert problem(back(running, there(running))) == "oidc_refused"


def test_new_keys_of_the_provider_are_found(
    running: Running, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.oidc.KEYS_EVERY_SECONDS", 0.0)
    back(running, there(running))
    provider.use_key("two")
    running.client.delete(WHO)
    assert back(running, there(running)) == "/"
    assert running.client.get(WHO).status_code == 200


def test_the_way_back_is_for_the_browser_that_went(running: Running, provider: Provider) -> None:
    address = there(running)
    running.client.cookies.clear()
    assert problem(back(running, address)) == "oidc_refused"
    there(running)  # a try of one's own, and the code of somebody else
    assert problem(back(running, address)) == "oidc_refused"
    there(running)
    for query in ("", "?code=x", "?state=%00&code=%ff", "?error=access_denied"):
        assert problem(back(running, BACK + query)) == "oidc_refused"
    for cookie in ("", ".", "e30=.abc", "\xff"):
        headers = {"Cookie": f"hozir_oidc={cookie}".encode("latin-1")}
        answer = running.client.get(BACK, headers=headers, follow_redirects=False)  # type: ignore[arg-type]
        assert problem(answer.headers["location"]) == "oidc_refused"


def test_a_try_ends_in_time(
    running: Running, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.oidc.TRY_SECONDS", -1)
    assert problem(back(running, there(running))) == "oidc_refused"


def test_a_provider_that_is_away_is_told_apart(running: Running, provider: Provider) -> None:
    settings = dataclasses.replace(running.house.settings, oidc_issuer="http://127.0.0.1:1")
    running.house.oidc = oidc_of(settings)
    answer = running.client.get(START, follow_redirects=False)
    assert problem(answer.headers["location"]) == "oidc_away"


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/map?site=demo#x", "/map?site=demo#x"),
        ("", "/"),
        ("map", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("/\n/evil.example", "/"),
        (" //evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\\b", "/"),
        ("/\x7f", "/"),
        ("///[", "/"),
    ],
)
def test_nobody_is_led_elsewhere(asked: str, to: str) -> None:
    assert next_path(asked) == to


def test_nor_by_way_of_the_provider(running: Running, provider: Provider) -> None:
    assert back(running, there(running, "//evil.example")) == "/"


@pytest.mark.parametrize(
    "more",
    [{"oidc_issuer": "https://id.example"}, {"oidc_issuer": "http://id.example"}],
)
def test_half_a_provider_is_misconfigured(more: dict[str, str]) -> None:
    more |= {"oidc_client_id": "x"} if more["oidc_issuer"].startswith("http:") else {}
    with pytest.raises(Misconfigured):
        oidc_of(dataclasses.replace(Settings(), **more))
