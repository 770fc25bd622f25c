"""A million wrong beacons and replies at a real door over HTTP, and right ones between them.

They go by keep-alive connections, many requests in one write, each with a content type and an
encoding that it may or may not have.
"""

from __future__ import annotations

import random
import re
import socket
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import msgspec

from bench.figure import Figure
from bench.traffic import beacons
from hozir.contract.beacon import Beacon
from hozir.contract.codec import TICK, decode_events, encode
from hozir.contract.topics import EVENTS
from ingest.reject import REASONS
from proof.door_process import DoorProcess, door_process
from proof.mutate import mutated
from tests.stack import NO_LIMITS

REQUESTS = 1_000_000
ONE_RIGHT_IN = 20
AT_ONCE = 40
"""Requests in one write."""
SAY_EVERY = 100_000
STARTED = 20_000
"""Requests after which memory is looked at first: by then every cache has begun."""

SITES = ("demo",) * 18 + ("shop", "%ff%00", "demo/more", "../e/demo")
HEADERS = (
    "Content-Type: text/plain",
    "Content-Type: application/json; charset=utf-16",
    "Content-Type: multipart/form-data; boundary=",
    "Content-Type: \xff\xfe",
    "Content-Encoding: gzip",
    "Content-Encoding: br, zstd, \xff",
    "Origin: http://localhost:3000",
    "Origin: null",
    "Origin: http://[::1",
    "Origin: \xff://\xe9",
    "X-Forwarded-For: 84.54.70.7",
    "X-Forwarded-For: ,,%00,999.1.1.1, ::ffff:1.2.3.4, \xff",
    'Forwarded: for="[2001:db8::1]";proto=\xff',
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    "User-Agent: \x80\xff" + "(" * 500,
    "User-Agent: ",
    "X-Hozir-Simulated: \xff",
    "Expect: nothing",
    "Content-Length-: 1",
)
A_REPLY = (
    b'{"kind":"message","visitor_id":"v_00000000-0000-4000-8000-000000000001","token":"'
    + b"a" * 32
    + b'","id":"m_00000000-0000-4000-8000-000000000001","session_id":"",'
    b'"conversation_id":"","text":"Salom"}'
)
_ANSWER = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r]*\r\n(.*?)\r\n\r\n", re.DOTALL)
_REASON = re.compile(rb"x-hozir-rejected: (\w+)", re.IGNORECASE)


@dataclass
class Flood:
    """What came of it."""

    sent: int = 0
    right: set[str] = field(default_factory=set)
    """Visitors of right beacons, each of which sent one."""
    statuses: Counter[int] = field(default_factory=Counter)
    unacknowledged: int = 0
    unreasoned: int = 0
    dropped: int = 0
    """Connections that the door closed."""
    failures: list[bytes] = field(default_factory=list)
    memory_at_start: float = 0.0


def prove() -> list[Figure]:
    """Send a million."""
    with tempfile.TemporaryDirectory() as name, door_process(Path(name), **NO_LIMITS) as door:
        began = time.monotonic()
        flood = pour(door, REQUESTS, random.Random(2026), aloud=True)
        rate = flood.sent / (time.monotonic() - began)
        grown = door.memory_mb - flood.memory_at_start
        missing, twice = counted(door, flood)
        lives = door.lives
    for line in flood.failures[:10]:
        print(line)
    work = f"{flood.sent:,} requests, of which {len(flood.right):,} right"
    return [
        Figure("answers of 500 and above", len(flood.failures), "", work, at_most=0),
        Figure("refusals without a reason", flood.unreasoned, "", work, at_most=0),
        Figure("connections dropped", flood.dropped, "", work, at_most=0),
        Figure("right beacons not acknowledged", flood.unacknowledged, "", work, at_most=0),
        Figure("right beacons not in the log", missing, "", work, at_most=0),
        Figure("right beacons in the log twice", twice, "", work, at_most=0),
        Figure("doors that fell", 1 - lives, "", work, at_most=0),
        Figure("memory grown", grown, "MB", f"{work}, since {STARTED:,}", at_most=100),
        Figure("rate", rate, "per second", work),
    ]


def pour(door: DoorProcess, requests: int, rng: random.Random, *, aloud: bool = False) -> Flood:
    """Send so many, a few at once."""
    flood = Flood()
    models = [encode(beacon) for beacon in beacons(200)]
    line = _line(door)
    while flood.sent < requests:
        batch = [_a_request(rng, models, flood) for _ in range(AT_ONCE)]
        line.sendall(b"".join(whole for whole, _ in batch))
        answers = list(_answers(line, AT_ONCE))
        flood.sent += AT_ONCE
        for (whole, right), (status, head) in zip(batch, answers, strict=False):
            flood.statuses[status] += 1
            flood.unacknowledged += right and status != 200
            if status >= 500:
                flood.failures.append(whole[:2_000])
            elif status >= 400:
                reason = _REASON.search(head)
                flood.unreasoned += reason is None or reason[1].decode() not in REASONS
        if len(answers) < AT_ONCE:
            flood.dropped += 1
            flood.unacknowledged += sum(right for _, right in batch[len(answers) :])
            line.close()
            line = _line(door)
        if not flood.memory_at_start and flood.sent >= min(STARTED, requests // 2):
            flood.memory_at_start = door.memory_mb
        if aloud and flood.sent % SAY_EVERY < AT_ONCE:
            print(f"{flood.sent:,}: {dict(flood.statuses)}, {door.memory_mb:.0f} MB", flush=True)
    line.close()
    return flood


def counted(door: DoorProcess, flood: Flood) -> tuple[int, int]:
    """Return how many right beacons the log has not, and how many it has more than once."""
    found: Counter[str] = Counter()
    for partition in range(EVENTS.partitions):
        offset, head = 0, door.log.head(EVENTS, partition)
        while offset < head:
            for record in door.log.read(EVENTS, partition, offset, 10_000):
                offset = record.offset + 1
                if record.value != TICK:
                    found[decode_events(record.value).visitor_id] += 1
    return (
        sum(found[visitor] == 0 for visitor in flood.right),
        sum(found[visitor] > 1 for visitor in flood.right),
    )


def _a_request(rng: random.Random, models: list[bytes], flood: Flood) -> tuple[bytes, bool]:
    if rng.randrange(ONE_RIGHT_IN) == 0:
        body, visitor = _right(rng, models)
        flood.right.add(visitor)
        return _whole("/e/demo", ["Origin: http://localhost:3000"], body), True
    names: dict[str, str] = {}
    for header in rng.choices(HEADERS, k=rng.randint(0, 4)):
        names.setdefault(header.partition(":")[0], header)
    if rng.random() < 0.15:
        return _whole("/w/demo", list(names.values()), mutated(rng, A_REPLY)), False
    path = f"/e/{rng.choice(SITES)}"
    return _whole(path, list(names.values()), mutated(rng, rng.choice(models))), False


def _right(rng: random.Random, models: list[bytes]) -> tuple[bytes, str]:
    beacon = msgspec.json.decode(rng.choice(models), type=Beacon)
    visitor = f"v_{UUID(int=rng.getrandbits(128), version=4)}"
    session = f"s_{visitor[2:]}"
    return encode(msgspec.structs.replace(beacon, visitor_id=visitor, session_id=session)), visitor


def _whole(path: str, headers: list[str], body: bytes) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def _line(door: DoorProcess) -> socket.socket:
    return socket.create_connection(("127.0.0.1", door.port), timeout=60)


def _answers(line: socket.socket, number: int) -> Iterator[tuple[int, bytes]]:
    """Yield the answers in order, fewer if the door closes."""
    left = b""
    while number:
        answer = _ANSWER.match(left)
        body = re.search(rb"content-length: (\d+)", answer[2]) if answer else None
        if answer and len(left) >= (end := answer.end() + (int(body[1]) if body else 0)):
            left = left[end:]
            number -= 1
            yield int(answer[1]), answer[2]
            continue
        more = line.recv(1 << 20)
        if not more:
            return
        left += more
