"""A real Apache Kafka broker for the tests, from the jars that Maven brings, with no container.

Fixture `kafka_servers` gives the address of one broker for the whole run, `fresh_kafka` the same
without any topic. `HOZIR_TEST_KAFKA=host:port` uses a broker that runs already: its topics of our
names are deleted, so never give it one that holds anything.
"""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from hozir.contract.topics import TOPICS
from tests.ports import free_port

HERE = Path(__file__).parent / "kafka"
JARS = HERE / "libs"
STARTS_WITHIN = 150.0


@dataclass
class Broker:
    """A broker of our own: one node, KRaft, loopback."""

    folder: Path
    port: int
    process: subprocess.Popen[bytes]

    @property
    def servers(self) -> list[str]:
        """What a client is given."""
        return [f"127.0.0.1:{self.port}"]

    def kill(self) -> None:
        """End it as a power cut of the process would: SIGKILL."""
        self.process.kill()
        self.process.wait()

    def start_again(self) -> None:
        """Start it on the same port with what it has kept."""
        self.process = _run(self.folder, self.port)

    def stop(self) -> None:
        """End it in peace, or else by force."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.kill()


def start_broker(folder: Path) -> Broker:
    """Start a broker that keeps everything in `folder`; return when it answers."""
    _bring_jars()
    port, controller = free_port(), free_port()
    (folder / "server.properties").write_text(
        f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={folder / "kept"}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
group.initial.rebalance.delay.ms=0
auto.create.topics.enable=false
broker.heartbeat.interval.ms=200
broker.session.timeout.ms=1500
"""
    )
    # 22 characters; one that began with a hyphen would be taken for an option.
    identity = "H" + base64.urlsafe_b64encode(uuid4().bytes).decode()[1:22]
    settings = str(folder / "server.properties")
    format_it = [*_java(), "kafka.tools.StorageTool", "format", "-t", identity, "-c", settings]
    subprocess.run(format_it, check=True, capture_output=True)
    return Broker(folder, port, _run(folder, port))


def delete_topics(servers: list[str]) -> None:
    """Delete every topic of ours; return when they are gone."""
    ours = {topic.name for topic in TOPICS}
    with KafkaAdminClient(bootstrap_servers=servers) as admin:
        while found := ours & set(admin.list_topics()):
            admin.delete_topics(sorted(found), raise_errors=False)
            time.sleep(0.05)


@pytest.fixture(scope="session")
def kafka_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Address of the broker that all Kafka tests of this run share."""
    if given := os.environ.get("HOZIR_TEST_KAFKA"):
        yield given.split(",")
        return
    require_java()
    broker = start_broker(tmp_path_factory.mktemp("kafka"))
    yield broker.servers
    broker.stop()


@pytest.fixture
def fresh_kafka(kafka_servers: list[str]) -> list[str]:
    """Address of the broker, none of our topics on it."""
    delete_topics(kafka_servers)
    return kafka_servers


def require_java() -> None:
    """Skip the test where no broker can be started; fail it in CI, where one must be."""
    missing = [name for name in ("java", "mvn") if not shutil.which(name)]
    if (JARS.is_dir() and missing == ["mvn"]) or not missing:
        return
    reason = f"no Kafka broker to test with: {' and '.join(missing)} not found"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(reason)
    pytest.skip(reason)


def _bring_jars() -> None:
    if JARS.is_dir():
        return
    # Under another name first, so that an interrupted download is not taken for a whole one.
    partly = HERE / f"libs.{os.getpid()}"
    command = ["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={partly}"]
    subprocess.run(command, cwd=HERE, check=True)
    partly.rename(JARS)


def _java() -> list[str]:
    return ["java", "-Xmx512m", "-cp", str(JARS / "*")]


def _run(folder: Path, port: int) -> subprocess.Popen[bytes]:
    with (folder / "output.txt").open("ab") as output:
        process = subprocess.Popen(
            [*_java(), "kafka.Kafka", str(folder / "server.properties")],
            stdout=output,
            stderr=output,
        )
    try:
        _wait_for(process, port)
    except BaseException:
        process.kill()
        process.wait()
        print((folder / "output.txt").read_text()[-4000:])
        raise
    return process


def _wait_for(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"the broker ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            with KafkaAdminClient(
                bootstrap_servers=f"127.0.0.1:{port}", bootstrap_timeout_ms=5_000
            ) as admin:
                admin.list_topics()
            return
        except (OSError, KafkaError):
            time.sleep(0.1)
    raise TimeoutError("the broker does not answer")
