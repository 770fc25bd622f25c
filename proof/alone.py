"""A running system needs nobody else: all of it where there is no network but loopback.

A program that fetches something at its first start, at a first visitor or on a certain page works
on every developer's machine. It stands still on a ship, behind a firewall, and on the day when
the other host is away. So the work is done in a network namespace of its own (`alone_inside.py`),
with an empty home, where the kernel counts each packet that had nowhere to go.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.figure import Figure

ROOT = Path(__file__).resolve().parents[1]
LONGEST = 900.0
"""Seconds that it may take on a slow machine."""


def prove() -> list[Figure]:
    """Do everything with loopback alone. Raises RuntimeError where the kernel does not allow it."""
    if reason := why_not():
        raise RuntimeError(reason)
    with tempfile.TemporaryDirectory() as folder:
        # Nothing that an earlier run has fetched and kept may help.
        home = Path(folder) / "home"
        home.mkdir()
        environ = {name: value for name, value in os.environ.items() if "XDG_" not in name}
        environ |= {"HOME": str(home), "PYTHONPATH": str(ROOT)}
        command = [*namespace(), sys.executable, "-m", "proof.alone_inside", folder]
        done = subprocess.run(
            command, env=environ, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=LONGEST
        )
    if done.returncode:
        raise AssertionError(f"it ended with {done.returncode}:\n{done.stdout[-4000:]}")
    return [Figure(**one) for one in json.loads(done.stdout.splitlines()[-1])]


def namespace() -> list[str]:
    """Return the command before a command that runs it with a network of its own."""
    return ["unshare", "--net", *([] if os.geteuid() == 0 else ["--map-root-user"])]


def why_not() -> str:
    """Return why it cannot be done here; empty if it can."""
    try:
        tried = subprocess.run([*namespace(), "true"], capture_output=True, text=True, timeout=20)
    except OSError as error:
        return f"no network namespace: {error}"
    return f"no network namespace: {tried.stderr.strip()}" if tried.returncode else ""
