"""Ends the process when the machine's clock is set back, so that it is started again.

Bytewax wakes a source at a moment of the wall clock. Set back an hour, that moment is an hour away,
and for so long nothing would be read. A new process goes on from the last epoch, as after a kill.
"""

from __future__ import annotations

import logging
import os
import threading
import time

from hozir.clock import steady_clock, wall_clock

MOST_MS = 1_000
"""What the clock may lose between two looks; a source that sleeps so much longer does no harm."""
LOOK_SECONDS = 0.5
STARTED_AGAIN = 75
"""EX_TEMPFAIL of sysexits.h."""

log = logging.getLogger(__name__)


def watch_clock() -> None:
    """Begin to watch, in a thread that ends with the process."""
    threading.Thread(target=_watch, name="clock", daemon=True).start()


def _watch() -> None:
    ahead = wall_clock() - steady_clock()
    while True:
        time.sleep(LOOK_SECONDS)
        before, ahead = ahead, wall_clock() - steady_clock()
        if ahead < before - MOST_MS:
            log.critical("the clock was set back by %.0f s: starting again", (before - ahead) / 1e3)
            logging.shutdown()
            os._exit(STARTED_AGAIN)
