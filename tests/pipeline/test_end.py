"""A session that somebody of the team ends: at once, once, and the same on every replay."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hozir.bus.log import Record
from hozir.contract.beacon import Beacon
from hozir.contract.change import Change
from hozir.contract.codec import decode_beacon, encode
from hozir.contract.event import Dimensions, EventBatch
from hozir.contract.site import Site
from ingest.admit import Claim, admit
from tests.batches import SECOND, T0, a_batch, heartbeat, leave, page_view
from tests.pipeline.test_replay import SESSIONS, Log, Runner, in_order, logs, records_of


def an_end(session_id: str, site: str = "demo") -> EventBatch:
    return EventBatch(
        site_key=site, visitor_id="", session_id="", tab_id="", n=0, events=[], end=session_id
    )


def play(*log: tuple[int, EventBatch | None]) -> list[Change]:
    runner = Runner()
    runner.read(records_of(list(log)))
    return runner.told


def opened(session: int = SESSIONS[0]) -> str:
    (change,) = play((T0, a_batch(page_view(), session=session)))
    return change.session.session_id


def test_it_ends_at_once_with_its_last_page() -> None:
    first, second = SESSIONS[:2]
    told = play(
        (T0, a_batch(page_view(), session=first)),
        (T0, a_batch(page_view(), session=second)),
        (T0 + 9 * SECOND, an_end(opened(first))),
    )
    assert [(c.kind, c.session.session_id == opened(first)) for c in told[2:]] == [("ended", True)]
    ended = told[-1]
    assert (ended.session.presence, ended.session.ended_at, ended.at) == (
        "offline",
        T0,
        T0 + 9 * SECOND,
    )
    assert ended.page is not None
    assert ended.page.exit


def test_a_sign_of_life_after_it_is_another_session() -> None:
    session = SESSIONS[0]
    told = play(
        (T0, a_batch(page_view(), session=session)),
        (T0 + 5 * SECOND, an_end(opened())),
        (T0 + 6 * SECOND, a_batch(leave(), n=2, session=session)),
        (T0 + 7 * SECOND, a_batch(heartbeat(), n=3, session=session)),
        (T0 + 8 * SECOND, an_end(opened())),
    )
    assert [c.kind for c in told] == ["opened", "ended", "opened"]
    assert told[2].session.session_id != opened()


def test_nobody_else_is_ended() -> None:
    batch = a_batch(page_view(), session=SESSIONS[0])
    for wrong in (an_end("s_nobody"), an_end(batch.session_id), an_end(opened(), site="other")):
        assert [c.kind for c in play((T0, batch), (T0 + SECOND, wrong))] == ["opened"]


def test_the_name_of_a_session_is_given_once() -> None:
    batch = a_batch(page_view(), session=SESSIONS[0])
    again = a_batch(page_view(), n=2, session=SESSIONS[0])
    told = play((T0, batch), (T0, an_end(opened())), (T0, again))
    assert len({(c.session.session_id, c.seq) for c in told}) == len(told)


def test_no_browser_can_end_a_session() -> None:
    body = (
        b'{"visitor_id":"v_00000000-0000-0000-0000-000000000001",'
        b'"session_id":"s_00000000-0000-0000-0000-000000000001",'
        b'"tab_id":"t_00000000-0000-0000-0000-000000000001","n":1,'
        b'"end":"s_x","events":[{"kind":"heartbeat","end":"s_x"}]}'
    )
    beacon: Beacon = decode_beacon(body)
    site = Site(site_key="demo", name="Demo")
    admitted = admit(Claim(beacon, site, "", "", T0, lambda beacon, site: Dimensions()))
    assert isinstance(admitted, EventBatch)
    assert admitted.end == ""


@st.composite
def logs_with_ends(draw: st.DrawFn) -> Log:
    """Return a log in which sessions that it concludes are ended here and there."""
    log = draw(logs())
    names = sorted({c.session.session_id for c in play(*log)}) or ["s_nobody"]
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(log) - 1))
        log.insert(place, (log[place][0], an_end(draw(st.sampled_from(names)))))
    return log


@settings(max_examples=80, deadline=None)
@given(logs_with_ends(), st.data())
def test_any_cut_and_restart_ends_the_same(log: Log, data: st.DataObject) -> None:
    records: list[Record] = records_of(log)
    whole = Runner()
    whole.read(records)
    cut = Runner()
    saved: tuple[int, dict[str, bytes]] = (0, {})
    position, crashes = 0, 3
    while position < len(records):
        step = data.draw(st.integers(1, 8))
        cut.read(records[position : position + step])
        position += step
        match data.draw(st.sampled_from(["go on", "save", "crash"])):
            case "save":
                saved = (position, cut.snapshots())
            case "crash" if crashes:
                crashes -= 1
                position = saved[0]
                cut.restart(saved[1])
    assert in_order(cut.told) == in_order(whole.told)
    for changes in in_order(whole.told).values():
        assert "ended" not in [change.kind for change in changes[:-1]]


def test_an_end_is_one_record_that_every_shard_of_its_partition_sees() -> None:
    for session in SESSIONS:
        told = play(
            (T0, a_batch(page_view(), session=session)),
            (T0 + SECOND, an_end(opened(session))),
        )
        assert told[-1].kind == "ended"
    assert b"end" in encode(an_end("s_x"))
