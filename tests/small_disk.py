"""A disk of our own to fill, to freeze and to take away: ext4 in a file, mounted by loop."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MEGABYTES = 300


@dataclass(frozen=True)
class SmallDisk:
    """A mounted file system."""

    folder: Path

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"

    def fill(self) -> None:
        """Leave no byte free."""
        with self._ballast.open("ab", buffering=0) as ballast:
            for size in (2**20, 4096, 1):
                try:
                    while True:
                        ballast.write(bytes(size))
                except OSError:
                    continue

    def make_room(self) -> None:
        """Undo `fill`."""
        self._ballast.unlink(missing_ok=True)

    def freeze(self) -> None:
        """Let whoever writes wait."""
        subprocess.run(["fsfreeze", "--freeze", self.folder], check=True)

    def thaw(self) -> None:
        """Let them go on."""
        subprocess.run(["fsfreeze", "--unfreeze", self.folder], check=False, capture_output=True)


def why_no_disk() -> str:
    """Return why this machine lets us mount nothing; empty if it does."""
    if os.geteuid() != 0:
        return "only root may mount a disk"
    missing = [name for name in ("mkfs.ext4", "mount", "fsfreeze") if not shutil.which(name)]
    if missing:
        return f"no {' and no '.join(missing)} here"
    # Root of a container often may not: only a try tells.
    with tempfile.TemporaryDirectory() as folder:
        try:
            with small_disk(Path(folder), megabytes=4):
                return ""
        except (OSError, subprocess.CalledProcessError) as error:
            return f"no disk can be mounted here: {error}"


@contextmanager
def small_disk(folder: Path, megabytes: int = MEGABYTES) -> Iterator[SmallDisk]:
    """Mount one at `folder`/disk."""
    image, mounted = folder / "disk.ext4", folder / "disk"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(megabytes * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, mounted], check=True)
    disk = SmallDisk(mounted)
    try:
        yield disk
    finally:
        disk.thaw()
        subprocess.run(["umount", "--lazy", mounted], check=True)
