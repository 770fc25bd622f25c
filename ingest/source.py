"""Which way a visitor came: what the link says of itself, else the page that held it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

TABLE = Path(__file__).parent / "data" / "referrers.json"
LONGEST = 200
"""Characters kept of each text."""
DIRECT = "(direct)"
NONE = "(none)"

# Parameters that a click brings along: their name, the source and the medium. The first found
# counts. Facebook puts its own on every outgoing link, so it says nothing of payment.
_CLICK_IDS = (
    ("gclid", "Google", "cpc"),
    ("gbraid", "Google", "cpc"),
    ("wbraid", "Google", "cpc"),
    ("dclid", "Google", "display"),
    ("msclkid", "Bing", "cpc"),
    ("yclid", "Yandex", "cpc"),
    ("ymclid", "Yandex", "cpc"),
    ("rb_clickid", "VK", "cpc"),
    ("ttclid", "TikTok", "cpc"),
    ("twclid", "X", "cpc"),
    ("li_fat_id", "LinkedIn", "cpc"),
    ("rdt_cid", "Reddit", "cpc"),
    ("sccid", "Snapchat", "cpc"),
    ("epik", "Pinterest", "social"),
    ("fbclid", "Facebook", "social"),
    ("igshid", "Instagram", "social"),
    ("igsh", "Instagram", "social"),
    ("mc_cid", "Mailchimp", "email"),
    ("ysclid", "Yandex", "organic"),
    ("srsltid", "Google", "organic"),
)
# One company's click id, several of its sites.
_META = frozenset(("Facebook", "Instagram", "Threads", "Messenger", "WhatsApp"))
_SHORT_NAMES = {
    "tg": "Telegram",
    "fb": "Facebook",
    "ig": "Instagram",
    "insta": "Instagram",
    "yt": "YouTube",
    "wa": "WhatsApp",
    "vkontakte": "VK",
    "twitter": "X",
    "ok": "Odnoklassniki",
    "openai": "ChatGPT",
}
_SECOND_LEVELS = frozenset(("ac", "co", "com", "edu", "gov", "ne", "net", "or", "org"))
_HOST = re.compile(r"[\w-]{1,63}(?:\.[\w-]{1,63}){0,15}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Source:
    """Where a visit came from. Empty means that nothing was said."""

    source: str
    """`Google`, `Telegram`, the referring host, `utm_source`, or `(direct)`."""
    medium: str
    """organic, cpc, display, social, email, ai, referral, internal, `utm_medium`, or `(none)`."""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id: str = ""
    """The name of the click id that came along; never its value."""
    referrer: str = ""
    """The referring page without query, fragment and sign-in."""


@dataclass(frozen=True, slots=True)
class _Known:
    source: str
    medium: str


def read_source(page_url: str, referrer: str, own_domains: Iterable[str] = ()) -> Source:
    """Return where a visit that began at `page_url` came from. Never raises.

    What the link says (`utm_*`) counts most, then a click id, then the referring host; one of
    `own_domains` (`shop.example`, `*.shop.example`) is internal.
    """
    said = _parameters(page_url)
    host, referring_page = _referring(referrer)
    from_page = _from_page(host, page_url, own_domains)
    click_id, from_click = _from_click(said, from_page)
    base = from_click or from_page

    utm_source, utm_medium = said.get("utm_source", ""), said.get("utm_medium", "").lower()
    if utm_source:
        known = _by_name(utm_source)
        medium = from_click.medium if from_click else known.medium
        base = _Known(known.source, medium)
    return Source(
        source=base.source[:LONGEST],
        medium=utm_medium or base.medium,
        campaign=said.get("utm_campaign", ""),
        term=said.get("utm_term", ""),
        content=said.get("utm_content", ""),
        click_id=click_id,
        referrer=referring_page[:LONGEST],
    )


def _parameters(url: str) -> dict[str, str]:
    """The page's parameters, those in its fragment too; the first of each name counts."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for text in (parts.query, parts.fragment.rpartition("?")[2]):
        if "=" not in text:
            continue
        for name, value in parse_qsl(text, errors="replace"):
            if value := value.strip()[:LONGEST]:
                found.setdefault(name.lower(), value)
    return found


def _referring(referrer: str) -> tuple[str, str]:
    """Return the host of the referring page (an app's name with its scheme) and its address."""
    try:
        parts = urlsplit(referrer.strip())
        host = (parts.hostname or "").rstrip(".")
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "", ""
    if parts.scheme == "android-app" and _HOST.fullmatch(host):
        app = f"android-app://{host}"
        return app, app
    if parts.scheme not in ("http", "https") or not _is_host(host):
        return "", ""
    shown = f"[{host}]" if ":" in host else host
    return host, f"{parts.scheme}://{shown}{port}{parts.path}"


def _is_host(host: str) -> bool:
    if ":" not in host:
        return _HOST.fullmatch(host) is not None
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _from_page(host: str, page_url: str, own_domains: Iterable[str]) -> _Known:
    if not host:
        return _Known(DIRECT, NONE)
    if _is_own(host, page_url, own_domains):
        return _Known(host.removeprefix("www."), "internal")
    return _by_host(host) or _Known(host.removeprefix("www."), "referral")


def _from_click(said: dict[str, str], from_page: _Known) -> tuple[str, _Known | None]:
    for name, source, medium in _CLICK_IDS:
        if name in said:
            if source in _META and from_page.source in _META:
                source = from_page.source
            return name, _Known(source, medium)
    return "", None


def _is_own(host: str, page_url: str, own_domains: Iterable[str]) -> bool:
    bare = host.removeprefix("www.")
    page_host, _ = _referring(page_url)
    if bare == page_host.removeprefix("www."):
        return True
    for domain in own_domains:
        domain = domain.lower().partition(":")[0]
        if domain.startswith("*.") and host.endswith(domain[1:]):
            return True
        if bare == domain.removeprefix("*.").removeprefix("www."):
            return True
    return False


def _by_name(name: str) -> _Known:
    """What `utm_source` means: people write `telegram`, `tg` and `t.me` for the same."""
    lower = name.lower()
    _, names = _table()
    if known := names.get(_SHORT_NAMES.get(lower, lower).lower()):
        return known
    if "." in lower and _HOST.fullmatch(lower) and (known := _by_host(lower)):
        return known
    return _Known(name, "referral")


def _by_host(host: str) -> _Known | None:
    """The entry that knows most of a host: `mail.google.com` before `google.*`."""
    hosts, _ = _table()
    if host.startswith("android-app://"):
        return hosts.get(host)
    labels = host.split(".")
    ending = 2 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVELS else 1
    for start in range(len(labels) - 1):
        if known := hosts.get(".".join(labels[start:])):
            return known
        if known := hosts.get(".".join([*labels[start:-ending], "*"])):
            return known
    return None


@cache
def _table() -> tuple[dict[str, _Known], dict[str, _Known]]:
    """What is known of hosts, and of names in lower case."""
    hosts: dict[str, _Known] = {}
    names: dict[str, _Known] = {}
    for medium, sources in json.loads(TABLE.read_text(encoding="utf-8")).items():
        for source, patterns in sources.items():
            known = _Known(source, medium)
            names[source.lower()] = known
            hosts.update(dict.fromkeys(patterns, known))
    return hosts, names
