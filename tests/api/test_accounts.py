"""The store of accounts: an earlier version opens, and the audit stays as it was written."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DatabaseError

from api.accounts import Accounts, Audit, Base, SignIn, SiteRow, User, write_audit
from api.sites import FIRST_SITES, site_of, site_row
from hozir.contract.errors import Misconfigured
from hozir.contract.site import Chat, Site

EARLIER = """
CREATE TABLE users (id INTEGER NOT NULL, email VARCHAR NOT NULL, name VARCHAR NOT NULL,
    role VARCHAR NOT NULL, language VARCHAR NOT NULL, password_hash VARCHAR NOT NULL,
    disabled BOOLEAN NOT NULL, created_at DATETIME NOT NULL, PRIMARY KEY (id), UNIQUE (email));
CREATE TABLE sites (site_key VARCHAR NOT NULL, name VARCHAR NOT NULL, domains JSON NOT NULL,
    loopback BOOLEAN NOT NULL, timezone VARCHAR NOT NULL, simulated BOOLEAN NOT NULL,
    deleted BOOLEAN NOT NULL, created_at DATETIME NOT NULL, PRIMARY KEY (site_key));
CREATE TABLE user_sites (user_id INTEGER NOT NULL, site_key VARCHAR NOT NULL,
    PRIMARY KEY (user_id, site_key), FOREIGN KEY(user_id) REFERENCES users (id),
    FOREIGN KEY(site_key) REFERENCES sites (site_key));
CREATE TABLE sign_ins (token_hash VARCHAR NOT NULL, user_id INTEGER NOT NULL,
    created_at DATETIME NOT NULL, expires_at DATETIME NOT NULL, PRIMARY KEY (token_hash),
    FOREIGN KEY(user_id) REFERENCES users (id));
CREATE TABLE audit (id INTEGER NOT NULL, at DATETIME NOT NULL, user_id INTEGER,
    action VARCHAR NOT NULL, subject VARCHAR NOT NULL, detail JSON NOT NULL, PRIMARY KEY (id),
    FOREIGN KEY(user_id) REFERENCES users (id));
INSERT INTO users VALUES (1, 'a@x.example', 'A', 'admin', 'uz', 'hash', 0, '2026-01-02 03:04:05');
INSERT INTO sites VALUES ('demo', 'Demo', '["shop.example"]', 1, 'Asia/Tashkent', 0, 0,
    '2026-01-02 03:04:05');
INSERT INTO user_sites VALUES (1, 'demo');
INSERT INTO sign_ins VALUES ('t', 1, '2026-01-02 03:04:05', '2027-01-02 03:04:05');
INSERT INTO audit VALUES (1, '2026-01-02 03:04:05', 1, 'sign_in', '', '{}');
"""
"""As the first version made it."""


@pytest.fixture
def earlier(tmp_path: Path) -> str:
    with closing(sqlite3.connect(tmp_path / "accounts.db")) as connection:
        connection.executescript(EARLIER)
    return f"sqlite:///{tmp_path / 'accounts.db'}"


def test_an_earlier_store_opens_with_all_that_it_held(earlier: str) -> None:
    for _ in range(2):
        accounts = Accounts(earlier)
        with accounts.open() as store:
            user = store.scalars(select(User)).one()
            assert (user.email, user.must_change_password, user.theme) == ("a@x.example", False, "")
            assert [site.site_key for site in user.sites] == ["demo"]
            demo = Site("demo", "Demo", ["shop.example"], True, "Asia/Tashkent")
            assert site_of(store.get_one(SiteRow, "demo")) == demo
            assert store.scalars(select(SignIn.way)).one() == "password"
            assert store.scalars(select(Audit.address)).one() == ""
        accounts.close()


def test_an_earlier_store_becomes_what_a_new_one_is(earlier: str, tmp_path: Path) -> None:
    shapes = []
    for url in (earlier, f"sqlite:///{tmp_path / 'new.db'}"):
        Accounts(url).close()
        engine = create_engine(url)
        with engine.connect() as connection:
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, Base.metadata) == []
            triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY name"
            shapes.append(
                (
                    connection.execute(text(triggers)).scalars().all(),
                    connection.execute(text("SELECT version_num FROM alembic_version")).all(),
                )
            )
        engine.dispose()
    assert shapes[0] == shapes[1]
    assert shapes[0][0]


def test_a_step_that_fails_leaves_the_store_as_it_was(earlier: str) -> None:
    with closing(sqlite3.connect(earlier.removeprefix("sqlite:///"))) as connection:
        connection.execute("CREATE TABLE erasures (x)")
        before = list(connection.iterdump())
    with pytest.raises(Misconfigured):
        Accounts(earlier)
    with closing(sqlite3.connect(earlier.removeprefix("sqlite:///"))) as connection:
        assert list(connection.iterdump()) == before


@pytest.mark.parametrize("word", ["UPDATE audit SET action = 'x'", "DELETE FROM audit"])
def test_nobody_alters_the_audit(tmp_path: Path, word: str) -> None:
    accounts = Accounts(f"sqlite:///{tmp_path / 'a.db'}")
    with accounts.open() as store:
        write_audit(store, None, "retention")
    with pytest.raises(DatabaseError), accounts.open() as store:
        store.execute(text(word))
    accounts.close()


def test_a_whole_site_survives_the_store(tmp_path: Path) -> None:
    whole = Site(
        site_key="shop",
        name="Shop",
        domains=["shop.example"],
        loopback=True,
        timezone="Asia/Tashkent",
        simulated=True,
        deleted=True,
        keys=["new", "shop"],
        heartbeat_seconds=15,
        retention_days=7,
        consent="required",
        privacy_notice="Notice",
        privacy_url="https://shop.example/privacy",
        identity_secret="secret",
        chat=Chat(False, True, "#000000", "left", "Title", "Hello", "Bot"),
    )
    defaults = Site(site_key="shop", name="Shop")
    for name in Site.__struct_fields__:
        assert name in ("site_key", "name") or getattr(whole, name) != getattr(defaults, name)
    accounts = Accounts(f"sqlite:///{tmp_path / 'a.db'}")
    with accounts.open() as store:
        store.add_all(site_row(site) for site in (whole, *FIRST_SITES))
    with accounts.open() as store:
        assert site_of(store.get_one(SiteRow, "shop")) == whole
        for site in FIRST_SITES:
            assert site_of(store.get_one(SiteRow, site.site_key)) == site
    accounts.close()


@pytest.mark.parametrize("url", ["nonsense", "nosuch://x", "sqlite:////no/such/folder/a.db"])
def test_a_store_that_cannot_be_opened_is_misconfigured(url: str) -> None:
    with pytest.raises(Misconfigured):
        Accounts(url)
