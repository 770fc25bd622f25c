"""Where an address is, and how it may be shown."""

from __future__ import annotations

import os
import struct
from ipaddress import ip_network
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hozir.contract.errors import Misconfigured
from ingest.geo import CHECK_EVERY, NOWHERE, GeoReader
from tools.geo_tables import clean_place

SAMARKAND = {
    "country": {"iso_code": "UZ", "names": {"en": "Uzbekistan"}},
    "subdivisions": [{"names": {"en": "Samarqand viloyati"}}],
    "city": {"names": {"en": "Samarkand", "ru": "Самарканд"}},
    "location": {"latitude": 39.65, "longitude": 66.97, "time_zone": "Asia/Samarkand"},
}
PARIS = {"country": {"iso_code": "FR"}, "city": {"names": {"en": "Paris"}}}
NETWORK = "95.142.0.0/16"


class Clock:
    """Seconds, turned by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Number(NamedTuple):
    """A whole number and how it is written."""

    value: int
    kind: int = 5
    size: int = 2


def encode(value: Any) -> bytes:
    """Write a value as MaxMind's format has it; enough of it for these tests."""
    if isinstance(value, str):
        data = value.encode()
        return head(2, len(data)) + data
    if isinstance(value, float):
        return head(3, 8) + struct.pack(">d", value)
    if isinstance(value, Number):
        return head(value.kind, value.size) + value.value.to_bytes(value.size, "big")
    if isinstance(value, list):
        return head(11, len(value)) + b"".join(map(encode, value))
    return head(7, len(value)) + b"".join(encode(k) + encode(v) for k, v in value.items())


def head(kind: int, size: int) -> bytes:
    first = size if size < 29 else 29
    extended = kind > 7
    start = bytes([first if extended else kind << 5 | first])
    return start + (bytes([kind - 7]) if extended else b"") + bytes([size - 29] * (size >= 29))


def write_database(path: Path, record: Any, kind: str = "Test-City") -> None:
    """Write a database of IPv4 that knows one network."""
    network = ip_network(NETWORK)
    first, nodes = int(network.network_address), network.prefixlen
    tree = b""
    for depth in range(nodes):
        onward = depth + 1 if depth + 1 < nodes else nodes + 16
        right = first >> (31 - depth) & 1
        pair = (nodes, onward) if right else (onward, nodes)
        tree += struct.pack(">II", *pair)
    about = {
        "node_count": Number(nodes, 6, 4),
        "record_size": Number(32),
        "ip_version": Number(4),
        "database_type": kind,
        "languages": ["en"],
        "binary_format_major_version": Number(2),
        "binary_format_minor_version": Number(0),
        "build_epoch": Number(1, 9, 8),
        "description": {"en": "test"},
    }
    new = path.with_suffix(".new")
    new.write_bytes(tree + bytes(16) + encode(record) + b"\xab\xcd\xefMaxMind.com" + encode(about))
    new.replace(path)


@pytest.fixture(scope="module")
def packaged() -> GeoReader:
    return GeoReader()


@pytest.mark.parametrize(
    ("ip", "country", "city", "timezone"),
    [
        ("8.8.8.8", "US", "Mountain View", "America/Los_Angeles"),
        ("::ffff:8.8.8.8", "US", "Mountain View", "America/Los_Angeles"),
        ("1.1.1.1", "AU", "Sydney", "Australia/Sydney"),
        ("77.88.8.8", "RU", "Moscow", "Europe/Moscow"),
        ("213.230.64.1", "UZ", "Tashkent", "Asia/Tashkent"),
        ("2a02:6b8::1", "RU", "Moscow", "Europe/Moscow"),
    ],
)
def test_the_packaged_database_knows(
    packaged: GeoReader, ip: str, country: str, city: str, timezone: str
) -> None:
    place = packaged.lookup(ip)
    assert (place.country, place.city, place.timezone) == (country, city, timezone)


def test_tashkent_has_its_region_and_its_middle(packaged: GeoReader) -> None:
    place = packaged.lookup("213.230.64.1")
    assert place.region == "Toshkent shahri"
    assert (place.latitude, place.longitude) == pytest.approx((41.3, 69.25), abs=0.06)


@pytest.mark.parametrize(
    "ip",
    ["", "10.1.2.3", "127.0.0.1", "192.168.1.1", "::1", "fe80::1", "1.2.3", "a.b", "999.1.1.1"],
)
def test_what_is_no_public_address_is_nowhere(packaged: GeoReader, ip: str) -> None:
    assert packaged.lookup(ip) == NOWHERE


def test_any_city_database_is_read(tmp_path: Path) -> None:
    write_database(tmp_path / "city.mmdb", SAMARKAND)
    place = GeoReader(tmp_path / "city.mmdb").lookup("95.142.12.7")
    assert (place.country, place.region, place.city) == ("UZ", "Samarqand viloyati", "Samarkand")
    assert (place.latitude, place.longitude) == (39.65, 66.97)
    assert place.timezone == "Asia/Samarkand"


def test_a_database_of_ipv4_only_has_no_ipv6(tmp_path: Path) -> None:
    write_database(tmp_path / "city.mmdb", SAMARKAND)
    assert GeoReader(tmp_path / "city.mmdb").lookup("2a02:6b8::1") == NOWHERE


@pytest.mark.parametrize(
    "record",
    [
        {},
        [],
        "text",
        {"country": "UZ"},
        {"country": {"iso_code": "ZZ"}},
        {"country": {"iso_code": "UZ"}, "subdivisions": [], "city": [], "location": "x"},
        {"country": {"iso_code": "UZ"}, "location": {"latitude": 400.0, "longitude": "x"}},
    ],
)
def test_a_record_of_another_form_tells_nothing(tmp_path: Path, record: Any) -> None:
    write_database(tmp_path / "city.mmdb", record)
    place = GeoReader(tmp_path / "city.mmdb").lookup("95.142.12.7")
    assert (place.region, place.city, place.latitude, place.longitude) == ("", "", None, None)


def test_a_replaced_file_is_read_within_a_minute(tmp_path: Path) -> None:
    path, clock = tmp_path / "city.mmdb", Clock()
    write_database(path, SAMARKAND)
    reader = GeoReader(path, clock)
    assert reader.lookup("95.142.12.7").city == "Samarkand"
    write_database(path, PARIS)
    os.utime(path, (1, 1))
    assert reader.lookup("95.142.12.7").city == "Samarkand"
    clock.now += CHECK_EVERY
    assert reader.lookup("95.142.12.7").city == "Paris"


@pytest.mark.parametrize("damage", ["gone", "text", "country"])
def test_a_bad_replacement_leaves_what_was_read(tmp_path: Path, damage: str) -> None:
    path, clock = tmp_path / "city.mmdb", Clock()
    write_database(path, SAMARKAND)
    reader = GeoReader(path, clock)
    if damage == "gone":
        path.unlink()
    elif damage == "text":
        (tmp_path / "new").write_text("not a database")
        (tmp_path / "new").replace(path)
    else:
        write_database(path, PARIS, kind="Test-Country")
    clock.now += CHECK_EVERY
    assert reader.lookup("95.142.12.8").city == "Samarkand"


def test_a_file_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="cannot be read"):
        GeoReader(tmp_path / "none.mmdb")
    (tmp_path / "text.mmdb").write_text("not a database")
    with pytest.raises(Misconfigured, match="cannot be read"):
        GeoReader(tmp_path / "text.mmdb")
    write_database(tmp_path / "country.mmdb", PARIS, kind="Test-Country")
    with pytest.raises(Misconfigured, match="not a City database"):
        GeoReader(tmp_path / "country.mmdb")


@given(st.one_of(st.text(), st.ip_addresses().map(str)))
def test_no_address_makes_it_raise(packaged: GeoReader, ip: str) -> None:
    packaged.lookup(ip)


@pytest.mark.parametrize(
    ("region", "city", "cleaned"),
    [
        ("Tashkent", "Tashkent (Mirobod)", ("Toshkent shahri", "Tashkent")),
        ("Toshkent Shahri", "Tashkent", ("Toshkent shahri", "Tashkent")),
        ("Tashkent", "Bektemir", ("Toshkent shahri", "Tashkent")),
        ("Toshkent", "Qibray", ("Toshkent viloyati", "Qibray")),
        ("Tashkent Region", "Yangiyul", ("Toshkent viloyati", "Yangiyoʻl")),
        ("Bukhara", "G’ijduvon Shahri", ("Buxoro viloyati", "Gʻijduvon")),
        ("Karakalpakstan", "Xo‘jayli Shahri", ("Qoraqalpogʻiston Respublikasi", "Xoʻjayli")),
    ],
)
def test_uzbek_places_have_one_spelling(region: str, city: str, cleaned: tuple[str, str]) -> None:
    assert clean_place("UZ", region, city) == cleaned
