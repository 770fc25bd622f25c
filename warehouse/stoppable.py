"""Questions that can be ended from outside: by a client that has gone, or by the clock."""

from __future__ import annotations

import threading
from typing import cast

from warehouse.connection import Connection


class Stopped(Exception):
    """The question was ended before it had its answer."""


class Stoppable:
    """A way into the warehouse whose cursors are all stopped at once, from any thread."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._cursors: list[Connection] = []
        self._lock = threading.Lock()
        self._stopped = False

    @property
    def as_connection(self) -> Connection:
        """What functions take that ask on cursors of their own."""
        return cast(Connection, self)

    def cursor(self) -> Connection:
        """Return a cursor that `stop` ends. Raises Stopped after it."""
        with self._lock:
            if self._stopped:
                raise Stopped
            cursor = self._connection.cursor()
            self._cursors.append(cursor)
            return cursor

    def stop(self) -> None:
        """End what is being asked.

        A question that begins in this very moment may be missed: stop again until the thread
        that asks has ended.
        """
        with self._lock:
            self._stopped = True
            for cursor in self._cursors:
                cursor.interrupt()
