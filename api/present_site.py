"""A site as the API tells it: to an admin with its settings, to others what screens need."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import select

from api.accounts import SiteRow
from api.house import House
from api.permissions import allowed
from api.sign_in import Person
from api.sites import DEMO, site_of, snippet
from hozir.contract.site import Site
from warehouse.visitors import had_visitors


def tell_sites(house: House, person: Person) -> list[dict[str, Any]]:
    """Return the sites that somebody may see, in the order in which they were made."""
    with house.accounts.open() as store:
        rows = store.scalars(
            select(SiteRow)
            .where(SiteRow.site_key.in_(sorted(person.site_keys)))
            .order_by(SiteRow.created_at)
        )
        sites = [site_of(row) for row in rows]
    return [tell_site(house, site, person) for site in sites]


def tell_site(house: House, site: Site, person: Person) -> dict[str, Any]:
    """Return a site with what a newcomer needs to begin. Never its secret."""
    ingest_url = house.settings.public_ingest_url
    told: dict[str, Any] = {
        "site_key": site.site_key,
        "name": site.name,
        "domains": site.domains,
        "timezone": site.timezone,
        "simulated": site.simulated,
        "public_key": site.public_keys[0],
        "snippet": snippet(ingest_url, site),
        "demo_url": f"{ingest_url}/demo/" if site.site_key == DEMO else None,
        "had_visitors": had_visitors(house.warehouse, site.site_key),
        "chat": {
            "enabled": site.chat.enabled,
            "title": site.chat.title,
            "bot_name": site.chat.bot_name,
        },
    }
    if allowed(person.role, "configure_sites"):
        told |= {
            "loopback": site.loopback,
            "keys": site.public_keys,
            "heartbeat_seconds": site.heartbeat_seconds,
            "retention_days": site.retention_days,
            "consent": site.consent,
            "privacy_notice": site.privacy_notice,
            "privacy_url": site.privacy_url,
            "proves_identity": bool(site.identity_secret),
            "chat": msgspec.structs.asdict(site.chat),
        }
    return told
