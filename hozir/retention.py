"""`hozir retention`: how long each site keeps anything, and what would be forgotten now."""

from __future__ import annotations

import dataclasses
import importlib
from datetime import UTC, datetime
from typing import Any

from hozir.contract.errors import Misconfigured
from hozir.local import NotRunning, Refusal, ask
from hozir.settings import load_settings

ALONE = "api.retention_ahead"
"""What looks while nobody runs. Named, not imported, as the processes are."""


def add_command(commands: Any) -> None:
    """Declare it. It deletes nothing: web does that by itself, each day."""
    commands.add_parser("retention", help="tell what is too old and would go; deletes nothing")


def run() -> int:
    """Print a line for each site; return the exit code. Raises Misconfigured."""
    settings = load_settings()
    try:
        told = ask(settings.data, "/api/v1/retention", method="GET")["data"]
    except NotRunning:
        from hozir.supervisor import own  # slow to import

        with own(settings.data):
            found = importlib.import_module(ALONE).look_ahead_alone(settings)
        told = [dataclasses.asdict(one) | {"before": _day(one.before)} for one in found]
    except Refusal as error:
        raise Misconfigured(str(error)) from error
    for site in told:
        said = f"{site['site_key']}: {site['days']} days, from {site['before']}: "
        said += _rows(site["rows"]) or "nothing"
        if site["put_away"]:
            said += f"; put away: {_rows(site['put_away'])}"
        print(said)
    print("Nothing was deleted: web does that each day.", flush=True)
    return 0


def _rows(by_table: dict[str, int]) -> str:
    return ", ".join(f"{count:,} of {table}" for table, count in by_table.items())


def _day(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
