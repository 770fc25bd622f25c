"""How often somebody may try: within a sliding window, or with growing pauses."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

KEYS_KEPT = 10_000


class Throttle:
    """At most `most` attempts of a key within `seconds`. Safe to use from several threads."""

    def __init__(
        self, most: int, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._attempts: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Count an attempt. Returns 0, or the seconds to wait if it is one too many."""
        now = self._clock()
        with self._lock:
            attempts = self._attempts.pop(key, None) or deque()
            self._attempts[key] = attempts  # at the end: those are dropped last
            while attempts and attempts[0] <= now - self._seconds:
                attempts.popleft()
            if len(attempts) >= self._most:
                return attempts[0] + self._seconds - now
            attempts.append(now)
            if len(self._attempts) > KEYS_KEPT:
                del self._attempts[next(iter(self._attempts))]
            return 0.0

    def give_back(self, key: str) -> None:
        """Uncount the newest attempt of a key: it was none of those that are counted."""
        with self._lock:
            if attempts := self._attempts.get(key):
                attempts.pop()

    def forgive(self, key: str) -> None:
        """Forget the attempts of a key: the last one was right."""
        with self._lock:
            self._attempts.pop(key, None)


@dataclass
class _Tries:
    count: int
    at: float
    free_at: float


class Slowing:
    """After `free` attempts of a key, each further one must wait twice as long as the one before.

    Times in seconds. An attempt counts as wrong until it is forgiven, so that many at once are no
    way around. Safe to use from several threads.
    """

    def __init__(
        self,
        free: int = 5,
        first: float = 15.0,
        longest: float = 900.0,
        forgotten: float = 3_600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = free
        self._first = first
        self._longest = longest
        self._forgotten = forgotten
        self._clock = clock
        self._tries: dict[str, _Tries] = {}
        self._lock = threading.Lock()

    def take(self, key: str) -> float:
        """Count an attempt. Returns 0, or the seconds to wait; then it is not counted."""
        now = self._clock()
        with self._lock:
            tries = self._tries.pop(key, None)
            if tries is None or now - tries.at > self._forgotten:
                tries = _Tries(0, now, now)
            self._tries[key] = tries  # at the end: those are dropped last
            if now < tries.free_at:
                return tries.free_at - now
            tries.count += 1
            tries.at = now
            if (beyond := tries.count - self._free) >= 0:
                tries.free_at = now + min(self._longest, self._first * 2.0 ** min(beyond, 30))
            if len(self._tries) > KEYS_KEPT:
                del self._tries[next(iter(self._tries))]
            return 0.0

    def forgive(self, key: str) -> None:
        """Forget the attempts of a key: the last one was right."""
        with self._lock:
            self._tries.pop(key, None)
