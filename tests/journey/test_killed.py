"""Killed anywhere, under load, on both engines: what was acknowledged is counted, once."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import duckdb
import httpx
import pytest

from hozir.bus.embedded import EmbeddedLog
from hozir.bus.log import Log
from hozir.bus.open import open_door_log, open_log
from hozir.contract.codec import TICK, decode_events
from hozir.contract.event import EventBatch
from hozir.contract.topics import EVENTS
from hozir.settings import Settings
from hozir.simulate import Totals, simulate
from hozir.simulator.outbox import Acknowledged
from hozir.supervisor import process_names
from tests.stack import Stack, stack, wait_for

pytestmark = pytest.mark.slow

SECONDS = 30
VISITORS = 60
PACE = 12.0

Name = tuple[str, str, int]
"""Session, tab and number of a beacon."""


def name_of(batch: EventBatch) -> Name:
    return batch.session_id, batch.tab_id, batch.n


def read_events(log: Log) -> list[EventBatch]:
    batches = []
    for partition in range(EVENTS.partitions):
        offset = 0
        while records := log.read(EVENTS, partition, offset, 5_000):
            offset = records[-1].offset + 1
            batches += [decode_events(r.value) for r in records if r.value != TICK]
    return batches


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def bus(request: pytest.FixtureRequest) -> str:
    if request.param == "embedded":
        return "embedded"
    servers: list[str] = request.getfixturevalue("fresh_kafka")
    return "kafka://" + ",".join(servers)


@pytest.fixture
def running(tmp_path: Path, bus: str) -> Iterator[Stack]:
    with stack(
        tmp_path, bus, HOZIR_EPOCH_SECONDS="0.5", HOZIR_ADDRESS_RATE="0", HOZIR_VISITOR_RATE="0"
    ) as system:
        yield system


def test_acknowledged_events_are_counted_once_whatever_is_killed(
    running: Stack, bus: str, tmp_path: Path
) -> None:
    acknowledged: list[Acknowledged] = []
    totals: list[Totals] = []
    load = threading.Thread(
        target=lambda: totals.append(
            asyncio.run(
                simulate(
                    running.ingest,
                    "simulated",
                    VISITORS,
                    SECONDS,
                    seed=5,
                    on_ack=acknowledged.append,
                    pace=PACE,
                )
            )
        )
    )
    load.start()
    kills = kill_at_random(running, bus, load)
    load.join()
    assert min(kills.values()) >= 2, kills
    wait_until_settled(running, names_of(bus))
    running.stop()

    settings = Settings(data=tmp_path, bus=bus)
    door = open_door_log(settings)
    in_door = read_events(door)
    names = Counter(name_of(batch) for batch in in_door)
    missing = {(a.beacon.session_id, a.beacon.tab_id, a.beacon.n) for a in acknowledged} - set(
        names
    )
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged beacons are not there"
    if bus != "embedded":
        log = open_log(settings)
        assert Counter(map(name_of, read_events(log))) == names, "forward lost or doubled"
        log.close()
    door.close()
    assert isinstance(door, EmbeddedLog)

    # A beacon that was sent again after a lost answer may be in the log twice: it counts once.
    once = {name_of(batch): batch for batch in in_door}.values()
    views = Counter(
        (batch.visitor_id, event.path)
        for batch in once
        for event in batch.events
        if event.kind == "page_view"
    )
    facts = Counter(
        (batch.visitor_id, event.kind, event.name)
        for batch in once
        for event in batch.events
        if event.kind in ("interaction", "custom", "identify")
    )
    opened = {batch.session_id for batch in once if any(e.kind != "leave" for e in batch.events)}

    with duckdb.connect(tmp_path / "hozir.duckdb", read_only=True) as warehouse:
        stored_views = Counter(
            {
                (visitor, path): count
                for visitor, path, count in warehouse.execute(
                    "SELECT visitor_id, path, count(*) FROM ("
                    " SELECT visitor_id, path FROM page_views UNION ALL"
                    " SELECT visitor_id, path FROM live_page_views) GROUP BY ALL"
                ).fetchall()
            }
        )
        stored_facts = Counter(
            {
                (visitor, kind, name): count
                for visitor, kind, name, count in warehouse.execute(
                    "SELECT visitor_id, kind, coalesce(name, ''), count(*) FROM events GROUP BY ALL"
                ).fetchall()
            }
        )
        (sessions, distinct) = warehouse.execute(
            "SELECT count(*), count(DISTINCT session_id) FROM visitor_sessions"
        ).fetchall()[0]
    assert stored_views == views
    assert stored_facts == facts
    assert sessions == distinct == len(opened)
    print(
        f"\n{bus.split(':')[0]}: {len(acknowledged)} beacons acknowledged, {len(opened)} sessions,"
        f" {sum(views.values())} page views, killed {dict(kills)}: all there, once"
    )


def names_of(bus: str) -> list[str]:
    return process_names(Settings(bus=bus))


def kill_at_random(running: Stack, bus: str, load: threading.Thread) -> Counter[str]:
    names = names_of(bus)
    dice = random.Random(11)
    kills: Counter[str] = Counter()
    order: list[str] = []
    while load.is_alive():
        time.sleep(dice.uniform(0.5, 2.5))
        order = order or dice.sample(names, len(names))
        name = order.pop()
        if load.is_alive() and running.pid(name) is not None:
            running.kill(name)
            kills[name] += 1
    return kills


def wait_until_settled(running: Stack, names: list[str]) -> None:
    """Wait until everything is up again and nothing changes any more."""

    def is_up() -> bool:
        try:
            return httpx.get(f"{running.web}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(is_up, 60, "for web")
    last: object = None
    since = time.monotonic()
    deadline = since + 150
    with running.client() as client:
        # A process that was killed often waits up to half a minute before it starts again.
        while time.monotonic() - since < 10:
            assert time.monotonic() < deadline, "it never settles"
            state = [running.pid(name) for name in names], len(running.online(client, "simulated"))
            if state != last or None in state[0]:
                last, since = state, time.monotonic()
            time.sleep(0.25)
