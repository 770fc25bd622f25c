"""IP addresses, and how they may be kept and shown."""

from __future__ import annotations

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
