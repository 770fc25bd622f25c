"""Connections that mean harm, at a real door by raw sockets, while an honest visitor is served.

Slow ones send a byte now and then; large ones send headers and bodies without end.
"""

from __future__ import annotations

import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.figure import Figure
from hozir.contract.codec import encode
from proof.door_process import DoorProcess, door_process
from tests.door import ORIGIN, a_beacon
from tests.stack import NO_LIMITS

HALF_OPEN = 2_000
PATIENCE = 10.0
"""Seconds that the door waits here for a request; 30 unless told."""
BEGUN = b"POST /e/demo HTTP/1.1\r\nHost: localhost\r\n"
NOTHING, HEADERS, BODY = b"", BEGUN, BEGUN + b"Content-Length: 60000\r\n\r\n{"
MEGABYTE = b"a" * 1_000_000
ENDLESS = {
    "one header": (BEGUN + b"X-A: ", MEGABYTE),
    "many headers": (BEGUN, b"X-A: aaaaaaaaaaaaaaaaaaaa\r\n" * 40_000),
    "an address": (b"GET /", MEGABYTE),
    "a chunked body": (
        BEGUN + b"Transfer-Encoding: chunked\r\n\r\n",
        b"f4240\r\n" + MEGABYTE + b"\r\n",
    ),
    "a body of a known length": (BEGUN + b"Content-Length: 99999999999\r\n\r\n", MEGABYTE),
    "a trailer": (
        BEGUN + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n0\r\nX-A: ",
        MEGABYTE,
    ),
    "the end of a refused request": (
        b"GET /nothing HTTP/1.1\r\nContent-Length: 999999999\r\n\r\n",
        MEGABYTE,
    ),
}
"""What begins a request, and what is sent after it for as long as the door takes it."""


@dataclass
class Honest:
    """A visitor who sends a beacon a few times a second all the while."""

    sent: int = 0
    served: int = 0
    slowest: float = 0.0
    faults: list[str] = field(default_factory=list)


def prove() -> list[Figure]:
    """Try both kinds."""
    with (
        tempfile.TemporaryDirectory() as name,
        door_process(Path(name), HOZIR_REQUEST_SECONDS=str(PATIENCE), **NO_LIMITS) as door,
    ):
        before = door.memory_mb
        with honest_visitor(door) as visitor:
            left = slow(door, HALF_OPEN, PATIENCE)
            taken = {what: endless(door, what) for what in ENDLESS}
        grown = door.memory_mb - before
    most = max(taken, key=lambda what: taken[what])
    work = f"{HALF_OPEN} slow connections, then {len(ENDLESS)} endless requests"
    return [
        Figure("slow connections left", left, "", f"{HALF_OPEN}, {PATIENCE:g} s", at_most=0),
        Figure("most that was taken of a request", taken[most] / 1e6, "MB", most, at_most=40),
        Figure("memory grown", grown, "MB", work, at_most=40),
        Figure("honest beacons not served", visitor.sent - visitor.served, "", work, at_most=0),
        Figure("honest beacons", visitor.served, "", work, at_least=1),
        Figure("slowest honest beacon", visitor.slowest, "s", work, at_most=5),
    ]


@contextmanager
def honest_visitor(door: DoorProcess) -> Iterator[Honest]:
    """Send beacons of one visitor until the block ends."""
    visitor = Honest()
    over = threading.Event()

    def send() -> None:
        while not over.wait(0.2):
            visitor.sent += 1
            began = time.monotonic()
            try:
                # A connection each time: a new visitor has none yet.
                answer = httpx.post(
                    f"{door.url}/e/demo",
                    content=encode(a_beacon(visitor.sent)),
                    headers={"Origin": ORIGIN},
                    timeout=30,
                    trust_env=False,
                )
                visitor.served += answer.status_code == 200
            except httpx.HTTPError as error:
                visitor.faults.append(repr(error))
            visitor.slowest = max(visitor.slowest, time.monotonic() - began)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield visitor
    finally:
        over.set()
        thread.join()


def slow(door: DoorProcess, number: int, patience: float) -> int:
    """Hold connections half open, a byte a second each; return how many are left at the end.

    One in three says nothing at all.
    """
    held: list[tuple[socket.socket, bool]] = []
    for n in range(number):
        line = socket.create_connection(("127.0.0.1", door.port), timeout=10)
        line.sendall((NOTHING, HEADERS, BODY)[n % 3])
        line.setblocking(False)
        held.append((line, n % 3 != 0))
    deadline = time.monotonic() + 2 * patience + 20
    while held and time.monotonic() < deadline:
        time.sleep(1)
        held = [(line, speaks) for line, speaks in held if _goes_on(line, speaks=speaks)]
    for line, _ in held:
        line.close()
    return len(held)


def _goes_on(line: socket.socket, *, speaks: bool) -> bool:
    try:
        if speaks:
            line.send(b"a")
        if line.recv(1_000):
            return True
    except BlockingIOError:
        return True
    except OSError:
        pass
    line.close()
    return False


def endless(door: DoorProcess, what: str) -> int:
    """Send a request that does not end; return how many bytes the door took of it."""
    begun, more = ENDLESS[what]
    taken = 0
    with socket.create_connection(("127.0.0.1", door.port), timeout=15) as line:
        try:
            line.sendall(begun)
            while taken < 200_000_000:
                line.sendall(more)
                taken += len(more)
        except OSError:
            pass
    return taken
