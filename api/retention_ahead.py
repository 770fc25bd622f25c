"""What would be forgotten now, and how long each site keeps anything: told, and nothing deleted."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from api.accounts import Accounts, SiteRow
from api.retention import DAY_MS
from api.snapshot_files import WAREHOUSE
from hozir.clock import wall_clock
from hozir.contract.errors import Misconfigured
from hozir.settings import Settings
from warehouse.connection import Connection, open_warehouse
from warehouse.retention import count_older
from warehouse.soft_delete import count_put_away


@dataclass(frozen=True)
class Ahead:
    """What a site would lose."""

    site_key: str
    days: int
    before: int
    """What happened before it is too old. Milliseconds."""
    rows: dict[str, int]
    """By table; empty if nothing is too old."""
    put_away: dict[str, int]
    """The same of what is put away, and not gone for good yet."""


def look_ahead(accounts: Accounts, warehouse: Connection, now: int) -> list[Ahead]:
    """Return what the keeper would forget of each site if it worked now."""
    with accounts.open() as store:
        sites = [(one.site_key, one.retention_days) for one in store.scalars(select(SiteRow))]
    return [
        Ahead(
            key,
            days,
            now - days * DAY_MS,
            count_older(warehouse, key, now - days * DAY_MS),
            count_put_away(warehouse, key),
        )
        for key, days in sorted(sites)
    ]


def look_ahead_alone(settings: Settings) -> list[Ahead]:
    """The same while nobody runs. Raises Misconfigured."""
    if not (settings.data / WAREHOUSE).exists():
        raise Misconfigured(f"there is nothing in {settings.data} yet.")
    accounts = Accounts(settings.accounts_url)
    try:
        with open_warehouse(settings.data / WAREHOUSE) as warehouse:
            return look_ahead(accounts, warehouse, wall_clock())
    finally:
        accounts.close()
