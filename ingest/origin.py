"""Whose pages may speak for a site."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlsplit

from hozir.contract.site import Site


def is_allowed(origin: str, site: Site) -> bool:
    """True if a page of `origin` (`https://shop.example:8443`) may send beacons for the site."""
    return _allowed(origin, tuple(site.domains), site.loopback)


@lru_cache(maxsize=4096)
def _allowed(origin: str, domains: tuple[str, ...], loopback: bool) -> bool:
    try:
        parts = urlsplit(origin)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return False
    if parts.scheme not in ("http", "https") or not host:
        return False
    if loopback and _is_loopback(host):
        return True
    return any(_matches(host, domain.lower().rstrip(".")) for domain in domains)


def _matches(host: str, domain: str) -> bool:
    if domain.startswith("*."):
        return host.endswith(domain[1:])
    return host == domain


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
