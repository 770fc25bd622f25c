"""Tries to break Hozir, and tells what came of it: `python -m proof [NAME ...]`.

Without a name everything runs, in lanes side by side: together that takes about 40 minutes on two
cores. `--visitors` and `--seconds` say how many and how long, to a proof that takes them;
`--engine` and `--word` choose among the faults.

`bench/` says how fast it is; this says that it holds. A short form of each runs in the tests.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import json
import subprocess
import sys
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from bench.figure import machine, table

FIRST = ("load", "flood")
"""What needs the machine for itself."""
LANES = (
    ("presence_truth", "hostile_beacons"),
    ("simulation", "hostile_sockets", "hostile_connections", "hostile_requests"),
    ("faults --engine=embedded", "privacy", "alone"),
    ("faults --engine=kafka",),
)
"""What may run beside other work: nothing in it is a figure of speed but the delays of
`presence_truth`, whose visitors are few."""
NAMES = tuple(dict.fromkeys(one.split()[0] for lane in (FIRST, *LANES) for one in lane))
"""Modules of this folder, each with `prove() -> list[Figure]`."""
RESULTS = Path(__file__).parent / "results"


def main(words: list[str]) -> int:
    """Run the named proofs one after the other, or all in lanes; return 1 if one does not hold."""
    parser = argparse.ArgumentParser(prog="python -m proof")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--visitors", type=int, default=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, default=argparse.SUPPRESS)
    parser.add_argument("--engine", choices=("embedded", "kafka"), default=argparse.SUPPRESS)
    parser.add_argument("--word", default=argparse.SUPPRESS)
    options = vars(parser.parse_args(words))
    names = options.pop("names")
    if unknown := set(names) - set(NAMES):
        parser.error(f"there is no {', '.join(sorted(unknown))}; there is {', '.join(NAMES)}")
    if not names:
        return side_by_side()
    RESULTS.mkdir(exist_ok=True)
    broken = False
    for name in names:
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
        kept = "_".join([name, *filter(None, [options.get("engine")])])
        if "word" not in options:  # a part is no result
            (RESULTS / f"{kept}.json").write_text(json.dumps(record, indent=2) + "\n")
        broken |= any(figure.verdict == "over budget" for figure in figures)
    return int(broken)


def side_by_side() -> int:
    """Run everything, each proof in a process of its own; return 1 if one does not hold."""
    codes = [_run(FIRST)]
    with ThreadPoolExecutor(len(LANES)) as lanes:
        codes += lanes.map(_run, LANES)
    return max(codes)


def _run(names: Iterable[str]) -> int:
    code = 0
    for name in names:
        command = [sys.executable, "-m", "proof", *name.split()]
        code = max(code, int(subprocess.run(command, check=False).returncode != 0))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
