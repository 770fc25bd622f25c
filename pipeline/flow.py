"""The dataflow: events in, changes out, what cannot be used aside, and how far it has come."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeGuard

import bytewax.operators as op
from bytewax.dataflow import Dataflow

from hozir.bus.log import Log
from hozir.contract.codec import encode
from hozir.contract.topics import CHANGES, DEAD_LETTERS, PROGRESS, DeadLetter
from pipeline.figures import Figures
from pipeline.shards import Bundle, Shard
from pipeline.sink import TopicPart, TopicSink
from pipeline.source import EventsSource
from pipeline.splitter import Item, Splitter


def build_flow(
    bus: Log,
    partitions: list[int],
    stopping: Callable[[], bool],
    figures: Figures | None = None,
) -> Dataflow:
    """Return the dataflow over `partitions`. It runs until `stopping()`."""
    figures = figures or Figures()
    due: dict[int, int] = {}
    letters = TopicPart(bus, DEAD_LETTERS, figures)

    def set_aside(letter: DeadLetter) -> None:
        letters.write_batch([(0, encode(letter))])

    flow = Dataflow("hozir")

    reads = op.input("events", flow, EventsSource(bus, partitions, stopping, figures))
    # Arrivals: one read of one partition
    split = op.flat_map_batch("split", reads, Splitter(due))
    # (shard, Bundle), ("dead", DeadLetter) or ("mark", Mark)
    readable = op.branch("readable", split, _is_bundle)
    # (shard, Bundle)
    concluded = op.stateful_batch(
        "conclude",
        readable.trues,
        lambda snapshot: Shard(due, snapshot, set_aside, figures.note_state_write),
    )
    # (shard, (partition, Change as JSON)); what no rule takes goes aside at once: another branch
    # would cost each change
    op.output("changes", concluded, TopicSink(bus, CHANGES, figures))

    other = op.branch("unreadable", readable.falses, _is_letter)
    # ("dead", (0, DeadLetter as JSON))
    letters_out = op.map("letter", other.trues, _as_record)
    op.output("dead_letters", letters_out, TopicSink(bus, DEAD_LETTERS, figures))
    # ("mark", (0, Mark as JSON))
    marks_out = op.map("mark", other.falses, _as_record)
    op.output("progress", marks_out, TopicSink(bus, PROGRESS, figures))
    return flow


def _is_bundle(item: tuple[str, Item]) -> TypeGuard[tuple[str, Bundle]]:
    return isinstance(item[1], Bundle)


def _is_letter(item: tuple[str, Item]) -> TypeGuard[tuple[str, DeadLetter]]:
    return isinstance(item[1], DeadLetter)


def _as_record(item: tuple[str, Item]) -> tuple[str, tuple[int, bytes]]:
    return item[0], (0, encode(item[1]))
