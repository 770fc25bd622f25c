"""A door in a process of its own, over a log of its own, so that its memory is its own too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.memory import resident_mb
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import encode
from hozir.contract.site import Site
from hozir.contract.topics import SITES
from tests.ports import free_port


@dataclass
class DoorProcess:
    """The process, and where it answers."""

    process: subprocess.Popen[bytes]
    port: int
    log: EmbeddedLog

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def memory_mb(self) -> float:
        """What it holds in memory now."""
        return resident_mb(self.process.pid)

    @property
    def lives(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None


@contextmanager
def door_process(folder: Path, **environ: str) -> Iterator[DoorProcess]:
    """Run a door with the sites `demo` and `shop`, and end it whatever happens."""
    log = EmbeddedLog(folder / "log", fsync=False)
    sites = [Site("demo", "Demo", loopback=True), Site("shop", "Shop", domains=["shop.example"])]
    log.append(SITES, [(0, encode(site)) for site in sites])
    port = free_port()
    own = {name: value for name, value in os.environ.items() if not name.startswith("HOZIR_")}
    process = subprocess.Popen(
        [sys.executable, "-m", "ingest"],
        env=own
        | {"HOZIR_DATA": str(folder), "HOZIR_INGEST_PORT": str(port), "HOZIR_FSYNC": "no"}
        | environ,
    )
    door = DoorProcess(process, port, log)
    try:
        _wait_until_open(door)
        yield door
    finally:
        if door.lives:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
        log.close()


def _wait_until_open(door: DoorProcess) -> None:
    deadline = time.monotonic() + 90
    while door.lives and time.monotonic() < deadline:
        try:
            if httpx.get(f"{door.url}/healthz", trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.05)
    raise RuntimeError("the door did not open")
