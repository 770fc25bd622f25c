"""A tab with the tracker in it, told what time it is: what it sends, and when."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec

from hozir.contract.beacon import Beacon, ClaimedEvent, EventKind
from hozir.generator.deeds import Sent
from hozir.generator.guest import SECOND, Guest, new_id

Send = Callable[[Sent], None]


class Tab:
    """One tab of a guest. Moments are milliseconds since 1970 and only go forward."""

    def __init__(self, guest: Guest, heartbeat: int, rng: random.Random, send: Send) -> None:
        """Make it; `heartbeat` in seconds."""
        self._guest = guest
        self._send = send
        self._tab_id = new_id(rng, "t")
        self._heartbeat = heartbeat * SECOND
        self._pending: list[tuple[int, ClaimedEvent]] = []
        self._n = self._view = self._scroll = self._visible = self._touched = 0
        self._since: int | None = None
        self._beat_at: int | None = None

    @property
    def is_open(self) -> bool:
        """True between a page's opening and the tab's leaving."""
        return self._beat_at is not None

    def open_page(self, at: int, url: str, title: str, referrer: str) -> None:
        """Tell of a page that is now in sight."""
        self._live(at)
        self._view += 1
        self._visible = self._scroll = 0
        self._since = self._touched = at
        self._tell(at, ClaimedEvent("page_view", view=self._view, url=url, title=title))
        self._flush(at, referrer)
        if self._beat_at is None:
            self._beat_at = at + self._heartbeat

    def read_on(self, at: int, scroll: int) -> None:
        """Note that somebody scrolled."""
        self._live(at)
        self._scroll = max(self._scroll, min(100, scroll))
        self._touched = at

    def touch(self, at: int, name: str, target: str) -> None:
        """Note a click, a form; it goes with the next beacon."""
        self._live(at)
        self._touched = at
        self._tell(at, ClaimedEvent("interaction", view=self._view, name=name, target=target))

    def tell(self, at: int, name: str, **props: str | int) -> None:
        """Send a custom event."""
        self._live(at)
        self._tell(at, ClaimedEvent("custom", view=self._view, name=name, props=dict(props)))
        self._flush(at)

    def identify(self, at: int, **props: str) -> None:
        """Say who this is."""
        self._live(at)
        self._tell(at, ClaimedEvent("identify", view=self._view, props=dict(props)))
        self._flush(at)

    def hide(self, at: int) -> None:
        """Put the tab out of sight."""
        self._live(at)
        if self._since is not None:
            self._visible += at - self._since
            self._since = None
        self._report(at, "visibility")

    def show(self, at: int) -> None:
        """Bring the tab back to sight."""
        self._live(at)
        self._since = self._touched = at
        self._report(at, "visibility")

    def route(self, at: int) -> None:
        """Tell the last of a page that a single-page app is about to replace."""
        self._live(at)
        self._report(at, "heartbeat")

    def leave(self, at: int) -> None:
        """Close the page, as `pagehide` does. The tab may open another."""
        self._live(at)
        self._beat_at = None
        self._report(at, "leave")

    def vanish(self, at: int) -> None:
        """End without a word: a killed browser, an empty battery."""
        self._live(at)
        self._beat_at = None
        self._pending.clear()

    def _live(self, at: int) -> None:
        """Send the heartbeats that were due before `at`."""
        while self._beat_at is not None and self._beat_at < at:
            self._report(self._beat_at, "heartbeat")
            self._beat_at += self._heartbeat

    def _report(self, at: int, kind: EventKind) -> None:
        visible = self._visible + (at - self._since if self._since is not None else 0)
        event = ClaimedEvent(
            kind,
            view=self._view,
            visible=visible,
            scroll=self._scroll,
            hidden=self._since is None,
            idle=at - self._touched,
        )
        self._tell(at, event)
        self._flush(at)

    def _tell(self, at: int, event: ClaimedEvent) -> None:
        self._pending.append((at, event))

    def _flush(self, at: int, referrer: str | None = None) -> None:
        self._n += 1
        person = self._guest.person
        beacon = Beacon(
            visitor_id=person.visitor_id,
            session_id=person.session_id,
            tab_id=self._tab_id,
            n=self._n,
            events=[
                event if at == then else msgspec.structs.replace(event, age=at - then)
                for then, event in self._pending
            ],
            context=None if referrer is None else person.context(referrer),
        )
        self._pending.clear()
        self._guest.sent_at = max(self._guest.sent_at, at)
        self._send(Sent(at, person.address, person.agent.user_agent, beacon))
