"""Bugs planted on purpose: a simulation that finds none of these would find nothing.

Each is what somebody might well write, put in place of the true code for one schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from unittest.mock import patch

from hozir.contract.topics import EVENTS
from ingest.appender import Appender
from pipeline.presence import Tab
from pipeline.shards import Bundle, Shard
from pipeline.source import READER, EventsPart
from pipeline.splitter import Splitter
from proof.simulated import log as simulated_log
from proof.simulated import pipeline as simulated_pipeline
from proof.simulated.disk import Disk
from proof.simulated.web import SimulatedWriter, Written
from proof.simulated.world import World
from warehouse import gathering

Patch = tuple[Any, str, Any]


class Planted(NamedTuple):
    """A bug: its name, what it does, how to plant it, and how soon it must be found."""

    name: str
    meaning: str
    patches: Callable[[World], list[Patch]]
    within: int
    """Seeds, from 0 on, one of which at least must find it."""


@contextmanager
def plant(bug: Planted, world: World) -> Iterator[None]:
    """Have a bug in the code while `world` runs."""
    patches = [patch.object(*where) for where in bug.patches(world)]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()


def _acknowledge_first(world: World) -> list[Patch]:
    append = Appender.append

    def hasty(self: Appender, partition: int, value: bytes) -> Any:
        append(self, partition, value)
        done = self._loop.create_future()
        done.set_result(None)
        return done

    return [(Appender, "append", hasty)]


def _acknowledge_refused(world: World) -> list[Patch]:
    settle = Appender._settle
    return [(Appender, "_settle", lambda self, batch, began, _: settle(self, batch, began, None))]


def _no_sync(world: World) -> list[Patch]:
    return [(Disk, "sync", staticmethod(lambda file: None))]


def _behind_the_torn(world: World) -> list[Patch]:
    return [(Disk, "clear", staticmethod(lambda file: None))]


def _clock_set_back(world: World) -> list[Patch]:
    return [(simulated_log, "stamp", lambda now, last_at: now)]


def _offset_before_rows(world: World) -> list[Patch]:
    commit = SimulatedWriter.commit

    def apart(self: SimulatedWriter, written: Written) -> None:
        commit(self, Written(offsets=written.offsets))
        commit(self, written)

    return [(SimulatedWriter, "commit", apart)]


def _state_after_offset(world: World) -> list[Patch]:
    keep = simulated_pipeline.keep

    def apart(disk: Disk, kept: simulated_pipeline.Kept) -> None:
        keep(disk, (kept[0], {}))
        keep(disk, ({}, kept[1]))

    return [(simulated_pipeline, "keep", apart)]


def _epoch_without_barrier(world: World) -> list[Patch]:
    conclude = simulated_pipeline.Pipeline._conclude

    def lazy(self: simulated_pipeline.Pipeline, *, everything: bool) -> None:
        conclude(self, everything=False)

    return [(simulated_pipeline.Pipeline, "_conclude", lazy)]


def _tick_before_backlog(world: World) -> list[Patch]:
    on_batch = Shard.on_batch

    def by_the_wall(self: Shard, values: list[Bundle]) -> Any:
        for bundle in values:
            bundle.clock = max(bundle.clock, world.clock.wall())
        return on_batch(self, values)

    return [(Shard, "on_batch", by_the_wall)]


def _beacon_twice(world: World) -> list[Patch]:
    return [(Tab, "take", lambda self, n: True)]


def _numbers_not_kept(world: World) -> list[Patch]:
    snapshot = Shard.snapshot

    def without(self: Shard) -> bytes:
        before = [(tab, tab.seen) for s in self._sessions.values() for tab in s.tabs]
        for tab, _ in before:
            tab.seen = 0
        kept = snapshot(self)
        for tab, seen in before:
            tab.seen = seen
        return kept

    return [(Shard, "snapshot", without)]


def _change_twice(world: World) -> list[Patch]:
    gather = gathering.gather
    return [(gathering, "gather", lambda changes, known, history: gather(changes, {}, ()))]


def _no_waking(world: World) -> list[Patch]:
    begin = Shard.__init__

    def asleep(self: Shard, due: dict[int, int], snapshot: Any = None, *more: Any) -> None:
        others = dict(due)
        begin(self, due, snapshot, *more)
        due.clear()
        due.update(others)

    return [(Shard, "__init__", asleep)]


def _too_few_woken(world: World) -> list[Patch]:
    split = Splitter._split

    def only_arrivals(self: Splitter, read: Any) -> Any:
        return [one for one in split(self, read) if getattr(one[1], "arrivals", True)]

    return [(Splitter, "_split", only_arrivals)]


def _dropped_too_early(world: World) -> list[Patch]:
    def early(self: EventsPart) -> None:
        self._bus.commit(EVENTS, self._partition, READER, self._offset)

    return [(EventsPart, "_commit", early)]


BUGS = (
    Planted("acknowledgement before the append", "1", _acknowledge_first, 60),
    Planted("acknowledgement of what the disk refused", "1", _acknowledge_refused, 60),
    Planted("acknowledgement before the disk's word", "1", _no_sync, 60),
    Planted("written behind what was torn", "1", _behind_the_torn, 60),
    Planted("log time goes back with the clock", "3", _clock_set_back, 60),
    Planted("loader's offset outside the transaction of the rows", "2", _offset_before_rows, 60),
    Planted("pipeline's state after its offsets, not with them", "2", _state_after_offset, 60),
    Planted("an epoch ends with work under way", "2", _epoch_without_barrier, 60),
    Planted("a tick that overtakes the backlog", "3", _tick_before_backlog, 60),
    Planted("a repeated beacon counts again", "2", _beacon_twice, 60),
    Planted("numbers of beacons forgotten in a snapshot", "2", _numbers_not_kept, 60),
    Planted("a change told again counts again", "2", _change_twice, 60),
    Planted("nobody wakes a shard that was restored", "3", _no_waking, 60),
    Planted("only what arrives wakes a shard", "3", _too_few_woken, 60),
    Planted("records dropped before what came of them is kept", "1", _dropped_too_early, 60),
)
