"""What a request says of where it comes from: believed from our own proxies, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door import Door, a_beacon

BURST = 3


@pytest.fixture
def stranger(tmp_path: Path) -> Iterator[Door]:
    """A door to which this machine is a stranger."""
    door = Door(tmp_path, trusted_proxies="10.0.0.0/8", address_rate=0.01, address_burst=BURST)
    yield door
    door.close()


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[Door]:
    """A door to which this machine is its proxy."""
    door = Door(tmp_path, address_rate=0.01, address_burst=BURST)
    yield door
    door.close()


def statuses(door: Door, header: str, *values: str) -> list[int]:
    """Send a beacon of another visitor for each value of a header."""
    return [
        door.post(a_beacon(visitor=n), **{header: value}).status_code
        for n, value in enumerate(values, 1)
    ]


SPOOFED = [f"1.2.3.{n}" for n in range(BURST + 2)]
LIMITED = [200] * BURST + [429] * 2


def test_stranger_is_counted_by_its_own_address_whatever_it_claims(stranger: Door) -> None:
    assert statuses(stranger, "X_Forwarded_For", *SPOOFED) == LIMITED


def test_stranger_has_no_place_by_a_header(stranger: Door) -> None:
    stranger.post(a_beacon(), X_Forwarded_For="8.8.8.8")
    (batch,) = stranger.stored()
    assert batch.dimensions is not None
    assert batch.dimensions.country == ""
    assert batch.dimensions.ip.startswith("127.")


@pytest.mark.parametrize(
    "header", ["Forwarded", "X_Real_IP", "CF_Connecting_IP", "True_Client_IP", "X_Client_IP"]
)
def test_other_headers_of_proxies_say_nothing_even_from_ours(proxied: Door, header: str) -> None:
    claimed = [f"for={one}" if header == "Forwarded" else one for one in SPOOFED]
    assert statuses(proxied, header, *claimed) == LIMITED


def test_what_was_claimed_before_our_proxy_is_not_believed(proxied: Door) -> None:
    claimed = [f"{one}, 95.142.87.213" for one in SPOOFED]
    assert statuses(proxied, "X_Forwarded_For", *claimed) == LIMITED


def test_household_with_many_addresses_is_one(proxied: Door) -> None:
    claimed = [f"2001:db8:1:2::{n:x}" for n in range(BURST + 2)]
    assert statuses(proxied, "X_Forwarded_For", *claimed) == LIMITED
    assert proxied.post(a_beacon(), X_Forwarded_For="2001:db8:1:3::1").status_code == 200


@pytest.mark.parametrize("host", ["shop.example", "evil.example", "localhost:3000", "[::1"])
def test_host_opens_no_site(proxied: Door, host: str) -> None:
    refused = proxied.post(a_beacon(), "shop", Host=host, Origin="https://evil.example")
    assert refused.headers["X-Hozir-Rejected"] == "origin_not_allowed"


def test_flood_of_a_site_from_many_addresses_refuses_nobody_of_another(tmp_path: Path) -> None:
    door = Door(tmp_path, site_rate=0.01, site_burst=BURST)
    flood = [
        door.post(a_beacon(visitor=n), X_Forwarded_For=f"1.2.{n}.4") for n in range(1, BURST + 3)
    ]
    others = {"X_Forwarded_For": "95.142.87.213", "Origin": "https://shop.example"}
    other = door.post(a_beacon(visitor=99), "shop", **others)
    stored = len(door.stored())
    door.close()
    assert [answer.status_code for answer in flood] == LIMITED
    assert flood[-1].headers["X-Hozir-Rejected"] == "site_rate"
    assert int(flood[-1].headers["Retry-After"]) > 0
    assert other.status_code == 200
    assert stored == BURST + 1


def test_flood_on_one_site_is_not_felt_on_another(proxied: Door) -> None:
    flood = [proxied.post(a_beacon(visitor=1), X_Forwarded_For="1.2.3.4") for _ in range(20)]
    assert [answer.status_code for answer in flood].count(429) == 20 - BURST
    other = proxied.post(
        a_beacon(visitor=2),
        "shop",
        X_Forwarded_For="95.142.87.213",
        Origin="https://shop.example",
    )
    assert other.status_code == 200
