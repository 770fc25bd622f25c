"""What a browser asked the network for, by its own log: below the page, its workers included."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ABORTED = -3
"""`net::ERR_ABORTED`: the page that asked has gone on."""
NO_PAGE = "not an origin"
"""Who asks, where it is no page."""
WIRE = frozenset({"http", "https", "ws", "wss"})


@dataclass(frozen=True)
class Asked:
    """The requests of a whole life of a browser."""

    ours: int
    """To the hosts that were named."""
    foreign: list[str]
    """Addresses on any other host that a page asked for."""
    of_itself: list[str]
    """Addresses that the browser asked for of its own: its updates, its help with forms."""
    failed: list[str]
    """Addresses that got no answer, and why."""


def read_log(path: Path, hosts: Collection[str]) -> Asked:
    """Read a file of `--log-net-log`, of a browser that has ended."""
    log = json.loads(path.read_text())
    types = {number: name for name, number in log["constants"]["logEventTypes"].items()}
    errors = {number: name for name, number in log["constants"]["netError"].items()}
    addresses: dict[int, str] = {}
    of_itself: list[str] = []
    failed: list[str] = []
    for event in log["events"]:
        name, source = types[event["type"]], event["source"]["id"]
        told = event.get("params", {})
        if name == "URL_REQUEST_START_JOB" and "url" in told:
            asks = told.get("initiator", NO_PAGE) != NO_PAGE
            if asks or urlsplit(told["url"]).netloc in hosts:
                addresses[source] = told["url"]
            elif urlsplit(told["url"]).scheme in WIRE:
                of_itself.append(told["url"])
        elif name == "FAILED" and source in addresses:
            error = told.get("net_error", 0)
            if error != ABORTED:
                failed.append(f"{errors.get(error, error)}: {addresses[source]}")
    asked = [one for one in addresses.values() if urlsplit(one).scheme in WIRE]
    foreign = [one for one in asked if urlsplit(one).netloc not in hosts]
    return Asked(len(asked) - len(foreign), foreign, of_itself, failed)
