"""The write-ahead file of a warehouse whose last entry never came to the disk whole.

When power is cut, some file systems leave a file in its full length with zeros where the last
pages were to be written. DuckDB takes an end that is missing for what it is, and refuses zeros in
an entry. What follows is taken off here, if it is nothing but the end of the last transaction:
nobody was told that this one is kept, and the log is read from the place that the one before
notes.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
from pathlib import Path

_POSITION = re.compile(r"entry at byte position (\d+) computed checksum")
_HEAD = 16
"""Bytes before an entry: its length, and its checksum."""
_COMMIT = b"\x64\x00\x64\xff\xff"
"""The entry that ends a transaction."""

_log = logging.getLogger(__name__)


def cut_torn_tail(database: Path, error: Exception) -> bool:
    """Take a torn last transaction off the write-ahead file; tell whether it was done.

    `error` is DuckDB's refusal. What was there is kept beside, under `.damaged`.
    """
    found = _POSITION.search(str(error))
    path = database.with_name(f"{database.name}.wal")
    if found is None or not path.exists():
        return False
    held, cut = path.read_bytes(), int(found[1]) - _HEAD
    if cut < 0 or not is_last_transaction(held[cut:]):
        return False
    kept = path.with_name(f"{path.name}.damaged")
    shutil.copyfile(path, kept)
    with path.open("r+b") as file:
        file.truncate(cut)
        os.fsync(file.fileno())
    _log.warning(
        "the last transaction had not come to the disk whole: %d bytes were taken off %s; "
        "what was there is in %s",
        len(held) - cut,
        path,
        kept.name,
    )
    return True


def is_last_transaction(entries: bytes) -> bool:
    """Tell whether a damaged entry, with all that follows, is the end of one transaction."""
    place, ended = 0, False
    while place + _HEAD < len(entries):
        size = int.from_bytes(entries[place : place + 8], "little")
        entry = entries[place + _HEAD : place + _HEAD + size]
        if size == 0:
            return not entries[place:].strip(b"\0")
        if ended:
            return False
        ended = entry == _COMMIT
        place += _HEAD + size
    return True
