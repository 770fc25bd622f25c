"""The forward process: copies the door's log to Kafka, in order, each record once.

Each copy carries three headers: the door's identity, the record's offset there and its arrival
time there. After a crash the forwarder reads what Kafka got since the place it last remembered:
the newest record with its own door's identity tells where to go on. Topics `sites` and `messages`
go the other way, so that the door never waits for Kafka.
"""

from __future__ import annotations

import dataclasses
import logging
import signal
import sys
import time
from contextlib import ExitStack, closing
from typing import Any

from hozir.bus.embedded import EmbeddedLog
from hozir.bus.kafka import FOREVER_MS, KafkaLog
from hozir.bus.kafka_reader import AT_HEADER
from hozir.bus.open import open_door_log
from hozir.clock import wall_clock
from hozir.contract.errors import HozirError, LogFull, LogUnavailable, Misconfigured
from hozir.contract.topics import EVENTS, MESSAGES, REPLIES, SITES, Topic
from hozir.logs import begin_logging
from hozir.settings import Settings, load_settings
from hozir.watch_pages import serve_pages
from ingest.forward_figures import ForwardFigures
from ingest.forwarded import NOWHERE, Forwarded, Place

DOOR_HEADER = "door"
OFFSET_HEADER = "offset"
READER = "forward"

BATCH = 500
"""Records of one partition copied at once."""
POLL_SECONDS = 0.002
IDLE_POLL_SECONDS = 0.01
UP = (EVENTS, REPLIES)
DOWN = {SITES: 0.2, MESSAGES: 0.02}
"""Topics that the door gets from Kafka, and how often it is asked, in seconds."""
REMEMBER_SECONDS = 1.0
COMMIT_SECONDS = 5.0
"""How often the door's log is told what it may drop: each time costs its appenders a little."""
SLICE_SECONDS = 0.2
"""The longest wait that does not look whether to stop."""
SILENCE_SECONDS = 2.0
"""Kafka is said to be away after so long without an acknowledgement."""
RETRY_SECONDS = 1.0

log = logging.getLogger(__name__)


class Stop:
    """Whether to stop. A plain flag: an Event set by a signal handler may lock up."""

    def __init__(self) -> None:
        self.asked = False

    def ask(self, *_: Any) -> None:
        """Ask to stop; a signal handler."""
        self.asked = True

    def wait(self, seconds: float) -> None:
        """Sleep, but not much longer than until asked to stop."""
        until = time.monotonic() + seconds
        while not self.asked and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, SLICE_SECONDS))


class Forwarder:
    """Copies what one door took in to one Kafka cluster, and what the cluster has for it back."""

    def __init__(
        self,
        door: EmbeddedLog,
        kafka: KafkaLog,
        forwarded: Forwarded,
        stop: Stop,
        figures: ForwardFigures,
    ) -> None:
        self._figures = figures
        self._door = door
        self._kafka = kafka
        self._forwarded = forwarded
        self._stop = stop
        self._identities = (door.identity, kafka.identity)
        self._up = {topic: self._find_up(topic) for topic in UP}
        self._down = {topic: self._find_down(topic) for topic in DOWN}
        self._down_due = dict.fromkeys(DOWN, 0.0)
        self._committed: dict[tuple[Topic, int], int] = {}
        self._remember_due = self._commit_due = 0.0
        # Where copying down begins is known from now on, whatever is killed in between.
        self._remember()

    def run(self) -> None:
        """Copy until asked to stop. Raises LogUnavailable if what was sent has an unknown fate."""
        waiting = sum(
            self._door.head(topic, partition) - place.door
            for topic, places in self._up.items()
            for partition, place in places.items()
        )
        log.info("forwarding to %s; %d records wait", self._kafka.identity, waiting)
        pause = POLL_SECONDS
        while not self._stop.asked:
            copied = [self._copy_up(topic) for topic in UP]
            self._keep_up()
            if max(copied) < BATCH:
                pause = POLL_SECONDS if any(copied) else min(pause * 1.5, IDLE_POLL_SECONDS)
                time.sleep(pause)
        self._remember()
        self._commit()

    def _copy_up(self, topic: Topic) -> int:
        name = self._door.identity.encode()
        records = []
        reached: dict[int, Place] = {}
        moments: dict[int, int] = {}
        for partition, place in self._up[topic].items():
            asked = wall_clock()
            found = self._door.read(topic, partition, place.door, BATCH)
            moments[partition] = found[-1].at if len(found) == BATCH else asked
            for record in found:
                headers = [
                    (DOOR_HEADER, name),
                    (OFFSET_HEADER, b"%d" % record.offset),
                    (AT_HEADER, b"%d" % record.at),
                ]
                records.append((partition, record.value, headers))
                reached[partition] = Place(record.offset + 1, place.kafka)
        if not records:
            self._note(topic, moments, 0)
            return 0
        try:
            sent = self._kafka.send(topic, records)
        except LogUnavailable as error:
            log.warning("nothing can be sent now: %s", error)
            self._figures.problem = error
            self._stop.wait(RETRY_SECONDS)
            return 0
        began = time.monotonic()
        said = False
        # Never sent anew from here: the client does so itself, and Kafka knows the repetition.
        while (offsets := sent.wait(SLICE_SECONDS)) is None:
            if self._stop.asked:
                return 0
            if not said and time.monotonic() - began > SILENCE_SECONDS:
                said = True
                log.warning("Kafka does not acknowledge; the door's log keeps what comes")
                self._figures.problem = LogUnavailable("Kafka does not acknowledge")
        if said:
            log.info("Kafka acknowledges again, after %.1f s", time.monotonic() - began)
        for (partition, *_), offset in zip(records, offsets, strict=True):
            reached[partition] = Place(reached[partition].door, offset + 1)
        self._up[topic] |= reached
        self._figures.problem = None
        self._note(topic, moments, len(records))
        return len(records)

    def _note(self, topic: Topic, moments: dict[int, int], copied: int) -> None:
        for partition, moment in moments.items():
            self._figures.lag.reached((topic.name, partition), moment)
        self._figures.copied[topic.name] += copied

    def _keep_up(self) -> None:
        now = time.monotonic()
        for topic, seconds in DOWN.items():
            if now >= self._down_due[topic]:
                self._down_due[topic] = now + seconds
                self._copy_down(topic)
        if now >= self._remember_due:
            self._remember()
            self._remember_due = now + REMEMBER_SECONDS
        if now >= self._commit_due:
            self._commit()
            self._commit_due = now + COMMIT_SECONDS

    def _copy_down(self, topic: Topic) -> None:
        try:
            records = self._kafka.read(topic, 0, self._down[topic].kafka, BATCH)
        except LogUnavailable as error:
            log.warning("%s cannot be read from Kafka now: %s", topic.name, error)
            return
        if not records:
            return
        try:
            self._door.append(topic, [(0, record.value) for record in records])
        except LogFull as error:
            log.warning("nothing can be taken over now: %s", error)
            self._down_due[topic] += RETRY_SECONDS
            return
        self._down[topic] = Place(self._door.head(topic, 0), records[-1].offset + 1)
        self._figures.copied[topic.name] += len(records)
        log.debug("took over %d records of %s", len(records), topic.name)

    def _remember(self) -> None:
        for topic, places in self._up.items():
            self._forwarded.remember(*self._identities, topic.name, places)
        for topic, place in self._down.items():
            self._forwarded.remember(*self._identities, topic.name, {0: place})

    def _commit(self) -> None:
        for topic, places in self._up.items():
            for partition, place in places.items():
                if self._committed.get((topic, partition)) != place.door:
                    self._door.commit(topic, partition, READER, place.door)
                    self._committed[topic, partition] = place.door

    def _find_up(self, topic: Topic) -> dict[int, Place]:
        remembered = self._forwarded.recall(*self._identities, topic.name)
        return {
            partition: self._find(topic, partition, remembered.get(partition, NOWHERE))
            for partition in range(topic.partitions)
        }

    def _find(self, topic: Topic, partition: int, place: Place) -> Place:
        name = self._door.identity.encode()
        door = max(place.door, self._door.committed(topic, partition, READER))
        kafka = place.kafka
        head = self._kafka.head(topic, partition)
        patience = time.monotonic() + 10
        while kafka < head and not self._stop.asked:
            messages = self._kafka.read_messages(topic, partition, kafka, 1_000)
            for record, headers in messages:
                if headers.get(DOOR_HEADER) == name:
                    door = max(door, int(headers[OFFSET_HEADER]) + 1)
                kafka = record.offset + 1
            if messages:
                patience = time.monotonic() + 10
            elif time.monotonic() > patience:
                raise LogUnavailable(f"Kafka keeps partition {partition} of {topic.name} to itself")
        return Place(door, kafka)

    def _find_down(self, topic: Topic) -> Place:
        place = self._forwarded.recall(*self._identities, topic.name).get(0)
        head = self._door.head(topic, 0)
        if place is None:
            return Place(head, 0)
        # Nobody else appends here: what came since was copied, and only not remembered.
        return Place(head, max(0, place.kafka + head - place.door))


def forward(settings: Settings, stop: Stop, figures: ForwardFigures | None = None) -> None:
    """Forward until asked to stop. Raises HozirError."""
    if not settings.on_kafka:
        raise Misconfigured("HOZIR_BUS is 'embedded': there is no Kafka to forward to.")
    figures = figures or ForwardFigures()
    # Nothing here needs the disk's word: what a power cut takes is found or copied again.
    with closing(open_door_log(dataclasses.replace(settings, fsync=False))) as door:
        said = ""
        while not stop.asked:
            with ExitStack() as opened:
                try:
                    forwarded = Forwarded(settings.data / "door" / "forwarded.db")
                    opened.callback(forwarded.close)
                    kafka = KafkaLog(
                        settings.kafka_servers,
                        replication=settings.kafka_replication,
                        patience_ms=FOREVER_MS,
                    )
                    opened.callback(kafka.close)
                    forwarder = Forwarder(door, kafka, forwarded, stop, figures)
                except LogUnavailable as error:
                    figures.problem = error
                    if str(error) != said:
                        log.warning("waiting: %s", error)
                    said = str(error)
                    stop.wait(RETRY_SECONDS)
                    continue
                figures.problem = None
                forwarder.run()


def main() -> int:
    """Forward until SIGTERM or SIGINT; return the exit code."""
    begin_logging("forward")
    stop = Stop()
    signal.signal(signal.SIGTERM, stop.ask)
    signal.signal(signal.SIGINT, stop.ask)
    try:
        settings, figures = load_settings(), ForwardFigures()
        serve_pages(
            settings.watch_host,
            settings.forward_port,
            figures=figures,
            health=figures.health,
            metrics_open=settings.metrics_open,
        )
        forward(settings, stop, figures)
    except HozirError as error:
        log.error("%s", error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
