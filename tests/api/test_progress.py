"""Nothing new may mean that nobody comes, or that nothing can be learnt: which is told."""

from __future__ import annotations

import time

import pytest

from api.progress import LATE_MS, Progress
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import encode
from hozir.contract.topics import EVENTS, PROGRESS, Mark
from tests.api.conftest import Running, eventually

SECOND = 1_000
START = 1_800_000_000_000


class Clocks:
    """A wall clock and a steady one, to be moved by hand."""

    def __init__(self) -> None:
        self.wall = START
        self.steady = 50.0

    def pass_by(self, ms: int) -> None:
        self.wall += ms
        self.steady += ms / 1000


def mark(log: EmbeddedLog, at: int, *partitions: int) -> None:
    clocks = dict.fromkeys(partitions or range(EVENTS.partitions), at)
    log.append(PROGRESS, [(0, encode(Mark(clocks)))])


@pytest.fixture
def clocks() -> Clocks:
    return Clocks()


@pytest.fixture
def progress(log: EmbeddedLog, clocks: Clocks) -> Progress:
    return Progress(log, lambda: clocks.wall, lambda: clocks.steady)


def test_marks_that_keep_coming_are_no_delay(
    log: EmbeddedLog, clocks: Clocks, progress: Progress
) -> None:
    for _ in range(10):
        clocks.pass_by(10 * SECOND)
        mark(log, clocks.wall)
        progress.reach(progress.read())
        assert progress.behind_ms == 0


def test_without_marks_it_is_behind_from_the_last_one_on(
    log: EmbeddedLog, clocks: Clocks, progress: Progress
) -> None:
    mark(log, clocks.wall)
    progress.reach(progress.read())
    clocks.pass_by(LATE_MS)
    assert progress.behind_ms == 0
    clocks.pass_by(SECOND)
    assert progress.behind_ms == LATE_MS + SECOND


def test_a_pipeline_that_never_came_is_behind(clocks: Clocks, progress: Progress) -> None:
    clocks.pass_by(20 * SECOND)
    assert progress.behind_ms == 20 * SECOND


def test_one_partition_that_nobody_reads_is_behind(
    log: EmbeddedLog, clocks: Clocks, progress: Progress
) -> None:
    for _ in range(10):
        clocks.pass_by(10 * SECOND)
        mark(log, clocks.wall, *range(1, EVENTS.partitions))
        progress.reach(progress.read())
    assert progress.behind_ms == 100 * SECOND


def test_a_pipeline_that_catches_up_is_behind_until_it_has(
    log: EmbeddedLog, clocks: Clocks, progress: Progress
) -> None:
    away = 600 * SECOND
    clocks.pass_by(away)
    for done in (SECOND, away // 2, away - SECOND):
        mark(log, START + done)
        clocks.steady += 1
        progress.reach(progress.read())
        assert progress.behind_ms == (away - done if away - done > LATE_MS else 0)


def test_a_clock_that_is_set_back_hides_no_delay(
    log: EmbeddedLog, clocks: Clocks, progress: Progress
) -> None:
    mark(log, clocks.wall)
    progress.reach(progress.read())
    clocks.wall -= 3_600 * SECOND
    clocks.pass_by(30 * SECOND)
    assert progress.behind_ms == 30 * SECOND


def test_lists_say_that_nothing_can_be_learnt(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.progress.LATE_MS", 1_000)
    running.sign_in()

    def told() -> tuple[int, int]:
        online = running.client.get("/api/v1/visitors/online", params={"site": "demo"}).json()
        stats = running.client.get("/api/v1/visitors/stats", params={"site": "demo"}).json()
        return online["behind_seconds"], stats["behind_seconds"]

    eventually(lambda: min(told()) >= 1)
    mark(running.log, time.time_ns() // 1_000_000 + 60 * SECOND)
    eventually(lambda: running.house.loader.behind_ms == 0)
    assert told() == (0, 0)
