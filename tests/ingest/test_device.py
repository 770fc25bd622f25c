"""What kind of device, system and browser a visitor has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.device import Device, read_device

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WINDOWS = f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/120.0.0.0 Safari/537.36"
ANDROID = f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/138.0.0.0 Mobile Safari/537.36"
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("user_agent", "device"),
    [
        (WINDOWS, Device("desktop", "Windows", "10/11", "Chrome", "120.0")),
        (WINDOWS + " Edg/120.0.0.0", Device("desktop", "Windows", "10/11", "Edge", "120.0")),
        (WINDOWS + " OPR/106.0.0.0", Device("desktop", "Windows", "10/11", "Opera", "106.0")),
        (
            WINDOWS.replace("Safari", "YaBrowser/25.8.0.0 Safari"),
            Device("desktop", "Windows", "10/11", "Yandex", "25.8"),
        ),
        (
            WINDOWS.replace("NT 10.0", "NT 6.1"),
            Device("desktop", "Windows", "7", "Chrome", "120.0"),
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:141.0) Gecko/20100101 Firefox/141.0",
            Device("desktop", "Linux", "", "Firefox", "141.0"),
        ),
        (
            f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/138.0.0.0 Safari/537.36",
            Device("desktop", "ChromeOS", "", "Chrome", "138.0"),
        ),
        (MAC, Device("desktop", "macOS", "", "Safari", "18.5")),
        (IPHONE, Device("mobile", "iOS", "18.5", "Safari", "18.5", "iPhone")),
        (
            IPHONE.replace("18_5", "18_7").replace("Version/18.5", "Version/26.1"),
            Device("mobile", "iOS", "26.1", "Safari", "26.1", "iPhone"),
        ),
        (
            IPHONE.replace("Version/18.5", "CriOS/138.0.7204.119"),
            Device("mobile", "iOS", "18.5", "Chrome", "138.0", "iPhone"),
        ),
        (
            IPHONE.replace("iPhone; CPU iPhone", "iPad; CPU"),
            Device("tablet", "iPadOS", "18.5", "Safari", "18.5", "iPad"),
        ),
        (ANDROID, Device("mobile", "Android", "", "Chrome", "138.0")),
        (
            ANDROID.replace("Mobile ", ""),
            Device("tablet", "Android", "", "Chrome", "138.0"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 14; SAMSUNG SM-S918B) {WEBKIT} SamsungBrowser/28.0 "
            "Chrome/130.0.0.0 Mobile Safari/537.36",
            Device("mobile", "Android", "14", "Samsung Internet", "28.0", "SM-S918B"),
        ),
        (
            f"Mozilla/5.0 (Linux; Android 13; M2101K6G Build/TKQ1; wv) {WEBKIT} Version/4.0 "
            "Chrome/138.0.0.0 Mobile Safari/537.36 Telegram-Android/11.13.2 (Xiaomi M2101K6G)",
            Device("mobile", "Android", "13", "Telegram", "11.13", "M2101K6G"),
        ),
    ],
)
def test_a_user_agent_is_read(user_agent: str, device: Device) -> None:
    assert read_device(user_agent) == device


@pytest.mark.parametrize(
    ("hint", "version"),
    [("15.0.0", "11"), ("13.0.0", "11"), ("10.0.0", "10"), ("1.0.0", "10"), ("", "10/11")],
)
def test_the_hint_tells_windows_11_from_10(hint: str, version: str) -> None:
    assert read_device(WINDOWS, hint).os_version == version


def test_hints_tell_the_true_android_device() -> None:
    device = read_device(ANDROID, "15.0.0", "SM-S918B")
    assert (device.os_version, device.model) == ("15", "SM-S918B")


def test_the_hint_tells_the_true_macos() -> None:
    assert read_device(MAC, "14.5.0").os_version == "14.5"


def test_a_mac_that_is_touched_is_an_ipad() -> None:
    device = read_device(MAC, touch=5)
    assert (device.type, device.os, device.model) == ("tablet", "iPadOS", "iPad")


def test_a_television_is_told() -> None:
    user_agent = f"Mozilla/5.0 (Web0S; Linux/SmartTV) {WEBKIT} Chrome/108.0.5359.211 Safari/537.36"
    assert read_device(user_agent).type == "tv"


def test_a_bot_is_no_desktop() -> None:
    assert read_device("Mozilla/5.0 (compatible; Googlebot/2.1)").type == "bot"


def test_what_is_unknown_stays_empty() -> None:
    assert read_device("Mozilla/5.0 (Something Else)") == Device()


@given(st.text(), st.text(), st.text(), st.integers())
def test_no_claim_makes_it_raise(
    user_agent: str, platform_version: str, model: str, touch: int
) -> None:
    read_device(user_agent, platform_version, model, touch)


@given(st.sampled_from((WINDOWS, ANDROID, MAC, IPHONE)), st.text(), st.text(max_size=300))
def test_no_hint_makes_it_raise(user_agent: str, platform_version: str, model: str) -> None:
    assert len(read_device(user_agent, platform_version, model).model) <= 100
