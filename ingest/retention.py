"""Keeps the embedded log within its days and bytes."""

from __future__ import annotations

import logging
import threading

from hozir.bus.embedded import DROP_AT_ONCE, EmbeddedLog
from hozir.contract.errors import LogUnavailable
from hozir.contract.topics import TOPICS

EVERY_SECONDS = 5.0
DAY_MS = 24 * 60 * 60 * 1000

log = logging.getLogger(__name__)


class Retention:
    """A thread that drops what every reader has read, when it is old or room is short."""

    def __init__(self, bus: EmbeddedLog, days: float) -> None:
        self._bus = bus
        self._retention_ms = int(days * DAY_MS)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="retention", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.wait(EVERY_SECONDS):
            for topic in TOPICS:
                try:
                    while self._bus.drop_read(topic, self._retention_ms) >= DROP_AT_ONCE:
                        # Appends wait for each of these transactions; let them pass between.
                        if self._closing.wait(0.02):
                            return
                except LogUnavailable as error:
                    log.warning("topic %s cannot be cleared now: %s", topic.name, error)
