"""Browsers of the generated visitors: strings as seen in the world, and what goes with them."""

from __future__ import annotations

from typing import NamedTuple


class Agent(NamedTuple):
    """One browser on one device."""

    weight: int
    screen: str
    user_agent: str
    touch: int = 0
    platform_version: str = ""
    model: str = ""
    bot: bool = False


_WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
_MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)"
_ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko)"
_IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
)

AGENTS = (
    Agent(14, "1920x1080", f"{_WINDOWS} Chrome/131.0.0.0 Safari/537.36", 0, "15.0.0"),
    Agent(8, "1536x864", f"{_WINDOWS} Chrome/130.0.0.0 Safari/537.36", 0, "10.0.0"),
    Agent(5, "1920x1080", f"{_WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", 0, "19.0.0"),
    Agent(
        5,
        "1366x768",
        f"{_WINDOWS} Chrome/128.0.0.0 YaBrowser/24.10.0.0 Safari/537.36",
        0,
        "10.0.0",
    ),
    Agent(3, "1600x900", f"{_WINDOWS} Chrome/130.0.0.0 Safari/537.36 OPR/115.0.0.0", 0, "15.0.0"),
    Agent(
        3,
        "1920x1080",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
    ),
    Agent(
        4,
        "1512x982",
        f"{_MAC} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15",
    ),
    Agent(
        5,
        "1728x1117",
        f"{_MAC} AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        0,
        "14.6.1",
    ),
    Agent(
        2,
        "1920x1080",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " Chrome/131.0.0.0 Safari/537.36",
    ),
    Agent(
        2,
        "1920x1200",
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0",
    ),
    Agent(
        9, "412x915", f"{_ANDROID} Chrome/131.0.0.0 Mobile Safari/537.36", 5, "14.0.0", "SM-A546E"
    ),
    Agent(
        7, "393x873", f"{_ANDROID} Chrome/130.0.0.0 Mobile Safari/537.36", 5, "13.0.0", "23053RN02Y"
    ),
    Agent(
        4, "360x800", f"{_ANDROID} Chrome/127.0.0.0 Mobile Safari/537.36", 5, "12.0.0", "Redmi 9A"
    ),
    Agent(
        4,
        "384x854",
        f"{_ANDROID} SamsungBrowser/26.0 Chrome/122.0.0.0 Mobile Safari/537.36",
        5,
        "14.0.0",
        "SM-S918B",
    ),
    Agent(
        2,
        "393x851",
        "Mozilla/5.0 (Android 14; Mobile; rv:132.0) Gecko/132.0 Firefox/132.0",
        5,
    ),
    Agent(8, "390x844", _IPHONE.format("17_6_1") + " Version/17.6 Mobile/15E148 Safari/604.1", 5),
    Agent(6, "430x932", _IPHONE.format("18_1") + " Version/18.1 Mobile/15E148 Safari/604.1", 5),
    Agent(
        2,
        "390x844",
        _IPHONE.format("17_5_1") + " CriOS/130.0.6723.90 Mobile/15E148 Safari/604.1",
        5,
    ),
    Agent(
        2,
        "393x852",
        _IPHONE.format("17_6_1") + " Mobile/15E148 Instagram 355.0.0.28.108 (iPhone15,4)",
        5,
    ),
    Agent(
        2,
        "820x1180",
        "Mozilla/5.0 (iPad; CPU OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
        " Version/16.6 Mobile/15E148 Safari/604.1",
        5,
    ),
    Agent(2, "800x1280", f"{_ANDROID} Chrome/129.0.0.0 Safari/537.36", 5, "13.0.0", "SM-X200"),
    Agent(
        1,
        "1920x1080",
        "Mozilla/5.0 (Linux; Tizen 6.5) AppleWebKit/537.36 (KHTML, like Gecko)"
        " SamsungBrowser/4.0 Chrome/85.0.4183.93 TV Safari/537.36",
    ),
    Agent(
        2,
        "412x732",
        "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36"
        " (KHTML, like Gecko) Chrome/131.0.6778.69 Mobile Safari/537.36"
        " (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        bot=True,
    ),
    Agent(
        1,
        "1024x768",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2;"
        " +https://openai.com/gptbot)",
        bot=True,
    ),
    Agent(
        1,
        "800x600",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
        " HeadlessChrome/131.0.0.0 Safari/537.36",
        bot=True,
    ),
)
