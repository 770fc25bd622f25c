"""Sites: kept in the accounts, told to every process on topic `sites`."""

from __future__ import annotations

import logging
import secrets

import msgspec
from sqlalchemy import select

from api.accounts import Accounts, SiteRow, User
from api.passwords import hash_password
from hozir.bus.log import Log
from hozir.contract.codec import decode_site, encode
from hozir.contract.errors import Unreadable
from hozir.contract.site import Site
from hozir.contract.topics import SITES
from hozir.settings import Settings

DEMO = "demo"
FIRST_SITES = (
    Site(site_key=DEMO, name="Demo", loopback=True, timezone="Asia/Tashkent"),
    Site(
        site_key="simulated",
        name="Simulated",
        loopback=True,
        timezone="Asia/Tashkent",
        simulated=True,
    ),
)

_log = logging.getLogger(__name__)


def first_start(accounts: Accounts, settings: Settings) -> None:
    """Make the first admin and the first sites, where there is none yet."""
    with accounts.open() as store:
        if store.scalar(select(User).limit(1)) is None:
            password = settings.admin_password
            if not password:
                password = secrets.token_urlsafe(12)
                # The one time that it can be read; only its hash is kept.
                _log.warning("first sign-in: %s with password %s", settings.admin_email, password)
            store.add(
                User(
                    email=settings.admin_email.strip().casefold(),
                    role="admin",
                    password_hash=hash_password(password),
                )
            )
        if store.scalar(select(SiteRow).limit(1)) is None:
            store.add_all(site_row(site) for site in FIRST_SITES)


def site_row(site: Site) -> SiteRow:
    """Return a site as it is kept."""
    row = SiteRow(site_key=site.site_key)
    fill_row(row, site)
    return row


def fill_row(row: SiteRow, site: Site) -> None:
    """Make a kept site say what `site` says."""
    for name in Site.__struct_fields__:
        if name != "chat":
            setattr(row, name, getattr(site, name))
    row.chat = msgspec.to_builtins(site.chat)


def site_of(row: SiteRow) -> Site:
    """Return a site as it is told."""
    values = {name: getattr(row, name) for name in Site.__struct_fields__}
    return msgspec.convert(values, Site)


def publish_sites(accounts: Accounts, log: Log) -> int:
    """Tell every process of the sites whose newest record says something else.

    Returns how many were told. Raises LogUnavailable, LogFull.
    """
    told = told_sites(log)
    with accounts.open() as store:
        sites = [site_of(row) for row in store.scalars(select(SiteRow))]
    news = [site for site in sites if told.get(site.site_key) != site]
    log.append(SITES, [(0, encode(site)) for site in news])
    return len(news)


def told_sites(log: Log) -> dict[str, Site]:
    """Return the newest record of each site. Raises LogUnavailable."""
    told: dict[str, Site] = {}
    offset = 0
    while records := log.read(SITES, 0, offset, 1_000):
        for record in records:
            try:
                site = decode_site(record.value)
            except Unreadable as error:
                _log.warning("sites/0/%d cannot be read: %s", record.offset, error)
            else:
                told[site.site_key] = site
        offset = records[-1].offset + 1
    return told


def snippet(ingest_url: str, site: Site) -> str:
    """Return the tag that a site's pages carry. A site key needs no escape."""
    consent = ' data-consent="required"' if site.consent == "required" else ""
    key = site.public_keys[0]
    return f'<script async src="{ingest_url}/h.js" data-site="{key}"{consent}></script>'
