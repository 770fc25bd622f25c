"""A tab with the tracker in it: what it tells of, and when."""

from __future__ import annotations

import asyncio
import random
import time
from uuid import uuid4

from hozir.contract.beacon import ClaimedEvent
from hozir.simulator.outbox import Draft, Outbox, Tally
from hozir.simulator.people import Person

HEARTBEAT = 30.0


class Tab:
    """One tab of a person. Times in it are monotonic seconds."""

    def __init__(self, person: Person, tally: Tally, rng: random.Random) -> None:
        self._person = person
        self._pace = tally.pace
        self.id = f"t_{uuid4()}"
        self._outbox = Outbox(person, self.id, tally, rng)
        self._pending: list[tuple[float, ClaimedEvent]] = []
        self._n = 0
        self._view = 0
        self._visible = 0.0
        self._since: float | None = None
        self._touched = 0.0
        self._scroll = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """True between a page's opening and the tab's leaving."""
        return self._timer is not None

    def open_page(self, url: str, title: str, referrer: str) -> None:
        """Tell of a page that is now in sight."""
        self._view += 1
        self._visible = 0.0
        self._since = self._touched = time.monotonic()
        self._scroll = 0
        self._emit(ClaimedEvent("page_view", view=self._view, url=url, title=title))
        self._flush(referrer)
        if self._timer is None:
            self._wait()

    def read_on(self, scroll: int) -> None:
        """Note that somebody scrolled."""
        self._scroll = max(self._scroll, min(100, scroll))
        self._touched = time.monotonic()

    def interact(self, name: str, target: str) -> None:
        """Tell of a click, a form, a download; it goes with the next beacon or the next turn."""
        self._touched = time.monotonic()
        self._emit(ClaimedEvent("interaction", view=self._view, name=name, target=target))
        asyncio.get_running_loop().call_later(0.05, self._flush)

    def tell(self, name: str, **props: str | int) -> None:
        """Send a custom event."""
        self._emit(ClaimedEvent("custom", view=self._view, name=name, props=dict(props)))
        self._flush()

    def identify(self, **props: str) -> None:
        """Say who this is."""
        self._emit(ClaimedEvent("identify", view=self._view, props=dict(props)))
        self._flush()

    def hide(self) -> None:
        """Put the tab out of sight."""
        now = time.monotonic()
        if self._since is not None:
            self._visible += now - self._since
            self._since = None
        self._report("visibility")

    def show(self) -> None:
        """Bring the tab back to sight."""
        self._since = self._touched = time.monotonic()
        self._report("visibility")

    def route(self) -> None:
        """Tell the last of a page that a single-page app is about to replace."""
        self._report("heartbeat")

    def leave(self) -> None:
        """Close the page, as `pagehide` does. The tab may open another."""
        self._stop()
        self._report("leave")

    def vanish(self) -> None:
        """End without a word: a killed browser, an empty battery."""
        self._stop()

    def wake(self) -> None:
        """Go on after having vanished, as a laptop that is opened again: the timer is overdue."""
        self._beat()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(HEARTBEAT / self._pace, self._beat)

    def _beat(self) -> None:
        self._report("heartbeat")
        self._wait()

    def _report(self, kind: str) -> None:
        now = time.monotonic()
        visible = self._visible + (now - self._since if self._since is not None else 0.0)
        self._emit(
            ClaimedEvent(
                kind,  # type: ignore[arg-type]
                view=self._view,
                visible=int(visible * 1000),
                scroll=self._scroll,
                hidden=self._since is None,
                idle=int((now - self._touched) * 1000),
            )
        )
        self._flush()

    def _emit(self, event: ClaimedEvent) -> None:
        self._pending.append((time.monotonic(), event))

    def _flush(self, referrer: str | None = None) -> None:
        if not self._pending:
            return
        self._n += 1
        context = None if referrer is None else self._person.context(referrer)
        events, self._pending = self._pending, []
        self._outbox.put(Draft(self._person.session_id, self._n, events, context))
