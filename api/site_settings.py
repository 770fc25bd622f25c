"""What may be said of a site, and by which rule it is refused."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from hozir.contract.ids import SITE_KEY

KEYS_KEPT = 10
"""Public keys that a site may have at once."""

_HOST = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def _site_key(text: str) -> str:
    if not SITE_KEY.fullmatch(text):
        raise ValueError("letters, digits, - and _ only, at most 40")
    return text


def _host(text: str) -> str:
    try:
        host = text.strip().lower().encode("idna").decode() if not text.isascii() else text
    except UnicodeError:
        raise ValueError("not the name of a host") from None
    host = host.strip().lower()
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise ValueError("a host as shop.example or *.shop.example, without https://")
    return host


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("an IANA time zone as Asia/Tashkent")
    return text


def plain(text: str) -> str:
    """Text that shows as it reads: no control letters, and what UTF-8 can hold."""
    if any(ord(letter) < 32 or 0xD800 <= ord(letter) <= 0xDFFF for letter in text):
        raise ValueError("plain text in one line")
    return text.strip()


def _address(text: str) -> str:
    text = plain(text)
    if not text:
        return ""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address that begins with https:// or http://")
    return text


def _colour(text: str) -> str:
    if not _COLOUR.fullmatch(text):
        raise ValueError("a colour as #4f46e5")
    return text.lower()


Name = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(plain)]
Line = Annotated[str, Field(max_length=300), AfterValidator(plain)]
Short = Annotated[str, Field(max_length=60), AfterValidator(plain)]
Host = Annotated[str, AfterValidator(_host)]
Zone = Annotated[str, AfterValidator(_zone)]


class NewSite(BaseModel):
    """A site to be made."""

    site_key: Annotated[str, AfterValidator(_site_key)]
    name: Name
    domains: list[Host] = Field(default=[], max_length=50)
    loopback: bool = False
    timezone: Zone = "UTC"


class ChatSettings(BaseModel):
    """How the team's messages look; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool | None = None
    launcher: bool | None = None
    colour: Annotated[str, AfterValidator(_colour)] | None = None
    side: Literal["right", "left"] | None = None
    title: Short | None = None
    greeting: Line | None = None
    bot_name: Short | None = None


class SiteSettings(BaseModel):
    """What an admin may change of a site; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    domains: Annotated[list[Host], Field(max_length=50)] | None = None
    loopback: bool | None = None
    timezone: Zone | None = None
    heartbeat_seconds: Annotated[int, Field(ge=10, le=60)] | None = None
    retention_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    consent: Literal["none", "required"] | None = None
    privacy_notice: Line | None = None
    privacy_url: Annotated[str, Field(max_length=500), AfterValidator(_address)] | None = None
    chat: ChatSettings | None = None
