"""Whether a browser is driven by a person, and if not, how we know."""

from __future__ import annotations

import re
from functools import cache, lru_cache

import crawleruseragents
from ua_parser import parse_device, parse_user_agent

LONGEST = 512
"""Characters of a user agent that are read."""

# Programs that the public list does not name. Cubot makes phones.
_OURS = re.compile(
    r"(?<!cu)bot\b|crawl|spider|scrap(?:e|y)|headless|phantomjs|puppeteer|playwright|selenium"
    r"|lighthouse|\bk6/|python|\bcurl\b|wget|libwww|okhttp|java/|go-http|node-fetch|axios|undici"
    r"|httpie|postman|insomnia|^[\w.-]+/[\d.]+$",
    re.IGNORECASE,
)
_CHUNK = 25


def bot_reason(user_agent: str, webdriver: bool = False) -> str:
    """Return why this is held to be a bot, or `""` for a person. Never raises.

    `webdriver` is what the browser says of itself in `navigator.webdriver`. A bot that copies the
    user agent of a browser and hides that it is driven cannot be told from a person here.
    """
    return _by_user_agent(user_agent[:LONGEST]) or ("navigator.webdriver" if webdriver else "")


@lru_cache(16_384)
def _by_user_agent(user_agent: str) -> str:
    user_agent = user_agent.encode("utf-8", "replace").decode().strip()
    if not user_agent:
        return "empty user agent"
    for pattern in _listed():
        if found := pattern.search(user_agent):
            return f"user-agent list: {_name(found[0])}"
    device = parse_device(user_agent)
    if device is not None and device.family == "Spider":
        browser = parse_user_agent(user_agent)
        return f"user-agent rules: {_name(browser.family) if browser else 'crawler'}"
    if found := _OURS.search(user_agent):
        return f"user-agent word: {_name(found[0])}"
    return ""


@cache
def _listed() -> tuple[re.Pattern[str], ...]:
    """The public list, some patterns to each expression: one of all 1,500 is slower."""
    patterns = [entry["pattern"] for entry in crawleruseragents.CRAWLER_USER_AGENTS_DATA]
    return tuple(
        re.compile("|".join(patterns[start : start + _CHUNK]))
        for start in range(0, len(patterns), _CHUNK)
    )


def _name(found: str) -> str:
    return found.strip(" /;()")[:40] or "crawler"
