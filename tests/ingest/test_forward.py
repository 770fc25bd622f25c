"""The forwarder against a real broker: in order, once each, whatever is killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hozir.bus.embedded import EmbeddedLog
from hozir.bus.kafka import KafkaLog
from hozir.bus.open import open_door_log
from hozir.contract.errors import LogUnavailable, Misconfigured
from hozir.contract.topics import EVENTS, MESSAGES, REPLIES, SITES
from hozir.settings import Settings
from ingest.forward import Stop, forward
from ingest.forwarded import Forwarded, Place
from tests.kafka_broker import Broker, delete_topics, require_java, start_broker
from tests.ports import free_port


class Forwarding:
    """`python -m ingest.forward` over a folder, started and ended at will."""

    def __init__(self, folder: Path, servers: list[str]) -> None:
        self.output = folder / "forward.txt"
        self._environ = os.environ | {
            "HOZIR_DATA": str(folder / "data"),
            "HOZIR_BUS": f"kafka://{','.join(servers)}",
            "HOZIR_FORWARD_PORT": str(free_port()),
        }
        self.settings = Settings(data=folder / "data", bus=self._environ["HOZIR_BUS"])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ingest.forward"],
                env=self._environ,
                stdout=output,
                stderr=output,
            )

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it and return its exit code."""
        assert self.process is not None
        self.process.send_signal(how)
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def forwarding(tmp_path: Path, fresh_kafka: list[str]) -> Iterator[Forwarding]:
    """A forwarder that is not started yet."""
    yield from given(Forwarding(tmp_path, fresh_kafka))


def given(one: Forwarding) -> Iterator[Forwarding]:
    """Hand out a forwarder and end it afterwards."""
    yield one
    if one.process:
        one.end(signal.SIGKILL)
    print(one.output.read_text() if one.output.exists() else "")


@pytest.fixture(scope="class")
def own_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker that the test may kill."""
    require_java()
    broker = start_broker(tmp_path_factory.mktemp("broker"))
    yield broker
    broker.stop()


@pytest.fixture
def beside_own_broker(tmp_path: Path, own_broker: Broker) -> Iterator[Forwarding]:
    """A forwarder to the broker that the test may kill."""
    delete_topics(own_broker.servers)
    yield from given(Forwarding(tmp_path, own_broker.servers))


class Writer:
    """Appends numbered records to the door's log from a thread of its own."""

    def __init__(self, door: EmbeddedLog) -> None:
        self.written: list[list[bytes]] = [[] for _ in range(EVENTS.partitions)]
        self._door = door
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop writing."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        number = 0
        while not self._closing.wait(0.002):
            records = [(random.randrange(8), b"%d" % (number + step)) for step in range(5)]
            self._door.append(EVENTS, records)
            for partition, value in records:
                self.written[partition].append(value)
            number += 5


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def copied(kafka: KafkaLog, door: EmbeddedLog) -> bool:
    """Tell whether Kafka holds as many records as the door."""
    return all(
        kafka.head(EVENTS, partition) >= door.head(EVENTS, partition) for partition in range(8)
    )


def read_all(kafka: KafkaLog, partition: int) -> list[bytes]:
    """Read a partition of events to its head."""
    values: list[bytes] = []
    while len(values) < kafka.head(EVENTS, partition):
        values += [r.value for r in kafka.read(EVENTS, partition, len(values), 1_000)]
    return values


@pytest.mark.kafka
class TestForward:
    """What the forward process promises."""

    def test_records_arrive_in_order_with_the_stamps_of_the_door(
        self, forwarding: Forwarding, fresh_kafka: list[str]
    ) -> None:
        clock = iter(range(1_000, 2_000))
        door = EmbeddedLog(forwarding.settings.data / "door", clock=lambda: next(clock))
        for number in range(200):
            door.append(EVENTS, [(number % 8, b"%d" % number if number % 5 else b"")])
        forwarding.start()
        kafka = wait_for_kafka(fresh_kafka)
        wait_for(lambda: copied(kafka, door))
        for partition in range(8):
            read = kafka.read_messages(EVENTS, partition, 0, 1_000)
            assert [m.record for m in read] == door.read(EVENTS, partition, 0, 1_000)
            assert [m.headers["offset"] for m in read] == [b"%d" % n for n in range(25)]
            assert {m.headers["door"] for m in read} == {door.identity.encode()}
        assert forwarding.end() == 0
        # Told to stop in peace, it has told the door what may go.
        assert [door.committed(EVENTS, p, "forward") for p in range(8)] == [25] * 8
        kafka.close()
        door.close()

    def test_a_killed_forwarder_copies_every_record_once(
        self, forwarding: Forwarding, fresh_kafka: list[str]
    ) -> None:
        door = open_door_log(forwarding.settings)
        writer = Writer(door)
        for _ in range(5):
            forwarding.start()
            time.sleep(random.uniform(0.7, 2.0))
            forwarding.end(signal.SIGKILL)
        writer.stop()
        forwarding.start()
        kafka = wait_for_kafka(fresh_kafka)
        wait_for(lambda: copied(kafka, door))
        forwarding.end()
        assert [read_all(kafka, partition) for partition in range(8)] == writer.written
        kafka.close()
        door.close()

    def test_a_forgotten_place_is_found_in_kafka(
        self, forwarding: Forwarding, fresh_kafka: list[str]
    ) -> None:
        door = open_door_log(forwarding.settings)
        door.append(EVENTS, [(p, b"first") for p in range(8)])
        forwarding.start()
        kafka = wait_for_kafka(fresh_kafka)
        wait_for(lambda: copied(kafka, door))
        forwarding.end()
        (forwarding.settings.data / "door" / "forwarded.db").unlink()
        for partition in range(8):
            door.commit(EVENTS, partition, "forward", 0)
        # Another door's records, the newest of all, say nothing about this one.
        headers = [("door", b"embedded-other"), ("offset", b"77"), ("at", b"1")]
        assert kafka.send(EVENTS, [(p, b"other", headers) for p in range(8)]).wait(10)
        door.append(EVENTS, [(p, b"second") for p in range(8)])
        forwarding.start()
        wait_for(lambda: all(kafka.head(EVENTS, p) >= 3 for p in range(8)))
        time.sleep(0.3)
        for partition in range(8):
            assert read_all(kafka, partition) == [b"first", b"other", b"second"]
        kafka.close()
        door.close()

    def test_sites_come_to_the_door_once_each(
        self, forwarding: Forwarding, fresh_kafka: list[str]
    ) -> None:
        door = open_door_log(forwarding.settings)
        kafka = KafkaLog(fresh_kafka)
        expected: list[bytes] = []
        for number in range(4):
            new = [b"site %d.%d" % (number, version) for version in range(3)]
            kafka.append(SITES, [(0, value) for value in new])
            expected += new
            forwarding.start()
            wait_for(lambda: door.head(SITES, 0) >= kafka.head(SITES, 0))
            forwarding.end(signal.SIGKILL if number % 2 else signal.SIGTERM)
        assert [record.value for record in door.read(SITES, 0, 0, 100)] == expected
        kafka.close()
        door.close()

    def test_messages_come_to_the_door_and_replies_to_kafka_once_each(
        self, forwarding: Forwarding, fresh_kafka: list[str]
    ) -> None:
        door = open_door_log(forwarding.settings)
        kafka = KafkaLog(fresh_kafka)
        said = [b"message %d" % number for number in range(12)]
        answered = [b"reply %d" % number for number in range(12)]
        for number in range(4):
            new = slice(3 * number, 3 * number + 3)
            kafka.append(MESSAGES, [(0, value) for value in said[new]])
            forwarding.start()
            wait_for(lambda: door.head(MESSAGES, 0) >= kafka.head(MESSAGES, 0))
            door.append(REPLIES, [(0, value) for value in answered[new]])
            wait_for(lambda: kafka.head(REPLIES, 0) >= door.head(REPLIES, 0))
            forwarding.end(signal.SIGTERM if number % 2 else signal.SIGKILL)
        assert [record.value for record in door.read(MESSAGES, 0, 0, 100)] == said
        assert [record.value for record in kafka.read(REPLIES, 0, 0, 100)] == answered
        assert door.committed(REPLIES, 0, "forward") == len(answered)
        kafka.close()
        door.close()

    def test_two_forwarders_on_one_folder_do_not_double(
        self, forwarding: Forwarding, fresh_kafka: list[str]
    ) -> None:
        door = open_door_log(forwarding.settings)
        second = Forwarding(forwarding.output.parent, fresh_kafka)
        try:
            forwarding.start()
            second.start()
            for number in range(100):
                door.append(EVENTS, [(0, b"%d" % number)])
                time.sleep(0.02)
            kafka = wait_for_kafka(fresh_kafka)
            wait_for(lambda: copied(kafka, door))
            assert forwarding.end(signal.SIGKILL) == -signal.SIGKILL
            door.append(EVENTS, [(0, b"100")])
            wait_for(lambda: copied(kafka, door))
            assert second.end() == 0
            assert read_all(kafka, 0) == [b"%d" % number for number in range(101)]
            kafka.close()
            door.close()
        finally:
            # Left running, it would copy into the topics of the tests that follow.
            if second.process and second.process.poll() is None:
                second.end(signal.SIGKILL)

    @pytest.mark.slow
    def test_a_killed_broker_costs_nothing_but_time(
        self, own_broker: Broker, beside_own_broker: Forwarding
    ) -> None:
        forwarding = beside_own_broker
        door = open_door_log(forwarding.settings)
        writer = Writer(door)
        forwarding.start()
        for _ in range(2):
            time.sleep(2)
            own_broker.kill()
            own_broker.start_again()
        time.sleep(1)
        writer.stop()
        kafka = KafkaLog(own_broker.servers)
        wait_for(lambda: copied(kafka, door))
        assert forwarding.end() == 0
        assert [read_all(kafka, partition) for partition in range(8)] == writer.written
        kafka.close()
        door.close()

    @pytest.mark.slow
    def test_told_to_stop_while_the_broker_is_away_it_stops_and_doubles_nothing(
        self, own_broker: Broker, beside_own_broker: Forwarding
    ) -> None:
        forwarding = beside_own_broker
        door = open_door_log(forwarding.settings)
        door.append(EVENTS, [(0, b"before")])
        forwarding.start()
        kafka = wait_for_kafka(own_broker.servers)
        wait_for(lambda: copied(kafka, door))
        kafka.close()
        own_broker.kill()
        door.append(EVENTS, [(0, b"while away")])
        time.sleep(1)
        assert forwarding.end() == 0
        forwarding.start()
        time.sleep(1)
        own_broker.start_again()
        kafka = KafkaLog(own_broker.servers)
        wait_for(lambda: copied(kafka, door))
        assert read_all(kafka, 0) == [b"before", b"while away"]
        kafka.close()
        door.close()


def test_without_kafka_there_is_nothing_to_forward(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured):
        forward(Settings(data=tmp_path), Stop())


def test_a_place_is_remembered_for_its_own_door_and_cluster_alone(tmp_path: Path) -> None:
    forwarded = Forwarded(tmp_path / "forwarded.db")
    forwarded.remember("door", "kafka", "events", {0: Place(3, 5), 1: Place(4, 4)})
    with pytest.raises(LogUnavailable):
        Forwarded(tmp_path / "forwarded.db")
    forwarded.close()
    again = Forwarded(tmp_path / "forwarded.db")
    assert again.recall("door", "kafka", "events") == {0: Place(3, 5), 1: Place(4, 4)}
    assert again.recall("door", "another", "events") == {}
    assert again.recall("another", "kafka", "events") == {}
    again.close()


def wait_for_kafka(servers: list[str]) -> KafkaLog:
    """Open the log as soon as its topics stand."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return KafkaLog(servers)
        except LogUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.1)
