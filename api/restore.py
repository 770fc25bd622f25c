"""Snapshots while nobody runs: made, and put back in place of what is there.

What was erased after a snapshot was made is erased again when it is put back, here and from what
the log tells anew. All is made ready beside the data; then each file takes its place in one step,
and what it takes it from is kept.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, select
from sqlalchemy.engine import make_url

from api.accounts import Accounts, Audit, Erasure, SignIn, Token, write_audit
from api.daily import write_days
from api.erased import Wish
from api.snapshot_files import (
    ACCOUNTS,
    WAREHOUSE,
    NoRoom,
    Snapshot,
    drop_unfinished,
    folder_of,
    make_snapshot,
    read_note,
    to_disk,
)
from hozir.bus.open import open_log
from hozir.contract.errors import HozirError, Misconfigured
from hozir.contract.topics import TOPICS
from hozir.settings import Settings
from warehouse.connection import open_warehouse
from warehouse.retention import erase_visitor
from warehouse.snapshot import NotWhole, copy_file, look, offsets_of

REPLACED = "replaced"
EARLIER = timedelta(hours=1)
"""Erasures so long before a snapshot are done again too: the moment of a copy is not so sharp."""


@dataclass(frozen=True)
class Restored:
    """What was done."""

    name: str
    made_at: datetime
    """UTC."""
    accounts: bool
    """Whether accounts and sites are those of the snapshot too."""
    erased: int | None
    """Visitors who were erased again; None: it is not known who was to be."""
    missing: int
    """Records that were written after it and that the log has no more."""
    kept: Path
    """Where the files are that were replaced."""


def make_alone(settings: Settings) -> tuple[Path, Snapshot]:
    """Make a snapshot while nobody runs; return where it is. Raises Misconfigured."""
    source = settings.data / WAREHOUSE
    if not source.exists():
        raise Misconfigured(f"there is nothing in {settings.data} yet.")
    _check_free(source)
    folder = folder_of(settings)
    try:
        drop_unfinished(folder)
        name, made = make_snapshot(
            lambda path: copy_file(source, path),
            source.stat().st_size,
            settings.accounts_url,
            folder,
        )
    except (NoRoom, NotWhole, OSError, sqlite3.Error) as error:
        raise Misconfigured(f"no snapshot could be made: {error}.") from error
    return folder / name, made


def write_days_alone(settings: Settings, first: date, last: date, into: Path) -> int:
    """Write days as Parquet while nobody runs; return how many files. Raises Misconfigured."""
    with open_warehouse(settings.data / WAREHOUSE) as warehouse:
        accounts = Accounts(settings.accounts_url)
        try:
            return write_days(warehouse, accounts, first, last, into, lambda: True)
        except OSError as error:
            raise Misconfigured(f"the days cannot be written: {error}") from error
        finally:
            accounts.close()


def restore(settings: Settings, snapshot: Path, *, with_accounts: bool = True) -> Restored:
    """Put a snapshot in the place of what is there. Raises Misconfigured; then nothing changed.

    Only while nobody runs over the data folder.
    """
    note = read_note(snapshot)
    if note is None:
        raise Misconfigured(f"{snapshot} is no snapshot.")
    data, sqlite = settings.data, make_url(settings.accounts_url).get_backend_name() == "sqlite"
    with_accounts = with_accounts and note.accounts and sqlite
    _check_free(data / WAREHOUSE)
    made_at = datetime.fromtimestamp(note.made_at / 1000, UTC).replace(tzinfo=None)
    ready = data / ".restoring"
    shutil.rmtree(ready, ignore_errors=True)
    ready.mkdir(parents=True)
    try:
        shutil.copy(snapshot / WAREHOUSE, ready / WAREHOUSE)
        if look(ready / WAREHOUSE).rows != note.rows:
            raise NotWhole(f"{snapshot} does not hold what it says")
        known = _known(settings, made_at - EARLIER)
        accounts_url = settings.accounts_url
        if with_accounts:
            shutil.copy(snapshot / ACCOUNTS, ready / ACCOUNTS)
            accounts_url = f"sqlite:///{ready / ACCOUNTS}"
        wishes, tokens = known or ([], None)
        _bring_up_to_date(ready / WAREHOUSE, wishes)
        missing = _missing(settings, ready / WAREHOUSE)
        _note_in_accounts(accounts_url, wishes, tokens, snapshot.name, fresh=with_accounts)
        kept = data / REPLACED / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S-%fZ}"
        kept.mkdir(parents=True)
        _replace(ready / WAREHOUSE, data / WAREHOUSE, kept, (".wal",))
        if with_accounts:
            path = Path(make_url(settings.accounts_url).database or "")
            _fold_in(path)
            _replace(ready / ACCOUNTS, path, kept, ("-wal", "-shm"))
    except (HozirError, OSError, sqlite3.Error) as error:
        raise Misconfigured(f"{snapshot.name} cannot be restored: {error}") from error
    finally:
        shutil.rmtree(ready, ignore_errors=True)
    erased = None if known is None else len(wishes)
    return Restored(snapshot.name, made_at, with_accounts, erased, missing, kept)


def _check_free(path: Path) -> None:
    """Raise Misconfigured while a process has a file of DuckDB open."""
    if not path.exists():
        return
    with path.open("r+b") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Misconfigured(f"a process has {path} open: stop it first.") from None


def _known(settings: Settings, since: datetime) -> tuple[list[Wish], set[str]] | None:
    """Return who was erased since then, and the tokens that are good now, as the accounts say that
    are there now; None if there are none."""
    url = make_url(settings.accounts_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return None
    accounts = Accounts(settings.accounts_url)
    try:
        with accounts.open() as store:
            erased = store.scalars(
                select(Audit).where(Audit.action == "visitor_erased", Audit.at >= since)
            )
            wishes = [Wish(one.site_key, one.subject, _milliseconds(one.at)) for one in erased]
            return wishes, set(store.scalars(select(Token.token_hash)))
    finally:
        accounts.close()


def _bring_up_to_date(path: Path, wishes: list[Wish]) -> None:
    with open_warehouse(path) as warehouse:
        for wish in wishes:
            erase_visitor(warehouse, *wish)


def _note_in_accounts(
    url: str, wishes: list[Wish], tokens: set[str] | None, name: str, *, fresh: bool
) -> None:
    """Let the accounts know who is still to be forgotten: the log tells of them once more.

    In accounts out of a snapshot, nobody is signed in, and no token is good that is not now.
    """
    accounts = Accounts(url)
    try:
        with accounts.open() as store:
            for wish in wishes:
                at = datetime.fromtimestamp(wish.asked_at / 1000, UTC).replace(tzinfo=None)
                store.merge(
                    Erasure(site_key=wish.site_key, visitor_id=wish.visitor_id, asked_at=at)
                )
            if fresh:
                store.execute(delete(SignIn))
                if tokens is not None:
                    store.execute(delete(Token).where(Token.token_hash.not_in(tokens)))
            write_audit(store, None, "snapshot_restored", name)
    finally:
        accounts.close()
    database = make_url(url).database
    if fresh and database:
        _fold_in(Path(database))


def _missing(settings: Settings, path: Path) -> int:
    """Return how many records the log has dropped that the warehouse has not read."""
    topics = {topic.name: topic for topic in TOPICS}
    missing = 0
    with closing(open_log(settings)) as log:
        for name, partition, offset in offsets_of(path, log.identity):
            first = log.read(topics[name], partition, offset, 1)
            missing += (first[0].offset if first else log.head(topics[name], partition)) - offset
    return max(0, missing)


def _fold_in(path: Path) -> None:
    """Make one file of a database of SQLite and what stands beside it, if it can be read."""
    if path.exists():
        with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")


def _replace(new: Path, path: Path, kept: Path, beside: tuple[str, ...]) -> None:
    """Let a file take the place of another, and keep that one. At no moment is there none."""
    to_disk(new)
    others = [path.with_name(f"{path.name}{end}") for end in beside]
    for old in (path, *others):
        if old.exists():
            _link(old, kept / old.name)
    # Without it, the old file says what it said at its last checkpoint: all else is in the log.
    for old in others:
        old.unlink(missing_ok=True)
    new.replace(path)
    to_disk(path.parent)


def _link(old: Path, new: Path) -> None:
    try:
        os.link(old, new)
    except OSError:  # a disk without links
        shutil.copyfile(old, new)


def _milliseconds(moment: datetime) -> int:
    return round(moment.replace(tzinfo=UTC).timestamp() * 1000)
