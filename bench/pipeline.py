"""The pipeline beside a plain loop over the same rules, log and output; and how fast it resumes."""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.figure import Figure
from bench.traffic import fill
from hozir.bus.embedded import EmbeddedLog

EVENT_COUNT = 400_000
ROUNDS = 3


def measure() -> list[Figure]:
    """Measure at 10,000 and 100,000 live sessions."""
    figures = []
    for sessions, budget in ((10_000, 0.60), (100_000, 0.50)):
        with tempfile.TemporaryDirectory() as folder:
            figures += _at(sessions, budget, Path(folder))
    return figures


def _at(sessions: int, budget: float, folder: Path) -> list[Figure]:
    events = fill(EmbeddedLog(folder / "log", fsync=False), sessions, EVENT_COUNT)
    at = f"{sessions:,} live sessions"
    rates: dict[str, list[float]] = {"plain": [], "flow": []}
    for _ in range(ROUNDS):
        for kind, found in rates.items():
            shutil.rmtree(folder / "pipeline", ignore_errors=True)
            for file in (folder / "log").glob("changes.db*"):
                file.unlink()
            found.append(events / _run(kind, folder)["seconds"])
    ratios = [flow / plain for plain, flow in zip(rates["plain"], rates["flow"], strict=True)]
    # The state of the last run is there: this one only resumes it and writes it back.
    resumed = _run("flow", folder)
    empty = _run("flow", folder / "empty")
    return [
        Figure(
            f"pipeline against a plain loop, {at}",
            statistics.median(ratios),
            "of its rate",
            f"{events:,} events, {ROUNDS} rounds, recovery on",
            f"plain {statistics.median(rates['plain']):,.0f}/s,"
            f" pipeline {statistics.median(rates['flow']):,.0f}/s",
            at_least=budget,
        ),
        Figure(
            f"resume with {at}",
            resumed["seconds"] - empty["seconds"],
            "s",
            "state read and written back, beyond an empty start",
            f"empty start {empty['seconds']:.2f} s",
            at_most=1.0 if sessions == 100_000 else None,
        ),
        Figure(f"memory of the pipeline, {at}", resumed["resident_mb"], "MB", "after resuming"),
    ]


def _run(kind: str, folder: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "bench.pipeline_run", kind, str(folder)],
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result
