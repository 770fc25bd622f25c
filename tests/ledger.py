"""What was acknowledged, beside what the warehouse has: nothing missing, nothing twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from hozir.bus.log import Log
from hozir.contract.codec import TICK, decode_change, decode_events
from hozir.contract.event import EventBatch
from hozir.contract.topics import CHANGES, EVENTS
from hozir.simulator.outbox import Acknowledged
from tests.stack import wait_for

Name = tuple[str, str, int]
"""Session, tab and number of a beacon."""


def name_of(batch: EventBatch) -> Name:
    """Return what tells a batch from all others."""
    return batch.session_id, batch.tab_id, batch.n


def read_events(log: Log) -> list[EventBatch]:
    """Return every batch of a log, those that were sent twice as often as they are there."""
    batches = []
    for partition in range(EVENTS.partitions):
        offset = 0
        while records := log.read(EVENTS, partition, offset, 5_000):
            offset = records[-1].offset + 1
            batches += [decode_events(r.value) for r in records if r.value != TICK]
    return batches


def not_there(acknowledged: Iterable[Acknowledged], batches: Iterable[EventBatch]) -> set[Name]:
    """Return the beacons that were acknowledged and are not in the log."""
    claimed = {(a.beacon.session_id, a.beacon.tab_id, a.beacon.n) for a in acknowledged}
    return claimed - set(map(name_of, batches))


@dataclass
class Count:
    """How often there is what: page views by visitor and path, facts by visitor, kind and name."""

    views: Counter[tuple[str, str]] = field(default_factory=Counter)
    facts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    sessions: int = 0

    def lacks(self, other: Count) -> int:
        """Return how many views and facts of the other are not in this."""
        return (other.views - self.views).total() + (other.facts - self.facts).total()


def count_log(batches: Iterable[EventBatch]) -> Count:
    """Count what a log says. A beacon that was sent again after a lost answer counts once."""
    once = {name_of(batch): batch for batch in batches}.values()
    return Count(
        Counter(
            (batch.visitor_id, event.path)
            for batch in once
            for event in batch.events
            if event.kind == "page_view"
        ),
        Counter(
            (batch.visitor_id, event.kind, event.name)
            for batch in once
            for event in batch.events
            if event.kind in ("interaction", "custom", "identify")
        ),
        len({b.session_id for b in once if any(event.kind != "leave" for event in b.events)}),
    )


def count_warehouse(path: Path) -> Count:
    """Count what a warehouse has that nobody has open; no session may be there twice."""
    with duckdb.connect(path, read_only=True) as warehouse:
        views = warehouse.execute(
            "SELECT visitor_id, path, count(*) FROM ("
            " SELECT visitor_id, path FROM page_views UNION ALL"
            " SELECT visitor_id, path FROM live_page_views) GROUP BY ALL"
        ).fetchall()
        facts = warehouse.execute(
            "SELECT visitor_id, kind, coalesce(name, ''), count(*) FROM events GROUP BY ALL"
        ).fetchall()
        (sessions, distinct) = warehouse.execute(
            "SELECT count(*), count(DISTINCT session_id) FROM visitor_sessions"
        ).fetchall()[0]
    assert sessions == distinct
    return Count(
        Counter({(visitor, path): count for visitor, path, count in views}),
        Counter({(visitor, kind, name): count for visitor, kind, name, count in facts}),
        sessions,
    )


def wait_until_told(log: Log, expected: Count, events: int, seconds: float = 120) -> None:
    """Wait until the pipeline has concluded so much, and a moment more for what is too much.

    `events` is how many batches of the log there must be: with Kafka, they are on their way.
    """
    pages: set[tuple[str, int]] = set()
    noted: set[tuple[str, int]] = set()
    places: Counter[int] = Counter()

    def all_told() -> bool:
        for partition in range(CHANGES.partitions):
            while records := log.read(CHANGES, partition, places[partition], 5_000):
                places[partition] = records[-1].offset + 1
                for change in (decode_change(record.value) for record in records):
                    session = change.session.session_id
                    pages.update(
                        (session, page.number)
                        for page in (change.page, *change.settled)
                        if page is not None
                    )
                    if change.fact is not None:
                        noted.add((session, change.seq))
        return (
            len(pages) >= expected.views.total()
            and len(noted) >= expected.facts.total()
            and len(read_events(log)) >= events
        )

    try:
        wait_for(all_told, seconds, "for the pipeline")
    finally:
        print(
            f"told: {len(pages)} of {expected.views.total()} page views,"
            f" {len(noted)} of {expected.facts.total()} facts"
        )
    time.sleep(3)
