"""The maker of snapshots: by a clock and when asked, one at a time, beside all else.

The command line asks over HTTP, and shows a secret that is made at each start and kept in the data
folder, for whoever may read the accounts there anyway.
"""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import msgspec

from api.accounts import Accounts, write_audit
from api.daily import due_days, write_days
from api.problem import Problem
from api.snapshot_files import (
    NoRoom,
    Snapshot,
    drop_all_but,
    drop_unfinished,
    folder_of,
    make_snapshot,
    snapshots,
)
from hozir.local import KEY_FILE, Key
from hozir.settings import Settings
from warehouse.connection import Connection
from warehouse.snapshot import NotWhole, Stopped, copy_warehouse, size_of

LOOK_SECONDS = 60.0
"""How often it is looked whether something is due."""
HOUR_MS = 3_600_000

_log = logging.getLogger(__name__)


class Snapshots:
    """Makes and keeps them. `run` belongs to the event loop, all else to threads."""

    def __init__(self, warehouse: Connection, accounts: Accounts, settings: Settings) -> None:
        self._warehouse = warehouse
        self._accounts = accounts
        self._settings = settings
        self._stopping = False
        self._alone = threading.Lock()
        self._secret = secrets.token_urlsafe(32)
        self.folder = folder_of(settings)

    def is_local(self, secret: str) -> bool:
        """Tell whether this is the secret of the data folder."""
        return secrets.compare_digest(secret.encode(), self._secret.encode())

    def kept(self) -> dict[str, Snapshot]:
        """Return the snapshots by name, oldest first."""
        return snapshots(self.folder)

    def make(self, user_id: int | None = None) -> tuple[str, Snapshot]:
        """Make one now. Raises Problem when it cannot be."""
        with self._one_at_a_time():
            try:
                name, made = make_snapshot(
                    lambda path: copy_warehouse(self._warehouse, path, self._goes_on),
                    size_of(self._warehouse),
                    self._settings.accounts_url,
                    self.folder,
                )
            except NoRoom as error:
                raise Problem(503, "no_room", f"{error}.") from error
            except Stopped as error:
                raise Problem(503, "busy", "Hozir is being stopped.") from error
            except (NotWhole, OSError) as error:
                _log.warning("no snapshot: %s", error)
                raise Problem(503, "no_snapshot", f"No snapshot could be made: {error}.") from error
        with self._accounts.open() as store:
            write_audit(store, user_id, "snapshot_made", name)
        _log.info("snapshot %s: %.0f MB in %.1f s", name, made.bytes / 1e6, made.seconds)
        return name, made

    def write_days(self, first: date, last: date, into: Path) -> int:
        """Write the days of all sites as Parquet; return how many files. Raises Problem."""
        with self._one_at_a_time():
            try:
                return write_days(self._warehouse, self._accounts, first, last, into, self._goes_on)
            except OSError as error:
                raise Problem(
                    503, "no_snapshot", f"The days cannot be written: {error}."
                ) from error

    def work(self, now_ms: int) -> None:
        """Do what is due by the clock."""
        settings = self._settings
        if settings.snapshot_hours > 0:
            newest = max((one.made_at for one in self.kept().values()), default=0)
            if now_ms - newest >= settings.snapshot_hours * HOUR_MS:
                self.make()
                for name in drop_all_but(self.folder, settings.snapshot_keep):
                    _log.info("snapshot %s removed: there are newer ones", name)
        if settings.daily_folder:
            with self._one_at_a_time():
                into = Path(settings.daily_folder)
                due_days(self._warehouse, self._accounts, now_ms, into, self._goes_on)

    async def run(self) -> None:
        """Work until cancelled. The first time not at once: starting is for the screens."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await asyncio.to_thread(self.work, time.time_ns() // 1_000_000)
            except Problem as error:
                _log.warning("%s Again in %g s.", error, LOOK_SECONDS)
            except Exception:
                _log.exception("no snapshot could be made")

    def start(self) -> None:
        """Leave the key in the data folder, and take away what was never finished."""
        drop_unfinished(self.folder)
        path = self._settings.data / KEY_FILE
        host = self._settings.web_host
        host = (
            "127.0.0.1" if host in ("", "0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        )
        key = Key(f"http://{host}:{self._settings.web_port}", self._secret)
        fresh = path.with_name(f".{KEY_FILE}.{os.getpid()}")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(msgspec.json.encode(key))
        fresh.replace(path)

    def stop(self) -> None:
        """Give up what is being made, and wait for it."""
        self._stopping = True
        with self._alone:
            (self._settings.data / KEY_FILE).unlink(missing_ok=True)

    def _goes_on(self) -> bool:
        return not self._stopping

    @contextmanager
    def _one_at_a_time(self) -> Iterator[None]:
        if self._stopping or not self._alone.acquire(blocking=False):
            again = {"Retry-After": "10"}
            raise Problem(503, "busy", "A snapshot or a day is being written already.", again)
        try:
            yield
        finally:
            self._alone.release()


def _address(settings: Settings) -> str:
    """Return where this machine reaches web."""
    host = settings.web_host
    if host in ("", "0.0.0.0", "::"):
        host = "127.0.0.1"
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.web_port}"
