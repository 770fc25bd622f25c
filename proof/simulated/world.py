"""One schedule: a seed, and all that happens because of it, written down step by step."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import Any

import pipeline.sink
from hozir.bus.log import Record
from hozir.contract.topics import CHANGES, EVENTS, Topic
from proof.simulated.clock import Clock, Killed, Life
from proof.simulated.disk import Disk
from proof.simulated.door import Door
from proof.simulated.faults import LONGEST_TRAVEL, Faults
from proof.simulated.log import SimulatedLog
from proof.simulated.pipeline import Pipeline
from proof.simulated.visitors import Visitors
from proof.simulated.web import Web, read_tables

MINUTE_MS = 60_000
ALL_ENDED_MS = 45 * MINUTE_MS
"""The log's last leap: after it every session has ended."""
PROCESSES = ("door", "pipeline", "web")

Archive = dict[tuple[str, int], list[Record]]


class WatchedLog(SimulatedLog):
    """A log that keeps a copy of what was ever read, and complains if it is read otherwise."""

    archive: Archive
    complain: Callable[[str], None]

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Record]:
        """See Log."""
        records = super().read(topic, partition, offset, limit)
        known = self.archive.setdefault((topic.name, partition), [])
        for record in records:
            if record.offset < len(known):
                if known[record.offset] != record:
                    self.complain(f"{topic.name}/{partition}/{record.offset} changed once read")
            elif record.offset > len(known):
                self.complain(f"{topic.name}/{partition} lacks what is before {record.offset}")
                return records
            elif known and record.at < known[-1].at:
                self.complain(f"{topic.name}/{partition}: the log's time goes back")
                known.append(record)
            else:
                known.append(record)
        return records


class World:
    """Everything of one schedule. `run` it once, then ask the oracle."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._random = Random(seed)
        self.clock = Clock()
        self.faults = Faults(self._random)
        self.disk = Disk()
        self.disk.stage = self._stage
        self.disk.tear = self.faults.tear
        self.archive: Archive = {}
        self.complaints: list[str] = []
        self.calls: list[Any] = []
        """What the writer of the warehouse was asked to write."""
        self.lines: list[str] = []
        self.deaths = 0
        self._life = Life("world")
        self._lives: dict[str, Life] = {}
        self._door: Door | None = None
        self._pipeline: Pipeline | None = None
        self._web: Web | None = None
        self.visitors = Visitors(self.clock, self._random, self.faults, self._arrive)

    def run(self) -> None:
        """Let it all happen, then come to rest."""
        with _quiet():
            seconds = self._random.choice([5, 12, 30])
            self.visitors.invite(seconds)
            for name in PROCESSES:
                self._start(name)
            self._draw_accidents(seconds)
            self.clock.run(seconds + 5, self._killed)
            self._come_to_rest()
        for name in sorted(self.disk.files):
            self.trace("holds", name, hashlib.sha256(self.disk.files[name].data).hexdigest()[:16])

    @property
    def fingerprint(self) -> str:
        """One word for the whole trace."""
        return hashlib.sha256("\n".join(self.lines).encode()).hexdigest()[:16]

    def trace(self, *words: object) -> None:
        """Write a step down."""
        self.lines.append(f"{self.clock.time():.6f} {' '.join(map(str, words))}")

    def complain(self, what: str) -> None:
        """Note what must not be."""
        if len(self.complaints) < 20:
            self.complaints.append(what)

    def log(self) -> WatchedLog:
        """Open the log once more."""
        log = WatchedLog(
            self.disk, clock=self.clock.wall, pace=self.faults.pace, refuse=self.faults.refuse
        )
        log.archive, log.complain = self.archive, self.complain
        return log

    def _stage(self, what: str, name: str) -> None:
        if what != "write":
            self.trace(what, name, self.disk.file(name).shown)
        self.faults.stage(what, name)

    def _arrive(self, site: str, body: bytes, answer: Callable[[int], None]) -> None:
        if self._door is None or not self._lives["door"].alive:
            return

        def answered(status: int) -> None:
            self.trace("answers", status)
            answer(status)

        self._door.take(site, body, answered)

    def _start(self, name: str) -> None:
        life = self._lives[name] = Life(name)
        self.trace("start", name)
        try:
            self.faults.stage("start", name)
            if name == "door":
                self._door = Door(self.clock, life, self.faults, self.log())
            elif name == "pipeline":
                self._pipeline = Pipeline(self.clock, life, self.faults, self.disk, self.log())
            else:
                log = self.log()
                self._web = Web(self.clock, life, self.faults, self.disk, log, self.calls)
        except Killed:
            self._killed(life)

    def _killed(self, life: Life) -> None:
        self._end(life)
        pause = self._random.choice([0.01, 0.3, 2, 8]) if self.faults.on else 0.01
        self.clock.call_later(pause, self._life, partial(self._restart, life))

    def _restart(self, dead: Life) -> None:
        if self._lives[dead.name] is dead:
            self._start(dead.name)

    def _end(self, life: Life) -> None:
        self.trace("dies", life.name)
        self.deaths += 1
        life.alive = False
        if life.name == "door" and self._door is not None:
            self._door.die()
            self._door = None

    def _draw_accidents(self, seconds: float) -> None:
        draw = self._random
        for _ in range(self.faults.kills):
            victim = draw.choice(PROCESSES)
            self._at(draw.uniform(0, seconds), partial(self._kill, victim))
        for _ in range(self.faults.power_cuts):
            self._at(draw.uniform(0, seconds), self._cut_power)
        forward = draw.randint(0, 20 * MINUTE_MS)
        for step in range(self.faults.clock_steps):
            # Forward once: what a visitor sends again must not find its session ended by it.
            by = forward if step == 0 else -draw.randint(0, 20 * MINUTE_MS)
            self._at(draw.uniform(0, seconds), partial(self._set_clock, by))

    def _at(self, seconds: float, what: Callable[[], None]) -> None:
        self.clock.call_later(seconds, self._life, what)

    def _kill(self, name: str) -> None:
        if self._lives[name].alive:
            self._killed(self._lives[name])

    def _cut_power(self) -> None:
        self.trace("power cut")
        for name in PROCESSES:
            self._kill(name)
        self.disk.cut_power(self._random)

    def _set_clock(self, by: int) -> None:
        self.trace("clock", by)
        self.clock.set_by += by

    def _come_to_rest(self) -> None:
        self.faults.stop()
        if not self._wait(self._is_taken_in, 60):
            self.complain("the door does not take everything in, though nothing is wrong any more")
        self.clock.run(LONGEST_TRAVEL, self._killed)
        log = SimulatedLog(self.disk)
        newest = self.clock.wall()
        for partition in range(EVENTS.partitions):
            records = log.read(EVENTS, partition, log.head(EVENTS, partition) - 1, 1)
            newest = max([newest, *(record.at for record in records)])
        self._set_clock(newest + ALL_ENDED_MS - self.clock.wall())
        self.clock.run(1, self._killed)  # no partition waits longer for a tick, so soon
        self._lives["door"].alive = False
        if not self._wait(self._is_read, 30):
            self.complain("not everything is read, though nothing is wrong any more")

    def _is_taken_in(self) -> bool:
        alive = all(life.alive for life in self._lives.values())
        return alive and all(one.acknowledged for one in self.visitors.sent)

    def _is_read(self) -> bool:
        log = self.log()
        if self._pipeline is None or not self._pipeline.is_done(log):
            return False
        offsets = {place.partition: at for place, at in read_tables(self.disk).offsets.items()}
        return all(
            offsets.get(partition, 0) == log.head(CHANGES, partition)
            for partition in range(CHANGES.partitions)
        )

    def _wait(self, condition: Callable[[], bool], seconds: int) -> bool:
        for _ in range(seconds):
            if condition():
                return True
            self.clock.run(1, self._killed)
        return condition()


@contextmanager
def _quiet() -> Iterator[None]:
    """Nobody has to read of each accident, and no retry has to wait for the true clock."""
    before = pipeline.sink.RETRY_SECONDS, logging.root.manager.disable
    pipeline.sink.RETRY_SECONDS = 0
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        pipeline.sink.RETRY_SECONDS = before[0]
        logging.disable(before[1])
