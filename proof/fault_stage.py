"""One fault, with visitors on the site all the while: what is lost or doubled, and what is told.

Real processes, a disk and a clock of their own, a real broker; visitors are those of
`hozir simulate`, at twelve times their pace. An operator looks at the list twice a second.
"""

from __future__ import annotations

import asyncio
import os
import signal
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

from hozir.bus.open import open_door_log, open_log
from hozir.settings import Settings
from hozir.simulate import simulate
from hozir.simulator.outbox import Acknowledged
from hozir.supervisor import process_names
from tests.kafka_broker import Broker, start_broker
from tests.ledger import (
    Count,
    count_log,
    count_warehouse,
    not_there,
    read_events,
    wait_until_told,
)
from tests.small_disk import SmallDisk, small_disk, why_no_disk
from tests.stack import EMAIL, NO_LIMITS, PASSWORD, Stack, wait_for
from tests.stepped_clock import SteppedClock, why_no_clock

SITE = "simulated"
VISITORS = 40
PACE = 12.0
BEFORE, AFTER = 5.0, 5.0
"""Seconds with visitors before the fault and after it."""
PATIENCE = 5.0
"""Seconds that an operator waits for the list."""
MUST_TELL = 25.0
"""So long after all news have stopped, whoever is shown as online must be said to be doubtful."""
RECOVERS_WITHIN = 180.0
"""Long enough for a broker to start on a busy machine."""


@dataclass(frozen=True)
class Sight:
    """What an operator saw at one look, and when: `now`, `behind` or `away`."""

    at: float
    seen: str


@dataclass
class Stage:
    """Everything that a fault may be done to."""

    folder: Path
    running: Stack
    broker: Broker | None
    disk: SmallDisk | None
    clock: SteppedClock | None
    names: list[str]

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.running.data

    def signal(self, number: signal.Signals, *names: str) -> None:
        """Send a signal to processes that run now."""
        for name in names:
            pid = self.running.pid(name)
            if pid is not None:
                with suppress(ProcessLookupError):
                    os.kill(pid, number)

    def cut_off(self) -> None:
        """End everything at once, the supervisor too, as a power cut of the processes would."""
        pids = [self.running.process.pid, *filter(None, map(self.running.pid, self.names))]
        os.kill(pids[0], signal.SIGSTOP)  # or it would start again what dies first
        for pid in reversed(pids):
            os.kill(pid, signal.SIGKILL)
        self.running.process.wait()

    def start_again(self) -> None:
        """Do what the machine's own supervisor does: start `hozir up`."""
        self.running.process = self.running.start()


@dataclass(frozen=True)
class Fault:
    """A row of the table."""

    name: str
    begin: Callable[[Stage], None]
    end: Callable[[Stage], None] = lambda stage: None
    """Takes the cause away; the way back from there needs no hand."""
    seconds: float = 10.0
    again: float = 0.0
    """Begin anew so often while it lasts: what is killed comes back by itself."""
    engines: tuple[str, ...] = ("embedded", "kafka")
    silences: bool = False
    """Whether no news reach web while it lasts."""
    disk: bool = False
    clock: bool = False
    splits: bool = False
    """Whether it may end sessions early, so that there are more of them than browsers claimed."""

    @property
    def why_not(self) -> str:
        """Why it cannot be done here; empty if it can."""
        return (self.disk and why_no_disk()) or (self.clock and why_no_clock()) or ""


@dataclass(frozen=True)
class Outcome:
    """What came of it."""

    fault: str
    engine: str
    seconds: float
    acknowledged: int
    counted: int
    """Page views and facts in the warehouse."""
    lost: int
    doubled: int
    sessions: int
    extra_sessions: int
    recovered: float
    """Seconds from the cause's end until a visitor who comes is on the operator's list."""
    saw: str
    dishonest: int
    """Looks at which a list was shown as good that could not be."""


class Operator(threading.Thread):
    """Looks at the list of who is online, twice a second."""

    def __init__(self, web: str) -> None:
        super().__init__(daemon=True)
        self.sights: list[Sight] = []
        self._client = httpx.Client(base_url=web, timeout=PATIENCE)
        self._done = threading.Event()
        wait_for(lambda: look(self._client) == "now", 60, "for a list that is as of now")

    def run(self) -> None:
        """Look until told to stop."""
        while not self._done.wait(0.5):
            seen = look(self._client)
            # As of the answer: web that was hung may give one as soon as it goes on.
            self.sights.append(Sight(time.monotonic(), seen))

    def stop(self) -> None:
        """Look no more."""
        self._done.set()
        self.join()
        self._client.close()


def look(client: httpx.Client) -> str:
    """Return what the list says of itself."""
    try:
        told = client.get("/api/v1/visitors/online", params={"site": SITE, "limit": 1})
        if told.status_code == 401:
            client.post(
                "/api/v1/session", json={"email": EMAIL, "password": PASSWORD}
            ).raise_for_status()
            told = client.get("/api/v1/visitors/online", params={"site": SITE, "limit": 1})
        told.raise_for_status()
    except httpx.HTTPError:
        return "away"
    return "behind" if told.json()["behind_seconds"] else "now"


def suffer(fault: Fault, engine: str) -> Outcome:
    """Play one fault and count what came of it."""
    with set_up(fault, engine) as stage:
        acknowledged: list[Acknowledged] = []
        load = threading.Thread(target=_visit, args=(stage, fault, acknowledged), daemon=True)
        load.start()
        operator = Operator(stage.running.web)
        operator.start()
        time.sleep(BEFORE)
        assert acknowledged, "nobody came before the fault"
        began = time.monotonic()
        _last(fault, stage)
        ended = time.monotonic()
        fault.end(stage)
        recovered = _until_seen(stage) - ended
        load.join()
        operator.stop()
        return _reckon(fault, engine, stage, acknowledged, operator.sights, began, ended, recovered)


@contextmanager
def set_up(fault: Fault, engine: str) -> Iterator[Stage]:
    """Start all that a fault needs, and end it whatever happens."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="hozir-fault-")))
        broker = None
        if engine == "kafka":
            (folder / "broker").mkdir()
            broker = start_broker(folder / "broker")
            opened.callback(broker.kill)
        disk = opened.enter_context(small_disk(folder)) if fault.disk else None
        clock = SteppedClock(folder) if fault.clock else None
        data = (disk.folder if disk else folder) / "data"
        running = Stack(
            data,
            f"kafka://{broker.servers[0]}" if broker else "embedded",
            HOZIR_EPOCH_SECONDS="0.5",
            **NO_LIMITS,
            **(clock.environ if clock else {}),
        )
        opened.callback(_end, running)
        names = process_names(Settings(bus="kafka://" if broker else "embedded"))
        yield Stage(folder, running, broker, disk, clock, names)


def _end(running: Stack) -> None:
    if running.process.poll() is None:
        running.stop()


def _visit(stage: Stage, fault: Fault, acknowledged: list[Acknowledged]) -> None:
    asyncio.run(
        simulate(
            stage.running.ingest,
            SITE,
            VISITORS,
            BEFORE + fault.seconds + AFTER,
            seed=5,
            on_ack=acknowledged.append,
            pace=PACE,
        )
    )


def _last(fault: Fault, stage: Stage) -> None:
    ends = time.monotonic() + fault.seconds
    fault.begin(stage)
    while (left := ends - time.monotonic()) > 0:
        time.sleep(min(left, fault.again or left))
        if fault.again and ends - time.monotonic() > fault.again:
            fault.begin(stage)


def _until_seen(stage: Stage) -> float:
    """Let visitors come until one is on the operator's list; return when that was."""
    seen = False

    def is_seen() -> bool:
        nonlocal seen
        visitor, session, tab = (f"{kind}_{uuid4()}" for kind in "vst")
        view = {"kind": "page_view", "view": 1, "url": "https://shop.example/", "title": "x"}
        body = {"visitor_id": visitor, "session_id": session, "tab_id": tab, "n": 1}
        try:
            headers = {"X-Hozir-Simulated": "1"}
            url = f"{stage.running.ingest}/e/{SITE}"
            came = httpx.post(url, json=body | {"events": [view]}, headers=headers, timeout=5)
            if came.status_code >= 300:
                assert came.status_code >= 500, came.headers
                return False
            with stage.running.client() as client:
                until = time.monotonic() + 3
                while not seen and time.monotonic() < until:
                    seen = any(one["id"] == visitor for one in stage.running.online(client, SITE))
                seen = seen and look(client) == "now"
        except httpx.HTTPError:
            return False
        return seen

    wait_for(is_seen, RECOVERS_WITHIN, "for the way back")
    return time.monotonic()


def _reckon(
    fault: Fault,
    engine: str,
    stage: Stage,
    acknowledged: list[Acknowledged],
    sights: list[Sight],
    began: float,
    ended: float,
    recovered: float,
) -> Outcome:
    settings = Settings(data=stage.data, bus=stage.running.bus)
    door, log = open_door_log(settings), open_log(settings)
    try:
        in_door = read_events(door)
        expected = count_log(in_door)
        wait_until_told(log, expected, len(in_door))
    finally:
        log.close()
        door.close()
    stage.running.stop()
    stored = count_warehouse(stage.data / "hozir.duckdb")
    missing = len(not_there(acknowledged, in_door))
    return Outcome(
        fault.name,
        engine,
        ended - began,
        len(acknowledged),
        stored.views.total() + stored.facts.total(),
        missing + stored.lacks(expected) + max(0, expected.sessions - stored.sessions),
        expected.lacks(stored) + (0 if fault.splits else _more(stored, expected)),
        stored.sessions,
        _more(stored, expected),
        recovered,
        _in_words(sights, began, ended, recovered),
        _dishonest(fault, sights, began, ended),
    )


def _more(stored: Count, expected: Count) -> int:
    return max(0, stored.sessions - expected.sessions)


def _dishonest(fault: Fault, sights: list[Sight], began: float, ended: float) -> int:
    if not fault.silences:
        return 0
    return sum(one.seen == "now" and began + MUST_TELL < one.at < ended for one in sights)


def _in_words(sights: list[Sight], began: float, ended: float, recovered: float) -> str:
    during = [one for one in sights if began <= one.at <= ended + recovered]
    seen = Counter(one.seen for one in during)
    said = []
    for what, words in (("behind", "told to be behind"), ("away", "no answer")):
        if seen[what]:
            after = next(one.at for one in during if one.seen == what) - began
            said.append(f"{words} after {after:.0f} s, at {seen[what]} of {len(during)} looks")
    return "; ".join(said) or "nothing"
