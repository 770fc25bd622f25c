"""How much memory this process and this machine have, where the system tells it."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

_STATM = Path("/proc/self/statm")


def resident_memory() -> int:
    """Return the bytes that this process holds; 0 where that is not known."""
    with suppress(OSError, ValueError, IndexError):
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def whole_memory() -> int:
    """Return the bytes of this machine; 0 where that is not known."""
    with suppress(OSError, ValueError, AttributeError):
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return 0
