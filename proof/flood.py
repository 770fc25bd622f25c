"""One site is flooded, from many addresses: does another feel it?

A herd sends what many times as many visitors would, to one site. Twenty people go from page to page
on another, and a screen is told of them. First in peace, then under the flood; once as Hozir comes,
once without its limit by site, so that it shows whether the limit is what holds.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

from bench.figure import Figure
from proof.compared import quantiles
from proof.freshness import ORIGIN, SITE, Probe
from proof.gauge import load_average
from proof.herd import Order
from proof.herding import Herding
from tests.stack import Stack, stack

VISITORS = 5_000
HASTE = 20.0
SECONDS = 15.0
OTHER = "other"
FRESH = 1.0
"""Seconds from sending to being told, p99."""


def prove(visitors: int = VISITORS, seconds: float = SECONDS) -> list[Figure]:
    """Flood a site, with its limit and without."""
    return [
        *flooded("with the limit by site", visitors, seconds, FRESH * 1000),
        *flooded("without", visitors, seconds, None, HOZIR_SITE_RATE="0"),
    ]


def flooded(
    how: str, visitors: int, seconds: float, at_most: float | None, **settings: str
) -> list[Figure]:
    """Return how long the other site waited, what of it was refused, what of the flood taken."""
    with (
        tempfile.TemporaryDirectory() as folder,
        stack(Path(folder), **settings) as system,
        Herding(system.ingest, SITE) as herd,
    ):
        key = _other_site(system)
        with Probe(system, OTHER, key, ORIGIN) as probe:
            # Not counted: the first seconds of a site, and of a herd that is still coming.
            time.sleep(5)
            began = time.time()
            time.sleep(seconds)
            calm = quantiles(probe.whole_delays(began, time.time() - FRESH))
            herd.order(Order(visitors=visitors, haste=HASTE))
            time.sleep(2 * visitors / 1_000)
            began, first = time.time(), herd.last
            time.sleep(seconds)
            over, last = time.time(), herd.last
            time.sleep(2 * FRESH)
            felt = quantiles(probe.whole_delays(began, over))
            refused = probe.refused
        taken = (last.acknowledged - first.acknowledged) / (last.at - first.at)
        work = f"{visitors:,} visitors {HASTE:g} times as fast"
        beside = f"p50 {felt[0] * 1000:.0f} ms; in peace p50 {calm[0] * 1000:.0f}, p99 "
        beside += f"{calm[2] * 1000:.0f} ms; {last.waiting:,} wait; load {load_average():.1f}"
        return [
            Figure(
                f"{how}: the other site, sent to told, p99",
                felt[2] * 1000,
                "ms",
                work,
                beside,
                at_most=at_most,
            ),
            Figure(f"{how}: beacons of the other site refused", refused, "", work, at_most=0),
            Figure(f"{how}: taken of the flood", taken, "beacons/s", work),
        ]


def _other_site(system: Stack) -> str:
    """Make the other site; return the key of its pages."""
    site = {"site_key": OTHER, "name": "Other", "domains": [urlsplit(ORIGIN).netloc]}
    with system.client() as client:
        client.post("/api/v1/sites", json=site).raise_for_status()
        told = client.get(f"/api/v1/sites/{OTHER}").json()["data"]
    # The door hears of a site within a second.
    time.sleep(2)
    return str(told["keys"][0])
