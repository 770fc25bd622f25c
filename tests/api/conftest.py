"""A web process without its screens, over an embedded log in a folder of the test."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from api.accounts import Accounts, SiteRow, User
from api.app import create_app
from api.gate import Gate
from api.house import House
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.change import Change
from hozir.contract.codec import encode
from hozir.contract.ids import partition_of
from hozir.contract.topics import CHANGES
from hozir.settings import Settings
from warehouse.connection import open_warehouse

PASSWORD = "first password"
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Weak on purpose: hundreds of tests sign in. The process test uses the real one."""
PASSWORD_HASH = QUICK.hash(PASSWORD)


class Running:
    """The process, and the ways a test acts on it."""

    def __init__(self, app: Gate, client: TestClient, log: EmbeddedLog, house: House) -> None:
        self.app = app
        self.client = client
        self.log = log
        self.house = house

    def sign_in(self, email: str = "admin@localhost") -> None:
        answer = self.client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 200, answer.text

    def add_user(self, email: str, role: str, *site_keys: str) -> None:
        with self.house.accounts.open() as store:
            sites = [store.get_one(SiteRow, key) for key in site_keys]
            store.add(User(email=email, role=role, password_hash=PASSWORD_HASH, sites=sites))

    def tell(self, *changes: Change) -> None:
        """Append changes as the pipeline does, and wait until they are written."""
        before = self.house.loader.applied
        tell(self.log, *changes)
        eventually(lambda: self.house.loader.applied == before + len(changes))


def tell(log: EmbeddedLog, *changes: Change) -> None:
    log.append(CHANGES, [(partition_of(c.session.session_id, 8), encode(c)) for c in changes])


def eventually(holds: Callable[[], object], seconds: float = 10.0) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until, "did not come true"
        time.sleep(0.01)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return dataclasses.replace(
        Settings(), data=tmp_path, admin_password=PASSWORD, fsync=False, api_rate=0
    )


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    log = EmbeddedLog(tmp_path / "log", fsync=False)
    yield log
    log.close()


@contextmanager
def a_process(settings: Settings, log: EmbeddedLog) -> Iterator[Running]:
    """Run the web process, with its passwords hashed in haste."""
    accounts = Accounts(f"sqlite:///{settings.data / 'accounts.db'}")
    with (
        patch("api.passwords._hasher", QUICK),
        patch("api.passwords._NOBODY", PASSWORD_HASH),
        open_warehouse(None) as warehouse,
    ):
        app = create_app(settings, log, warehouse, accounts, screens=False)
        with TestClient(app) as client:
            inner: Any = app.inner
            house = inner.state.house
            yield Running(app, client, log, house)
    accounts.close()


@pytest.fixture
def running(settings: Settings, log: EmbeddedLog) -> Iterator[Running]:
    with a_process(settings, log) as running:
        yield running
