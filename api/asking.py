"""From where, and for which site, the request comes that is being answered. The gate says so."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network


@dataclass(frozen=True)
class Asking:
    """One request."""

    address: str = ""
    """Masked; empty outside of a request."""
    site_key: str = ""
    """As asked for; whether it is theirs to see is the route's to say."""


_asking: ContextVar[Asking] = ContextVar("asking", default=Asking())  # noqa: B039


def asking() -> Asking:
    """Return what is known of the request; nothing outside of one."""
    return _asking.get()


def tell_asking(value: Asking) -> None:
    """Note it for all that is done for the request, in threads as well."""
    _asking.set(value)


def masked(address: str) -> str:
    """Return an address that names no household: `95.142.12.XX`, `2001:db8:1::XX`, or `unknown`."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is None:
            return f"{ip_network((ip, 48), strict=False).network_address}XX"
        ip = ip.ipv4_mapped
    return f"{str(ip).rpartition('.')[0]}.XX"
