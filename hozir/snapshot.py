"""`hozir snapshot`, `restore`, `export`: copies of what is kept, while Hozir runs or not."""

from __future__ import annotations

import argparse
import importlib
from datetime import date
from pathlib import Path
from typing import Any

from hozir.contract.errors import Misconfigured
from hozir.local import NotRunning, Refusal, ask
from hozir.settings import Settings, load_settings

ALONE = "api.restore"
"""What does it while nobody runs. Named, not imported, as the processes are."""

_AGAIN = "Hozir runs, but its web process does not answer now: try again soon."


def add_commands(commands: Any) -> None:
    """Declare the three commands."""
    commands.add_parser("snapshot", help="copy warehouse and accounts, beside the running system")
    restore = commands.add_parser("restore", help="put a snapshot back while nothing runs")
    restore.add_argument("snapshot", help="name of a snapshot, or path of its folder")
    restore.add_argument(
        "--keep-accounts", action="store_true", help="leave accounts and sites as they are now"
    )
    export = commands.add_parser("export", help="write days as Parquet files")
    export.add_argument("--day", type=date.fromisoformat, help="one day, as 2026-11-20")
    export.add_argument("--from", type=date.fromisoformat, dest="first", help="the first of many")
    export.add_argument("--to", type=date.fromisoformat, dest="last", help="the last of them")
    export.add_argument("--into", type=Path, required=True, help="folder to write into")


def run(arguments: argparse.Namespace) -> int:
    """Run one of them; return the exit code. Raises Misconfigured."""
    settings = load_settings()
    try:
        if arguments.command == "snapshot":
            _snapshot(settings)
        elif arguments.command == "restore":
            _restore(settings, arguments)
        else:
            _export(settings, arguments)
    except Refusal as error:
        raise Misconfigured(str(error)) from error
    return 0


def _snapshot(settings: Settings) -> None:
    try:
        made = ask(settings.data, "/api/v1/snapshots")["data"]
        path, size, seconds = Path(made["path"]), made["bytes"], made["seconds"]
    except NotRunning:
        with _owned(settings, _AGAIN):
            path, note = importlib.import_module(ALONE).make_alone(settings)
            size, seconds = note.bytes, note.seconds
    _say(f"{size / 1e6:,.1f} MB in {seconds:.1f} s: {path}")


def _restore(settings: Settings, arguments: argparse.Namespace) -> None:
    alone = importlib.import_module(ALONE)
    path = Path(arguments.snapshot)
    if len(path.parts) == 1:
        path = alone.folder_of(settings) / path
    with _owned(settings):
        done = alone.restore(settings, path, with_accounts=not arguments.keep_accounts)
    _say(f"restored {done.name}, as of {done.made_at:%Y-%m-%d %H:%M:%S} UTC")
    _say("accounts and sites too; everybody signs in again" if done.accounts else "accounts stay")
    if done.erased is None:
        _say("who was erased since is not known here: erase them again")
    elif done.erased:
        _say(f"{done.erased} visitors who were erased since were erased again")
    if done.missing:
        _say(f"{done.missing} records that came since are no more in the log, and are missing")
    _say(f"what was there before is in {done.kept}")


def _export(settings: Settings, arguments: argparse.Namespace) -> None:
    first, last = arguments.day or arguments.first, arguments.day or arguments.last
    if first is None or last is None or (arguments.day and (arguments.first or arguments.last)):
        raise Misconfigured("say --day, or --from and --to.")
    if last < first:
        raise Misconfigured("--from lies after --to.")
    into = arguments.into.resolve()
    body = {"first": str(first), "last": str(last), "into": str(into)}
    try:
        files = ask(settings.data, "/api/v1/snapshots/days", body)["data"]["files"]
    except NotRunning:
        with _owned(settings, _AGAIN):
            files = importlib.import_module(ALONE).write_days_alone(settings, first, last, into)
    _say(f"{files} files in {into}")


def _owned(settings: Settings, taken: str = "") -> Any:
    """Take the data folder while nobody runs over it. Raises Misconfigured; `taken` may say it."""
    from hozir.supervisor import own  # slow to import, and in the way of every other command

    try:
        return own(settings.data)
    except Misconfigured:
        if taken:
            raise Misconfigured(taken) from None
        raise


def _say(text: str) -> None:
    print(f"   hozir | {text}", flush=True)
