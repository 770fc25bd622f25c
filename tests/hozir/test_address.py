"""A masked address names no household."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hozir.address import household_of, mask_address


@pytest.mark.parametrize(
    ("address", "masked"),
    [
        ("95.142.12.7", "95.142.12.XX"),
        ("::ffff:95.142.12.7", "95.142.12.XX"),
        ("2001:db8:1:2:3::4", "2001:db8:1::XX"),
        ("2001:db8::1", "2001:db8::XX"),
        ("::1", "::XX"),
        ("fe80::1%eth0", "fe80::XX"),
        ("", ""),
        ("no address", ""),
    ],
)
def test_a_masked_address_names_no_household(address: str, masked: str) -> None:
    assert mask_address(address) == masked


@given(st.ip_addresses(v=4))
def test_the_last_octet_never_shows(address: Any) -> None:
    assert mask_address(str(address)) == ".".join(str(address).split(".")[:3]) + ".XX"


@given(st.ip_addresses(v=6))
def test_two_addresses_of_one_house_look_the_same(address: Any) -> None:
    if address.ipv4_mapped is None:
        neighbour = type(address)(int(address) ^ 1 << 79)
        assert mask_address(str(address)) == mask_address(str(neighbour))


@given(st.one_of(st.text(), st.ip_addresses().map(str)))
def test_no_text_makes_it_raise(text: str) -> None:
    mask_address(text)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("95.142.12.7", "95.142.12.8", False),
        ("95.142.12.7", "::ffff:95.142.12.7", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("", "no address", False),
    ],
)
def test_a_household_is_one_however_many_addresses_it_has(one: str, other: str, same: bool) -> None:
    assert (household_of(one) == household_of(other)) is same
