"""Any cut of a log into reads, any restart and replay, concludes the same; and what is concluded
is what a plain reading of the log says.
"""

from __future__ import annotations

from collections import defaultdict

from hypothesis import given, settings
from hypothesis import strategies as st

from hozir.bus.log import Record
from hozir.contract.change import Change
from hozir.contract.codec import TICK, decode_change, encode
from hozir.contract.ids import shard_of
from hozir.contract.topics import Mark
from pipeline.shards import Bundle, Shard
from pipeline.source import Arrivals
from pipeline.splitter import Splitter
from tests.batches import MINUTE, T0, a_batch, heartbeat, leave, page_view, visibility
from tests.plain_reading import Log, Seen, read_plainly

PARTITION = 5
SESSIONS = [
    number
    for number in range(1, 400)
    if shard_of(a_batch(session=number).session_id) % 8 == PARTITION
][:4]


@st.composite
def logs(draw: st.DrawFn, *, observed: bool = False) -> Log:
    """A log of one partition: a few sessions with tabs, gaps of all the interesting lengths.

    `observed` adds what the door itself sees of tabs, and heartbeats of other lengths.
    """
    log: Log = []
    at = T0
    numbers: dict[tuple[int, int], int] = defaultdict(int)
    for _ in range(draw(st.integers(1, 40))):
        at += draw(
            st.sampled_from(
                [
                    0,
                    1,
                    300,
                    999,
                    1000,
                    1001,
                    4999,
                    5000,
                    5001,
                    30000,
                    59999,
                    60000,
                    60001,
                    29 * MINUTE,
                    30 * MINUTE,
                    31 * MINUTE,
                ]
            )
        )
        if draw(st.integers(0, 4)) == 0:
            log.append((at, None))
            continue
        session = draw(st.sampled_from(SESSIONS))
        tab = draw(st.integers(1, 2))
        if observed and draw(st.integers(0, 4)) == 0:
            view = draw(st.sampled_from([numbers[session, tab], 1]))
            seen = a_batch(leave(at, view=view), n=0, tab=tab, session=session, visitor=session)
            log.append((at, seen))
            continue
        numbers[session, tab] += 1
        n = numbers[session, tab]
        kind = draw(st.sampled_from(["page_view", "heartbeat", "leave", "hide", "show"]))
        event = {
            "page_view": page_view(f"/{n}", at, view=n),
            "heartbeat": heartbeat(at, view=n, visible=draw(st.integers(0, 90_000))),
            "leave": leave(at, view=n),
            "hide": visibility(True, at, view=n),
            "show": visibility(False, at, view=n),
        }[kind]
        batch = a_batch(
            event,
            n=n,
            tab=tab,
            session=session,
            visitor=session,
            heartbeat_seconds=draw(st.sampled_from([10, 30, 60])) if observed else 30,
        )
        log += [(at, batch)] * draw(st.sampled_from([1, 1, 1, 2]))
    log.append((at + 3 * 60 * MINUTE, None))
    return log


class Runner:
    """Runs a log through splitter and shards as the dataflow does, with restarts."""

    def __init__(self) -> None:
        self.due: dict[int, int] = {}
        self.splitter = Splitter(self.due)
        self.shards: dict[str, Shard] = {}
        self.told: list[Change] = []

    def read(self, records: list[Record]) -> None:
        for key, item in self.splitter([Arrivals(PARTITION, records)]):
            if isinstance(item, Mark):
                continue
            assert isinstance(item, Bundle)
            shard = self.shards.get(key)
            if shard is None:
                shard = self.shards[key] = Shard(self.due)
            concluded, discard = shard.on_batch([item])
            assert not discard
            self.told += [decode_change(value) for _, value in concluded]

    def snapshots(self) -> dict[str, bytes]:
        return {key: shard.snapshot() for key, shard in self.shards.items()}

    def restart(self, snapshots: dict[str, bytes]) -> None:
        self.due.clear()
        self.splitter = Splitter(self.due)
        self.shards = {key: Shard(self.due, value) for key, value in snapshots.items()}


def records_of(log: Log) -> list[Record]:
    return [
        Record(offset, at, TICK if batch is None else encode(batch))
        for offset, (at, batch) in enumerate(log)
    ]


def in_order(told: list[Change]) -> dict[str, list[Change]]:
    """Return each session's changes once, by seq, as a reader of the log takes them."""
    sessions: dict[str, list[Change]] = defaultdict(list)
    for change in told:
        known = sessions[change.session.session_id]
        if change.seq == len(known):
            known.append(change)
        else:
            assert change.seq < len(known), "no change may be missing"
            assert known[change.seq] == change, "a replay may not conclude anything else"
    return dict(sessions)


@settings(max_examples=150, deadline=None)
@given(logs(observed=True), st.data())
def test_any_cut_restart_and_replay_concludes_the_same(log: Log, data: st.DataObject) -> None:
    records = records_of(log)
    whole = Runner()
    whole.read(records)

    cut = Runner()
    saved: tuple[int, dict[str, bytes]] = (0, {})
    position = 0
    crashes = 3
    while position < len(records):
        step = data.draw(st.integers(1, 8))
        cut.read(records[position : position + step])
        position += step
        match data.draw(st.sampled_from(["go on", "go on", "save", "crash"])):
            case "save":
                saved = (position, cut.snapshots())
            case "crash" if crashes:
                crashes -= 1
                position = saved[0]
                cut.restart(saved[1])
    assert in_order(cut.told) == in_order(whole.told)


@settings(max_examples=200, deadline=None)
@given(logs())
def test_conclusions_are_those_of_a_plain_reading(log: Log) -> None:
    runner = Runner()
    runner.read(records_of(log))
    concluded = []
    for changes in in_order(runner.told).values():
        assert changes[-1].kind == "ended"
        session = changes[-1].session
        pages = {}
        for change in changes:
            for page in [*([change.page] if change.page else []), *change.settled]:
                pages[page.number] = page.path or pages[page.number]
        assert session.ended_at is not None
        concluded.append(
            Seen(
                started_at=session.started_at,
                ended_at=session.ended_at,
                pages=[path for _, path in sorted(pages.items())],
                offline=[
                    change.at
                    for change in changes
                    if change.kind == "presence" and change.session.presence == "offline"
                ],
            )
        )
    assert sorted(concluded) == read_plainly(log)
