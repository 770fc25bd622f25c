"""From the loader's thread to every open screen.

The hub and the live view belong to the event loop; `deliver` alone may be called from elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from api.erased import Erased
from api.facts import NOTHING, Facts
from api.filters import Filter
from api.live_view import LiveEvent, LiveView
from api.presenter import Presenter
from api.subscriber import Subscriber
from hozir.clock import wall_clock
from hozir.contract.change import Change

APPLY_AT_ONCE = 500
"""Changes applied before other work of the loop gets its turn."""
BACKLOG = 20_000
"""Changes that may wait for the loop before the loader waits too."""
SWEEP_SECONDS = 1.0

_log = logging.getLogger(__name__)


class TooManySubscribers(Exception):
    """The site has as many open sockets as it may have."""


class Hub:
    """Applies changes to the live view and offers what they mean to the subscribers."""

    def __init__(
        self,
        view: LiveView,
        *,
        clock: Callable[[], int] = wall_clock,
        most: int = 100,
        erased: Erased | None = None,
    ) -> None:
        self.view = view
        self._erased = erased or Erased()
        self.clock = clock
        self._most = most
        self._presenter = Presenter(view)
        self._subscribers: dict[str, set[Subscriber]] = {}
        self._seats: Counter[str] = Counter()
        self._backlog: deque[Change] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._scheduled = False
        self.listeners: list[Callable[[Change], None]] = []
        """Told of every change, in the loop, after the view has it; some may come twice. Not for
        anything that waits."""

    def __len__(self) -> int:
        return sum(len(some) for some in self._subscribers.values())

    @property
    def lag_ms(self) -> int:
        """Age of the oldest change that no screen was offered yet; 0 if there is none. In the
        loop."""
        return max(0, self.clock() - self._backlog[0].at) if self._backlog else 0

    def start(self) -> None:
        """Begin, in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._sweeper = asyncio.create_task(self._sweep_on())

    async def stop(self) -> None:
        """End; what was delivered is dropped, as the warehouse has it."""
        self._loop = None
        if self._sweeper is not None:
            self._sweeper.cancel()

    def deliver(self, changes: list[Change]) -> None:
        """Take changes, in order, from any one thread. Waits while the loop is far behind."""
        if not changes:
            return
        self._backlog.extend(changes)
        loop = self._loop
        while loop is not None:
            try:
                loop.call_soon_threadsafe(self._drain_soon)
            except RuntimeError:  # the loop has closed meanwhile
                return
            if len(self._backlog) <= BACKLOG:
                return
            time.sleep(0.01)
            loop = self._loop

    def soon(self, work: Callable[[], None]) -> None:
        """Do it in the loop; at once before there is one. From any thread."""
        if self._loop is None:
            work()
        else:
            self._loop.call_soon_threadsafe(work)

    def tell_facts(self, site_key: str, visitor_id: str, change: Callable[[Facts], Facts]) -> None:
        """Change what the team knows of a visitor, and show it. From any thread.

        `change` gets what is known and returns what is known from now on; it runs in the loop, so
        that two changes at once both count.
        """

        def apply() -> None:
            facts = self.view.facts(site_key, visitor_id)
            live = self.view.set_facts(site_key, visitor_id, change(facts))
            if live is not None:
                self._offer(LiveEvent("presence", live, self.clock()))

        self.soon(apply)

    def drop_visitor(self, site_key: str, visitor_id: str) -> None:
        """Forget a visitor, and what the team knows of them; screens see them go. From any
        thread."""

        def apply() -> None:
            self.view.set_facts(site_key, visitor_id, NOTHING)
            live = self.view.drop(site_key, visitor_id)
            if live is not None:
                self._offer(LiveEvent("offline", live, self.clock()))

        self.soon(apply)

    def announce(self, site_key: str, visitor_id: str, event: str, data: dict[str, Any]) -> None:
        """Tell every screen of a site something of a visitor. From any thread."""

        def apply() -> None:
            for subscriber in self._subscribers.get(site_key, ()):
                subscriber.announce(visitor_id, event, data)

        if self._loop is not None:
            self._loop.call_soon_threadsafe(apply)

    def subscribe(self, site_key: str, wanted: Filter, language: str, limit: int) -> Subscriber:
        """Return a new subscriber, who needs a snapshot first. Raises TooManySubscribers."""
        self.take_seat(site_key)
        subscriber = Subscriber(
            self.view, self._presenter, self.clock, site_key, wanted, language, limit
        )
        self._subscribers.setdefault(site_key, set()).add(subscriber)
        return subscriber

    def unsubscribe(self, subscriber: Subscriber) -> None:
        """Forget a subscriber."""
        some = self._subscribers.get(subscriber.site_key, set())
        if subscriber in some:
            some.remove(subscriber)
            self.leave_seat(subscriber.site_key)

    def take_seat(self, site_key: str) -> None:
        """Count one more open socket of a site, of whatever kind. Raises TooManySubscribers."""
        if self._seats[site_key] >= self._most:
            raise TooManySubscribers
        self._seats[site_key] += 1

    def leave_seat(self, site_key: str) -> None:
        """Count one socket less."""
        self._seats[site_key] -= 1

    def apply(self, change: Change) -> None:
        """Apply one change and offer what it means."""
        if self._erased.covers(change.session):
            return
        event = self.view.apply(change)
        for listener in self.listeners:
            listener(change)
        if event is not None:
            self._offer(event)

    def sweep(self) -> None:
        """Offer what the mere passing of time changed."""
        for some in self._subscribers.values():
            for subscriber in some:
                if subscriber.wanted.by_time:
                    subscriber.sweep()

    def _offer(self, event: LiveEvent) -> None:
        for subscriber in self._subscribers.get(event.live.session.site_key, ()):
            subscriber.offer(event)

    def _drain_soon(self) -> None:
        if not self._scheduled:
            self._drain()

    def _drain(self) -> None:
        self._scheduled = False
        for _ in range(min(APPLY_AT_ONCE, len(self._backlog))):
            change = self._backlog.popleft()
            try:
                self.apply(change)
            except Exception:
                _log.exception("a change of %s was passed over", change.session.session_id)
        if self._backlog and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._drain)

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            self.sweep()
