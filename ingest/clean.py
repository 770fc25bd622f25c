"""Text from the internet, cut to what may be kept: no secrets, no tricks, no more than fits.

The tracker scrubs before it sends. This is the second time, because not every beacon comes from
our tracker.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

URL_LENGTH = 2_000
TITLE_LENGTH = 255
NAME_LENGTH = 100
VALUE_LENGTH = 200
KEYS = 20
CACHED = 16_384
"""Addresses and titles remembered clean: a site's visitors read the same pages (8 µs each)."""

# Control characters, and those that turn the direction of text around: both change what a person
# reads without being read.
_UNSEEN = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+"
)
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
_EMAIL = re.compile(r"[\w.+-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", re.IGNORECASE)
# 13 to 19 digits, alone or in groups: card numbers, and longer account numbers with them.
_CARD = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")
_JWT = re.compile(r"\bey[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
# 32 characters of hex, or 40 of base64 with digits among them: nobody types these into an address.
_TOKEN = re.compile(
    r"\b(?:[0-9a-f]{32,}|(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{40,})\b", re.IGNORECASE
)
_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:token|key|apikey|pass|passwd|password|pwd|auth|authorization|session|sid"
    r"|sessionid|code|secret|sig|signature|otp|pin|jwt|credential|email|e-mail|mail|phone|tel)s?"
    r"(?:$|[_.-])",
    re.IGNORECASE,
)
# Narrower than in an address, where nobody chose the names: a `code` or `key` here is a word of the
# site's own, such as that of a coupon.
_PASSWORD_NAME = re.compile(
    r"(?:^|[_.-])(?:pass|passwd|password|parol|pwd|secret|token|otp|pin|cvv|cvc|jwt|credential)s?"
    r"(?:$|[_.-])",
    re.IGNORECASE,
)
_TRACKING = re.compile(
    r"(?:utm_\w+|gclid|gbraid|wbraid|dclid|msclkid|yclid|ymclid|ysclid|ttclid|fbclid|twclid"
    r"|li_fat_id|igshid|mc_cid|mc_eid|_openstat|_ga|_gl)",
    re.IGNORECASE,
)
HIDDEN = "***"


def clean_text(text: str, length: int) -> str:
    """Return one line of at most `length` characters, without unseen ones."""
    text = _LONE_SURROGATE.sub("\ufffd", text[: 4 * length])
    return _UNSEEN.sub(" ", text).strip()[:length]


def clean_lines(text: str, length: int) -> str:
    """Return a text as people write it to each other: its lines stay, unseen characters go.

    One character longer than `length`, if it is longer: who asks can tell that it was cut.
    """
    text = _LONE_SURROGATE.sub("\ufffd", text[: 4 * length])
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_UNSEEN.sub(" ", line).rstrip() for line in lines).strip()[: length + 1]


def scrub(text: str) -> str:
    """Hide e-mail addresses, card-like numbers, and tokens."""
    for pattern in (_EMAIL, _JWT, _CARD, _TOKEN):
        text = pattern.sub(HIDDEN, text)
    return text


@lru_cache(CACHED)
def clean_title(text: str) -> str:
    """Return a page title that may be kept and shown."""
    return scrub(clean_text(text, TITLE_LENGTH))


@lru_cache(CACHED)
def clean_url(text: str) -> str:
    """Return an http(s) address without sign-in, secrets, or unseen characters; else ``""``."""
    parts = _split(clean_text(text, URL_LENGTH))
    if parts is None:
        return ""
    fragment = f"#{scrub(parts.fragment)}" if _is_route(parts.fragment) else ""
    query = _query(parts.query, tracking=True)
    return f"{parts.scheme}://{_host(parts)}{_scrub_path(parts.path)}{query}{fragment}"[:URL_LENGTH]


@lru_cache(CACHED)
def path_of(url: str) -> str:
    """Return what people read of a cleaned address: path, harmless query, route in the fragment."""
    parts = _split(url)
    if parts is None:
        return ""
    fragment = f"#{parts.fragment}" if _is_route(parts.fragment) else ""
    return f"{parts.path or '/'}{_query(parts.query, tracking=False)}{fragment}"


def clean_props(props: dict[str, Any]) -> dict[str, Any]:
    """Return at most 20 entries with plain values: texts of 200 characters, numbers, yes or no.

    A page that hands on what a form holds hands on no e-mail, card or password: who somebody is,
    `identify` says.
    """
    return {
        _hide(name): _hide(value) if isinstance(value, str) else value
        for name, value in _traits(props).items()
    }


def _traits(props: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in props.items():
        plain = _plain(value)
        if plain is not None and len(kept) < KEYS:
            name = clean_text(name, NAME_LENGTH)
            kept[name] = HIDDEN if _PASSWORD_NAME.search(name) else plain
    return kept


def _hide(text: str) -> str:
    for pattern in (_EMAIL, _JWT, _CARD):
        text = pattern.sub(HIDDEN, text)
    return text


def clean_identity(props: dict[str, Any]) -> dict[str, Any]:
    """Return what `identify` may say: id, name, email and phone as text, and plain traits."""
    kept: dict[str, Any] = {}
    for name in ("id", "name", "email", "phone"):
        value = _plain(props.get(name))
        if value not in (None, ""):
            kept[name] = str(value)
    traits = props.get("traits")
    if isinstance(traits, dict) and (plain := _traits(traits)):
        kept["traits"] = plain
    return kept


def _plain(value: Any) -> str | int | float | bool | None:
    if isinstance(value, str):
        return clean_text(value, VALUE_LENGTH)
    if isinstance(value, bool) or (isinstance(value, int) and abs(value) < 2**53):
        return value
    if isinstance(value, float) and abs(value) < 1e300:
        return value
    return None


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises where the port is no number
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    return f"{host}:{parts.port}" if parts.port else host


def _scrub_path(path: str) -> str:
    if path.isascii() and "%" not in path:
        return scrub(path)
    # Hidden in percent signs, an address is an address all the same.
    plain = unquote(path)
    scrubbed = scrub(plain)
    return path if scrubbed == plain else quote(scrubbed, safe="/*:@!$&'()+,;=~-._")


def _is_route(fragment: str) -> bool:
    return fragment.startswith(("/", "!"))


def _query(query: str, *, tracking: bool) -> str:
    if not query:
        return ""
    kept = []
    for name, value in parse_qsl(query, keep_blank_values=True, max_num_fields=None)[:50]:
        if _TRACKING.fullmatch(name) and not tracking:
            continue
        secret = _SECRET_NAME.search(name) is not None
        # A click id looks like a token and is none of ours to keep; that it came is enough.
        hidden = HIDDEN if secret else scrub(value)
        kept.append(f"{quote(scrub(name), safe='')}={quote(hidden, safe='/:,*')}")
    return f"?{'&'.join(kept)}" if kept else ""
