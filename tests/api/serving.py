"""A web process without screens behind a real port, for what a test client cannot show."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import uvicorn

from api.__main__ import server_of
from api.accounts import Accounts, SiteRow, User
from api.app import create_app
from api.house import House
from hozir.bus.embedded import EmbeddedLog
from hozir.settings import Settings
from tests.api.conftest import PASSWORD, PASSWORD_HASH, eventually
from warehouse.connection import open_warehouse

FILL = (
    "INSERT INTO page_views BY NAME SELECT 's_' || (i // 5) AS session_id, 'demo' AS site_key, "
    "'v_' || (i // 10) AS visitor_id, i % 5 + 1 AS number, make_timestamp_ms(1790000000000 + i) "
    "AS happened_at, 'shop.example' AS host, '/page/' || (i % 100) AS path, 'Page ' || (i % 100) "
    "AS title, i % 60000 AS visible_ms, i % 101 AS scroll, i % 7 AS interactions, "
    'i % 5 = 4 AS "exit" FROM range(?) AS t (i)'
)


@dataclass
class Served:
    """The process, and where it answers."""

    url: str
    house: House

    def token(self, email: str = "admin@localhost", *site_keys: str) -> str:
        """Return a new token of somebody; who is not the admin is made a manager of the sites."""
        with httpx.Client(base_url=self.url) as client:
            if site_keys:
                with self.house.accounts.open() as store:
                    sites = [store.get_one(SiteRow, key) for key in site_keys]
                    user = User(
                        email=email, role="manager", password_hash=PASSWORD_HASH, sites=sites
                    )
                    store.add(user)
            body = {"email": email, "password": PASSWORD}
            client.post("/api/v1/session", json=body).raise_for_status()
            made = client.post("/api/v1/tokens", json={"name": "test"})
            return str(made.json()["data"]["token"])


@contextmanager
def served(settings: Settings, page_views: int) -> Iterator[Served]:
    """Serve a warehouse with so many page views of one site."""
    log = EmbeddedLog(settings.data / "log", fsync=False)
    accounts = Accounts(f"sqlite:///{settings.data / 'accounts.db'}")
    with open_warehouse(settings.data / "hozir.duckdb") as warehouse:
        warehouse.execute(FILL, [page_views])
        app = create_app(settings, log, warehouse, accounts, screens=False)
        server = uvicorn.Server(uvicorn.Config(app, port=0, **server_of(settings)))
        thread = threading.Thread(target=server.run)
        thread.start()
        try:
            eventually(lambda: server.started)
            port = server.servers[0].sockets[0].getsockname()[1]
            yield Served(f"http://127.0.0.1:{port}", app.inner.state.house)  # type: ignore[attr-defined]
        finally:
            server.should_exit = True
            thread.join(20)
    accounts.close()
    log.close()
