"""A real door that waits for no request without end, however many begin one."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from http.client import HTTPResponse

import pytest

from proof.door_process import DoorProcess, door_process
from proof.hostile_connections import BEGUN, ENDLESS, endless, honest_visitor, slow
from tests.stack import NO_LIMITS

pytestmark = pytest.mark.slow
PATIENCE = 2.0


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DoorProcess]:
    folder = tmp_path_factory.mktemp("door")
    with door_process(folder, HOZIR_REQUEST_SECONDS=str(PATIENCE), **NO_LIMITS) as door:
        yield door


def test_slow_requests_are_given_up_and_others_are_served_meanwhile(door: DoorProcess) -> None:
    with honest_visitor(door) as visitor:
        assert slow(door, 60, PATIENCE) == 0
    assert visitor.faults == []
    assert visitor.served == visitor.sent > 0


@pytest.mark.parametrize("what", list(ENDLESS))
def test_no_request_is_taken_without_end(door: DoorProcess, what: str) -> None:
    before = door.memory_mb
    assert endless(door, what) < 100_000_000
    assert door.memory_mb - before < 50
    assert door.lives


def test_connection_may_live_longer_than_a_request(door: DoorProcess) -> None:
    """Several on one connection, each whole in time, together for longer than one may take."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as line:
        for _ in range(4):
            line.sendall(BEGUN)
            time.sleep(PATIENCE / 3)
            line.sendall(b"Content-Length: 2\r\n\r\n{}")
            assert answer_of(line) == (400, "malformed")


@pytest.mark.parametrize("digits", [b"0" * 5_000 + b"5", b"9" * 19])
def test_length_of_any_number_of_digits_is_no_fault_of_the_door(
    door: DoorProcess, digits: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as line:
        line.sendall(BEGUN + b"Content-Length: " + digits + b"\r\n\r\nhello")
        assert line.recv(1_000).startswith(b"HTTP/1.1 413")


def test_largest_beacon_is_read_whole(door: DoorProcess) -> None:
    """It is longer than headers may be."""
    with socket.create_connection(("127.0.0.1", door.port), timeout=20) as line:
        line.sendall(BEGUN + b"Content-Length: 65536\r\n\r\n" + b"x" * 65_536)
        assert answer_of(line) == (400, "malformed")


def answer_of(line: socket.socket) -> tuple[int, str | None]:
    """Read one whole answer: its status and reason."""
    answer = HTTPResponse(line)
    answer.begin()
    answer.read()
    return answer.status, answer.headers["X-Hozir-Rejected"]
