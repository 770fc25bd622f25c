"""A simulated disk: files of frames, of which a power cut takes what was not yet synced.

As SQLite's WAL does it: a frame is written, synced, and only then shown to readers; whoever writes
next writes over what a killed writer left half done.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from random import Random
from typing import Any
from zlib import crc32

HEADER = struct.Struct("<II")

Stage = Callable[[str, str], None]
"""Told what is about to happen to which file. It may raise Killed."""
Tear = Callable[[str, int], int | None]
"""How many bytes of a frame get written before the writer dies; None if it lives."""


class File:
    """Bytes, of which some are synced and some are shown."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.synced = 0
        self.shown = 0
        self.lock = threading.RLock()
        self.index: Any = None
        """What readers made of the frames, so that each is read but once."""

    def cut(self, end: int) -> None:
        """Forget what is behind `end`."""
        del self.data[end:]
        if self.synced > end:
            self.synced = end
        if self.shown > end:
            self.shown = end
            self.index = None

    def frames(self, position: int) -> Iterator[tuple[int, bytes]]:
        """Give each whole frame from `position` on that is shown, and where the next begins."""
        while position < self.shown:
            size, check = HEADER.unpack_from(self.data, position)
            position += HEADER.size
            payload = bytes(self.data[position : position + size])
            position += size
            if crc32(payload) != check:
                raise AssertionError("a frame that was shown is no longer what it was")
            yield position, payload


class Disk:
    """All files of one machine. `stage` and `tear` say when a writer dies."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.stage: Stage = lambda what, name: None
        self.tear: Tear = lambda name, size: None

    def file(self, name: str) -> File:
        """Return a file; it need not have been there."""
        return self.files.setdefault(name, File())

    def write(self, name: str, payload: bytes) -> None:
        """Add a frame; return when it is durable."""
        file = self.file(name)
        with file.lock:
            self.stage("write", name)
            self.clear(file)
            frame = HEADER.pack(len(payload), crc32(payload)) + payload
            torn = self.tear(name, len(frame))
            file.data += frame if torn is None else frame[:torn]
            self.stage("torn" if torn is not None else "written", name)
            self.sync(file)
            file.shown = len(file.data)
            self.stage("synced", name)

    @staticmethod
    def clear(file: File) -> None:
        """Take away what a killed writer left half done."""
        file.cut(file.shown)

    @staticmethod
    def sync(file: File) -> None:
        """Wait until the disk has it."""
        file.synced = len(file.data)

    def cut_power(self, random: Random) -> None:
        """Keep what was synced and, perhaps torn, some of the rest; then recover each file."""
        for name in sorted(self.files):
            file = self.files[name]
            file.cut(random.randint(file.synced, len(file.data)))
            self.recover(file)

    def recover(self, file: File) -> None:
        """Show the whole frames that are there."""
        position = 0
        while position + HEADER.size <= len(file.data):
            size, check = HEADER.unpack_from(file.data, position)
            end = position + HEADER.size + size
            if end > len(file.data) or crc32(file.data[end - size : end]) != check:
                break
            position = end
        file.cut(position)
        file.shown = file.synced = position
