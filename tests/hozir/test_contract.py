"""Every committed example of a message is read, and comes out again as it went in."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hozir.contract import codec
from hozir.contract.errors import Unreadable
from hozir.contract.ids import (
    SHARDS,
    concluded_session_id,
    partition_of,
    shard_of,
    visitor_number,
)
from hozir.contract.topics import TOPICS
from tests.batches import an_id

EXAMPLES = Path(codec.__file__).parent / "examples"
DECODERS: dict[str, Callable[[bytes], Any]] = {
    "beacon": codec.decode_beacon,
    "events": codec.decode_events,
    "changes": codec.decode_change,
    "sites": codec.decode_site,
    "messages": codec.decode_message,
    "replies": codec.decode_message,
    "progress": codec.decode_mark,
    "dead_letters": codec.decode_dead_letter,
}


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("*/*.json")), ids=lambda path: f"{path.parent.name}/{path.stem}"
)
def test_example_is_read_and_written_unchanged(path: Path) -> None:
    message = DECODERS[path.parent.name](path.read_bytes())
    assert json.loads(codec.encode(message)) == json.loads(path.read_text())


def test_every_topic_has_an_example() -> None:
    assert {topic.name for topic in TOPICS} <= {path.name for path in EXAMPLES.iterdir()}


def test_partitions_divide_the_shards() -> None:
    assert all(SHARDS % topic.partitions == 0 for topic in TOPICS)


@given(st.integers(0, 2**100))
def test_a_shard_depends_on_one_partition_alone(number: int) -> None:
    session_id = an_id("s", number)
    assert shard_of(session_id) % 8 == partition_of(session_id, 8)


def test_concluded_ids_differ_by_site_and_start() -> None:
    ids = {concluded_session_id(site, "s_1", start) for site in ("a", "b") for start in (1, 2)}
    assert len(ids) == 4
    assert concluded_session_id("a", "s_1", 1) == concluded_session_id("a", "s_1", 1)


def test_numbers_for_people_are_short() -> None:
    assert all(1 <= visitor_number(an_id("v", number)) <= 99_999 for number in range(1_000))


@given(st.binary(max_size=300))
def test_any_bytes_are_a_message_that_is_written_again_or_unreadable(value: bytes) -> None:
    for decode in DECODERS.values():
        with contextlib.suppress(Unreadable):
            message = decode(value)
            assert decode(codec.encode(message)) == message


@given(
    st.recursive(
        st.none() | st.integers() | st.text(), lambda x: st.lists(x) | st.dictionaries(st.text(), x)
    )
)
def test_any_json_is_a_message_or_unreadable(value: Any) -> None:
    for decode in DECODERS.values():
        with contextlib.suppress(Unreadable):
            decode(json.dumps(value).encode("utf-8", "surrogatepass"))


def test_deep_nesting_is_unreadable() -> None:
    with pytest.raises(Unreadable):
        codec.decode_beacon(b"[" * 60_000)
