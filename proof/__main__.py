"""Tries to break Hozir, and tells what came of it: `python -m proof [NAME ...]`.

`--visitors` and `--seconds` say how many and how long, to a proof that takes them.

`bench/` says how fast it is; this says that it holds. A short form of each runs in the tests.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import machine, table

NAMES: tuple[str, ...] = (
    "simulation",
    "faults",
    "presence_truth",
    "load",
    "hostile_beacons",
    "hostile_connections",
    "hostile_requests",
    "hostile_sockets",
    "alone",
    "privacy",
)
"""Modules of this folder, each with `prove() -> list[Figure]`."""
RESULTS = Path(__file__).parent / "results"


def main(words: list[str]) -> int:
    """Run the named proofs, all by default; return 1 if one does not hold."""
    parser = argparse.ArgumentParser(prog="python -m proof")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--visitors", type=int, default=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=argparse.SUPPRESS)
    options = vars(parser.parse_args(words))
    names = options.pop("names")
    RESULTS.mkdir(exist_ok=True)
    broken = False
    for name in names or NAMES:
        began = time.monotonic()
        figures = importlib.import_module(f"proof.{name}").prove(**options)
        seconds = round(time.monotonic() - began)
        print(f"\n## {name} ({machine()}; {seconds} s)\n\n{table(figures)}", flush=True)
        record = {
            "on": f"{datetime.now(UTC):%Y-%m-%d}",
            "machine": machine(),
            "seconds": seconds,
            "figures": [dataclasses.asdict(figure) for figure in figures],
        }
        (RESULTS / f"{name}.json").write_text(json.dumps(record, indent=2) + "\n")
        broken |= any(figure.verdict == "over budget" for figure in figures)
    return int(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
