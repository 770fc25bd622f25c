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

from hozir.bus.log import Log
from hozir.bus.open import open_door_log, open_log
from hozir.contract.codec import TICK, decode_change, decode_events
from hozir.contract.event import EventBatch
from hozir.contract.topics import CHANGES, EVENTS
from hozir.settings import Settings
from hozir.simulate import Totals, simulate
from hozir.simulator.outbox import Acknowledged
from hozir.supervisor import process_names
from tests.stack import Stack, stack, wait_for

pytestmark = pytest.mark.slow

SECONDS = 20
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
    kills = kill_at_random(running, bus)
    load.join()  # what is queued still arrives
    assert min(kills.values()) >= 2, kills
    settings = Settings(data=tmp_path, bus=bus)
    door = open_door_log(settings)
    in_door = read_events(door)
    names = Counter(name_of(batch) for batch in in_door)
    missing = {(a.beacon.session_id, a.beacon.tab_id, a.beacon.n) for a in acknowledged} - set(
        names
    )
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged beacons are not there"

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

    log = open_log(settings)
    wait_for_web(running)
    wait_until_told(log, views.total(), facts.total(), events=len(in_door))
    running.stop()
    if bus != "embedded":
        assert Counter(map(name_of, read_events(log))) == names, "forward lost or doubled"
    log.close()
    door.close()

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


def kill_at_random(running: Stack, bus: str) -> Counter[str]:
    names = names_of(bus)
    dice = random.Random(11)
    kills: Counter[str] = Counter()
    order: list[str] = []
    ends = time.monotonic() + SECONDS
    while time.monotonic() < ends:
        time.sleep(dice.uniform(0.5, 2))
        order = order or dice.sample(names, len(names))
        name = order.pop()
        if running.pid(name) is not None:
            running.kill(name)
            kills[name] += 1
    return kills


def wait_for_web(running: Stack) -> None:
    def is_up() -> bool:
        try:
            return httpx.get(f"{running.web}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(is_up, 60, "for web")


def wait_until_told(log: Log, views: int, facts: int, events: int) -> None:
    """Wait until the pipeline has concluded so much, and a moment more for what is too much."""
    pages: set[tuple[str, int]] = set()
    noted: set[tuple[str, int]] = set()
    places: Counter[int] = Counter()

    def all_told() -> bool:
        for partition in range(CHANGES.partitions):
            while records := log.read(CHANGES, partition, places[partition], 5_000):
                places[partition] = records[-1].offset + 1
                for change in (decode_change(record.value) for record in records):
                    session = change.session.session_id
                    pages.update(
                        (session, page.number)
                        for page in (change.page, *change.settled)
                        if page is not None
                    )
                    if change.fact is not None:
                        noted.add((session, change.seq))
        return len(pages) >= views and len(noted) >= facts and len(read_events(log)) >= events

    try:
        wait_for(all_told, 120, "for the pipeline")
    finally:
        print(f"told: {len(pages)} of {views} page views, {len(noted)} of {facts} facts")
    time.sleep(3)
