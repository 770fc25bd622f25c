"""Simulated browsers: what the tracker promises, and no more.

A beacon has its number in its tab, and is sent again, with the same number, until it is answered
with a 2xx. Every page and every click has a name of its own, so that each can be counted.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from uuid import UUID

import msgspec

from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import encode
from proof.simulated.clock import Clock, Life
from proof.simulated.faults import Faults

PAUSES = [0.0, 0.05, 0.3, 0.3, 0.9, 1.1, 1.1, 3, 3, 4.9, 5.2, 29]
ADDRESS = "203.0.113.77"
"""Everybody's; it must be found nowhere in full."""

Arrive = Callable[[str, bytes, Callable[[int], None]], None]
"""Brings a body to a site's door, which answers by calling back with a status."""


class Tab:
    """One tab of one visitor on one site."""

    def __init__(self, world: Visitors, number: int, site: str, visitor: int, session: int) -> None:
        self._world = world
        self.site = site
        self._ids = (_id("v", visitor), _id("s", session), _id("t", number))
        self._n = 0
        self._view = 0
        self._came_at = 0.0
        self._hidden = False

    def act(self, kind: str) -> None:
        """Do something, and tell the door."""
        if kind == "page_view" or self._view == 0:
            self._view += 1
            self._came_at = self._world.clock.time()
            name = self._world.name("page")
            url = f"https://shop.example/{name}"
            self._say(name, ClaimedEvent("page_view", view=self._view, url=url, title=name))
        elif kind == "click":
            name = self._world.name("click")
            self._say(name, self._event("interaction", name="click", target=f"button.{name}"))
        elif kind == "both":
            # One beacon of several events, as after a queue was saved up.
            name = self._world.name("click")
            click = self._event("interaction", name="click", target=f"button.{name}")
            self._say(name, self._event("heartbeat"), click)
        elif kind == "visibility":
            self._hidden = not self._hidden
            self._say("", self._event("visibility", hidden=self._hidden))
        else:
            self._say("", self._event("leave" if kind == "leave" else "heartbeat"))

    def _event(self, kind: str, **more: object) -> ClaimedEvent:
        visible = int((self._world.clock.time() - self._came_at) * 1_000)
        fields = {"kind": kind, "view": self._view, "visible": visible} | more
        return msgspec.convert(fields, ClaimedEvent)

    def _say(self, name: str, *events: ClaimedEvent) -> None:
        self._n += 1
        visitor, session, tab = self._ids
        context = Context(language="uz", screen="390x844")
        beacon = Beacon(visitor, session, tab, self._n, list(events), context)
        self._world.send(Sending(self.site, beacon, name, self._world.clock.time()))


class Sending(msgspec.Struct, eq=False):
    """A beacon until it is acknowledged."""

    site: str
    beacon: Beacon
    name: str
    """Of the page or click in it."""
    since: float
    tries: int = 0
    acknowledged: bool = False

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What names the beacon in the log."""
        return self.site, self.beacon.session_id, self.beacon.tab_id, self.beacon.n


class Visitors:
    """Everybody who visits during a schedule. They outlive all processes."""

    def __init__(self, clock: Clock, random: Random, faults: Faults, arrive: Arrive) -> None:
        self.clock = clock
        self._random = random
        self._faults = faults
        self._arrive = arrive
        self._life = Life("visitors")
        self._names = 0
        self.sent: list[Sending] = []

    def invite(self, seconds: float) -> None:
        """Draw who comes, and what each does when, within `seconds`."""
        draw = self._random
        tabs = 0
        for visitor in range(1, draw.randint(3, 9)):
            site = draw.choice(["demo", "shop"])
            # Two sites may be sent the same session id, by browsers that know nothing of it.
            session = draw.choice([visitor, visitor, 1])
            mine = [Tab(self, tabs + k, site, visitor, session) for k in (1, 2)]
            tabs += 2
            at = draw.uniform(0, seconds / 2)
            weights = [draw.choice([1, 3]) for _ in ACTS]
            while at < seconds:
                tab = draw.choice(mine)
                act = draw.choices(ACTS, weights)[0]
                self.clock.call_later(at, self._life, partial(tab.act, act))
                at += draw.choice(PAUSES) * draw.uniform(0.9, 1.1)

    def name(self, kind: str) -> str:
        """Return a name that nothing else has."""
        self._names += 1
        return f"{kind}-{self._names}"

    def send(self, sending: Sending) -> None:
        """Begin to send a beacon."""
        self.sent.append(sending)
        self._try(sending)

    def _try(self, sending: Sending) -> None:
        if sending.acknowledged:
            return
        sending.tries += 1
        age = int((self.clock.time() - sending.since) * 1_000)
        events = [msgspec.structs.replace(event, age=age) for event in sending.beacon.events]
        body = encode(msgspec.structs.replace(sending.beacon, events=events))
        for seconds in self._faults.travel_seconds():
            there = partial(self._arrive, sending.site, body, partial(self._answer, sending))
            self.clock.call_later(seconds, self._life, there)
        pause = min(8.0, 1.5**sending.tries) if self._faults.on else 1.0
        self.clock.call_later(pause, self._life, partial(self._try, sending))

    def _answer(self, sending: Sending, status: int) -> None:
        for seconds in self._faults.travel_seconds()[:1]:
            back = partial(self._hear, sending, status)
            self.clock.call_later(seconds, self._life, back)

    def _hear(self, sending: Sending, status: int) -> None:
        sending.acknowledged |= status < 300


ACTS = ["page_view", "click", "both", "visibility", "heartbeat", "leave"]


def _id(prefix: str, number: int) -> str:
    return f"{prefix}_{UUID(int=number)}"
