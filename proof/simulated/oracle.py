"""What must hold at the end of every schedule, whatever happened in it.

Three independent words on the same matter: what the browsers sent; what the product concludes from
the whole log in one quiet run; and what a plain reading of the log says, which shares no code with
the rules.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any

from hozir.bus.log import Record
from hozir.contract.change import Change
from hozir.contract.codec import TICK, decode_change, decode_events
from hozir.contract.topics import CHANGES, DEAD_LETTERS, EVENTS, DeadLetter
from pipeline.shards import Bundle, Shard
from pipeline.source import Arrivals
from pipeline.splitter import Splitter
from proof.simulated.visitors import ADDRESS
from proof.simulated.web import Tables, read_tables
from proof.simulated.world import World
from tests.plain_reading import Log, Seen, read_plainly

Changes = dict[str, list[Change]]


def judge(world: World) -> list[str]:
    """Return what did not hold; nothing if all is well."""
    log = world.log()
    for topic in (EVENTS, CHANGES):
        for partition in range(topic.partitions):
            log.read(topic, partition, 0, 10**9)
            known = len(world.archive.get((topic.name, partition), []))
            if known != log.head(topic, partition):
                world.complain(f"{topic.name}/{partition} lacks what was read once")
    if log.head(DEAD_LETTERS, 0):
        world.complain("a record was set aside, though every beacon was good")
    tables = read_tables(world.disk)
    reference = conclude(world)
    told = in_order(world, _values(world, CHANGES.name))
    _once_and_all(world, tables)
    if told != reference:
        world.complain("the same log, read in one go, gives other changes")
    _as_told(world, tables, reference)
    _as_read_plainly(world, tables)
    _nobody_elses(world, tables)
    return world.complaints


def _once_and_all(world: World, tables: Tables) -> None:
    """1 and 2: what was acknowledged is in the log, and counts once; what was not, once at most."""
    batches = [decode_events(value) for value in _values(world, EVENTS.name) if value != TICK]
    logged = {(one.site_key, one.session_id, one.tab_id, one.n) for one in batches}
    pages = Counter(row["path"].rpartition("/")[2] for row in tables.pages.values())
    clicks = Counter(str(row[6]).rpartition(".")[2] for row in tables.events)
    for sending in world.visitors.sent:
        if sending.acknowledged and sending.key not in logged:
            world.complain(f"acknowledged and lost: beacon {sending.key}")
        if sending.name:
            count = pages[sending.name] + clicks[sending.name]
            if count > 1 or (sending.acknowledged and count == 0):
                world.complain(f"{sending.name} counts {count} times")


def conclude(world: World) -> Changes:
    """3: let the product read each partition of the log in one go, with nothing in its way."""
    due: dict[int, int] = {}
    values: list[bytes] = []
    letters: list[DeadLetter] = []
    for partition in range(EVENTS.partitions):
        shards: dict[str, Shard] = {}
        records = world.archive.get((EVENTS.name, partition), [])
        splitter = Splitter(due)
        for chunk in (records, [Record(len(records), records[-1].at, TICK)] if records else []):
            for key, item in splitter([Arrivals(partition, list(chunk))] if chunk else []):
                if isinstance(item, DeadLetter):
                    letters.append(item)
                elif isinstance(item, Bundle):
                    shard = shards.setdefault(key, Shard(due, None, letters.append))
                    values += [value for _, value in shard.on_batch([item])[0]]
    return in_order(world, values)


def in_order(world: World, values: Iterable[bytes]) -> Changes:
    """Return each session's changes once, by seq, as a reader of the log takes them."""
    sessions: Changes = defaultdict(list)
    for value in values:
        change = decode_change(value)
        known = sessions[change.session.session_id]
        if change.seq == len(known):
            known.append(change)
        elif change.seq > len(known):
            world.complain(f"change {change.seq} of {change.session.session_id} without its past")
        elif known[change.seq] != change:
            world.complain(f"change {change.seq} of {change.session.session_id} told otherwise")
    return dict(sessions)


def _as_told(world: World, tables: Tables, reference: Changes) -> None:
    """2: the tables are what the changes come to, each taken once, folded plainly."""
    if set(tables.sessions) != set(reference) or tables.ended != set(reference):
        world.complain("the tables hold other sessions, or some that have not ended")
    pages: dict[tuple[str, int], dict[str, Any]] = {}
    presence: list[Any] = []
    events: list[Any] = []
    for session_id, changes in reference.items():
        before: str | None = None
        for change in changes:
            session = change.session
            for page in [*change.settled, *([change.page] if change.page else [])]:
                row = pages.setdefault((session_id, page.number), {})
                row |= {
                    "path": page.path or row.get("path", ""),
                    "happened_at": page.at,
                    "visible_ms": page.visible,
                    "scroll": page.scroll,
                    "interactions": page.interactions,
                    "exit": page.exit,
                }
            if session.presence != before:
                presence.append((session_id, change.at, session.presence, before))
            before = session.presence
            if change.fact:
                events.append((session_id, change.fact.at, change.fact.target))
        last = changes[-1]
        expected = {
            "seq": last.seq,
            "site_key": last.session.site_key,
            "visitor_id": last.session.visitor_id,
            "presence": last.session.presence,
            "started_at": last.session.started_at,
            "ended_at": last.session.ended_at,
            "pages_viewed": last.session.pages_viewed,
            "interactions": last.session.interactions,
            "visible_ms": last.session.visible,
            "os": next((c.session.dimensions.os for c in changes if c.session.dimensions), None),
        }
        row = tables.sessions.get(session_id, {})
        if {name: row.get(name) for name in expected} != expected:
            world.complain(f"session {session_id} is not as it was told")
    names = ("path", "happened_at", "visible_ms", "scroll", "interactions", "exit")
    held = {key: {name: row[name] for name in names} for key, row in tables.pages.items()}
    if held != pages:
        world.complain("pages are not as they were told")
    if Counter(row[2:] for row in tables.presence) != Counter(presence):
        world.complain("presence is not as it was told")
    if Counter((row[2], row[3], row[6]) for row in tables.events) != Counter(events):
        world.complain("events are not as they were told")


def _as_read_plainly(world: World, tables: Tables) -> None:
    """3: the tables are what a plain reading of the log says."""
    expected: list[Seen] = []
    for partition in range(EVENTS.partitions):
        log: Log = []
        clock = 0
        for record in world.archive.get((EVENTS.name, partition), []):
            clock = max(clock, record.at)
            log.append((clock, decode_events(record.value) if record.value != TICK else None))
        expected += read_plainly(log)
    seen = []
    for session_id, row in tables.sessions.items():
        pages = sorted(
            (number, page["path"])
            for (owner, number), page in tables.pages.items()
            if owner == session_id
        )
        went = [p[3] for p in tables.presence if p[2] == session_id and p[4] == "offline"]
        seen.append(
            Seen(row["started_at"], row["ended_at"] or 0, [path for _, path in pages], sorted(went))
        )
    if sorted(seen) != sorted(expected):
        world.complain("the tables are not what a plain reading of the log says")


def _nobody_elses(world: World, tables: Tables) -> None:
    """4 and 5: no full address on any file; on each site its own visitors alone."""
    for name, file in sorted(world.disk.files.items()):
        if ADDRESS.encode() in file.data:
            world.complain(f"{name} holds a full address")
    visitors: dict[str, set[str]] = defaultdict(set)
    for sending in world.visitors.sent:
        visitors[sending.site].add(sending.beacon.visitor_id)
    for row in [*tables.sessions.values(), *tables.pages.values()]:
        if row["visitor_id"] not in visitors[row["site_key"]]:
            world.complain(f"{row['site_key']} holds somebody else's visitor")


def _values(world: World, topic: str) -> list[bytes]:
    partitions = sorted(key for key in world.archive if key[0] == topic)
    return [record.value for key in partitions for record in world.archive[key]]
