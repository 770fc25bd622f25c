"""Which address a request comes from. Headers are believed from configured proxies alone."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from hozir.contract.errors import Misconfigured

Network = IPv4Network | IPv6Network


def read_networks(text: str) -> tuple[Network, ...]:
    """Read networks joined by commas. Raises Misconfigured."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise Misconfigured(f"HOZIR_TRUSTED_PROXIES: {error}.") from None


def client_address(peer: str, forwarded_for: str, proxies: tuple[Network, ...]) -> str:
    """Return the client's address; `""` if none can be told.

    Each proxy appends the address that it saw, so the list is read from its end, as far as the
    proxies are ours: whatever stands before was written by somebody we do not know.
    """
    address = peer
    for claimed in reversed(forwarded_for.split(",")) if forwarded_for else ():
        if not _is_in(address, proxies):
            break
        address = claimed.strip()
    return address if _is_address(address) else ""


def _is_in(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in networks)


def _is_address(address: str) -> bool:
    try:
        ip_address(address)
    except ValueError:
        return False
    return True
