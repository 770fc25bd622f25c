"""What the health page asks: over a real process, with real pages of other processes beside it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from api.dead_letters import come_since, newest
from api.way import Others, most_of
from hozir.bus.embedded import EmbeddedLog
from hozir.clock import wall_clock
from hozir.contract.change import Change, Presence
from hozir.contract.codec import encode
from hozir.contract.topics import CHANGES, DEAD_LETTERS, DeadLetter
from hozir.settings import Settings
from ingest.metrics import Metrics
from pipeline.figures import Figures
from tests.api.conftest import Running, a_process, eventually
from tests.factories import a_change, a_session
from tests.ports import free_port

HEALTH = "/api/v1/health"
SECRET = "+998 90 123-45-67"


class Pages(ThreadingHTTPServer):
    """The pages of another process, as it would show them; or nothing, for as long as it hangs."""

    def __init__(self, metrics: bytes, reason: str = "") -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.metrics = metrics
        self.reason = reason
        self.hangs = threading.Event()
        self.asked = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/healthz"


class _Page(BaseHTTPRequestHandler):
    server: Pages

    def do_GET(self) -> None:
        self.server.asked += 1
        if self.server.hangs.is_set():
            time.sleep(3)
        body = self.server.metrics
        if self.path == "/healthz":
            body = encode({"ready": not self.server.reason, "reason": self.server.reason})
        self.send_response(503 if self.server.reason and self.path == "/healthz" else 200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def pages(metrics: bytes, reason: str = "") -> Iterator[Pages]:
    with Pages(metrics, reason) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def a_door() -> Metrics:
    """Return figures of a door that has taken nine beacons and refused four."""
    door = Metrics()
    door.accepted.inc(9)
    door.rejected.labels("visitor_rate").inc()
    door.rejected.labels("unknown_site").inc(3)
    for _ in range(20):
        door.append_seconds.observe(0.004)
    return door


def of_pipeline() -> bytes:
    figures, registry = Figures(), CollectorRegistry()
    figures.lag.reached(0, wall_clock())
    registry.register(figures)
    return generate_latest(registry)


@contextmanager
def watched(settings: Settings, log: EmbeddedLog, *addresses: str) -> Iterator[Running]:
    with a_process(replace(settings, alert_watch=", ".join(addresses)), log) as running:
        running.sign_in()
        yield running


def told(running: Running, **query: str) -> Any:
    answer = running.client.get(HEALTH, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.fixture
def alone(settings: Settings) -> Settings:
    """Nobody to ask: these tests look at what web itself knows."""
    return replace(settings, ingest_port=0, pipeline_port=0)


def a_turn(seq: int, presence: Presence, at: int, seen: int) -> Change:
    session = a_session(1, presence=presence, presence_since=at, last_seen_at=seen)
    return a_change("presence", seq, session, at=at)


def test_visit_is_measured_as_it_comes_and_goes(alone: Settings, log: EmbeddedLog) -> None:
    with a_process(alone, log) as running:
        running.sign_in()
        assert told(running)["verdict"]["word"] == "nobody"
        now = wall_clock()
        running.tell(a_change(session=a_session(1, last_seen_at=now)))
        # As the pipeline dates it: the grace after a farewell of four seconds ago.
        running.tell(a_turn(1, "leaving", now, now - 1_000), a_turn(2, "offline", now, now - 5_000))
        eventually(lambda: told(running)["ghosts"]["leaves"])
        data = told(running)
        assert (data["join"]["visits"], data["leave"]["farewells"]) == (1, 1)
        assert 0 < data["join"]["p95_ms"] < 60_000
        assert 5_000 < data["leave"]["p95_ms"] < 65_000
        assert sum(data["join"]["bars"]) == sum(data["leave"]["bars"]) == 1
        assert sum(piece["leaves"] for piece in data["ghosts"]["course"]) == 1
        late = data["join"]["p95_ms"] > 100
        assert ("join" in data["verdict"]["beyond"]) == late
        for window, pieces in (("24h", 24), ("7d", 28)):
            longer = told(running, window=window)
            assert longer["join"]["visits"] == 1
            assert len(longer["ghosts"]["course"]) == pieces
        figures = running.client.get("/metrics").text
        assert "hozir_join_ms_count 1.0" in figures
        assert "hozir_leave_ms_count 1.0" in figures
        assert "hozir_leaves_total 1.0" in figures


def test_leave_that_comes_too_late_is_a_ghost_and_makes_presence_late(
    alone: Settings, log: EmbeddedLog
) -> None:
    with a_process(alone, log) as running:
        running.sign_in()
        time.sleep(1.1)
        began = running.house.truth.started
        running.tell(a_turn(3, "offline", began, began - 5_000))
        data = told(running)
    assert (data["ghosts"]["ghosts"], data["ghosts"]["share"]) == (1, 1.0)
    assert data["verdict"]["word"] == "late"
    assert data["verdict"]["beyond"] == ["leave", "ghosts"]


def test_backlog_of_before_is_no_delay(alone: Settings, log: EmbeddedLog) -> None:
    session = a_session(1, last_seen_at=wall_clock() - 60_000)
    log.append(CHANGES, [(0, encode(a_change(session=session)))])
    with a_process(alone, log) as running:
        running.sign_in()
        eventually(lambda: running.house.loader.applied)
        assert told(running)["join"]["visits"] == 0


def test_each_step_says_how_it_is(settings: Settings, log: EmbeddedLog) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/healthz"
    with (
        pages(generate_latest(a_door().registry)) as door,
        pages(of_pipeline(), "behind") as pipeline,
        watched(settings, log, pipeline.url, nobody, door.url) as running,
    ):
        eventually(lambda: running.house.loader.behind.ms() is not None)
        steps = {step["step"]: step for step in told(running)["steps"]}
    assert list(steps) == ["door", "pipeline", "screens", "warehouse", "other"]
    assert (steps["door"]["ready"], steps["door"]["durable_ms"]) == (True, 5)
    assert steps["door"]["place"] == door.url.split("/")[2]
    assert (steps["pipeline"]["ready"], steps["pipeline"]["reason"]) == (False, "behind")
    assert steps["pipeline"]["lag_ms"] >= 0
    assert (steps["screens"]["ready"], steps["screens"]["open"]) == (True, 0)
    assert steps["warehouse"]["ready"]
    assert (steps["other"]["reason"], steps["other"]["lag_ms"]) == ("no_answer", None)


def test_step_of_another_machine_is_known_by_its_port_while_it_is_silent() -> None:
    addresses = "http://door.internal:8000/healthz, https://u:secret@b.internal/healthz, http://[x"
    others = Others(Settings(alert_watch=addresses))
    assert [(process, place) for process, place, _ in others._watched] == [
        ("ingest", "door.internal:8000"),
        ("", "b.internal:443"),
        ("", "?:0"),
    ]


def test_step_that_hangs_holds_nobody_up_and_is_asked_once_for_all(
    settings: Settings, log: EmbeddedLog
) -> None:
    with (
        pages(of_pipeline()) as pipeline,
        watched(settings, log, pipeline.url) as running,
    ):
        running.house.checkup._steady = lambda: 0.0  # all of this within some seconds
        pipeline.hangs.set()
        begun = time.monotonic()
        step = told(running)["steps"][-1]
        assert (step["ready"], step["reason"]) == (False, "no_answer")
        assert time.monotonic() - begun < 30
        for _ in range(5):
            told(running)
        assert pipeline.asked == 2, "one healthz, one metrics"
        assert running.client.get("/livez").status_code == 200


def test_that_nothing_can_be_learnt_is_said_first(alone: Settings, log: EmbeddedLog) -> None:
    with a_process(alone, log) as running:
        running.sign_in()
        # No pipeline has marked how far it is for a minute.
        running.house.loader._progress._moved_at -= 60
        data = told(running)["verdict"]
    assert (data["word"], data["step"]) == ("unknown", "")
    assert data["since"] is not None


def test_door_says_what_it_turned_away(settings: Settings, log: EmbeddedLog) -> None:
    with (
        pages(generate_latest(a_door().registry)) as door,
        watched(settings, log, door.url) as running,
    ):
        away = told(running)["turned_away"]
    assert away["accepted"] == 9
    assert list(away["reasons"].items()) == [("unknown_site", 3), ("visitor_rate", 1)]
    assert away["since"] is not None


def test_nobody_told_what_was_turned_away(alone: Settings, log: EmbeddedLog) -> None:
    with a_process(alone, log) as running:
        running.sign_in()
        assert told(running)["turned_away"] is None


def a_letter(number: int, reason: str = "why not") -> tuple[int, bytes]:
    return 0, encode(DeadLetter("events", 3, number, reason, SECRET.encode()))


def test_dead_letters_are_told_without_their_content(alone: Settings, log: EmbeddedLog) -> None:
    log.append(DEAD_LETTERS, [a_letter(number) for number in range(60)])
    log.append(DEAD_LETTERS, [a_letter(88_412, "bad\n\x1b[31m" + "x" * 900), (0, b"no letter")])
    with a_process(alone, log) as running:
        running.sign_in()
        answer = running.client.get(HEALTH)
        letters = answer.json()["data"]["dead_letters"]
    assert (letters["of_day"], len(letters["newest"])) == (62, 50)
    assert SECRET not in answer.text
    odd, one, *others = letters["newest"]
    assert (odd["topic"], odd["size"], odd["reason"]) == ("dead_letters", 9, "")
    assert (one["topic"], one["partition"], one["offset"]) == ("events", 3, 88_412)
    assert one["size"] == len(SECRET)
    assert one["reason"].startswith("bad [31mxxx")
    assert len(one["reason"]) == 200
    assert [letter["offset"] for letter in others[:2]] == [59, 58]


def test_letters_of_a_day_are_counted_without_reading_them_all(log: EmbeddedLog) -> None:
    assert (newest(log, 50), come_since(log, 0)) == ([], 0)
    ats = []
    for number in range(7):
        log.append(DEAD_LETTERS, [a_letter(number)])
        ats.append(newest(log, 1)[0].at)
        time.sleep(0.003)
    assert [come_since(log, at) for at in ats] == [7, 6, 5, 4, 3, 2, 1]
    assert come_since(log, ats[-1] + 1) == 0


def test_p95_of_a_histogram_is_a_border_and_no_guess() -> None:
    def buckets(*counts: float) -> Any:
        borders = ["0.001", "0.01", "+Inf"]
        return {"x_bucket": [({"le": le}, n) for le, n in zip(borders, counts, strict=True)]}

    assert most_of(buckets(95, 100, 100), "x") == 0.001
    assert most_of(buckets(94, 100, 100), "x") == 0.01
    assert most_of(buckets(0, 0, 100), "x") is None
    assert most_of(buckets(0, 0, 0), "x") is None
    assert most_of({}, "x") is None


@pytest.mark.parametrize("role", ["manager", "operator"])
def test_health_is_for_admins_alone(running: Running, role: str) -> None:
    assert running.client.get(HEALTH).status_code == 401
    running.add_user("they@x.example", role, "demo")
    running.sign_in("they@x.example")
    answer = running.client.get(HEALTH)
    assert (answer.status_code, answer.json()["error"]["reason"]) == (403, "not_allowed")


def test_other_windows_are_refused(running: Running) -> None:
    running.sign_in()
    answer = running.client.get(HEALTH, params={"window": "1y"})
    assert (answer.status_code, answer.json()["error"]["reason"]) == (400, "malformed")
