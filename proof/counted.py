"""Was anything lost? What was acknowledged beside what the log and the tables hold."""

from __future__ import annotations

import time
from pathlib import Path

import httpx

from bench.figure import Figure
from hozir.bus.open import open_door_log
from hozir.contract.codec import TICK, decode_events
from hozir.contract.topics import EVENTS
from hozir.settings import Settings
from proof.freshness import SITE, Probe
from proof.herding import Herding
from tests.stack import Stack, wait_for


def lost(system: Stack, herd: Herding, probe: Probe) -> list[Figure]:
    """Let all be told, and count: what was acknowledged, what the log and the tables hold."""
    report, probes = herd.halt(), probe.stop()
    beacons, views = report.acknowledged + probes, report.page_views + probes
    with system.client() as client:
        try:
            wait_for(lambda: _page_views(client) >= views, 180, "for the tables")
        except AssertionError as error:
            print(error, flush=True)
        time.sleep(1)
        stored = _page_views(client)
    system.stop()
    held = _beacons(system.data)
    work = f"{beacons:,} beacons acknowledged, {report.refused + probe.refused} refused"
    return [
        Figure("acknowledged beacons that the log misses", beacons - held, "", work, at_most=0),
        Figure(
            "acknowledged page views that the tables miss, or have twice",
            abs(views - stored),
            "",
            f"{views:,} page views",
            at_most=0,
        ),
    ]


def _page_views(client: httpx.Client) -> int:
    asked = {"sql": "SELECT count(*) FROM visitor_page_views", "site": SITE}
    told = client.post("/api/v1/sql", json=asked, headers={"Accept": "application/json"})
    if told.is_error:
        return 0
    return int(told.json()["rows"][0][0])


def _beacons(data: Path) -> int:
    """Count the beacons of the site in the door's log, each once."""
    log = open_door_log(Settings(data=data))
    names: set[tuple[str, str, int]] = set()
    for partition in range(EVENTS.partitions):
        offset = 0
        while records := log.read(EVENTS, partition, offset, 5_000):
            offset = records[-1].offset + 1
            batches = [decode_events(one.value) for one in records if one.value != TICK]
            names |= {(one.session_id, one.tab_id, one.n) for one in batches if one.n}
    log.close()
    return len(names)
