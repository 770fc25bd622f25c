"""How often somebody may try: a sliding window."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

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
            attempts = self._attempts.setdefault(key, deque())
            while attempts and attempts[0] <= now - self._seconds:
                attempts.popleft()
            if len(attempts) >= self._most:
                return attempts[0] + self._seconds - now
            attempts.append(now)
            if len(self._attempts) > KEYS_KEPT:
                self._clean(now)
            return 0.0

    def forgive(self, key: str) -> None:
        """Forget the attempts of a key: the last one was right."""
        with self._lock:
            self._attempts.pop(key, None)

    def _clean(self, now: float) -> None:
        old = [k for k, a in self._attempts.items() if not a or a[-1] <= now - self._seconds]
        for key in old:
            del self._attempts[key]
