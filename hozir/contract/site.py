"""A site as every process knows it: one record on topic `sites` for each version of it."""

from __future__ import annotations

import msgspec


class Site(msgspec.Struct, frozen=True, omit_defaults=True):
    """One website. The newest record of a `site_key` counts."""

    site_key: str
    name: str
    domains: list[str] = []
    """Hosts whose pages may send beacons; `*.shop.example` takes every subdomain."""
    loopback: bool = False
    """True takes any page of this very machine (localhost, 127.0.0.0/8, ::1), on any port."""
    timezone: str = "UTC"
    simulated: bool = False
    """True for a site that holds generated visitors only."""
    deleted: bool = False
