"""How many beacons one visitor, or one address, may send: token buckets. Time is an argument."""

from __future__ import annotations

from collections import OrderedDict

MOST_KEYS = 200_000
"""Buckets kept. The one used longest ago goes first; it is full again anyway."""


class RateLimit:
    """`rate` a second on average, `burst` at once; a rate of 0 allows everything."""

    def __init__(self, rate: float, burst: int) -> None:
        self._rate = rate
        self._burst = float(burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float) -> float:
        """Take one. Returns 0 if it was there, else the seconds until it will be."""
        if self._rate <= 0:
            return 0.0
        tokens, then = self._buckets.get(key, (self._burst, now))
        tokens = min(self._burst, tokens + max(0.0, now - then) * self._rate)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self._rate
        self._buckets[key] = (tokens if wait else tokens - 1, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > MOST_KEYS:
            self._buckets.popitem(last=False)
        return wait
