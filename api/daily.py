"""Which days of which sites are written as Parquet: those asked for, or those that are over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import select

from api.accounts import Accounts, SiteRow
from api.report_range import midnight
from warehouse.connection import Connection
from warehouse.daily import DAILY, day_file, write_day

AFTER_MS = 30 * 60_000
"""After midnight: beacons that waited in browsers have come."""
COMPLETE_MS = 25 * 3_600_000
"""After midnight: the longest visit that began on the day has ended. It is written once more."""
BACK_DAYS = 7
"""So many days are made up for if Hozir was not running."""
ONE_DAY = timedelta(days=1)

GoOn = Callable[[], bool]


def write_days(
    connection: Connection, accounts: Accounts, first: date, last: date, into: Path, go_on: GoOn
) -> int:
    """Write some days of every site, each by its own clock; return how many files there are.

    Stops early when `go_on()` is false. Raises OSError.
    """
    written = 0
    for site_key, timezone in _sites(accounts):
        day = first
        while day <= last and go_on():
            written += len(_write(connection, site_key, timezone, day, into))
            day += ONE_DAY
    return written


def due_days(
    connection: Connection, accounts: Accounts, now_ms: int, into: Path, go_on: GoOn
) -> int:
    """Write the days that are over and not written, or not since their last visit ended.

    Returns how many files there are. Raises OSError.
    """
    written = 0
    for site_key, timezone in _sites(accounts):
        today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(timezone)).date()
        for back in range(BACK_DAYS, 0, -1):
            day = today - back * ONE_DAY
            if go_on() and _is_due(site_key, timezone, day, now_ms, into):
                written += len(_write(connection, site_key, timezone, day, into))
    return written


def _is_due(site_key: str, timezone: str, day: date, now_ms: int, into: Path) -> bool:
    end = midnight(day + ONE_DAY, timezone)
    if now_ms < end + AFTER_MS:
        return False
    try:
        # The last of the kinds: the others are there too.
        path = day_file(into, list(DAILY)[-1], site_key, day)
        written_ms = path.stat().st_mtime * 1000
    except FileNotFoundError:
        return True
    return written_ms < end + COMPLETE_MS <= now_ms


def _write(
    connection: Connection, site_key: str, timezone: str, day: date, into: Path
) -> list[Path]:
    start, end = midnight(day, timezone), midnight(day + ONE_DAY, timezone)
    return write_day(connection, site_key, day, start, end, into)


def _sites(accounts: Accounts) -> list[tuple[str, str]]:
    """Return each site and its time zone."""
    with accounts.open() as store:
        rows = store.scalars(select(SiteRow).where(SiteRow.deleted.is_(False)))
        return sorted((row.site_key, row.timezone) for row in rows)
