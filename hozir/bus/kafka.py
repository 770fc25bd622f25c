"""The Kafka engine: one Kafka topic for each topic, the same partitions, offsets as Kafka's.

Kafka acknowledges before its disk does: one broker survives a `kill -9` of itself, not a power
cut. Three brokers and a replication of 3 survive that; the topics ask for two replicas then.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError

from hozir.bus.kafka_reader import Message, Reader
from hozir.bus.log import Record
from hozir.contract.errors import LogUnavailable
from hozir.contract.topics import TOPICS, Topic

Headers = list[tuple[str, bytes]]

CONNECT_SECONDS = 2.0
"""How long the first connection to a broker may take."""
ANSWER_MS = 8_000
"""How long a broker may take to answer a question."""
FOREVER_MS = 2**31 - 1
_CLIENT: dict[str, Any] = {
    "bootstrap_timeout_ms": ANSWER_MS,
    "reconnect_backoff_max_ms": 1_000,
    "request_timeout_ms": 10_000,
}

# The client tells of every connection. What matters is raised here, or said by who waits.
if logging.getLogger("kafka").level == logging.NOTSET:
    logging.getLogger("kafka").setLevel(logging.CRITICAL)


class Sent:
    """Records on their way. `wait` tells when they are durable."""

    def __init__(self, producer: Any, futures: list[Any], error: KafkaError | None) -> None:
        self.producer = producer
        self._futures = futures
        self._error = error

    def wait(self, seconds: float) -> list[int] | None:
        """Return the offsets they got, or None when not all are durable within `seconds`.

        Raises LogUnavailable when some never will be; others may be there then.
        """
        with reported():
            if self._error:
                raise self._error
            if not all(future.is_done for future in self._futures):
                try:
                    # A flush also ends the linger, so that what is here goes at once.
                    self.producer.flush(seconds)
                except KafkaTimeoutError:
                    return None
            return [future.get(timeout=0).offset for future in self._futures]


class KafkaLog:
    """A Kafka cluster. Creates the topics that it lacks; never alters one that exists.

    An append gives up after `patience_ms`. Raises LogUnavailable when no broker answers.
    """

    def __init__(
        self, servers: Sequence[str], *, replication: int = 1, patience_ms: int = 30_000
    ) -> None:
        self._client = _CLIENT | {"bootstrap_servers": list(servers)}
        self._patience_ms = patience_ms
        self._local = threading.local()
        self._readers: list[Reader] = []
        self._lock = threading.Lock()
        self._asking = threading.Lock()
        self._producer: Any = None
        # A client that finds no broker keeps threads and sockets: ask for one before.
        _reach(servers)
        with reported():
            self._identity = _prepare(self._client, replication)
            self._asker = KafkaConsumer(**self._client, enable_auto_commit=False)

    @property
    def identity(self) -> str:
        """See Log."""
        return self._identity

    def append(self, topic: Topic, records: Sequence[tuple[int, bytes]]) -> None:
        """See Log."""
        sent = self.send(topic, ((partition, value, []) for partition, value in records))
        try:
            if sent.wait(self._patience_ms / 1000 + 1) is None:
                raise LogUnavailable(f"{topic.name}: not acknowledged in {self._patience_ms} ms")
        except LogUnavailable:
            self._give_up(sent.producer)
            raise

    def send(self, topic: Topic, records: Iterable[tuple[int, bytes, Headers]]) -> Sent:
        """Append `(partition, value, headers)` records, in order, without waiting for the end.

        Raises LogUnavailable when none of them was sent; what fails later, `Sent.wait` raises.
        """
        with reported():
            producer = self._producing()
            producer.partitions_for(topic.name)
        futures = []
        try:
            for partition, value, headers in records:
                futures.append(
                    producer.send(topic.name, value=value, headers=headers, partition=partition)
                )
        except KafkaError as error:
            return Sent(producer, futures, error)
        return Sent(producer, futures, None)

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Record]:
        """See Log. Near the head it may return none for some milliseconds longer than need be."""
        return [message.record for message in self.read_messages(topic, partition, offset, limit)]

    def read_messages(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Message]:
        """Read records with their headers. Raises LogUnavailable."""
        with reported():
            return self._reader(topic).take(partition, offset, limit)

    def head(self, topic: Topic, partition: int) -> int:
        """See Log."""
        with reported():
            return self._bounds(topic, partition)[1]

    def commit(self, topic: Topic, partition: int, reader: str, offset: int) -> None:
        """Do nothing: here retention goes by age alone, and readers keep their own offsets."""

    def close(self) -> None:
        """See Log. Waits a few seconds for records that are still on their way."""
        with self._lock:
            for reader in self._readers:
                reader.close()
            self._readers.clear()
            self._local = threading.local()
            producer, self._producer = self._producer, None
        with suppress(KafkaError):
            self._asker.close(timeout_ms=1_000)
        if producer is not None:
            try:
                producer.close(timeout=2)
            except KafkaError:
                # It leaves off closing when it cannot flush, and would go on sending.
                _end_at_once(producer)

    def _bounds(self, topic: Topic, partition: int) -> tuple[int, int]:
        place = TopicPartition(topic.name, partition)
        with self._asking:
            first = self._asker.beginning_offsets([place], timeout_ms=ANSWER_MS)[place]
            end = self._asker.end_offsets([place], timeout_ms=ANSWER_MS)[place]
        return int(first), int(end)

    def _give_up(self, producer: Any) -> None:
        """Begin the next append with a new producer.

        Of what one gave up after its time it does not know whether the broker has it, so it waits
        for ever to learn by which number to go on: 35 s of a broker that hung were the end of it.
        """
        with self._lock:
            if self._producer is not producer:
                return
            self._producer = None
        _end_at_once(producer)

    def _producing(self) -> Any:
        with self._lock:
            if self._producer is None:
                _reach(self._client["bootstrap_servers"])
                self._producer = KafkaProducer(
                    **self._client,
                    acks="all",
                    enable_idempotence=True,
                    batch_size=128 * 1024,
                    linger_ms=5,
                    max_block_ms=ANSWER_MS,
                    delivery_timeout_ms=self._patience_ms,
                )
            return self._producer

    def _reader(self, topic: Topic) -> Reader:
        readers: dict[str, Reader] = self._local.__dict__.setdefault("readers", {})
        if topic.name not in readers:
            reader = Reader(
                topic.name,
                self._client,
                lambda partition: self._bounds(topic, partition),
            )
            with self._lock:
                self._readers.append(reader)
            readers[topic.name] = reader
        return readers[topic.name]


@contextmanager
def reported() -> Iterator[None]:
    """Turn what the client raises into LogUnavailable."""
    try:
        yield
    except (KafkaError, OSError) as error:
        raise LogUnavailable(f"Kafka: {type(error).__name__}: {error}") from error


def _end_at_once(producer: Any) -> None:
    producer._sender.force_close()
    producer._closed = True


def _reach(servers: Sequence[str]) -> None:
    reasons = []
    for server in servers:
        host, _, port = server.rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), CONNECT_SECONDS).close()
            return
        except (OSError, ValueError) as error:
            reasons.append(f"{server}: {error}")
    raise LogUnavailable(f"no Kafka broker answers ({'; '.join(reasons)})")


def _prepare(client: dict[str, Any], replication: int) -> str:
    with KafkaAdminClient(**client) as admin:
        there = set(admin.list_topics())
        missing = {
            topic.name: {
                "num_partitions": topic.partitions,
                "replication_factor": replication,
                "configs": _configuration(topic, replication),
            }
            for topic in TOPICS
            if topic.name not in there
        }
        if missing:
            # Another process may be creating them at this very moment.
            admin.create_topics(missing, raise_errors=False)
            admin.wait_for_topics(list(missing), timeout_ms=ANSWER_MS)
        return f"kafka-{admin.describe_cluster()['cluster_id']}"


def _configuration(topic: Topic, replication: int) -> dict[str, str]:
    wanted = {"message.timestamp.type": "LogAppendTime"}
    if topic.forever:
        wanted |= {"retention.ms": "-1", "retention.bytes": "-1"}
    if replication >= 3:
        wanted["min.insync.replicas"] = "2"
    return wanted
