"""The pipeline process: settings, log, recovery store, dataflow, until SIGTERM."""

from __future__ import annotations

import gc
import logging
import shutil
import signal
import sys
import threading
from datetime import timedelta
from pathlib import Path

from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.run import cli_main

from hozir.bus.open import open_log
from hozir.contract.errors import HozirError, Misconfigured
from hozir.contract.topics import EVENTS
from hozir.logs import begin_logging
from hozir.settings import Settings, load_settings
from hozir.watch_pages import serve_pages
from pipeline.figures import Figures
from pipeline.flow import build_flow
from pipeline.set_back import watch_clock


def main() -> int:
    """Run until told to stop; return the exit code."""
    # The rules make no cycles, and at 100,000 live sessions the collector, which looks for them
    # in all that lives, took half of the time (24,000 to 44,000 events/s without it).
    gc.disable()
    begin_logging("pipeline")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # The source then raises StopIteration, which writes the last snapshot; Bytewax's own
        # answer to a signal does not.
        signal.signal(number, lambda *_: stop.set())
    figures = Figures()
    try:
        settings = load_settings()
        partitions = read_partitions(settings.pipeline_partitions)
        serve_pages(
            settings.watch_host,
            settings.pipeline_port,
            figures=figures,
            health=figures.health,
            metrics_open=settings.metrics_open,
        )
        bus = open_log(settings)
        recovery = open_recovery(settings, bus.identity)
    except HozirError as error:
        logging.error("%s", error)
        return 1
    watch_clock()
    epoch = timedelta(seconds=settings.epoch_seconds)
    cli_main(
        build_flow(bus, partitions, stop.is_set, figures),
        epoch_interval=epoch,
        recovery_config=RecoveryConfig(recovery, backup_interval=timedelta(0)),
    )
    bus.close()
    return 0


def read_partitions(text: str) -> list[int]:
    """Return the partitions that a setting names; all if it is empty. Raises Misconfigured."""
    if not text:
        return list(range(EVENTS.partitions))
    try:
        chosen = sorted({int(part) for part in text.split(",")})
    except ValueError:
        chosen = [-1]
    if not all(0 <= partition < EVENTS.partitions for partition in chosen):
        raise Misconfigured(
            f"HOZIR_PIPELINE_PARTITIONS is {text!r}: name partitions from 0 to"
            f" {EVENTS.partitions - 1}, joined by commas."
        )
    return chosen


def open_recovery(settings: Settings, identity: str) -> Path:
    """Return the recovery folder that belongs to this very log.

    Offsets of another log would skip or repeat its records, so each log has its own folder. It has
    its name when it is whole: half a store could never be opened.
    """
    folder = settings.data / "pipeline" / identity
    if not any(folder.glob("*.sqlite3")):
        fresh = folder.with_name(f"{identity}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        init_db_dir(fresh, 1)
        fresh.replace(folder)
    return folder


if __name__ == "__main__":
    sys.exit(main())
