"""What the log promises, on both engines and on the simulated one."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from hozir.bus.embedded import EmbeddedLog
from hozir.bus.log import Log, Record
from hozir.contract.errors import LogFull, LogUnavailable
from hozir.contract.topics import CHANGES, DEAD_LETTERS, EVENTS, SITES, Topic
from proof.simulated.disk import Disk
from proof.simulated.log import SimulatedLog
from tests.kafka_broker import require_java, start_broker

Opener = Callable[[], Log]


@pytest.fixture(params=["embedded", "simulated", pytest.param("kafka", marks=pytest.mark.kafka)])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Open the same log as often as asked."""
    logs: list[Log] = []

    def open_embedded() -> Log:
        return EmbeddedLog(tmp_path, fsync=False)

    def open_kafka() -> Log:
        from hozir.bus.kafka import KafkaLog

        return KafkaLog(servers)

    if request.param == "kafka":
        servers = request.getfixturevalue("fresh_kafka")
    openers: dict[str, Opener] = {
        "embedded": open_embedded,
        "simulated": partial(SimulatedLog, Disk()),
        "kafka": open_kafka,
    }

    def open_one() -> Log:
        logs.append(openers[request.param]())
        return logs[-1]

    yield open_one
    for log in logs:
        log.close()


@pytest.fixture
def log(opened: Opener) -> Log:
    """Open the log."""
    return opened()


def read_all(log: Log, topic: Topic, partition: int = 0, *, at_once: int = 1_000) -> list[Record]:
    """Read a partition to its head."""
    records: list[Record] = []
    deadline = time.monotonic() + 20
    while (offset := records[-1].offset + 1 if records else 0) < log.head(topic, partition):
        records += log.read(topic, partition, offset, at_once)
        assert time.monotonic() < deadline, "the head is not reached"
    return records


def values(records: list[Record]) -> list[bytes]:
    """Take the values alone."""
    return [record.value for record in records]


class TestEveryEngine:
    """Facts that hold whatever the engine."""

    def test_records_are_read_in_the_order_of_appending(self, log: Log) -> None:
        for start in range(0, 300, 30):
            log.append(EVENTS, [(0, b"%d" % number) for number in range(start, start + 30)])
        assert values(read_all(log, EVENTS, at_once=7)) == [b"%d" % n for n in range(300)]

    def test_offsets_are_contiguous_from_zero(self, log: Log) -> None:
        for number in range(20):
            log.append(EVENTS, [(3, b"%d" % number)] * (number % 3 + 1))
        records = read_all(log, EVENTS, 3)
        assert [record.offset for record in records] == list(range(len(records)))

    def test_partitions_and_topics_are_independent(self, log: Log) -> None:
        log.append(EVENTS, [(p, b"%d.%d" % (p, n)) for n in range(10) for p in range(8)])
        log.append(CHANGES, [(0, b"change")])
        for partition in range(8):
            expected = [b"%d.%d" % (partition, number) for number in range(10)]
            assert values(read_all(log, EVENTS, partition)) == expected
        assert values(read_all(log, CHANGES)) == [b"change"]
        assert read_all(log, SITES) == []

    def test_head_is_the_offset_of_the_next_record(self, log: Log) -> None:
        assert log.head(EVENTS, 1) == 0
        log.append(EVENTS, [(1, b"one"), (1, b"two")])
        assert log.head(EVENTS, 1) == 2
        assert log.head(EVENTS, 2) == 0

    def test_nothing_is_read_at_the_head_or_past_it(self, log: Log) -> None:
        log.append(EVENTS, [(0, b"one")])
        assert log.read(EVENTS, 0, 1, 10) == []
        assert log.read(EVENTS, 0, 99, 10) == []
        assert values(read_all(log, EVENTS)) == [b"one"]

    def test_what_comes_after_an_empty_read_is_read(self, log: Log) -> None:
        assert log.read(EVENTS, 0, 0, 10) == []
        log.append(EVENTS, [(0, b"late")])
        assert values(read_all(log, EVENTS)) == [b"late"]

    def test_any_offset_may_be_read_again(self, log: Log) -> None:
        log.append(EVENTS, [(0, b"%d" % number) for number in range(50)])
        for offset in (40, 10, 10, 11, 30, 0, 49):
            assert values(log.read(EVENTS, 0, offset, 1)) == [b"%d" % offset]

    def test_a_read_brings_no_more_than_its_limit(self, log: Log) -> None:
        log.append(EVENTS, [(0, b"%d" % number) for number in range(50)])
        assert len(log.read(EVENTS, 0, 0, 7)) <= 7

    def test_empty_values_are_kept(self, log: Log) -> None:
        log.append(EVENTS, [(0, b""), (0, b"x"), (0, b"")])
        assert values(read_all(log, EVENTS)) == [b"", b"x", b""]

    def test_an_append_of_nothing_is_nothing(self, log: Log) -> None:
        log.append(EVENTS, [])
        assert log.head(EVENTS, 0) == 0

    def test_a_record_of_a_quarter_megabyte_is_kept(self, log: Log) -> None:
        large = bytes(range(256)) * 1024
        log.append(DEAD_LETTERS, [(0, b"small"), (0, large), (0, b"small")])
        assert values(read_all(log, DEAD_LETTERS)) == [b"small", large, b"small"]

    def test_arrival_time_is_now_and_never_goes_back(self, log: Log) -> None:
        before = int(time.time() * 1000) - 1_000
        for _ in range(20):
            log.append(EVENTS, [(0, b"x")])
        times = [record.at for record in read_all(log, EVENTS)]
        assert times == sorted(times)
        assert before <= times[0] <= times[-1] <= int(time.time() * 1000) + 1_000

    def test_the_log_outlives_whoever_opened_it(self, opened: Opener) -> None:
        first = opened()
        first.append(EVENTS, [(0, b"one")])
        identity = first.identity
        first.close()
        second = opened()
        second.append(EVENTS, [(0, b"two")])
        assert values(read_all(second, EVENTS)) == [b"one", b"two"]
        assert second.identity == identity

    def test_one_opener_reads_what_another_appends(self, opened: Opener) -> None:
        writer, reader = opened(), opened()
        for number in range(5):
            writer.append(EVENTS, [(0, b"%d" % number)])
            assert values(read_all(reader, EVENTS))[-1] == b"%d" % number

    def test_several_threads_read_each_at_its_own_pace(self, log: Log) -> None:
        log.append(EVENTS, [(p, b"%d" % number) for number in range(200) for p in range(2)])
        read: dict[int, list[bytes]] = {}

        def follow(at_once: int) -> None:
            read[at_once] = values(read_all(log, EVENTS, at_once % 2, at_once=at_once))

        run_together([partial(follow, pace) for pace in (5, 16, 70, 200)])
        assert read == {pace: [b"%d" % n for n in range(200)] for pace in (5, 16, 70, 200)}

    def test_two_appenders_at_once_lose_nothing(self, opened: Opener) -> None:
        logs = [opened(), opened()]

        def add(name: int) -> None:
            for number in range(100):
                logs[name].append(EVENTS, [(0, b"%d.%d" % (name, number))])

        run_together([partial(add, 0), partial(add, 1)])
        found = values(read_all(logs[0], EVENTS))
        for name in (b"0.", b"1."):
            assert [v for v in found if v.startswith(name)] == [
                name + b"%d" % n for n in range(100)
            ]


def run_together(jobs: list[Callable[[], None]]) -> None:
    """Run jobs in threads and hand on what they raise."""
    failures: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not failures


class Clock:
    """A clock to be set by hand."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class TestEmbedded:
    """Retention, the bound, and the machine's accidents."""

    def test_a_clock_set_back_does_not_take_the_log_back(self, tmp_path: Path) -> None:
        clock = Clock(1_000)
        log = EmbeddedLog(tmp_path, fsync=False, clock=clock, steady=Clock(0))
        for now in (1_000, 400, 1_001):
            clock.now = now
            log.append(EVENTS, [(0, b"x")])
        assert [record.at for record in log.read(EVENTS, 0, 0, 10)] == [1_000, 1_000, 1_001]
        log.close()

    @pytest.mark.parametrize("restarted", [False, True])
    def test_log_time_goes_on_when_the_clock_is_set_back_an_hour(
        self, tmp_path: Path, restarted: bool
    ) -> None:
        """Silence is told by log time: while that stood still, nobody would be seen to leave."""
        start, hour, second = 10_000_000, 3_600_000, 1_000
        clock, steady = Clock(start), Clock(77)
        log = EmbeddedLog(tmp_path, fsync=False, clock=clock, steady=steady)
        log.append(EVENTS, [(0, b"x")])
        if restarted:
            log.close()
            log = EmbeddedLog(tmp_path, fsync=False, clock=clock, steady=steady)
        clock.now -= hour
        for _ in range(60):
            clock.now += second
            steady.now += second
            log.append(EVENTS, [(0, b"x")])
        times = [record.at for record in log.read(EVENTS, 0, 0, 100)]
        assert times == sorted(times)
        assert 50 * second <= times[-1] - start <= 60 * second
        assert log.now() == times[-1]
        log.close()

    def test_log_time_meets_the_clock_again_after_it_was_set_back(self, tmp_path: Path) -> None:
        start, minute = 10_000_000, 60_000
        clock, steady = Clock(start), Clock(0)
        log = EmbeddedLog(tmp_path, fsync=False, clock=clock, steady=steady)
        log.append(EVENTS, [(0, b"x")])
        clock.now -= minute
        for _ in range(11):
            clock.now += minute
            steady.now += minute
            log.append(EVENTS, [(0, b"x")])
        assert log.read(EVENTS, 0, 11, 1)[0].at == clock.now
        log.close()

    def test_only_what_is_old_and_read_by_all_is_dropped(self, tmp_path: Path) -> None:
        clock = Clock(0)
        log = EmbeddedLog(tmp_path, fsync=False, clock=clock)
        for now in range(10):
            clock.now = now
            log.append(EVENTS, [(0, b"%d" % now), (1, b"unread")])
        log.commit(EVENTS, 0, "pipeline", 8)
        log.commit(EVENTS, 0, "forward", 5)
        clock.now = 10
        assert log.drop_read(EVENTS, 7) == 3
        assert log.read(EVENTS, 0, 0, 1)[0].offset == 3
        assert log.drop_read(EVENTS, 0) == 2
        assert log.read(EVENTS, 0, 0, 1)[0].offset == 5
        assert len(log.read(EVENTS, 1, 0, 99)) == 10
        log.close()

    def test_a_topic_kept_forever_drops_nothing(self, tmp_path: Path) -> None:
        log = EmbeddedLog(tmp_path, fsync=False)
        log.append(SITES, [(0, b"site")])
        log.commit(SITES, 0, "web", 1)
        assert log.drop_read(SITES, -10_000) == 0
        assert log.head(SITES, 0) == 1
        log.close()

    def test_offsets_go_on_after_everything_was_dropped(self, tmp_path: Path) -> None:
        log = EmbeddedLog(tmp_path, fsync=False)
        log.append(EVENTS, [(0, b"x")] * 5)
        log.commit(EVENTS, 0, "pipeline", 5)
        assert log.drop_read(EVENTS, -10_000) == 5
        log.close()
        again = EmbeddedLog(tmp_path, fsync=False)
        assert again.head(EVENTS, 0) == 5
        assert again.read(EVENTS, 0, 0, 10) == []
        again.append(EVENTS, [(0, b"y")])
        assert [record.offset for record in again.read(EVENTS, 0, 0, 10)] == [5]
        again.close()

    def test_a_full_log_refuses_until_something_was_read(self, tmp_path: Path) -> None:
        log = EmbeddedLog(tmp_path, fsync=False, max_bytes=200_000)

        def fill() -> None:
            for _ in range(200):
                log.append(EVENTS, [(0, bytes(1_000))] * 10)

        with pytest.raises(LogFull):
            fill()
        appended = log.head(EVENTS, 0)
        assert 0 < appended < 2_000
        assert log.drop_read(EVENTS, 10**9) == 0
        log.commit(EVENTS, 0, "pipeline", appended)
        assert log.drop_read(EVENTS, 10**9) == appended
        log.append(EVENTS, [(0, b"room again")])
        log.close()

    def test_under_pressure_the_file_stays_near_its_bound(self, tmp_path: Path) -> None:
        bound = 1_000_000
        log = EmbeddedLog(tmp_path, fsync=False, max_bytes=bound)
        for number in range(500):
            log.append(EVENTS, [(0, bytes(1_000))] * 10)
            log.commit(EVENTS, 0, "pipeline", number * 10)
            while log.drop_read(EVENTS, 10**9):
                pass
        assert log.used_bytes(EVENTS) <= bound
        assert (tmp_path / "events.db").stat().st_size < 2 * bound
        log.close()

    def test_a_folder_that_is_no_log_is_unavailable(self, tmp_path: Path) -> None:
        (tmp_path / "events.db").write_bytes(b"not a database, surely" * 100)
        log = EmbeddedLog(tmp_path)
        with pytest.raises(LogUnavailable):
            log.read(EVENTS, 0, 0, 1)
        log.close()

    def test_what_was_acknowledged_survives_a_kill(self, tmp_path: Path) -> None:
        acknowledged: list[int] = []
        for _ in range(3):
            process = subprocess.Popen(
                [sys.executable, "-c", APPENDER, str(tmp_path), str(len(acknowledged))],
                stdout=subprocess.PIPE,
            )
            assert process.stdout is not None
            target = len(acknowledged) + 200
            while len(acknowledged) < target:
                acknowledged.append(int(process.stdout.readline()))
            process.kill()
            # Only whole lines: the last one may be cut.
            rest = process.communicate()[0].rpartition(b"\n")[0]
            acknowledged += map(int, rest.split())
        log = EmbeddedLog(tmp_path)
        kept = {int(record.value) for record in log.read(EVENTS, 0, 0, 10**6)}
        assert set(acknowledged) <= kept
        log.close()


APPENDER = """
import sys
from pathlib import Path
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.topics import EVENTS
log = EmbeddedLog(Path(sys.argv[1]))
number = int(sys.argv[2])
while True:
    log.append(EVENTS, [(0, b"%d" % number)])
    print(number, flush=True)
    number += 1
"""


@pytest.mark.kafka
class TestKafka:
    """What only Kafka can get wrong."""

    def test_a_broker_that_is_not_there_is_unavailable_at_once(self) -> None:
        from hozir.bus.kafka import KafkaLog

        began = time.monotonic()
        with pytest.raises(LogUnavailable):
            KafkaLog(["127.0.0.1:9"])
        assert time.monotonic() - began < 10

    def test_appends_go_on_after_a_broker_that_hung_beyond_their_patience(
        self, tmp_path: Path
    ) -> None:
        from hozir.bus.kafka import KafkaLog

        require_java()
        broker = start_broker(tmp_path)
        try:
            with closing(KafkaLog(broker.servers, patience_ms=11_000)) as log:
                log.append(CHANGES, [(0, b"before")])
                broker.process.send_signal(signal.SIGSTOP)
                with pytest.raises(LogUnavailable):
                    log.append(CHANGES, [(0, b"meanwhile")])
                broker.process.send_signal(signal.SIGCONT)
                until = time.monotonic() + 60
                while True:
                    try:
                        log.append(CHANGES, [(0, b"after")])
                        break
                    except LogUnavailable:
                        assert time.monotonic() < until, "it takes nothing any more"
                values = [one.value for one in log.read(CHANGES, 0, 0, 10)]
            assert (values[0], values[-1]) == (b"before", b"after")
        finally:
            broker.kill()

    def test_topics_stand_as_the_contract_says(self, fresh_kafka: list[str]) -> None:
        from kafka import KafkaAdminClient

        from hozir.bus.kafka import KafkaLog
        from hozir.contract.topics import TOPICS

        KafkaLog(fresh_kafka).close()
        with KafkaAdminClient(bootstrap_servers=fresh_kafka) as admin:
            found = admin.describe_topics([topic.name for topic in TOPICS])
        counts = {topic["name"]: len(topic["partitions"]) for topic in found}
        assert counts == {topic.name: topic.partitions for topic in TOPICS}

    def test_a_stamp_in_the_headers_is_the_arrival_time(self, fresh_kafka: list[str]) -> None:
        from hozir.bus.kafka import KafkaLog

        log = KafkaLog(fresh_kafka)
        stamps = [b"5000", b"4000", b"6000", b"nonsense"]
        sent = log.send(EVENTS, [(0, b"x", [("at", stamp)]) for stamp in stamps])
        assert sent.wait(10) == [0, 1, 2, 3]
        times = [record.at for record in read_all(log, EVENTS)]
        assert times[:3] == [5_000, 5_000, 6_000]
        assert times[3] > 1_700_000_000_000
        log.close()

    def test_what_kafka_no_longer_keeps_is_passed_over(self, fresh_kafka: list[str]) -> None:
        from kafka import KafkaAdminClient, TopicPartition

        from hozir.bus.kafka import KafkaLog

        log = KafkaLog(fresh_kafka)
        log.append(EVENTS, [(0, b"%d" % number) for number in range(10)])
        with KafkaAdminClient(bootstrap_servers=fresh_kafka) as admin:
            admin.delete_records({TopicPartition(EVENTS.name, 0): 6})
        assert [record.offset for record in log.read(EVENTS, 0, 2, 10)] == [6, 7, 8, 9]
        log.close()
