"""All of Hozir for a test: `hozir up` over a folder and ports of its own."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.ports import free_port

EMAIL = "admin@localhost"
PASSWORD = "a password of the tests"
NO_LIMITS = {"HOZIR_VISITOR_RATE": "0", "HOZIR_ADDRESS_RATE": "0", "HOZIR_SITE_RATE": "0"}
"""Settings of a door to which a few speak for many, and faster than people do."""
STARTS_WITHIN = 90.0


def wait_for(condition: Callable[[], object], seconds: float = 30, what: str = "") -> None:
    """Wait until `condition()` is true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain {what}")
        time.sleep(0.02)


class Stack:
    """The running system. `lines` is what it has printed."""

    def __init__(self, data: Path, bus: str = "embedded", **environ: str) -> None:
        self.data = data
        self.bus = bus
        self.ingest = f"http://localhost:{(ingest_port := free_port())}"
        self.web = f"http://localhost:{(web_port := free_port())}"
        self.lines: list[str] = []
        self._ended: queue.Queue[None] = queue.Queue()
        self._environ = (
            {name: value for name, value in os.environ.items() if not name.startswith("HOZIR_")}
            | {
                "HOZIR_DATA": str(data),
                "HOZIR_BUS": bus,
                "HOZIR_INGEST_PORT": str(ingest_port),
                "HOZIR_WEB_PORT": str(web_port),
                "HOZIR_PIPELINE_PORT": str(free_port()),
                "HOZIR_FORWARD_PORT": str(free_port()),
                "HOZIR_ADMIN_PASSWORD": PASSWORD,
                "HOZIR_API_RATE": "0",  # tests ask again and again until something is so
            }
            | environ
        )
        self.process = self.start()

    def start(self) -> subprocess.Popen[str]:
        """Start it and wait until it says that it is up."""
        process = subprocess.Popen(
            [sys.executable, "-m", "hozir.cli", "up"],
            env=self._environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(process,), daemon=True).start()
        seen = len(self.lines)
        wait_for(
            lambda: (
                any("Hozir is up" in line for line in self.lines[seen:])
                or process.poll() is not None
            ),
            STARTS_WITHIN,
            "for the start",
        )
        assert process.poll() is None, "".join(self.lines)
        return process

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        with process.stdout as stream:
            self.lines.extend(stream)

    def pid(self, name: str) -> int | None:
        """Return the process id of one of its processes, None while it is down."""
        for child in (
            Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ):
            try:
                command = Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")
            except FileNotFoundError:
                continue
            if name.encode() in command:
                return int(child)
        return None

    def kill(self, name: str) -> None:
        """End one process with SIGKILL. It will be started again."""
        pid = self.pid(name)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)

    def stop(self) -> int:
        """Press Ctrl-C; return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(60)

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Give a signed-in client of the API."""
        with httpx.Client(base_url=self.web, timeout=10) as client:
            answer = client.post("/api/v1/session", json={"email": EMAIL, "password": PASSWORD})
            answer.raise_for_status()
            yield client

    def online(self, client: httpx.Client, site: str = "demo") -> list[dict[str, object]]:
        """Return who is online by the API."""
        answer = client.get("/api/v1/visitors/online", params={"site": site, "limit": 200})
        answer.raise_for_status()
        found: list[dict[str, object]] = answer.json()["data"]
        return found


@contextmanager
def stack(data: Path, bus: str = "embedded", **environ: str) -> Iterator[Stack]:
    """Run the system, and end it whatever happens."""
    running = Stack(data, bus, **environ)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.stop()
