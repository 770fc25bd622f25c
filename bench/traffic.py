"""Logs and beacons to measure with: the same for the same numbers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from uuid import UUID

import msgspec

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import TICK, encode
from hozir.contract.event import Dimensions, Event, EventBatch
from hozir.contract.ids import partition_of
from hozir.contract.topics import EVENTS

START = 1_800_000_000_000
AT_ONCE = 2_000

AGENT = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/156.0.0.0 Safari/537.36"
)

DIMENSIONS = Dimensions(
    ip="95.142.12.XX",
    country="UZ",
    region="Toshkent shahri",
    city="Tashkent",
    latitude=41.2995,
    longitude=69.2401,
    timezone="Asia/Tashkent",
    device="desktop",
    os="Windows",
    os_version="11",
    browser="Chrome",
    browser_version="156",
    screen="1920x1080",
    language="uz-UZ,ru-RU",
    source="Google",
    medium="organic",
    referrer="https://www.google.com/",
    visit=3,
)


def an_id(prefix: str, number: int) -> str:
    """Return the id of a numbered visitor, session or tab."""
    return f"{prefix}_{UUID(int=number + 2**96)}"


def a_beacon(number: int, n: int = 1) -> Beacon:
    """Return a page view's beacon as the tracker sends it."""
    path = f"/katalog/{number % 500}"
    view = ClaimedEvent(
        "page_view", age=3, view=n, url=f"https://shop.example{path}", title=f"Tovar {number % 500}"
    )
    context = Context(
        language="uz-UZ,ru-RU",
        screen="1920x1080",
        timezone="Asia/Tashkent",
        referrer="https://www.google.com/",
        platform_version="15.0.0",
    )
    ids = (an_id("v", number), an_id("s", number), an_id("t", number))
    return Beacon(*ids, n, [view], context)


def beacons(count: int) -> Iterator[Beacon]:
    """Yield beacons as sites get them: of ten, three page views, five heartbeats, a click, a leave.

    A visitor of 100 s who reads three pages sends about that.
    """
    kinds = ("page_view", "heartbeat", "page_view", "heartbeat", "heartbeat") + (
        "interaction",
        "page_view",
        "heartbeat",
        "heartbeat",
        "leave",
    )
    for number in range(count):
        beacon = a_beacon(number // len(kinds), number % len(kinds) + 1)
        kind = kinds[number % len(kinds)]
        if kind != "page_view":
            event = ClaimedEvent(
                kind,  # type: ignore[arg-type]
                view=beacon.n,
                visible=20_000,
                scroll=40,
                idle=1_000,
                name="click" if kind == "interaction" else "",
                target="a.katalog" if kind == "interaction" else "",
            )
            beacon = msgspec.structs.replace(beacon, events=[event], context=None)
        yield beacon


def batches(sessions: int, events: int, seed: int = 1) -> Iterator[EventBatch]:
    """Yield a page view of every session, then `events` more: 90% heartbeats, 10% page views."""
    dice = random.Random(seed)
    counts = [0] * sessions
    order = [*range(sessions), *(dice.randrange(sessions) for _ in range(events))]
    for number in order:
        counts[number] += 1
        n = counts[number]
        is_page = n == 1 or dice.random() < 0.1
        path = f"/katalog/{dice.randrange(500)}"
        event = (
            Event(
                kind="page_view",
                at=START,
                view=n,
                url=f"https://shop.example{path}",
                path=path,
                title=f"Tovar {path}",
            )
            if is_page
            else Event(kind="heartbeat", at=START, view=n, visible=20_000, scroll=50)
        )
        yield EventBatch(
            site_key="demo",
            visitor_id=an_id("v", number),
            session_id=an_id("s", number),
            tab_id=an_id("t", number),
            n=n,
            events=[event],
            dimensions=DIMENSIONS if is_page else None,
        )


def fill(log: EmbeddedLog, sessions: int, events: int) -> int:
    """Append such a log; return how many events it holds."""
    waiting: list[tuple[int, bytes]] = []
    count = 0
    for batch in batches(sessions, events):
        waiting.append((partition_of(batch.session_id, EVENTS.partitions), encode(batch)))
        count += 1
        if len(waiting) == AT_ONCE:
            log.append(EVENTS, waiting)
            waiting = []
    log.append(EVENTS, [*waiting, *((partition, TICK) for partition in range(EVENTS.partitions))])
    return count
