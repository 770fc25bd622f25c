"""The process itself: killed at any moment, and stopped as it should be."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hozir.bus.embedded import EmbeddedLog
from tests.api.conftest import PASSWORD, eventually, tell
from tests.api.test_loader import count, some_changes
from tests.ports import free_port
from warehouse.connection import open_warehouse

pytestmark = pytest.mark.slow


@contextmanager
def a_process(data: Path, port: int, **more: str) -> Iterator[subprocess.Popen[bytes]]:
    environ = os.environ | {
        "HOZIR_DATA": str(data),
        "HOZIR_WEB_PORT": str(port),
        "HOZIR_ADMIN_PASSWORD": PASSWORD,
        "HOZIR_BUS": "embedded",
        **more,
    }
    process = subprocess.Popen([sys.executable, "-m", "api"], env=environ)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def serves(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def written(port: int) -> int:
    """Return what the loader applied, by the figures of the process."""
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    lines = [line for line in text.splitlines() if line.startswith("hozir_loader_applied_total")]
    return int(float(lines[0].split()[1]))


def test_killed_at_random_moments_nothing_is_missing_and_nothing_is_twice(
    tmp_path: Path, log: EmbeddedLog
) -> None:
    visits, chance, port = 400, random.Random(5), free_port()
    changes = some_changes(0, visits)
    per_round = len(changes) // 3
    for start in range(0, len(changes), per_round):
        tell(log, *changes[start : start + per_round // 2])
        with a_process(tmp_path, port) as process:
            eventually(lambda: serves(port), 30)
            tell(log, *changes[start + per_round // 2 : start + per_round])
            time.sleep(chance.random() * 0.4)
            process.kill()
            process.wait()
    with a_process(tmp_path, port) as process:
        eventually(lambda: serves(port), 30)
        time.sleep(1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    with open_warehouse(tmp_path / "hozir.duckdb") as connection:
        assert count(connection, "sessions") == visits
        assert count(connection, "page_views") == 2 * visits
        assert count(connection, "presence") == 2 * visits
        assert count(connection, "live_sessions") == 0
        assert count(connection, "(SELECT DISTINCT session_id FROM sessions)") == visits


def test_the_screens_are_served_behind_the_gate_and_the_end_is_clean(tmp_path: Path) -> None:
    port = free_port()
    with a_process(tmp_path, port) as process:
        eventually(lambda: serves(port), 30)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            assert client.get("/").status_code == 303
            assert client.get("/_stcore/host-config").status_code == 401
            assert "<form" in client.get("/sign-in").text
            assert client.get("/app/static/inter-latin-wght-normal.woff2").status_code == 200
            assert written(port) == 0
            body = {"email": "admin@localhost", "password": PASSWORD}
            assert client.post("/api/v1/session", json=body).status_code == 200
            assert "<html" in client.get("/").text
            assert client.get("/_stcore/host-config").status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
        assert not (tmp_path / "hozir.duckdb.wal").exists()
