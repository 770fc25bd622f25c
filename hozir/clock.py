"""The machine's clocks. Who needs time takes it as an argument, from here unless told."""

from __future__ import annotations

import time


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def steady_clock() -> int:
    """Milliseconds since whenever; nobody sets it."""
    return time.monotonic_ns() // 1_000_000
