"""What a reader of the log does when it cannot go on: it tries again, or sets a record aside."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from hozir.bus.log import Log
from hozir.contract.codec import encode
from hozir.contract.errors import HozirError, LogFull, LogUnavailable
from hozir.contract.topics import DEAD_LETTERS, DeadLetter, Topic
from warehouse.connection import is_given_up
from warehouse.writer import WarehouseUnavailable

LONGEST_RETRY = 5.0
STARTED_AGAIN = 75
"""Exit code of a process that has to be started again; EX_TEMPFAIL of sysexits.h."""

_log = logging.getLogger(__name__)


def keep_trying(
    step: Callable[[], int],
    stop: threading.Event,
    *,
    who: str,
    first_wait: float,
    last_tries: int = 0,
    note: Callable[[HozirError | None], None] = lambda problem: None,
) -> int | None:
    """Do a step until it succeeds, waiting twice as long each time (from `first_wait` seconds).

    When told to stop, give up after so many last tries, and return None. Where no try will ever
    succeed, the process ends. `note` is told what is in the way, and None when nothing is any more.
    """
    wait = first_wait
    while True:
        try:
            done = step()
            note(None)
            return done
        except (LogUnavailable, LogFull, WarehouseUnavailable) as error:
            _end_if_given_up(error)
            note(error)
            _log.warning("the %s waits: %s; again in %.2f s", who, error, wait)
        except Exception as error:
            _end_if_given_up(error)
            # A thread that dies would stop every screen; one that stumbles is seen in the log.
            note(HozirError("stumbled"))
            _log.exception("the %s stumbled; again in %.2f s", who, wait)
        if not stop.wait(wait):
            wait = min(LONGEST_RETRY, wait * 2)
        elif last_tries:
            last_tries -= 1
            time.sleep(first_wait)
        else:
            return None


def _end_if_given_up(error: Exception) -> None:
    """End the process where only a new one helps: whoever supervises it starts it again.

    At once, as by a kill: what is not in the warehouse is in the log.
    """
    if is_given_up(error):
        _log.critical("the warehouse must be opened anew, so web starts again: %s", error)
        logging.shutdown()
        os._exit(STARTED_AGAIN)


def set_aside(
    log: Log, topic: Topic, partition: int, offset: int, reason: str, value: bytes
) -> None:
    """Keep a record that cannot be used where somebody may look at it. Raises LogUnavailable,
    LogFull."""
    _log.warning("%s/%d/%d is set aside: %s", topic.name, partition, offset, reason)
    letter = DeadLetter(topic.name, partition, offset, reason, value)
    log.append(DEAD_LETTERS, [(0, encode(letter))])
