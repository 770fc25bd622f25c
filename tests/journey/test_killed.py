"""Killed anywhere, under load, on both engines: what was acknowledged is counted, once."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hozir.bus.open import open_door_log, open_log
from hozir.settings import Settings
from hozir.simulate import Totals, simulate
from hozir.simulator.outbox import Acknowledged
from hozir.supervisor import process_names
from tests.ledger import (
    count_log,
    count_warehouse,
    name_of,
    not_there,
    read_events,
    wait_until_told,
)
from tests.stack import Stack, stack, wait_for

pytestmark = pytest.mark.slow

SECONDS = 20
VISITORS = 60
PACE = 12.0


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
    missing = not_there(acknowledged, in_door)
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged beacons are not there"
    expected = count_log(in_door)

    log = open_log(settings)
    wait_for_web(running)
    wait_until_told(log, expected, events=len(in_door))
    running.stop()
    if bus != "embedded":
        names = Counter(map(name_of, in_door))
        assert Counter(map(name_of, read_events(log))) == names, "forward lost or doubled"
    log.close()
    door.close()

    assert count_warehouse(tmp_path / "hozir.duckdb") == expected
    print(
        f"\n{bus.split(':')[0]}: {len(acknowledged)} beacons acknowledged,"
        f" {expected.sessions} sessions, {expected.views.total()} page views,"
        f" killed {dict(kills)}: all there, once"
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
