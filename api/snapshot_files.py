"""Snapshots on the disk: a folder each, with a copy of the warehouse and one of the accounts.

A folder has its name when all in it is there and has reached the disk. Until then its name says
that it is unfinished, and nobody takes it for a snapshot.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from sqlalchemy.engine import make_url

from hozir.contract.errors import HozirError
from hozir.settings import Settings
from warehouse.snapshot import Held

WAREHOUSE, ACCOUNTS, NOTE = "hozir.duckdb", "accounts.db", "snapshot.json"
UNFINISHED = ".unfinished-"
ROOM = 1.1
"""Of the warehouse's size: what must be free before a copy begins."""


class NoRoom(HozirError):
    """The disk has no room for a snapshot."""


class Snapshot(msgspec.Struct, frozen=True):
    """What a snapshot says of itself, in `snapshot.json`."""

    made_at: int
    """Milliseconds since 1970: all that was written before is in it."""
    seconds: float
    """How long it took."""
    bytes: int
    migration: int
    rows: dict[str, int]
    """By table."""
    accounts: bool
    """False where the accounts are in a database that is backed up by its own means."""


def folder_of(settings: Settings) -> Path:
    """Return where snapshots are."""
    return (
        Path(settings.snapshot_folder) if settings.snapshot_folder else settings.data / "snapshots"
    )


def snapshots(folder: Path) -> dict[str, Snapshot]:
    """Return the snapshots in a folder by name, oldest first."""
    found = {}
    for path in folder.glob(f"*/{NOTE}"):
        if not path.parent.name.startswith(UNFINISHED) and (one := read_note(path.parent)):
            found[path.parent.name] = one
    return dict(sorted(found.items(), key=lambda item: (item[1].made_at, item[0])))


def read_note(path: Path) -> Snapshot | None:
    """Return what the snapshot in a folder says; None if there is none."""
    try:
        return msgspec.json.decode((path / NOTE).read_bytes(), type=Snapshot)
    except (OSError, msgspec.MsgspecError):
        return None


def make_snapshot(
    copy: Callable[[Path], Held], size: int, accounts_url: str, folder: Path
) -> tuple[str, Snapshot]:
    """Write a snapshot into a folder of snapshots; return its name and what it says.

    `copy` writes the warehouse, which takes `size` bytes. Raises NoRoom, NotWhole, Stopped, OSError
    and sqlite3.Error; then nothing is left of it.
    """
    began, made_at = time.monotonic(), time.time_ns() // 1_000_000
    folder.mkdir(parents=True, exist_ok=True)
    drop_unfinished(folder)
    if shutil.disk_usage(folder).free < size * ROOM:
        raise NoRoom(f"{folder} has no room for {size * ROOM / 1e6:,.0f} MB")
    name = f"{datetime.fromtimestamp(made_at / 1000, UTC):%Y-%m-%dT%H-%M-%S-%fZ}"
    unfinished = folder / f"{UNFINISHED}{name}"
    unfinished.mkdir()
    try:
        # The accounts come second: whoever is to be forgotten is noted there before they are
        # forgotten here, and so a snapshot never holds somebody without the note.
        held = copy(unfinished / WAREHOUSE)
        accounts = copy_accounts(accounts_url, unfinished / ACCOUNTS)
        size = sum(file.stat().st_size for file in unfinished.iterdir())
        note = Snapshot(
            made_at, time.monotonic() - began, size, held.migration, held.rows, accounts
        )
        (unfinished / NOTE).write_bytes(msgspec.json.format(msgspec.json.encode(note)))
        for file in [*unfinished.iterdir(), unfinished]:
            to_disk(file)
        unfinished.rename(folder / name)
        to_disk(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return name, note


def copy_accounts(accounts_url: str, path: Path) -> bool:
    """Copy the store of accounts while it is in use; False if it is none of SQLite's."""
    url = make_url(accounts_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        return False
    # Password hashes are in it.
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    with (
        closing(sqlite3.connect(url.database)) as source,
        closing(sqlite3.connect(path)) as target,
    ):
        source.backup(target)
        # One file, that needs none beside it to be read.
        target.execute("PRAGMA journal_mode=DELETE")
    return True


def drop_all_but(folder: Path, keep: int) -> list[str]:
    """Remove all snapshots but the newest ones; return the names of those that went."""
    gone = list(snapshots(folder))[:-keep] if keep > 0 else []
    for name in gone:
        # By its name first: what is half removed must not be taken for whole.
        unfinished = folder / f"{UNFINISHED}{name}"
        (folder / name).rename(unfinished)
        shutil.rmtree(unfinished, ignore_errors=True)
    return gone


def drop_unfinished(folder: Path) -> None:
    """Remove what was begun and never finished. Only while nobody makes one."""
    for path in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(path, ignore_errors=True)


def to_disk(path: Path) -> None:
    """Return when a file, or the names in a folder, will outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
