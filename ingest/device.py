"""What kind of device, system and browser a visitor has."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ua_parser import parse

from ingest.bots import LONGEST, bot_reason

_TV = re.compile(
    r"smart-?tv|hbbtv|apple ?tv|bravia|google ?tv|android ?tv|\btv\b|web0s|crkey|\bAFT[A-Z]"
    r"|netcast|roku|viera",
    re.IGNORECASE,
)
_TABLET = re.compile(
    r"ipad|tablet|playbook|silk(?!.*mobile)|kindle|\bSM-[TXP]\d|nexus (?:7|9|10)\b|\bTB-?\d{3,4}",
    re.IGNORECASE,
)
_MOBILE = re.compile(r"mobi|iphone|ipod|android|windows phone|opera mini", re.IGNORECASE)
_DESKTOP = frozenset(
    ("Windows", "macOS", "Linux", "Ubuntu", "Fedora", "Debian", "ChromeOS", "FreeBSD", "OpenBSD")
)
# Chrome says Android 10 and model K to everybody, Safari says 10.15.7 for every macOS since.
_FROZEN_ANDROID = re.compile(r"Android 10; K\)")
_FROZEN_MACOS = ("10.15", "10.16")
_APPLE_VERSION = re.compile(r"Version/(\d{1,4})[\d.]* .*Safari/")
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,6}){0,3}")

_SYSTEMS = {"Mac OS X": "macOS", "Chrome OS": "ChromeOS", "Other": ""}
_BROWSERS = {
    "Mobile Safari": "Safari",
    "Mobile Safari UI/WKWebView": "Safari",
    "Mobile Safari UIWebView": "Safari",
    "Chrome Mobile": "Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome",
    "HeadlessChrome": "Chrome",
    "Firefox Mobile": "Firefox",
    "Firefox iOS": "Firefox",
    "Edge Mobile": "Edge",
    "Edge iOS": "Edge",
    "Opera Mobile": "Opera",
    "Opera Touch": "Opera",
    "Opera GX": "Opera",
    "Opera Mini": "Opera Mini",
    "Yandex Browser": "Yandex",
    "YandexSearch": "Yandex",
    "DuckDuckGo Mobile": "DuckDuckGo",
    "Brave Mobile": "Brave",
    "MiuiBrowser": "Mi Browser",
    "Huawei Browser Mobile": "Huawei Browser",
    "QQ Browser Mobile": "QQ Browser",
    "Other": "",
}


@dataclass(frozen=True, slots=True)
class Device:
    """A visitor's device. Empty means unknown."""

    type: str = ""
    """desktop, mobile, tablet, tv or bot."""
    os: str = ""
    os_version: str = ""
    """`10/11` for a Windows of which no more can be known."""
    browser: str = ""
    browser_version: str = ""
    """`120.0`."""
    model: str = ""


def read_device(
    user_agent: str, platform_version: str = "", model: str = "", touch: int = 0
) -> Device:
    """Return the device behind a user agent. Never raises.

    `platform_version` and `model` are client hints; `touch` is `navigator.maxTouchPoints`. They
    tell what user agents hide: Windows 11, true Android devices, and iPads that pass for Macs.
    """
    return _read(user_agent[:LONGEST], platform_version[:32], model[:100].strip(), touch > 1)


@lru_cache(16_384)
def _read(user_agent: str, platform_version: str, model: str, touch: bool) -> Device:
    user_agent = user_agent.encode("utf-8", "replace").decode()
    found = parse(user_agent)
    os = os_version = browser = browser_version = ""
    if found.os is not None:
        os = _SYSTEMS.get(found.os.family, found.os.family)
        os_version = _joined(found.os.major, found.os.minor)
    if found.user_agent is not None:
        browser = _BROWSERS.get(found.user_agent.family, found.user_agent.family)
        browser_version = _joined(found.user_agent.major, found.user_agent.minor)
    if os == "macOS" and touch:
        os, os_version = "iPadOS", ""
    elif os == "iOS" and "iPad" in user_agent:
        os = "iPadOS"
    kind = _kind(user_agent, os)
    if kind in ("mobile", "tablet") and not model and found.device is not None:
        model = found.device.model or ""
    if kind == "desktop" or model in ("K", "Smartphone", "Tablet", "Generic"):
        model = ""
    return Device(
        type=kind,
        os=os,
        os_version=_os_version(user_agent, os, os_version, platform_version, browser_version),
        browser=browser,
        browser_version=browser_version,
        model="iPad" if os == "iPadOS" else model,
    )


def _kind(user_agent: str, os: str) -> str:
    if bot_reason(user_agent):
        return "bot"
    if _TV.search(user_agent):
        return "tv"
    android_tablet = "Android" in user_agent and "Mobile" not in user_agent
    if os == "iPadOS" or android_tablet or _TABLET.search(user_agent):
        return "tablet"
    if _MOBILE.search(user_agent):
        return "mobile"
    return "desktop" if os in _DESKTOP else ""


def _os_version(user_agent: str, os: str, said: str, hint: str, browser_version: str) -> str:
    number = _NUMBER.match(hint.strip(' "'))
    parts = number[0].split(".") if number else []
    match os:
        case "Windows":
            # What the hint counts is not the name on the box: from 13 on it is Windows 11.
            major = int(parts[0]) if parts else 0
            if major:
                return "11" if major >= 13 else "10"
            return "10/11" if said == "10" and not parts else said
        case "Android":
            if parts:
                return _trimmed(parts)
            return "" if _FROZEN_ANDROID.search(user_agent) else said
        case "macOS":
            if parts:
                return _trimmed(parts)
            return "" if said in _FROZEN_MACOS else said
        case "iOS" | "iPadOS":
            # Since 26, Safari stands still at iOS 18 and tells the true number as its own.
            own = _APPLE_VERSION.search(user_agent)
            return browser_version if own and int(own[1]) >= 26 else said
        case "ChromeOS":
            # A build number that nobody knows the system by.
            return ""
        case _:
            return said


def _trimmed(parts: list[str]) -> str:
    return parts[0] if len(parts) < 2 or parts[1] == "0" else ".".join(parts[:2])


def _joined(major: str | None, minor: str | None) -> str:
    return f"{major}.{minor}" if major and minor else major or ""
