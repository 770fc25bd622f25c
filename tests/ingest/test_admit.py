"""From a claim to belief, or a reason."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hozir.contract.beacon import Beacon, ClaimedEvent
from hozir.contract.event import Dimensions, EventBatch
from hozir.contract.site import Site
from ingest.address import client_address, read_networks
from ingest.admit import Claim, admit
from ingest.appender import Ticker
from ingest.limits import RateLimit
from ingest.reject import REASONS, STATUS, Rejected
from tests.batches import an_id

NOW = 1_800_000_000_000
SITE = Site("shop", "Shop", domains=["shop.example", "*.shop.example"])


def a_claim(beacon: Beacon | None = None, **more: Any) -> Claim:
    default = Beacon(
        an_id("v", 1), an_id("s", 1), an_id("t", 1), 1, [ClaimedEvent("page_view", view=1)]
    )
    fields: dict[str, Any] = {
        "beacon": beacon or default,
        "site": SITE,
        "origin": "https://shop.example",
        "simulated": "",
        "now": NOW,
        "learn": lambda *_: Dimensions(country="UZ"),
    }
    return Claim(**(fields | more))


def with_fields(**fields: Any) -> Claim:
    claim = a_claim()
    claim.beacon = msgspec.structs.replace(claim.beacon, **fields)
    return claim


def reason(claim: Claim) -> str:
    result = admit(claim)
    assert isinstance(result, Rejected)
    return result.reason


def believed(claim: Claim) -> EventBatch:
    result = admit(claim)
    assert isinstance(result, EventBatch)
    return result


def test_every_reason_has_a_status_that_blames_the_client_or_asks_it_to_wait() -> None:
    assert set(STATUS) == set(REASONS)
    assert set(STATUS.values()) <= {400, 403, 404, 413, 429, 503}


def test_good_beacon_is_believed_with_dimensions() -> None:
    batch = believed(a_claim())
    assert batch.dimensions == Dimensions(country="UZ")
    assert batch.events[0].at == NOW


def test_heartbeat_asks_for_no_dimensions() -> None:
    assert believed(with_fields(events=[ClaimedEvent("heartbeat")])).dimensions is None


@pytest.mark.parametrize(
    "origin", ["https://shop.example", "https://www.shop.example", "http://a.b.shop.example:8080"]
)
def test_pages_of_the_site_may_speak_for_it(origin: str) -> None:
    believed(a_claim(origin=origin))


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "https://shop.example.evil",
        "https://evilshop.example",
        "null",
        "http://localhost",
        "https://[",
        "ftp://shop.example",
    ],
)
def test_other_pages_may_not(origin: str) -> None:
    assert reason(a_claim(origin=origin)) == "origin_not_allowed"


@pytest.mark.parametrize(
    "origin",
    ["http://localhost:3000", "http://127.0.0.1", "http://[::1]:8000", "http://a.localhost"],
)
def test_demo_takes_any_page_of_this_machine(origin: str) -> None:
    believed(a_claim(origin=origin, site=Site("demo", "Demo", loopback=True)))
    assert reason(a_claim(origin="https://shop.example", site=Site("demo", "Demo", loopback=True)))


def test_simulated_visitors_stay_out_of_real_sites() -> None:
    assert reason(a_claim(simulated="1")) == "simulated_traffic"
    believed(a_claim(simulated="force"))
    believed(a_claim(simulated="1", site=msgspec.structs.replace(SITE, simulated=True)))


@pytest.mark.parametrize("field", ["visitor_id", "session_id", "tab_id"])
@pytest.mark.parametrize("value", ["", "x", "v_1", "<script>", an_id("x", 1), an_id("v", 1) + "\n"])
def test_id_of_another_form_is_refused(field: str, value: str) -> None:
    assert reason(with_fields(**{field: value})) == "bad_id"


@pytest.mark.parametrize("n", [0, -1, 2**31, 10**18])
def test_number_out_of_bounds_is_refused(n: int) -> None:
    assert reason(with_fields(n=n)) == "bad_id"


def test_beacon_of_no_events_or_too_many_is_refused() -> None:
    assert reason(with_fields(events=[])) == "no_events"
    assert reason(with_fields(events=[ClaimedEvent("heartbeat")] * 51)) == "too_many_events"
    believed(with_fields(events=[ClaimedEvent("heartbeat")] * 50))


@given(
    st.builds(
        ClaimedEvent,
        kind=st.sampled_from(["page_view", "heartbeat", "leave", "interaction", "custom"]),
        age=st.integers(),
        view=st.integers(),
        url=st.text(),
        title=st.text(),
        visible=st.integers(),
        scroll=st.integers(),
        idle=st.integers(),
        name=st.text(),
        target=st.text(),
        props=st.dictionaries(st.text(), st.text() | st.integers() | st.none(), max_size=3),
    )
)
def test_whatever_an_event_claims_its_belief_is_bounded(event: ClaimedEvent) -> None:
    (result,) = believed(with_fields(events=[event])).events
    assert NOW - 15 * 60_000 <= result.at <= NOW
    assert 0 <= result.scroll <= 100
    assert 0 <= result.visible <= 86_400_000
    assert len(result.title) <= 255
    assert len(msgspec.json.encode(result)) < 64 * 1024


def test_address_is_read_from_the_end_as_far_as_proxies_are_ours() -> None:
    ours = read_networks("127.0.0.0/8,10.0.0.0/8")
    assert client_address("127.0.0.1", "1.2.3.4, 5.6.7.8, 10.0.0.1", ours) == "5.6.7.8"
    assert client_address("9.9.9.9", "1.2.3.4", ours) == "9.9.9.9", "not from a proxy of ours"
    assert client_address("127.0.0.1", "", ours) == "127.0.0.1"
    assert client_address("127.0.0.1", "<script>", ours) == ""
    assert client_address("", "", ours) == ""


def test_rate_limit_allows_the_burst_then_the_rate() -> None:
    limit = RateLimit(rate=2, burst=3)
    assert [limit.take("v", 100.0) == 0 for _ in range(4)] == [True, True, True, False]
    assert limit.take("v", 100.0) == pytest.approx(0.5)
    assert limit.take("v", 100.5) == 0
    assert limit.take("another", 100.0) == 0, "nobody pays for another"


def test_rate_of_zero_lifts_the_limit() -> None:
    assert all(RateLimit(0, 1).take("v", 1.0) == 0 for _ in range(10))


def test_busy_partition_gets_no_ticks_and_silent_one_few() -> None:
    ticker = Ticker(2, now=0.0)
    given_to: dict[int, int] = {0: 0, 1: 0}
    for step in range(1, 4 * 300 + 1):
        now = step / 4
        ticker.saw(0, now)
        for partition in ticker.due(now):
            given_to[partition] += 1
    assert given_to[0] == 0
    assert 480 - 2 <= given_to[1] <= 480 + 20, "4 a second for 120 s, then one in 10 s"
