"""How often one visitor, one address or one site may speak: token buckets."""

from __future__ import annotations

import time
from collections import OrderedDict

from hozir.address import household_of
from hozir.contract.site import Site
from ingest.asgi import whole_seconds
from ingest.reject import Reason, Rejected

MOST_KEYS = 200_000
"""Buckets kept. The one used longest ago goes first; it is full again anyway."""


class Limits:
    """What the door takes of each before it says no, on all of its routes together."""

    def __init__(self, *, visitor: RateLimit, address: RateLimit, site: RateLimit) -> None:
        self._visitor = visitor
        self._address = address
        self._site = site

    def of_request(self, address: str, site: Site | None) -> Rejected | None:
        """Count a request of an address, with all of its household, and for a site if it is one.

        The address first: one that sends too much takes nothing of what is left to its site.
        """
        rejected = self._take("address_rate", self._address, household_of(address))
        if rejected is None and site is not None:
            return self._take("site_rate", self._site, site.site_key)
        return rejected

    def of_visitor(self, site_key: str, visitor_id: str) -> Rejected | None:
        """Count a request of a visitor. The id is what a stranger claims, and of any length."""
        return self._take("visitor_rate", self._visitor, f"{site_key} {visitor_id[:40]}")

    def _take(self, reason: Reason, limit: RateLimit, key: str) -> Rejected | None:
        if wait := limit.take(key, time.monotonic()):
            return Rejected(reason, retry_after=whole_seconds(wait))
        return None


class RateLimit:
    """`rate` a second on average, `burst` at once; a rate of 0 allows everything.

    Time is an argument.
    """

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
