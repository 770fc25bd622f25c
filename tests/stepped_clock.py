"""A clock that can be set while real processes run: theirs, and nobody else's.

A small library is put before the C library's functions that tell the time of day; what only goes
forward is left alone, as when somebody sets a machine's clock.
"""

from __future__ import annotations

import shutil
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).with_suffix(".c")


def why_no_clock() -> str:
    """Return why no clock can be set here; empty if one can."""
    return "" if shutil.which("cc") else "no C compiler here"


@dataclass(frozen=True)
class SteppedClock:
    """The clock of whatever is started with `environ`."""

    folder: Path

    def __post_init__(self) -> None:
        self.step(0)
        library = self.folder / "stepped_clock.so"
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE], check=True)

    @property
    def environ(self) -> dict[str, str]:
        """What a process is started with."""
        return {
            "LD_PRELOAD": str(self.folder / "stepped_clock.so"),
            "STEPPED_CLOCK": str(self.folder / "seconds"),
        }

    def step(self, seconds: int) -> None:
        """Set it so much before or behind the real time."""
        path = self.folder / "seconds"
        if not path.exists():
            path.write_bytes(struct.pack("q", 0))
        with path.open("r+b") as file:  # the very file that is mapped
            file.write(struct.pack("q", seconds))
