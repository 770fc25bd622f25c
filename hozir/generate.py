"""`hozir generate`: a believable past, so that screens and notebooks have something to show.

It goes through the same rules as everything else: the door believes what generated browsers
claim, the pipeline concludes, the loader writes. Only the arrival times are not those of now. As
log time never goes back, a history has a log of its own, in `history/` of the data folder.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from hozir.bus.past import PastLog
from hozir.contract.errors import HozirError, Misconfigured
from hozir.contract.ids import SITE_KEY
from hozir.contract.site import Site
from hozir.generator.deeds import Sent
from hozir.generator.month import AFTERWARDS, Plan, deeds
from hozir.generator.writing import Counts, Scribe
from hozir.settings import Settings, load_settings

DOOR, PIPELINE, WEB = "ingest.past", "pipeline.past", "api.past"
"""The rooms' parts in it. Named, not imported, as the processes are."""
DAY_MS = 24 * 3_600_000


class History(msgspec.Struct, frozen=True):
    """What lies in the folder of a history, as `history.json` there says."""

    plan: Plan
    counts: Counts
    loaded: bool = False


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what `hozir generate` takes."""
    parser.add_argument("--site", default="demo", help="site_key that gets the history")
    parser.add_argument("--days", type=int, default=30, help="local days of the site, the last too")
    parser.add_argument(
        "--visitors-per-day", type=float, default=400, help="people on an ordinary day"
    )
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same people")
    parser.add_argument(
        "--until", type=date.fromisoformat, help="last day, as 2026-11-20; else today up to now"
    )
    parser.add_argument(
        "--into-real-site", action="store_true", help="even for a site with real domains"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run `hozir generate`; return the exit code. Raises Misconfigured."""
    from hozir.supervisor import own  # slow to import, and in the way of every other command

    settings = load_settings()
    with own(settings.data):
        folder = settings.data / "history" / arguments.site
        known = _read(folder)
        if known is None:
            _check(arguments)
            site = _site(settings, arguments)
            plan = _plan(settings, site, arguments)
            known = _write(settings, site, plan, folder)
        elif known.loaded:
            raise Misconfigured(
                f"site {arguments.site} has a generated history already,"
                f" {_span(known.plan)}: give another --site, or set HOZIR_DATA to another folder."
            )
        else:
            say(f"going on with the history of {_span(known.plan)}, which was not loaded yet")
        _conclude(settings, folder, known)
    return 0


def say(text: str) -> None:
    """Print a line of progress."""
    print(f"   hozir | {text}", flush=True)


def _check(arguments: argparse.Namespace) -> None:
    if not SITE_KEY.fullmatch(arguments.site):
        raise Misconfigured(f"--site {arguments.site!r} is no site_key.")
    if arguments.days < 1 or not 1 <= arguments.visitors_per_day <= 1_000_000:
        raise Misconfigured("there must be at least one day, and 1 to 1,000,000 visitors on it.")


def _site(settings: Settings, arguments: argparse.Namespace) -> Site:
    site: Site | None = importlib.import_module(WEB).site_of(settings, arguments.site)
    if site is None:
        raise Misconfigured(f"there is no site {arguments.site}: make it in Settings, Sites.")
    if site.domains and not site.simulated and not arguments.into_real_site:
        raise Misconfigured(
            f"site {site.site_key} is for real visitors; --into-real-site overrules it,"
            " and what is generated cannot be told from them later."
        )
    return site


def _plan(settings: Settings, site: Site, arguments: argparse.Namespace) -> Plan:
    zone = ZoneInfo(site.timezone)
    now = time.time_ns() // 1_000_000
    until = now
    if arguments.until is not None:
        after = datetime.combine(arguments.until + timedelta(1), datetime.min.time(), zone)
        # Whoever is there at midnight leaves after it.
        until = min(now, int(after.timestamp() * 1000) + AFTERWARDS)
    first_visit: int | None = importlib.import_module(WEB).first_visit_at(settings, site.site_key)
    if first_visit is not None and first_visit < until:
        until = first_visit
        say(f"site {site.site_key} has visits already; its history ends where they begin")
    last = datetime.fromtimestamp((until - AFTERWARDS) / 1000, zone).date()
    last = min(last, arguments.until) if arguments.until else last
    plan = Plan(
        site_key=site.site_key,
        timezone=site.timezone,
        heartbeat=site.heartbeat_seconds,
        first=last - timedelta(arguments.days - 1),
        days=arguments.days,
        visitors_per_day=arguments.visitors_per_day,
        seed=arguments.seed,
        until=until,
    )
    if plan.start < now - site.retention_days * DAY_MS:
        raise Misconfigured(
            f"site {site.site_key} keeps {site.retention_days} days, and the history would begin"
            f" {plan.first}: take fewer --days, or let the site keep more."
        )
    return plan


def _write(settings: Settings, site: Site, plan: Plan, folder: Path) -> History:
    """Write the log of a history. Its folder appears when all of it is there."""
    began = time.monotonic()
    door = importlib.import_module(DOOR).PastDoor(site, settings.geo_database)
    team = importlib.import_module(WEB).PastTeam(site.site_key)
    unfinished = folder.with_name(f".{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    log = PastLog(unfinished / "log", fsync=False, max_bytes=settings.log_bytes)
    try:
        scribe = Scribe(log, door, team, plan.start, plan.until)
        talks = site.chat.enabled
        scribe.write(deed for deed in deeds(plan) if talks or isinstance(deed, Sent))
        scribe.close()
    except HozirError as error:
        raise Misconfigured(f"the history cannot be written: {error}") from error
    finally:
        log.close()
    history = History(plan, scribe.counts)
    _note(unfinished, history)
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    _tell(history, time.monotonic() - began)
    return history


def _conclude(settings: Settings, folder: Path, history: History) -> None:
    for module, meaning in ((PIPELINE, "sessions concluded"), (WEB, "loaded")):
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-P", "-m", module, str(folder.resolve())],
            env=os.environ | {"HOZIR_DATA": str(settings.data.resolve())},
        )
        if done.returncode != 0:
            raise Misconfigured(
                f"{module} ended with {done.returncode}; the lines above may say why."
                " Run the same command again to go on."
            )
        say(f"{meaning} in {time.monotonic() - began:.1f} s")
    _note(folder, msgspec.structs.replace(history, loaded=True))
    say(f"done: {_span(history.plan)}. `hozir up` shows it; its log stays in {folder}")


def _tell(history: History, seconds: float) -> None:
    counts = history.counts
    say(
        f"site {history.plan.site_key}, seed {history.plan.seed}: {counts.visitors:,} visitors,"
        f" {counts.visits:,} visits, {counts.page_views:,} page views, {counts.bots:,} visits of"
        f" bots, {counts.from_visitors + counts.from_team:,} messages; written in {seconds:.1f} s"
    )


def _span(plan: Plan) -> str:
    end = datetime.fromtimestamp((plan.until - AFTERWARDS) / 1000, UTC)
    local = end.astimezone(ZoneInfo(plan.timezone))
    return f"{plan.first} to {local:%Y-%m-%d %H:%M} ({plan.timezone})"


def _read(folder: Path) -> History | None:
    """Return what a folder holds; None if there is nothing whole."""
    try:
        return msgspec.json.decode((folder / "history.json").read_bytes(), type=History)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise Misconfigured(f"{folder / 'history.json'} cannot be read: {error}") from None


def _note(folder: Path, history: History) -> None:
    path = folder / "history.json"
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.format(msgspec.json.encode(history)))
    fresh.replace(path)
