"""The short form of what `python -m proof` does for hours: wrong input at every way in."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from proof.door_process import door_process
from proof.hostile_beacons import counted, pour
from proof.hostile_requests import rage
from proof.hostile_sockets import talk_to_pages, talk_to_screens
from tests.stack import NO_LIMITS

pytestmark = pytest.mark.slow


def test_wrong_beacons_are_refused_and_right_ones_between_are_kept_once(tmp_path: Path) -> None:
    with door_process(tmp_path, **NO_LIMITS) as door:
        flood = pour(door, 3_000, random.Random(1))
        missing_and_twice = counted(door, flood)
        assert door.lives
    assert flood.failures == []
    assert flood.unreasoned == flood.dropped == flood.unacknowledged == 0
    assert len(flood.right) > 50
    assert flood.statuses[400] > 1_000
    assert missing_and_twice == (0, 0)


def test_wrong_frames_of_pages_end_their_socket_and_nothing_else() -> None:
    talk = talk_to_pages(3_000)
    assert talk.raised == []
    assert talk.codes[4400] > 100
    assert talk.right > 20
    assert talk.unanswered == 0


def test_wrong_frames_of_screens_end_their_socket_and_nothing_else() -> None:
    for talk in talk_to_screens({"live": 1_000, "inbox": 1_000}).values():
        assert talk.raised == []
        assert talk.codes[4400] > 100
        assert talk.right > 20
        assert talk.unanswered == 0


def test_no_route_fails_and_every_refusal_has_its_reason() -> None:
    storm = rage(1, ["admin"])
    assert len(storm.routes) > 70
    assert storm.failures == []
    assert storm.unreasoned == []
