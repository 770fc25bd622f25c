"""A data folder of an earlier version opens, and answers by the API what it would have."""

from __future__ import annotations

import dataclasses
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import duckdb
import pytest
from fastapi.testclient import TestClient

import warehouse.connection
from api.accounts import Accounts
from api.app import create_app
from api.sites import FIRST_SITES, site_row
from hozir.bus.embedded import EmbeddedLog
from hozir.settings import Settings
from tests.api.conftest import PASSWORD, PASSWORD_HASH, QUICK
from tests.api.test_accounts import EARLIER
from tests.warehouse.history import in_order
from tests.warehouse.test_reports_kept import START, visits
from warehouse.connection import migrations, open_warehouse
from warehouse.writer import Writer

NOW = migrations()[-1][0]
FIRST_DAY = "2026-09-21"
REPORTS = ("overview", "visitors", "pages", "entry_pages", "steps", "events", "sites")
FILTERS = ({}, {"country": "UZ", "page": "/"})
"""Under a filter, rows of several tables are joined by the numbers that an upgrade gives them."""


@contextmanager
def served(data: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """Run web over a folder as it lies there, and sign in."""
    monkeypatch.setattr("api.passwords._hasher", QUICK)
    monkeypatch.setattr("api.passwords._NOBODY", PASSWORD_HASH)
    settings = dataclasses.replace(
        Settings(), data=data, admin_password=PASSWORD, fsync=False, api_rate=0
    )
    log = EmbeddedLog(data / "log", fsync=False)
    accounts = Accounts(settings.accounts_url)
    with open_warehouse(data / "hozir.duckdb") as opened:
        app = create_app(settings, log, opened, accounts, screens=False)
        with TestClient(app) as client:
            email = "a@x.example" if "old" in data.name else settings.admin_email
            answer = client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield client
    accounts.close()
    log.close()


def answers(client: TestClient) -> dict[str, Any]:
    """Return what reports and SQL say of all that there is."""
    found = {}
    span = {"site": "demo", "range": "custom", "from": FIRST_DAY, "to": "2026-09-28"}
    for name, wanted in product(REPORTS, FILTERS):
        answer = client.get(f"/api/v1/reports/{name}", params=span | wanted)
        assert answer.status_code == 200, answer.text
        found[name + "".join(wanted)] = answer.json()["rows"]
    for view in ("visitor_sessions", "visitor_page_views", "visitor_events", "presence"):
        answer = client.post(
            "/api/v1/sql",
            json={"sql": f"SELECT * FROM {view} ORDER BY ALL", "site": "demo"},
            headers={"Accept": "application/json"},
        )
        assert answer.status_code == 200, answer.text
        found[view] = answer.json()["rows"]
    return found


def new_folder(data: Path) -> None:
    """Write visits as this version does."""
    data.mkdir()
    told = [
        dataclasses.replace(one, events=[("signup", 2_000)] if one.number % 3 == 0 else ())
        for one in visits(3)
    ]
    with open_warehouse(data / "hozir.duckdb") as connection:
        Writer(connection).apply(in_order(told), {})


def old_folder(data: Path, new: Path, version: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write the same rows into tables as they were after a migration, with accounts as first."""
    data.mkdir()
    with monkeypatch.context() as patch:
        known = [one for one in migrations() if one[0] <= version]
        patch.setattr(warehouse.connection, "migrations", lambda: known)
        with open_warehouse(data / "hozir.duckdb") as old:
            old.execute(f"ATTACH '{new / 'hozir.duckdb'}' AS made (READ_ONLY)")
            for name in ("live_sessions", "sessions", "live_page_views", "page_views", "events"):
                copy(old, name)
            copy(old, "presence")
    with closing(sqlite3.connect(data / "accounts.db")) as accounts:
        accounts.executescript(EARLIER)
        accounts.execute("UPDATE users SET password_hash = ?", [PASSWORD_HASH])
        (demo,) = [site_row(site) for site in FIRST_SITES if site.site_key == "demo"]
        accounts.execute("UPDATE sites SET timezone = ?", [demo.timezone])
        accounts.commit()


def copy(old: duckdb.DuckDBPyConnection, table: str) -> None:
    """Copy the rows of a table, without the columns that came later."""
    there, here = (
        [row[0] for row in old.execute(f"DESCRIBE {name}").fetchall()]
        for name in (f"made.{table}", table)
    )
    columns = ", ".join(f'"{one}"' for one in here if one in there)
    old.execute(f"INSERT INTO {table} BY NAME SELECT {columns} FROM made.{table}")
    assert old.execute(f"SELECT count(*) > 0 FROM {table}").fetchone() == (True,), table


@pytest.mark.slow
@pytest.mark.parametrize("version", [4, NOW - 1])
def test_folder_of_an_earlier_version_answers_as_one_of_this(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    assert START == 1_789_948_800_000  # FIRST_DAY
    new, old = tmp_path / "new", tmp_path / "old"
    new_folder(new)
    old_folder(old, new, version, monkeypatch)
    with served(old, monkeypatch) as client:
        upgraded = answers(client)
    with served(new, monkeypatch) as client:
        expected = answers(client)
    assert upgraded == expected
    assert all(expected.values())
    with duckdb.connect(str(old / "hozir.duckdb"), read_only=True) as connection:
        applied = connection.execute("SELECT number FROM schema_migrations ORDER BY 1").fetchall()
    assert applied == [(number,) for number in range(1, NOW + 1)]
