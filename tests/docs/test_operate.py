"""docs/operate.md says what the processes say of themselves.

Web's figures are asked of it in tests/api/test_rest.py.
"""

from __future__ import annotations

import re
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.registry import Collector

from hozir.health import REASONS
from hozir.settings import Settings
from hozir.supervisor import process_ports
from ingest.forward_figures import ForwardFigures
from ingest.metrics import Metrics
from pipeline.figures import Figures

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operate.md").read_text()


def told_of(process: str) -> set[str]:
    """Return the metrics that the page gives to a process."""
    return set(re.findall(rf"\| {process} \| `(hozir_\w+)(?:{{\w+}})?` \|", PAGE))


def names(text: bytes) -> set[str]:
    """Return the metrics that a process shows."""
    kinds = re.findall(r"# TYPE (hozir_\w+) (\w+)", text.decode())
    return {name for name, _ in kinds if not name.endswith("_created")}


def shown(*collectors: Collector) -> set[str]:
    registry = CollectorRegistry()
    for one in collectors:
        registry.register(one)
    return names(generate_latest(registry))


def test_page_has_every_figure_of_the_door() -> None:
    assert told_of("ingest") == names(generate_latest(Metrics().registry))


def test_page_has_every_figure_of_pipeline_and_forward() -> None:
    pipeline, forward = Figures(), ForwardFigures()
    for figures in (pipeline, forward):
        figures.lag.reached(0, 0)
    assert told_of("pipeline") == shown(pipeline)
    assert told_of("forward") == shown(forward)


def test_page_has_every_reason_and_port() -> None:
    for reason, meaning in REASONS.items():
        assert f"| `{reason}` | {meaning} |" in PAGE
    for name, port in process_ports(Settings(bus="kafka://127.0.0.1:9092")).items():
        assert f"| {name} | port {port} (`HOZIR_{name.upper()}_PORT`)" in PAGE
