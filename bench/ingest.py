"""Durable requests of the door beside its own no-op route: same server, same run, same client."""

from __future__ import annotations

import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.figure import Figure
from bench.memory import resident_mb
from bench.traffic import AGENT, beacons
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.codec import encode
from hozir.contract.site import Site
from hozir.contract.topics import EVENTS, SITES
from tests.stack import NO_LIMITS

ROUNDS = 3
SECONDS = 6
CONNECTIONS = 128
BEACONS = 2_000
PORT = 18_000

# wrk counts answers that are not 2xx by itself; each request takes the next of 2,000 beacons.
SCRIPT = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local headers = {["Content-Type"] = "text/plain", ["User-Agent"] = "%s"}
local i = 0
request = function()
  i = i %% #bodies + 1
  return wrk.format("POST", nil, headers, bodies[i])
end
"""


def measure() -> list[Figure]:
    """Measure with wrk (Debian package `wrk`)."""
    if shutil.which("wrk") is None:
        raise SystemExit("this benchmark needs wrk: install the package of that name")
    with tempfile.TemporaryDirectory() as name:
        return _measure(Path(name))


def _measure(folder: Path) -> list[Figure]:
    log = EmbeddedLog(folder / "log")
    log.append(SITES, [(0, encode(Site("demo", "Demo", loopback=True)))])
    bodies = folder / "bodies"
    bodies.write_bytes(b"\n".join(map(encode, beacons(BEACONS))))
    script = folder / "beacons.lua"
    script.write_text(SCRIPT % (bodies, AGENT))
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.ingest_server"],
        env=os.environ
        | {
            "HOZIR_DATA": str(folder),
            "HOZIR_INGEST_PORT": str(PORT),
            "HOZIR_LOG_BYTES": str(50 * 1024**3),
        }
        | NO_LIMITS,
    )
    try:
        _wait_until_up()
        rounds: dict[str, list[float]] = {"/noop": [], "/e/demo": []}
        for path in rounds:
            _wrk(path, script, seconds=2)
        for _ in range(ROUNDS):
            for path, found in rounds.items():
                found.append(_wrk(path, script))
        memory = resident_mb(server.pid)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait()
    ratios = [e / noop for noop, e in zip(rounds["/noop"], rounds["/e/demo"], strict=True)]
    records = sum(log.head(EVENTS, partition) for partition in range(EVENTS.partitions))
    return [
        Figure(
            "durable requests against the no-op route",
            statistics.median(ratios),
            "of its rate",
            f"{ROUNDS} times {SECONDS} s, {CONNECTIONS} connections, fsync on,"
            " 3 page views in 10 beacons",
            f"no-op {statistics.median(rounds['/noop']):,.0f}/s,"
            f" durable {statistics.median(rounds['/e/demo']):,.0f}/s",
            at_least=0.70,
        ),
        Figure("memory of ingest after it", memory, "MB", f"{records:,} beacons"),
        Figure(
            "log per beacon",
            log.used_bytes(EVENTS) / records,
            "bytes",
            f"{records:,} beacons, of which 3 in 10 are page views",
        ),
    ]


def _wait_until_up() -> None:
    for _ in range(200):
        try:
            if httpx.get(f"http://127.0.0.1:{PORT}/healthz").status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the door did not open")


def _wrk(path: str, script: Path, seconds: int = SECONDS) -> float:
    """Return requests per second; every answer has to be 2xx."""
    url = f"http://127.0.0.1:{PORT}{path}"
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", script, url],
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise RuntimeError(done.stdout)
    found = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    assert found is not None
    return float(found.group(1))
