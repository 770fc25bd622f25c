"""One open screen: what it wants to see, what it has been told, what waits to be told.

A screen that reads slowly holds up nobody: what waits for it is merged by visitor, and beyond a
bound it is dropped, which shows as a gap in `seq` and makes the screen ask for a snapshot.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from api.filters import Filter
from api.live_view import EventKind, Live, LiveEvent, LiveView
from api.present import timestamp
from api.presenter import Presented, Presenter

WAITING_VISITORS = 2_000
"""Visitors with news that may wait for one screen."""

WAITING_NOTICES = 100
"""Notices that may wait for one screen; more are not told, as the visitors show them anyway."""

AT_FIRST = 100
"""Visitors in the first piece of a snapshot: more than any window shows at once."""
PIECE = 250
"""Visitors in each further piece. All at once would hold up every other screen for a second."""

_RANK: dict[EventKind, int] = {"presence": 0, "interaction": 1, "page_change": 2, "online": 3}
_encode = msgspec.json.Encoder().encode


@dataclass
class _News:
    kind: EventKind
    event: LiveEvent
    from_path: str
    had: bool
    """Whether the screen shows the visitor already."""


class Subscriber:
    """Belongs to the event loop, as the live view does."""

    def __init__(
        self,
        view: LiveView,
        presenter: Presenter,
        clock: Callable[[], int],
        site_key: str,
        wanted: Filter,
        language: str,
        limit: int,
    ) -> None:
        self.site_key = site_key
        self.wanted = wanted
        self.in_pieces = False
        """Whether the next snapshot begins with few visitors, and the rest follows it."""
        self.woken = asyncio.Event()
        self.seq = 0
        self.gaps = 0
        self._view = view
        self._presenter = presenter
        self._clock = clock
        self._language = language
        self._limit = limit
        self._shown: set[str] = set()
        self._rest: deque[str] = deque()
        self._waits: set[str] = set()
        """Visitors of the snapshot who are still to be told, in order and as a set."""
        self._news: dict[str, _News] = {}
        self._notices: list[tuple[str, str, dict[str, Any]]] = []
        self._snapshot_due = True
        self._counts_told: dict[str, int] = {}
        self.woken.set()

    def ask_snapshot(self, wanted: Filter | None = None, *, in_pieces: bool = False) -> None:
        """Send everything anew, under another filter if one is given."""
        self.in_pieces = in_pieces
        if wanted is not None:
            self.wanted = wanted
        self._snapshot_due = True
        self.woken.set()

    def offer(self, event: LiveEvent) -> None:
        """Take note of what happened to a visitor of the site."""
        self.woken.set()
        if self._snapshot_due:
            return
        visitor_id = event.live.session.visitor_id
        shown = visitor_id in self._shown
        if visitor_id in self._waits:
            if event.kind == "offline" or not self._matches(event.live, self._clock()):
                self._shown.discard(visitor_id)
                self._waits.discard(visitor_id)
            return  # who is still to be told is told as they are then
        if event.kind != "offline" and self._matches(event.live, self._clock()):
            self._shown.add(visitor_id)
            self._note(visitor_id, event.kind if shown else "online", event, shown)
        elif shown:
            self._shown.discard(visitor_id)
            self._note(visitor_id, "offline", event, shown)

    def announce(self, visitor_id: str, event: str, data: dict[str, Any]) -> None:
        """Take note of what was done with a visitor, whether or not the filter lets them pass."""
        if len(self._notices) < WAITING_NOTICES:
            self._notices.append((visitor_id, event, data))
            self.woken.set()

    def sweep(self) -> None:
        """Take note of visitors who match now, or match no longer, because time passed."""
        if self._snapshot_due:
            return
        now = self._clock()
        for live in self._view.online(self.site_key):
            if self._matches(live, now) != (live.session.visitor_id in self._shown):
                self.offer(LiveEvent("presence", live, now))

    def frames(self) -> list[bytes]:
        """Return what to send now, oldest first, and count it as sent."""
        self.woken.clear()
        if self._snapshot_due:
            self._snapshot_due = False
            self._news.clear()
            return [self._snapshot(), *self._told_notices()]
        news, self._news = self._news, {}
        frames = [self._more()] if self._rest else []
        frames += [self._tell(one) for one in news.values()]
        frames += self._told_notices()
        if not frames and self._counts() != self._counts_told:
            frames = [self._frame("counts", {"counts": self._counts()})]
        return frames

    def ping(self, lag_ms: int) -> bytes:
        """Return a sign of life."""
        now = timestamp(self._clock())
        return self._frame("ping", {"now": now, "lag_ms": lag_ms})

    def _note(self, visitor_id: str, kind: EventKind, event: LiveEvent, shown: bool) -> None:
        waiting = self._news.get(visitor_id)
        if waiting is None:
            if len(self._news) >= WAITING_VISITORS:
                self._drop()
                return
            self._news[visitor_id] = _News(kind, event, event.from_path, shown)
            return
        if kind == "offline":
            if not waiting.had:
                del self._news[visitor_id]  # came and went unseen
                return
            waiting.kind = kind
        elif waiting.kind == "offline" or _RANK[kind] >= _RANK[waiting.kind]:
            if waiting.kind != "page_change":
                waiting.from_path = event.from_path
            waiting.kind = kind
        if event.fact is None and waiting.kind == "interaction":
            event = LiveEvent(event.kind, event.live, event.at, fact=waiting.event.fact)
        waiting.event = event

    def _drop(self) -> None:
        self._news.clear()
        self.seq += 1
        self.gaps += 1

    def _snapshot(self) -> bytes:
        now = self._clock()
        matching = [live for live in self._view.online(self.site_key) if self._matches(live, now)]
        self._shown = {live.session.visitor_id for live in matching}
        first = min(AT_FIRST, self._limit) if self.in_pieces else self._limit
        self._rest = deque(live.session.visitor_id for live in matching[first : self._limit])
        self._waits = set(self._rest)
        self._go_on()
        return self._frame(
            "snapshot",
            {
                "visitors": [self._visitor(live, now).encoded for live in matching[:first]],
                "counts": self._counts(),
                "now": timestamp(now),
                "truncated": len(matching) > self._limit,
            },
        )

    def _more(self) -> bytes:
        now = self._clock()
        ids = [self._rest.popleft() for _ in range(min(PIECE, len(self._rest)))]
        lives = [
            live
            for visitor_id in ids
            if visitor_id in self._waits
            and (live := self._view.find(self.site_key, visitor_id)) is not None
        ]
        self._waits.difference_update(ids)
        self._go_on()
        return self._frame(
            "more",
            {
                "visitors": [self._visitor(live, now).encoded for live in lives],
                "now": timestamp(now),
                "counts": self._counts(),
            },
        )

    def _go_on(self) -> None:
        if self._rest:
            self.woken.set()

    def _tell(self, news: _News) -> bytes:
        event, live = news.event, news.event.live
        session, page = live.session, live.page
        presented = self._visitor(live, self._clock())
        visitor = presented.told
        data: dict[str, Any] = {"visitor_id": session.visitor_id}
        if news.kind == "online":
            data |= {
                "session_id": session.session_id,
                "anonymous_id": visitor["anonymous_id"],
                "location": {name: visitor["location"][name] for name in ("country", "city")},
                "current_page": page.path if page else None,
                "device_type": visitor["device"]["type"],
            }
        elif news.kind == "offline":
            data |= {
                "session_duration_seconds": visitor["session"]["duration_seconds"],
                "pages_viewed": session.pages_viewed,
                "reason": "filtered" if live.online else "left",
            }
        elif news.kind == "page_change":
            data |= {
                "from_url": news.from_path or None,
                "to_url": page.path if page else None,
                "page_title": (page.title or None) if page else None,
            }
        elif news.kind == "interaction":
            fact = event.fact
            data |= {
                "interaction_type": (fact.name or fact.kind) if fact else None,
                "element": (fact.target or None) if fact else None,
            }
        else:
            data["presence"] = session.presence
        data |= {
            "timestamp": timestamp(event.at),
            "visitor": presented.encoded,
            "counts": self._counts(),
        }
        return self._frame(f"visitor.{news.kind}", data)

    def _told_notices(self) -> list[bytes]:
        notices, self._notices = self._notices, []
        frames = []
        for visitor_id, event, data in notices:
            live = self._view.find(self.site_key, visitor_id)
            visitor = self._visitor(live, self._clock()).encoded if live else None
            frames.append(self._frame(event, data | {"visitor": visitor, "counts": self._counts()}))
        return frames

    def _visitor(self, live: Live, now: int) -> Presented:
        return self._presenter.visitor(live, self._language, now)

    def _matches(self, live: Live, now: int) -> bool:
        session = live.session
        facts = self._view.facts(session.site_key, session.visitor_id)
        return self.wanted.matches(live, now, facts)

    def _counts(self) -> dict[str, int]:
        counts = self._view.count(self.site_key, bots=self.wanted.bots)
        return {
            "online": counts.online,
            "active": counts.active,
            "away": counts.away,
            "matching": len(self._shown),
        }

    def _frame(self, event: str, data: dict[str, Any]) -> bytes:
        self.seq += 1
        self._counts_told = data.get("counts", self._counts_told)
        return _encode({"event": event, "seq": self.seq, "data": data})
