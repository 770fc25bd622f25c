"""A batch that a rule cannot take: set aside, its session as it was, everybody else undisturbed."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from bytewax.testing import run_main

from hozir.bus.embedded import EmbeddedLog
from hozir.bus.log import Record
from hozir.contract.change import Change
from hozir.contract.codec import decode_change, decode_dead_letter, decode_events, encode
from hozir.contract.event import EventBatch
from hozir.contract.ids import partition_of
from hozir.contract.topics import CHANGES, DEAD_LETTERS, EVENTS, DeadLetter
from pipeline import sessions
from pipeline.flow import build_flow
from pipeline.shards import Bundle, Shard
from tests.batches import MINUTE, SECOND, T0, a_batch, click, heartbeat, leave, page_view
from tests.pipeline.test_end import an_end
from tests.pipeline.test_replay import PARTITION, SESSIONS, Runner, in_order, records_of

FIRST, SECOND_ONE = SESSIONS[:2]


@pytest.fixture
def stumbling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rules that fail in the middle of a click on `broken`, when much is altered already."""
    note = sessions._note

    def fail(state: Any, tab: Any, event: Any, at: int, out: list[Change]) -> None:
        note(state, tab, event, at, out)
        if event.props.get("broken"):
            raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(sessions, "_note", fail)


def a_stumble(n: int, session: int = FIRST) -> EventBatch:
    return a_batch(click(visible=500, scroll=50), click(props={"broken": True}), n=n,
                   session=session)  # fmt: skip


def a_log(*, broken: bool) -> list[tuple[int, EventBatch | None]]:
    """Two visitors; the one stumbles where it is `broken`, and is only silent where not."""
    log: list[tuple[int, EventBatch | None]] = [
        (T0, a_batch(page_view(), session=FIRST)),
        (T0, a_batch(page_view(), session=SECOND_ONE)),
        (T0 + SECOND, a_stumble(2) if broken else None),
        (T0 + SECOND, a_batch(click(), n=2, session=SECOND_ONE)),
        (T0 + 30 * SECOND, a_batch(heartbeat(visible=20_000), n=3, session=FIRST)),
        (T0 + 40 * SECOND, a_batch(page_view("/next", view=2), n=4, session=FIRST)),
        (T0 + 50 * SECOND, a_batch(leave(view=2), n=5, session=FIRST)),
        (T0 + 90 * MINUTE, None),
    ]
    return log


def test_everything_else_is_concluded_as_if_the_batch_had_not_come(stumbling: None) -> None:
    stumbled, whole = Runner(), Runner()
    stumbled.read(records_of(a_log(broken=True)))
    whole.read(records_of(a_log(broken=False)))
    assert in_order(stumbled.told) == in_order(whole.told)


def test_a_restart_after_it_changes_nothing(stumbling: None) -> None:
    records = records_of(a_log(broken=True))
    whole, cut = Runner(), Runner()
    whole.read(records)
    cut.read(records[:3])
    cut.restart(cut.snapshots())
    cut.read(records[3:])
    assert in_order(cut.told) == in_order(whole.told)


def test_the_letter_tells_where_it_was_and_why(
    stumbling: None, caplog: pytest.LogCaptureFixture
) -> None:
    letters: list[DeadLetter] = []
    shard = Shard({}, None, letters.append)
    batch = a_stumble(1, session=FIRST)
    opening = a_batch(page_view(), session=FIRST, n=7)
    told, _ = shard.on_batch([Bundle(PARTITION, [(41, T0, batch), (42, T0, opening)], T0)])
    assert [decode_change(value).kind for _, value in told] == ["opened"]
    (letter,) = letters
    assert (letter.topic, letter.partition, letter.offset) == ("events", PARTITION, 41)
    assert letter.reason == "no rule takes it: ZeroDivisionError: by nothing"
    assert decode_events(letter.value) == batch
    assert "events/5/41 is set aside" in caplog.text


def test_a_session_that_cannot_be_ended_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    letters: list[DeadLetter] = []
    shard = Shard({}, None, letters.append)
    batch = a_batch(page_view(), session=FIRST)
    ((_, value),), _ = shard.on_batch([Bundle(PARTITION, [(1, T0, batch)], T0)])
    before = shard.snapshot()
    end = sessions._end

    def fail(state: Any, at: int, out: list[Change], *more: Any) -> None:
        end(state, at, out, *more)
        raise KeyError("end")

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "_end", fail)
        ended = an_end(decode_change(value).session.session_id)
        told, _ = shard.on_batch([Bundle(PARTITION, [(2, T0 + SECOND, ended)], T0 + SECOND)])
    assert not list(told)
    assert [letter.offset for letter in letters] == [2]
    assert shard.snapshot() == before


def test_a_session_for_which_no_time_can_pass_is_forgotten_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    lapse = sessions.lapse

    def fail(state: Any, at: int, out: list[Change]) -> Any:
        if state.claimed_id == a_batch(session=FIRST).session_id:
            raise ZeroDivisionError
        return lapse(state, at, out)

    monkeypatch.setattr("pipeline.shards.lapse", fail)
    runner = Runner()
    opened = [(T0, a_batch(page_view(), session=number)) for number in (FIRST, SECOND_ONE)]
    runner.read(records_of([*opened, (T0 + 90 * MINUTE, None)]))
    kinds = [[c.kind for c in changes] for changes in in_order(runner.told).values()]
    assert sorted(kinds) == [["opened"], ["opened", "presence", "ended"]]
    assert "it is forgotten" in caplog.text


def test_the_dataflow_goes_on(stumbling: None, tmp_path: Path) -> None:
    log = EmbeddedLog(tmp_path / "log", fsync=False)
    partition = partition_of(a_batch(session=FIRST).session_id, EVENTS.partitions)
    for batch in (
        a_batch(page_view(), session=FIRST),
        a_stumble(2),
        a_batch(click(), n=3, session=FIRST),
    ):
        log.append(EVENTS, [(partition, encode(batch))])

    def told() -> list[Record]:
        return log.read(CHANGES, partition, 0, 100)

    until = time.monotonic() + 20
    run_main(build_flow(log, [partition], lambda: len(told()) >= 2 or time.monotonic() > until))
    changes = [decode_change(record.value) for record in told()]
    assert [(change.kind, change.seq) for change in changes] == [("opened", 0), ("interaction", 1)]
    assert changes[1].session.interactions == 1
    (letter,) = [decode_dead_letter(r.value) for r in log.read(DEAD_LETTERS, 0, 0, 10)]
    assert (letter.partition, letter.offset) == (partition, 1)
    log.close()
