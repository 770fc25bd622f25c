"""IP addresses, and how they may be kept and shown."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address


def read_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a text names; the IPv4 one of a mapped one; None for no address."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped
    return address


@lru_cache(4_096)
def household_of(text: str) -> str:
    """Return what one household has: an IPv4 address, or the first 64 bits of an IPv6 one.

    Whoever has one IPv6 address has all of its network, so that a limit by address alone would
    limit nobody. For counting in memory, never to be stored.
    """
    address = read_address(text)
    if isinstance(address, IPv6Address):
        return address.packed[:8].hex(":", 2)
    return text if address is None else str(address)


def mask_address(text: str) -> str:
    """Return an address that names no household: `95.142.12.XX`, or the first 48 bits of an IPv6
    address as `2001:db8:1::XX`. Returns `""` for what is no address."""
    address = read_address(text)
    if address is None:
        return ""
    if isinstance(address, IPv4Address):
        return f"{str(address).rpartition('.')[0]}.XX"
    groups = [int.from_bytes(address.packed[i : i + 2], "big") for i in (0, 2, 4)]
    while groups and groups[-1] == 0:
        groups.pop()
    return f"{':'.join(f'{group:x}' for group in groups)}::XX"
