"""What a tab has to send: in order, one at a time, again with the same number when it must."""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import encode
from hozir.simulator.door import Answer, Door, DoorAway
from hozir.simulator.people import SESSION_SILENCE, Person

MOST_WAITING = 30
"""Beacons kept while the door is away, as in the tracker."""
HOPELESS = ("unknown_site", "simulated_traffic")


class Acknowledged(msgspec.Struct, frozen=True):
    """A beacon that the door answered with 2xx, as it was sent the last time."""

    beacon: Beacon
    at: float
    """When the answer came; seconds since 1970."""
    tries: int


@dataclass(slots=True)
class Tally:
    """What became of all beacons, and what the tabs share."""

    door: Door
    path: str
    simulated: str
    pace: float
    on_ack: Callable[[Acknowledged], None] | None = None
    beacons: int = 0
    acknowledged: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    page_views: int = 0
    sessions: set[str] = field(default_factory=set)
    sending: set[asyncio.Task[None]] = field(default_factory=set)
    hopeless: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False
    """True when nothing more may be sent."""

    def take(self, acknowledged: Acknowledged) -> None:
        """Count a beacon that the door has taken."""
        self.acknowledged += 1
        beacon = acknowledged.beacon
        self.page_views += sum(event.kind == "page_view" for event in beacon.events)
        self.sessions.add(beacon.session_id)
        if self.on_ack is not None:
            self.on_ack(acknowledged)

    def refuse(self, answer: Answer) -> None:
        """Count a beacon that the door will never take."""
        reason = answer.reason or str(answer.status)
        self.refused[reason] = self.refused.get(reason, 0) + 1
        if reason in HOPELESS:
            self.hopeless.set()


@dataclass(slots=True)
class Draft:
    """A beacon whose events still know when they happened, in monotonic seconds."""

    session_id: str
    n: int
    events: list[tuple[float, ClaimedEvent]]
    context: Context | None


class Outbox:
    """The queue of one tab."""

    def __init__(self, person: Person, tab_id: str, tally: Tally, rng: random.Random) -> None:
        self._person = person
        self._tab_id = tab_id
        self._tally = tally
        self._rng = rng
        self._waiting: deque[Draft] = deque()
        self._busy = False
        self._headers = (
            f"User-Agent: {person.agent.user_agent}\r\nX-Forwarded-For: {person.address}\r\n"
            f"Accept-Language: {person.language}\r\nX-Hozir-Simulated: {tally.simulated}\r\n"
        )

    def put(self, draft: Draft) -> None:
        """Queue a beacon and see that it goes."""
        if self._tally.closed:
            return
        self._tally.beacons += 1
        self._waiting.append(draft)
        if len(self._waiting) > MOST_WAITING:
            self._drop()
        if not self._busy:
            self._busy = True
            task = asyncio.create_task(self._pump())
            self._tally.sending.add(task)
            task.add_done_callback(self._tally.sending.discard)

    def _drop(self) -> None:
        # The first may be on its way. Heartbeats say least; without one, the oldest goes.
        for index in range(1, len(self._waiting)):
            if all(event.kind == "heartbeat" for _, event in self._waiting[index].events):
                del self._waiting[index]
                return
        del self._waiting[1]

    async def _pump(self) -> None:
        fails = 0
        tries = 0
        try:
            while self._waiting:
                draft = self._waiting[0]
                tries += 1
                beacon = self._seal(draft)
                try:
                    answer = await self._tally.door.post(
                        self._tally.path, encode(beacon), self._headers
                    )
                except DoorAway:
                    answer = Answer(503)
                if answer.status == 429 or answer.status >= 500:
                    if time.monotonic() - draft.events[0][0] > SESSION_SILENCE:
                        self._waiting.popleft()
                        continue
                    backoff = min(2**fails, 60) * (0.5 + self._rng.random()) / self._tally.pace
                    fails = min(fails + 1, 10)
                    await asyncio.sleep(max(backoff, answer.retry_after))
                    continue
                self._waiting.popleft()
                if answer.status < 300:
                    self._person.last_sent = time.monotonic()
                    self._tally.take(Acknowledged(beacon, time.time(), tries))
                else:
                    self._tally.refuse(answer)
                fails = tries = 0
        finally:
            self._busy = False

    def _seal(self, draft: Draft) -> Beacon:
        now = time.monotonic()
        return Beacon(
            visitor_id=self._person.visitor_id,
            session_id=draft.session_id,
            tab_id=self._tab_id,
            n=draft.n,
            events=[
                msgspec.structs.replace(event, age=int((now - at) * 1000))
                for at, event in draft.events
            ],
            context=draft.context,
        )
