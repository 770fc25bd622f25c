"""Desks that were made and wait for the next statement over the same sites."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from warehouse.connection import Connection
from warehouse.sql import Desk

MOST_IDLE = 8

_Key = tuple[tuple[str, ...], bool]


class Desks:
    """Lends desks. Safe to use from several threads."""

    def __init__(self, warehouse: Connection) -> None:
        self._warehouse = warehouse
        self._idle: list[tuple[_Key, Desk]] = []
        self._lock = threading.Lock()

    @contextmanager
    def lent(self, site_keys: tuple[str, ...], *, sees_all: bool) -> Iterator[Desk]:
        """Give a desk over these sites. After an error, or when cut short, it is not lent again."""
        key = (site_keys, sees_all)
        desk = self._taken(key) or Desk(self._warehouse, site_keys, sees_all=sees_all)
        try:
            yield desk
        except BaseException:
            desk.close()
            raise
        with self._lock:
            self._idle.append((key, desk))
            gone = self._idle[:-MOST_IDLE]
            del self._idle[:-MOST_IDLE]
        for _, old in gone:
            old.close()

    def close(self) -> None:
        """Let go of all that wait."""
        with self._lock:
            idle, self._idle = self._idle, []
        for _, desk in idle:
            desk.close()

    def _taken(self, key: _Key) -> Desk | None:
        with self._lock:
            for place, (found, desk) in enumerate(self._idle):
                if found == key:
                    del self._idle[place]
                    return desk
        return None
