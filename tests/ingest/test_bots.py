"""Who is a bot, and how we know."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.bots import bot_reason

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/140.0.0.0 Safari/537.36"
)
PEOPLE = [
    CHROME,
    CHROME + " Edg/140.0.0.0",
    CHROME.replace("Safari", "YaBrowser/25.8.0.0 Safari"),
    "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/100.0.4896.127 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Mobile/22F76 Instagram 389.0.0.27.77 (iPhone15,2; iOS 18_5; ru_UZ; ru)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) GSA/376.0 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 13; M2101K6G; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/138.0.0.0 Mobile Safari/537.36 Telegram-Android/11.13.2 (Xiaomi)",
    "Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/108.0.5359.211 Safari/537.36 WebAppManager",
]
BOTS = {
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)": "Googlebot",
    "Mozilla/5.0 (compatible; GPTBot/1.2; +https://openai.com/gptbot)": "GPTBot",
    "TelegramBot (like TwitterBot)": "TelegramBot",
    "curl/8.5.0": "curl",
    "python-requests/2.32": "python-requests",
    "k6/0.50.0 (https://k6.io/)": "k6",
    "SomeThing/1.0": "SomeThing",
    CHROME.replace("Chrome/", "HeadlessChrome/"): "HeadlessChrome",
}


@pytest.mark.parametrize("user_agent", PEOPLE)
def test_a_person_is_no_bot(user_agent: str) -> None:
    assert bot_reason(user_agent) == ""


@pytest.mark.parametrize(("user_agent", "name"), BOTS.items())
def test_a_bot_is_told_by_its_user_agent(user_agent: str, name: str) -> None:
    reason = bot_reason(user_agent)
    assert reason.startswith("user-agent ")
    assert name in reason


def test_the_reason_names_the_list_and_the_bot() -> None:
    assert bot_reason("Mozilla/5.0 (compatible; Googlebot/2.1)") == "user-agent list: Googlebot"


@pytest.mark.parametrize("user_agent", ["", "   "])
def test_no_user_agent_is_a_bot(user_agent: str) -> None:
    assert bot_reason(user_agent) == "empty user agent"


def test_a_driven_browser_is_a_bot() -> None:
    assert bot_reason(CHROME, webdriver=True) == "navigator.webdriver"


@given(st.text(), st.booleans())
def test_no_user_agent_makes_it_raise(user_agent: str, webdriver: bool) -> None:
    assert len(bot_reason(user_agent, webdriver)) <= 60


def test_half_a_character_does_not_make_it_raise() -> None:
    bot_reason("Mozilla \ud800")
