"""Measures, prints a table, writes bench/results/*.json: `python -m bench [NAME ...]`."""

from __future__ import annotations

import dataclasses
import importlib
import json
import sys
from pathlib import Path

from bench.figure import machine, table

NAMES = (
    "ingest",
    "pipeline",
    "live",
    "message",
    "screens",
    "disk",
    "reports",
    "analysts",
    "snapshot",
)
RESULTS = Path(__file__).parent / "results"


def main(names: list[str]) -> int:
    """Run the named benchmarks, all by default; return 1 if one is over its budget."""
    RESULTS.mkdir(exist_ok=True)
    over = False
    for name in names or NAMES:
        figures = importlib.import_module(f"bench.{name}").measure()
        print(f"\n## {name} ({machine()})\n\n{table(figures)}", flush=True)
        record = {"machine": machine(), "figures": [dataclasses.asdict(f) for f in figures]}
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n")
        over |= any(figure.verdict == "over budget" for figure in figures)
    return int(over)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
