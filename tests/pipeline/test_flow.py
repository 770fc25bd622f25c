"""The pipeline as a process over the embedded log: started, stopped, killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.change import Change
from hozir.contract.codec import TICK, decode_change, decode_dead_letter, decode_mark, encode
from hozir.contract.event import EventBatch
from hozir.contract.ids import partition_of
from hozir.contract.topics import CHANGES, DEAD_LETTERS, EVENTS, PROGRESS
from pipeline.set_back import STARTED_AGAIN
from tests.batches import SECOND, a_batch, click, heartbeat, leave, page_view
from tests.stepped_clock import SteppedClock, why_no_clock

pytestmark = pytest.mark.slow


@contextmanager
def pipeline(data: Path, **environ: str) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "pipeline"],
        env=os.environ
        | {"HOZIR_DATA": str(data), "HOZIR_EPOCH_SECONDS": "0.2", "HOZIR_PIPELINE_PORT": "0"}
        | environ,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[EmbeddedLog]:
    log = EmbeddedLog(tmp_path / "log", fsync=False)
    yield log
    log.close()


def put(log: EmbeddedLog, *batches: EventBatch) -> None:
    log.append(
        EVENTS,
        [(partition_of(batch.session_id, EVENTS.partitions), encode(batch)) for batch in batches],
    )


def tick(log: EmbeddedLog) -> None:
    log.append(EVENTS, [(partition, TICK) for partition in range(EVENTS.partitions)])


def told(log: EmbeddedLog) -> list[Change]:
    changes = []
    for partition in range(CHANGES.partitions):
        records = log.read(CHANGES, partition, 0, 1_000_000)
        changes += [decode_change(record.value) for record in records]
    return changes


def wait_for(condition: object, seconds: float = 30) -> None:
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def by_session(changes: list[Change]) -> dict[str, dict[int, Change]]:
    sessions: dict[str, dict[int, Change]] = defaultdict(dict)
    for change in changes:
        known = sessions[change.session.session_id].setdefault(change.seq, change)
        assert known == change, "a replay concluded something else"
    return sessions


def test_page_view_becomes_a_change_within_a_tenth_of_a_second(
    log: EmbeddedLog, tmp_path: Path
) -> None:
    with pipeline(tmp_path):
        put(log, a_batch(page_view()))
        wait_for(lambda: told(log))
        delays = []
        for number in range(2, 22):
            began = time.monotonic()
            put(log, a_batch(page_view(), session=number))
            wait_for(lambda expected=number: len(told(log)) >= expected)
            delays.append(time.monotonic() - began)
        # A fact of kind, not a budget: polling by the second would show here.
        assert sorted(delays)[10] < 0.1


def test_term_writes_the_last_state_and_a_new_start_goes_on(
    log: EmbeddedLog, tmp_path: Path
) -> None:
    with pipeline(tmp_path) as process:
        put(log, a_batch(page_view()))
        wait_for(lambda: told(log))
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    with pipeline(tmp_path):
        put(log, a_batch(click(), n=2))
        wait_for(lambda: len(told(log)) == 2)
        time.sleep(0.5)
    assert [change.kind for change in told(log)] == ["opened", "interaction"]


def test_it_says_how_far_it_has_come_though_nobody_comes(log: EmbeddedLog, tmp_path: Path) -> None:
    def marked() -> dict[int, int]:
        records = log.read(PROGRESS, 0, 0, 1_000)
        return decode_mark(records[-1].value).clocks if records else {}

    with pipeline(tmp_path):
        tick(log)
        wait_for(marked)
        first = marked()
        time.sleep(2.1)
        tick(log)
        wait_for(lambda: marked() != first)
        time.sleep(2.1)
        tick(log)
        wait_for(lambda: len(marked()) == EVENTS.partitions)
    assert told(log) == []


@pytest.mark.skipif(bool(why_no_clock()), reason=why_no_clock())
def test_a_clock_set_back_an_hour_does_not_stop_it_for_an_hour(
    log: EmbeddedLog, tmp_path: Path
) -> None:
    clock = SteppedClock(tmp_path)
    put(log, a_batch(page_view()))
    with pipeline(tmp_path, **clock.environ) as process:
        wait_for(lambda: told(log))
        clock.step(-3_600)
        assert process.wait(30) == STARTED_AGAIN
    put(log, a_batch(click(), n=2))
    with pipeline(tmp_path, **clock.environ):
        wait_for(lambda: {change.seq for change in told(log)} == {0, 1})
    assert len(by_session(told(log))) == 1


def test_what_cannot_be_read_is_set_aside_and_the_flow_goes_on(
    log: EmbeddedLog, tmp_path: Path
) -> None:
    with pipeline(tmp_path):
        log.append(EVENTS, [(3, b"not json"), (3, b'{"site_key": 1}'), (3, b"\xff\xfe")])
        put(log, a_batch(page_view()))
        wait_for(lambda: told(log))
        wait_for(lambda: log.head(DEAD_LETTERS, 0) == 3)
    letters = [decode_dead_letter(r.value) for r in log.read(DEAD_LETTERS, 0, 0, 10)]
    assert [(letter.topic, letter.partition, letter.offset) for letter in letters] == [
        ("events", 3, 0),
        ("events", 3, 1),
        ("events", 3, 2),
    ]
    assert letters[0].value == b"not json"


def test_killed_anywhere_concludes_what_an_undisturbed_run_does(
    log: EmbeddedLog, tmp_path: Path
) -> None:
    dice = random.Random(7)
    numbers: dict[int, int] = defaultdict(int)

    def traffic() -> None:
        for _ in range(40):
            session = dice.randint(1, 60)
            numbers[session] += 1
            n = numbers[session]
            event = dice.choice(
                [page_view(f"/{n}", view=n), heartbeat(view=n), click(), leave(view=n)]
            )
            put(log, a_batch(event, n=n, session=session, visitor=session))
        tick(log)

    kills = 0
    ends = time.monotonic() + 9
    while time.monotonic() < ends:
        with pipeline(tmp_path) as process:
            lives_until = time.monotonic() + dice.uniform(0.8, 2.2)
            while time.monotonic() < lives_until:
                traffic()
                time.sleep(0.05)
            process.kill()
            kills += 1
    time.sleep(6 * SECOND / 1000)
    tick(log)

    heads = [log.head(EVENTS, partition) for partition in range(EVENTS.partitions)]
    moment = 0
    whole = EmbeddedLog(
        tmp_path / "undisturbed" / "log", fsync=False, clock=lambda: moment, steady=lambda: 0
    )
    stamps: list[tuple[int, int, bytes]] = []
    for partition in range(EVENTS.partitions):
        stamps += [(r.at, partition, r.value) for r in log.read(EVENTS, partition, 0, 10**6)]
    for at, partition, value in sorted(stamps, key=lambda stamp: stamp[0]):
        moment = at
        whole.append(EVENTS, [(partition, value)])
    assert [whole.head(EVENTS, p) for p in range(EVENTS.partitions)] == heads

    with pipeline(tmp_path), pipeline(tmp_path / "undisturbed"):
        last = 0
        while True:
            time.sleep(1.0)
            count = len(told(log)) + len(told(whole))
            if count == last:
                break
            last = count
    disturbed, undisturbed = by_session(told(log)), by_session(told(whole))
    whole.close()
    assert kills >= 4
    assert len(undisturbed) >= 60
    assert disturbed == undisturbed
