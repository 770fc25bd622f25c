"""What forward says of itself, asked of the process, with a broker and without."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.topics import EVENTS, REPLIES
from tests.ports import free_port
from tests.stack import wait_for

pytestmark = pytest.mark.slow


@contextmanager
def forward(data: Path, servers: list[str]) -> Iterator[str]:
    """Run it, and give the address of its pages."""
    port = free_port()
    environ = os.environ | {
        "HOZIR_DATA": str(data),
        "HOZIR_BUS": f"kafka://{','.join(servers)}",
        "HOZIR_FORWARD_PORT": str(port),
    }
    process = subprocess.Popen([sys.executable, "-m", "ingest.forward"], env=environ)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def health(pages: str) -> tuple[int, str]:
    """Return status and reason; 0 while nobody answers."""
    try:
        answer = httpx.get(f"{pages}/healthz", trust_env=False)
    except httpx.HTTPError:
        return 0, ""
    return answer.status_code, answer.json()["reason"]


def test_broker_that_is_away_is_told(tmp_path: Path) -> None:
    with forward(tmp_path, [f"127.0.0.1:{free_port()}"]) as pages:
        wait_for(lambda: health(pages) == (503, "log_away"))
        assert httpx.get(f"{pages}/livez", trust_env=False).status_code == 200


@pytest.mark.kafka
def test_figures_tell_what_was_copied(tmp_path: Path, fresh_kafka: list[str]) -> None:
    door = EmbeddedLog(tmp_path / "door")
    door.append(EVENTS, [(number % 8, b"x") for number in range(20)])
    door.append(REPLIES, [(0, b"x")])
    with forward(tmp_path, fresh_kafka) as pages:
        wait_for(lambda: health(pages) == (200, ""), 60)
        wait_for(
            lambda: (
                'hozir_forward_records_total{topic="events"} 20.0'
                in (text := httpx.get(f"{pages}/metrics", trust_env=False).text)
                and 'hozir_forward_records_total{topic="replies"} 1.0' in text
                and "hozir_forward_lag_ms" in text
            )
        )
    door.close()
