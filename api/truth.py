"""Is presence true? How late and how wrong the screens were, by what came to them as it came.

`hear` listens to the hub: a change says when something became so, and the clock says when it could
be shown. Measured is all that became so since web runs, whether or not somebody looked: the API
would have answered the same. What became so before is not counted, for nobody could be shown it.

- **Join**: from the door's word that a session has begun to the offer to the screens.
- **Leave**: from the last farewell, or from the door's word that a socket closed, to the offer.
  Five seconds of it are the grace. Who falls silent is counted apart: their time is the site's.
- **Ghost**: gone, by whichever rule, and shown for more than a second beyond the rule's time.
- **Flicker**: said to be gone, and back within ten seconds: perhaps they had never left.

The door's clock and web's are compared. On one machine they are one; a clock that is set while it
is measured shows as a delay, or hides one.
"""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from prometheus_client import Histogram
from prometheus_client.metrics_core import Metric

from api import sketch
from api.hub import Hub
from api.sketch import Sketch
from hozir.clock import wall_clock
from hozir.contract.change import Change

GRACE_MS = 5_000
"""From a farewell to gone, as documented; more than this is delay."""
GHOST_MS = 1_000
FLICKER_MS = 10_000
SESSIONS_KEPT = 100_000
"""Sessions to remember, so that a change that comes again counts once."""
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
WINDOWS = {"15m": 15 * MINUTE_MS, "24h": DAY_MS, "7d": 7 * DAY_MS}
COURSE_MS = {"15m": MINUTE_MS, "24h": HOUR_MS, "7d": 6 * HOUR_MS}
"""How long the pieces are in which a window shows its course."""
_JOIN_BOUNDS = (25, 50, 75, 100, 150, 200, 300, 500, 1_000, 2_500, 5_000, 15_000, 60_000)
_LEAVE_BOUNDS = (5_000, 5_100, 5_200, 5_300, 5_500, 6_000, 7_000, 10_000, 30_000, 60_000)


@dataclass
class Slot:
    """What a minute or an hour has seen."""

    join: Sketch = field(default_factory=dict)
    late: Sketch = field(default_factory=dict)
    """By how much farewells took longer than the grace."""
    silent: int = 0
    """Left without a farewell."""
    ghosts: int = 0
    flickers: int = 0

    @property
    def joins(self) -> int:
        """Visits that began."""
        return sketch.counted(self.join)

    @property
    def leaves(self) -> int:
        """All who left, however."""
        return sketch.counted(self.late) + self.silent

    def copy(self) -> Slot:
        """Return one that goes on no more."""
        return Slot(dict(self.join), dict(self.late), self.silent, self.ghosts, self.flickers)


def together(slots: Sequence[Slot]) -> Slot:
    """Return what all of them have seen."""
    return Slot(
        sketch.joined(one.join for one in slots),
        sketch.joined(one.late for one in slots),
        sum(one.silent for one in slots),
        sum(one.ghosts for one in slots),
        sum(one.flickers for one in slots),
    )


class Ring:
    """The newest slots of one length. Those in which nothing happened take no room."""

    def __init__(self, step_ms: int, most: int) -> None:
        self._step_ms = step_ms
        self._most = most
        self._slots: deque[tuple[int, Slot]] = deque()

    def at(self, now: int) -> Slot:
        """Return the slot of now; the newest one where the clock was set back."""
        number = now // self._step_ms
        if not self._slots or self._slots[-1][0] < number:
            self._slots.append((number, Slot()))
            while self._slots[0][0] <= number - self._most:
                self._slots.popleft()
        return self._slots[-1][1]

    def since(self, first: int) -> list[tuple[int, Slot]]:
        """Return the slots from that of a moment on, each with its beginning."""
        found = [
            (number * self._step_ms, slot)
            for number, slot in self._slots
            if number >= first // self._step_ms
        ]
        if found:  # the newest may still change
            found[-1] = (found[-1][0], found[-1][1].copy())
        return found


@dataclass(frozen=True)
class Seen:
    """What was seen in a window."""

    whole: Slot
    course: list[tuple[int, Slot]]
    """The same piece by piece, with where each begins; those without anything, too."""
    since: int
    """From when on it was measured: the window's beginning, or web's."""


@dataclass(slots=True)
class _Session:
    seq: int = -1
    leaving: bool = False
    gone_at: int | None = None


class Truth:
    """Told of changes in the loop; may be asked from any thread."""

    def __init__(self, clock: Callable[[], int] = wall_clock) -> None:
        self._clock = clock
        self.started = clock()
        self._minutes = Ring(MINUTE_MS, WINDOWS["24h"] // MINUTE_MS + 1)
        self._hours = Ring(HOUR_MS, WINDOWS["7d"] // HOUR_MS + 1)
        self._sessions: OrderedDict[str, _Session] = OrderedDict()
        self._alone = threading.Lock()
        self._join_ms = Histogram(
            "hozir_join_ms",
            "From the door's word that somebody came to the offer to the screens",
            buckets=_JOIN_BOUNDS,
            registry=None,
        )
        self._leave_ms = Histogram(
            "hozir_leave_ms",
            "From the last farewell to the offer to the screens, 5 s of grace in it",
            buckets=_LEAVE_BOUNDS,
            registry=None,
        )
        self.leaves = self.ghosts = self.flickers = 0
        """Since web runs."""

    def start(self, hub: Hub) -> None:
        """Begin to measure."""
        self.started = self._clock()
        hub.listeners.append(self.hear)

    def hear(self, change: Change) -> None:
        """Take in a change that screens can now be shown."""
        # What a pipeline concludes a second time, after a crash, was shown the first time.
        if change.kind not in ("opened", "presence", "ended"):
            return
        session = self._session(change.session.session_id)
        if change.seq <= session.seq:
            return
        session.seq = change.seq
        now = self._clock()
        late = max(0, now - change.at)
        counts = change.at >= self.started
        with self._alone:
            if change.kind == "opened" and counts:
                self._join_ms.observe(late)
                for slot in self._now(now):
                    sketch.note(slot.join, late)
            elif change.kind == "presence":
                self._turn(session, change, now, late, counts)

    def over(self, window: str) -> Seen:
        """Return what was seen in the newest 15m, 24h or 7d."""
        now, length, step = self._clock(), WINDOWS[window], COURSE_MS[window]
        ring = self._hours if window == "7d" else self._minutes
        first = (now // step + 1) * step - length
        with self._alone:
            slots = ring.since(first)
        pieces: dict[int, list[Slot]] = {at: [] for at in range(first, now + 1, step)}
        for at, slot in slots:
            pieces[min(at // step * step, now // step * step)].append(slot)
        return Seen(
            together([slot for _, slot in slots]),
            [(at, together(some)) for at, some in pieces.items()],
            max(first, self.started),
        )

    def histograms(self) -> list[Metric]:
        """Return both delays as Prometheus wants them."""
        return [*self._join_ms.collect(), *self._leave_ms.collect()]

    def _turn(self, session: _Session, change: Change, now: int, late: int, counts: bool) -> None:
        presence = change.session.presence
        if presence == "offline":
            session.gone_at = change.at
            if counts:
                self._left(session.leaving, change, now, late)
        elif session.gone_at is not None:
            if counts and change.at - session.gone_at <= FLICKER_MS:
                self.flickers += 1
                for slot in self._now(now):
                    slot.flickers += 1
            session.gone_at = None
        session.leaving = presence == "leaving"

    def _left(self, said_farewell: bool, change: Change, now: int, late: int) -> None:
        # The change is dated by its rule: it became so when the time of the rule was over.
        # Of one that was leaving when web began, the last sign of life tells which rule it was.
        said_farewell = said_farewell or change.at - change.session.last_seen_at <= GRACE_MS
        self.leaves += 1
        self.ghosts += late > GHOST_MS
        if said_farewell:
            self._leave_ms.observe(GRACE_MS + late)
        for slot in self._now(now):
            slot.ghosts += late > GHOST_MS
            if said_farewell:
                sketch.note(slot.late, late)
            else:
                slot.silent += 1

    def _now(self, now: int) -> tuple[Slot, Slot]:
        return self._minutes.at(now), self._hours.at(now)

    def _session(self, session_id: str) -> _Session:
        known = self._sessions.get(session_id)
        if known is None:
            known = self._sessions[session_id] = _Session()
            if len(self._sessions) > SESSIONS_KEPT:
                self._sessions.popitem(last=False)
        else:
            self._sessions.move_to_end(session_id)
        return known
