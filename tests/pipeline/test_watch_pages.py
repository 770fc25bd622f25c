"""What the pipeline says of itself, asked of the process."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.topics import CHANGES, DEAD_LETTERS, EVENTS
from tests.batches import a_batch, page_view
from tests.pipeline.test_flow import log, pipeline, put, told
from tests.ports import free_port
from tests.stack import wait_for

pytestmark = pytest.mark.slow
__all__ = ["log"]


def health(port: int) -> tuple[int, str]:
    """Return status and reason of `/healthz`; 0 while nobody answers."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False)
    except httpx.HTTPError:
        return 0, ""
    return answer.status_code, answer.json()["reason"]


def figures(port: int) -> dict[str, float]:
    text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    lines = [line.split() for line in text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_figures_tell_what_was_handled(log: EmbeddedLog, tmp_path: Path) -> None:
    port = free_port()
    with pipeline(tmp_path, HOZIR_PIPELINE_PORT=str(port)):
        put(log, a_batch(page_view()), a_batch(page_view(), session=2))
        log.append(EVENTS, [(3, b"not json")])
        wait_for(lambda: len(told(log)) == 2 and log.head(DEAD_LETTERS, 0) == 1)
        wait_for(lambda: health(port) == (200, ""))
        wait_for(lambda: figures(port)["hozir_pipeline_state_writes_total"] >= 2)
        found = figures(port)
        live = httpx.get(f"http://127.0.0.1:{port}/livez", trust_env=False)
    assert found["hozir_pipeline_records_total"] == 3
    assert found["hozir_pipeline_changes_total"] == 2
    assert found["hozir_pipeline_dead_letters_total"] == 1
    assert 0 <= found["hozir_pipeline_lag_ms"] < 10_000
    assert (live.status_code, live.json()) == (200, {"live": True})


def test_log_that_takes_nothing_more_is_told_and_lag_grows(
    log: EmbeddedLog, tmp_path: Path
) -> None:
    port = free_port()
    with pipeline(tmp_path, HOZIR_PIPELINE_PORT=str(port), HOZIR_LOG_BYTES="1"):
        wait_for(lambda: health(port) == (200, ""))
        put(log, a_batch(page_view()))
        wait_for(lambda: health(port) == (503, "log_full"))
        wait_for(lambda: figures(port)["hozir_pipeline_lag_ms"] > 1_500)
    assert log.head(CHANGES, 0) == 0


def test_metrics_of_the_pipeline_are_for_this_machine_alone(tmp_path: Path) -> None:
    port = free_port()
    with pipeline(tmp_path, HOZIR_PIPELINE_PORT=str(port)):
        wait_for(lambda: health(port)[0] == 200)
        forwarded = httpx.get(
            f"http://127.0.0.1:{port}/metrics",
            headers={"X-Forwarded-For": "1.2.3.4"},
            trust_env=False,
        )
    assert forwarded.status_code == 403


def test_events_are_dealt_with_although_the_port_is_taken(log: EmbeddedLog, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        with pipeline(tmp_path, HOZIR_PIPELINE_PORT=port):
            put(log, a_batch(page_view()))
            wait_for(lambda: told(log))
