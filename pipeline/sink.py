"""A topic as a Bytewax sink. What a crash makes it write again is known by `(session_id, seq)`."""

from __future__ import annotations

import logging
import time

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition

from hozir.bus.log import Log
from hozir.contract.errors import LogFull, LogUnavailable
from hozir.contract.topics import CHANGES, DEAD_LETTERS, Topic
from pipeline.figures import Figures

RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class TopicPart(StatefulSinkPartition[tuple[int, bytes], None]):
    """Appends `(partition, value)` pairs, waiting as long as the log takes."""

    def __init__(self, bus: Log, topic: Topic, figures: Figures) -> None:
        self._bus = bus
        self._topic = topic
        self._figures = figures

    def write_batch(self, items: list[tuple[int, bytes]]) -> None:
        """Append; a log that is away or full for a while holds the flow, nothing is lost."""
        while True:
            try:
                self._bus.append(self._topic, items)
                break
            except (LogUnavailable, LogFull) as error:
                self._figures.writing = error
                log.warning("topic %s takes nothing now: %s", self._topic.name, error)
                time.sleep(RETRY_SECONDS)
        self._figures.writing = None
        if self._topic is CHANGES:
            self._figures.changes += len(items)
        elif self._topic is DEAD_LETTERS:
            self._figures.dead_letters += len(items)

    def snapshot(self) -> None:
        """There is nothing to remember."""


class TopicSink(FixedPartitionedSink[tuple[int, bytes], None]):
    """One part that takes everything."""

    def __init__(self, bus: Log, topic: Topic, figures: Figures) -> None:
        self._bus = bus
        self._topic = topic
        self._figures = figures

    def list_parts(self) -> list[str]:
        """There is one."""
        return ["all"]

    def build_part(self, step_id: str, for_part: str, resume_state: None) -> TopicPart:
        """Open it."""
        return TopicPart(self._bus, self._topic, self._figures)
