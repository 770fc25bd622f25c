"""A site as every process knows it: one record on topic `sites` for each version of it."""

from __future__ import annotations

from typing import Literal

import msgspec

HEARTBEAT_SECONDS = 30
RETENTION_DAYS = 90


class Chat(msgspec.Struct, frozen=True, omit_defaults=True):
    """How the team's messages look on the site's pages. Texts are plain; empty: as it comes."""

    enabled: bool = True
    launcher: bool = False
    """Whether a button stands on every page, so that a visitor can write first."""
    colour: str = "#4f46e5"
    side: Literal["right", "left"] = "right"
    title: str = ""
    """Over the conversation; empty: the name of the site."""
    greeting: str = ""
    """What an opened, empty chat says."""
    bot_name: str = ""
    """Who writes when a message is sent as bot."""


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
    keys: list[str] = []
    """The keys that pages may carry, the one to hand out first; empty: `site_key` itself.
    What pages carry can be changed so, while everything kept stays under `site_key`."""
    heartbeat_seconds: int = HEARTBEAT_SECONDS
    """How often an open page says that it is there, 10 to 60. Twice as long a silence is gone."""
    retention_days: int = RETENTION_DAYS
    """How long what visitors did is kept."""
    consent: Literal["none", "required"] = "none"
    """required: nothing is sent before the page says `hozir("consent", true)`."""
    privacy_notice: str = ""
    """One line for visitors, in the chat."""
    privacy_url: str = ""
    identity_secret: str = ""
    """Key of the HMAC by which the site proves who a visitor is; empty: nothing is proven."""
    chat: Chat = Chat()

    @property
    def public_keys(self) -> list[str]:
        """The keys that pages may carry, the one to hand out first."""
        return self.keys or [self.site_key]
