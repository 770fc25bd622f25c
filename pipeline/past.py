"""The pipeline over a history: reads all that a log holds, concludes, and ends."""

from __future__ import annotations

import gc
import logging
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bytewax.recovery import RecoveryConfig
from bytewax.run import cli_main

from hozir.bus.embedded import EmbeddedLog
from hozir.bus.log import Record
from hozir.contract.errors import HozirError
from hozir.contract.topics import EVENTS, Topic
from hozir.logs import begin_logging
from hozir.settings import load_settings
from pipeline.__main__ import open_recovery
from pipeline.flow import build_flow


class WatchedLog(EmbeddedLog):
    """An embedded log that knows whether all that topic `events` held has been read."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        super().__init__(folder, fsync=False, max_bytes=max_bytes)
        self._left = {
            partition: self.head(EVENTS, partition) for partition in range(EVENTS.partitions)
        }

    def read(self, topic: Topic, partition: int, offset: int, limit: int) -> list[Record]:
        """See Log."""
        records = super().read(topic, partition, offset, limit)
        if topic is EVENTS:
            reached = records[-1].offset + 1 if records else offset
            if reached >= self._left.get(partition, 0):
                self._left.pop(partition, None)
        return records

    def is_read(self) -> bool:
        """Tell whether every partition was read to the head that it had."""
        return not self._left


def main(arguments: Sequence[str] | None = None) -> int:
    """Conclude what the log in a folder holds; return the exit code. A second run goes on."""
    gc.disable()  # as in the pipeline itself
    begin_logging("pipeline")
    (folder,) = sys.argv[1:] if arguments is None else arguments
    try:
        settings = replace(load_settings(), data=Path(folder))
        bus = WatchedLog(settings.data / "log", settings.log_bytes)
        recovery = open_recovery(settings, bus.identity)
    except HozirError as error:
        logging.error("%s", error)
        return 1
    cli_main(
        build_flow(bus, list(range(EVENTS.partitions)), bus.is_read),
        epoch_interval=timedelta(seconds=settings.epoch_seconds),
        recovery_config=RecoveryConfig(recovery, backup_interval=timedelta(0)),
    )
    bus.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
