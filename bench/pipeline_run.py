"""One run over a log, in a process of its own: `python -m bench.pipeline_run plain|flow FOLDER`."""

from __future__ import annotations

import gc
import json
import os
import sys
import time
from datetime import timedelta
from pathlib import Path

from bytewax.recovery import RecoveryConfig
from bytewax.run import cli_main

from bench.memory import resident_mb
from hozir.bus.embedded import EmbeddedLog
from hozir.bus.log import Record
from hozir.contract.change import Change
from hozir.contract.codec import TICK, decode_events, encode
from hozir.contract.topics import CHANGES, EVENTS, Topic
from hozir.settings import Settings
from pipeline.__main__ import open_recovery
from pipeline.flow import build_flow
from pipeline.sessions import OpenSession, advance, key_of
from pipeline.source import AT_ONCE

PARTITIONS = range(EVENTS.partitions)


class Watched(EmbeddedLog):
    """A log that knows when it has been read to its head."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, fsync=False)
        self._left = {partition: self.head(EVENTS, partition) for partition in PARTITIONS}

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Record]:
        """Read, and note a head that is reached."""
        records = super().read(topic, partition, offset, limit)
        if topic is EVENTS and not records:
            self._left.pop(partition, None)
        return records

    def is_read(self) -> bool:
        """True once every partition has been read to its head."""
        return not self._left


def plain(folder: Path) -> None:
    """Fold the log with one dict and a loop, and append what is concluded."""
    log = EmbeddedLog(folder / "log", fsync=False)
    sessions: dict[str, OpenSession] = {}
    offsets = dict.fromkeys(PARTITIONS, 0)
    while offsets:
        # In turn, as the dataflow reads them: one after the other would be kinder to the caches.
        for partition, offset in list(offsets.items()):
            records = log.read(EVENTS, partition, offset, AT_ONCE)
            if not records:
                del offsets[partition]
                continue
            offsets[partition] = records[-1].offset + 1
            out: list[Change] = []
            for _, at, value in records:
                if value == TICK:
                    continue
                batch = decode_events(value)
                key = key_of(batch)
                session = advance(sessions.get(key), batch, at, out)
                if session is not None:
                    sessions[key] = session
            log.append(CHANGES, [(partition, encode(change)) for change in out])


def flow(folder: Path) -> None:
    """Run the dataflow with its recovery store until the log is read."""
    log = Watched(folder / "log")
    settings = Settings(data=folder)
    cli_main(
        build_flow(log, list(PARTITIONS), log.is_read),
        epoch_interval=timedelta(seconds=settings.epoch_seconds),
        recovery_config=RecoveryConfig(open_recovery(settings, log.identity), timedelta(0)),
    )


if __name__ == "__main__":
    gc.disable()  # as the pipeline does, for both
    began = time.perf_counter()
    (plain if sys.argv[1] == "plain" else flow)(Path(sys.argv[2]))
    seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "resident_mb": resident_mb(os.getpid())}))
