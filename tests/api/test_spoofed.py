"""What a request to web says of where it comes from, behind the server as it is started."""

from __future__ import annotations

import dataclasses

import httpx
import pytest

from hozir.settings import Settings
from tests.api.serving import served

ATTEMPTS = 50
"""From one address; the next is one too many."""


@pytest.mark.slow
@pytest.mark.parametrize("trusted", [True, False])
def test_attempts_are_counted_by_the_address_that_our_proxy_saw(
    settings: Settings, trusted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not trusted:
        settings = dataclasses.replace(settings, trusted_proxies="10.0.0.0/8")
    # The passwords are not what is tried here, and each takes a while.
    monkeypatch.setattr("api.sign_in.verify", lambda *_: False)
    with served(settings, 10) as web, httpx.Client(base_url=web.url) as client:
        statuses = [
            client.post(
                "/api/v1/session",
                json={"email": f"{n}@shop.example", "password": "guess"},
                headers={"X-Forwarded-For": f"9.9.9.9, 1.2.3.{n}", "Forwarded": f"for=8.8.8.{n}"},
            ).status_code
            for n in range(ATTEMPTS + 2)
        ]
    assert statuses == [401] * (ATTEMPTS + 2) if trusted else [401] * ATTEMPTS + [429] * 2
