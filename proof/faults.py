"""Faults of processes, disk, clock, broker and files: all acknowledged is counted, once.

`hozir up` runs over both engines with visitors on the site; a fault comes, lasts and goes. What
the door acknowledged must be in the warehouse once; the way back needs no hand; and meanwhile no
list may show people as online of whom nothing can be known.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

import httpx

from bench.figure import Figure
from proof.fault_stage import RECOVERS_WITHIN, Fault, Outcome, Stage, suffer

STOP, GO, KILL = signal.SIGSTOP, signal.SIGCONT, signal.SIGKILL
UNWRITTEN = 200
"""Bytes: within the last transaction, however small it is."""
KEPT_DOWN = 0.3
"""Seconds between two kills of what must stay down: it is started again at once."""


def _kill(name: str, engines: tuple[str, ...] = ("embedded", "kafka")) -> Fault:
    def kill(stage: Stage) -> None:
        stage.signal(KILL, name)

    return Fault(f"{name} killed every 4 s", kill, seconds=13, again=4, engines=engines)


def _down(
    name: str, engines: tuple[str, ...] = ("embedded", "kafka"), seconds: float = 35
) -> Fault:
    def kill(stage: Stage) -> None:
        stage.signal(KILL, name)

    return Fault(
        f"{name} kept down for {seconds:g} s",
        kill,
        seconds=seconds,
        again=KEPT_DOWN,
        engines=engines,
        silences=True,
    )


def _hung(name: str, engines: tuple[str, ...] = ("embedded", "kafka")) -> Fault:
    def stop(stage: Stage) -> None:
        stage.signal(STOP, name)

    def go_on(stage: Stage) -> None:
        stage.signal(GO, name)

    return Fault(
        f"{name} stopped and continued", stop, go_on, seconds=35, engines=engines, silences=True
    )


def _fill(stage: Stage) -> None:
    assert stage.disk is not None
    stage.disk.fill()


def _make_room(stage: Stage) -> None:
    assert stage.disk is not None
    stage.disk.make_room()


def _freeze(stage: Stage) -> None:
    assert stage.disk is not None
    stage.disk.freeze()


def _drag(stage: Stage) -> None:
    """Let the disk work for a fifth of the time."""
    _freeze(stage)
    time.sleep(0.8)
    _thaw(stage)


def _thaw(stage: Stage) -> None:
    assert stage.disk is not None
    stage.disk.thaw()


def _limit_files(stage: Stage, most: int) -> None:
    import resource

    for pid in (stage.running.process.pid, *map(stage.running.pid, stage.names)):
        if pid is not None:
            _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, hard))


def _refuse_writes(stage: Stage) -> None:
    _limit_files(stage, 0)


def _allow_writes(stage: Stage) -> None:
    import resource

    _limit_files(stage, resource.RLIM_INFINITY)


def _kill_broker(stage: Stage) -> None:
    assert stage.broker is not None
    stage.broker.kill()


def _stop_broker(stage: Stage) -> None:
    assert stage.broker is not None
    stage.broker.stop()


def _start_broker(stage: Stage) -> None:
    assert stage.broker is not None
    stage.broker.start_again()


def _hang_broker(stage: Stage) -> None:
    assert stage.broker is not None
    stage.broker.process.send_signal(STOP)


def _wake_broker(stage: Stage) -> None:
    assert stage.broker is not None
    stage.broker.process.send_signal(GO)


def _step(seconds: int) -> Fault:
    def step(stage: Stage) -> None:
        assert stage.clock is not None
        stage.clock.step(seconds)

    way = "forward" if seconds > 0 else "back"
    return Fault(f"clock set {way} an hour", step, seconds=12, clock=True, splits=seconds > 0)


def _cut_off(stage: Stage) -> None:
    stage.cut_off()


def _start(stage: Stage) -> None:
    stage.start_again()


def _spoil_tails(stage: Stage) -> None:
    """End everything, and leave behind each log what a write that was cut off leaves."""
    stage.cut_off()
    tails = [*stage.data.rglob("*-wal"), *stage.data.rglob("*.wal")]
    assert tails
    for tail in tails:
        with tail.open("ab") as file:
            file.write(os.urandom(3000))


def _cut_in_a_snapshot(stage: Stage) -> None:
    """End everything while a snapshot is being written."""

    def ask() -> None:
        with suppress(httpx.HTTPError), stage.running.client() as client:
            client.post("/api/v1/snapshots", timeout=60)

    threading.Thread(target=ask, daemon=True).start()
    until = time.monotonic() + 30
    while not any((stage.data / "snapshots").rglob("*.duckdb*")) and time.monotonic() < until:
        time.sleep(0.001)
    stage.cut_off()


def _never_written(stage: Stage) -> None:
    """End everything, and leave zeros where the warehouse's last page was to be written."""
    stage.cut_off()
    (tail,) = stage.data.rglob("hozir.duckdb.wal")
    with tail.open("r+b") as file:
        at = file.seek(-UNWRITTEN, os.SEEK_END)
        file.write(bytes(UNWRITTEN))
    assert at > 0


FAULTS = (
    _kill("ingest"),
    _kill("forward", ("kafka",)),
    _kill("pipeline"),
    _kill("web"),
    _hung("ingest"),
    _hung("forward", ("kafka",)),
    _hung("pipeline"),
    _hung("web"),
    _down("pipeline"),
    _down("web"),
    _down("web", ("embedded",), seconds=600),
    Fault("everything cut off at once", _cut_off, _start, seconds=1),
    Fault("disk full", _fill, _make_room, seconds=35, disk=True, silences=True),
    Fault("disk takes no writes", _refuse_writes, _allow_writes, seconds=35, silences=True),
    Fault("disk stands still", _freeze, _thaw, seconds=12, disk=True),
    Fault("disk slow: works 0.2 s of each second", _drag, seconds=20, again=0.2, disk=True),
    _step(3600),
    _step(-3600),
    Fault("broker gone", _kill_broker, _start_broker, 35, engines=("kafka",), silences=True),
    Fault("broker restarted", _stop_broker, _start_broker, 0, engines=("kafka",)),
    Fault("broker hung", _hang_broker, _wake_broker, 35, engines=("kafka",), silences=True),
    Fault("all cut off in a snapshot", _cut_in_a_snapshot, _start, seconds=1),
    Fault("rubbish behind every log, after a cut", _spoil_tails, _start, seconds=1),
    Fault("zeros in the warehouse's last page, after a cut", _never_written, _start, seconds=1),
)


def prove(engine: str = "", word: str = "") -> list[Figure]:
    """Play every fault over every engine, or those of one, or those with a word in their name."""
    chosen = [
        (fault, one)
        for fault in FAULTS
        for one in fault.engines
        if word in fault.name and engine in one
    ]
    some: list[Figure] = []
    for fault, one in chosen:
        if fault.why_not:
            print(f"skipped: {fault.name}, {one}: {fault.why_not}", flush=True)
            continue
        try:
            told = suffer(fault, one)
        except AssertionError as error:  # the others are to be played all the same
            print(f"| {fault.name} | {one} | {error} |", flush=True)
            some.append(
                Figure(f"{fault.name}: not come through", 1, "", one, str(error), at_most=0)
            )
            continue
        print(row(told), flush=True)
        some += figures(told)
    return some


def row(told: Outcome) -> str:
    """Return an outcome as a row of the table in docs/reliability.md."""
    return (
        f"| {told.fault} | {told.engine} | {told.seconds:.0f} | {told.acknowledged:,} |"
        f" {told.counted:,} | {told.lost} | {told.doubled} | {told.sessions} |"
        f" {told.recovered:.1f} | {told.saw} | {told.dishonest} |"
    )


def figures(told: Outcome) -> list[Figure]:
    """Return what must hold."""
    work = f"{told.acknowledged:,} beacons, {told.engine}"
    name = told.fault
    return [
        Figure(f"{name}: lost", told.lost, "", work, at_most=0),
        Figure(f"{name}: doubled", told.doubled, "", work, at_most=0),
        Figure(f"{name}: lists wrongly shown as good", told.dishonest, "", work, at_most=0),
        Figure(
            f"{name}: way back",
            told.recovered,
            "s",
            work,
            f"saw: {told.saw}",
            at_most=RECOVERS_WITHIN,
        ),
    ]
