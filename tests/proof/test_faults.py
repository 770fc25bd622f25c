"""Disk, clock, files and broker fail under load; `python -m proof faults` does it at length."""

from __future__ import annotations

import dataclasses

import pytest

from proof.fault_stage import Fault, Outcome, suffer
from proof.faults import FAULTS
from tests.kafka_broker import require_java

pytestmark = pytest.mark.slow


def shortened(name: str, seconds: float) -> Fault:
    (fault,) = (fault for fault in FAULTS if fault.name == name)
    if fault.why_not:
        pytest.skip(fault.why_not)
    return dataclasses.replace(fault, seconds=seconds)


def all_is_there_once(outcome: Outcome) -> bool:
    return outcome.acknowledged > 100 and (outcome.lost, outcome.doubled) == (0, 0)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("disk full", 4), ("rubbish behind every log, after a cut", 1)],
)
def test_what_was_acknowledged_is_counted_once_after(name: str, seconds: float) -> None:
    outcome = suffer(shortened(name, seconds), "embedded")
    assert all_is_there_once(outcome), outcome


@pytest.mark.kafka
def test_what_was_acknowledged_is_counted_once_after_the_broker_was_gone() -> None:
    require_java()
    outcome = suffer(shortened("broker gone", 4), "kafka")
    assert all_is_there_once(outcome), outcome
