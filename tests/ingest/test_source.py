"""Which way a visitor came."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.source import Source, read_source

PAGE = "https://shop.example/pricing"


@pytest.mark.parametrize(
    ("referrer", "source", "medium"),
    [
        ("", "(direct)", "(none)"),
        ("https://www.google.com/", "Google", "organic"),
        ("https://google.co.uk/", "Google", "organic"),
        ("https://www.google.com.tr/", "Google", "organic"),
        ("https://yandex.uz/search/", "Yandex", "organic"),
        ("https://ya.ru/", "Yandex", "organic"),
        ("https://lite.duckduckgo.com/html", "DuckDuckGo", "organic"),
        ("https://mail.google.com/", "Gmail", "email"),
        ("https://mail.yandex.ru/", "Yandex Mail", "email"),
        ("https://e.mail.ru/inbox/", "Mail.ru Mail", "email"),
        ("android-app://com.google.android.gm/", "Gmail", "email"),
        ("https://t.me/channel", "Telegram", "social"),
        ("android-app://org.telegram.messenger/", "Telegram", "social"),
        ("https://away.vk.com/away.php", "VK", "social"),
        ("https://l.instagram.com/", "Instagram", "social"),
        ("https://t.co/abc", "X", "social"),
        ("https://chatgpt.com/", "ChatGPT", "ai"),
        ("https://gemini.google.com/app", "Gemini", "ai"),
        ("https://www.perplexity.ai/", "Perplexity", "ai"),
        ("https://alice.yandex.ru/", "Alisa", "ai"),
        ("https://kun.uz/news", "Kun.uz", "referral"),
        ("https://docs.google.com/document", "Google Docs", "referral"),
        ("https://blog.other.example/a?b=c", "blog.other.example", "referral"),
        ("https://www.other.example:8443/", "other.example", "referral"),
        ("http://[2001:db8::1]/", "2001:db8::1", "referral"),
    ],
)
def test_the_referring_host_names_the_source(referrer: str, source: str, medium: str) -> None:
    found = read_source(PAGE, referrer)
    assert (found.source, found.medium) == (source, medium)


@pytest.mark.parametrize("host", ["google.evil.example", "notgoogle.com", "yandex.ru.example"])
def test_a_host_that_only_sounds_alike_is_a_referral(host: str) -> None:
    assert read_source(PAGE, f"https://{host}/").source == host


@pytest.mark.parametrize(
    "referrer",
    ["https://shop.example/", "https://www.shop.example/", "https://m.shop.example/a"],
)
def test_a_page_of_the_site_is_internal(referrer: str) -> None:
    assert read_source(PAGE, referrer, ("*.shop.example",)).medium == "internal"


def test_the_pages_own_host_is_internal_without_being_listed() -> None:
    found = read_source("http://localhost:8000/demo/", "http://localhost:8000/demo/pricing")
    assert (found.source, found.medium) == ("localhost", "internal")


@pytest.mark.parametrize(
    ("query", "source", "medium", "click_id"),
    [
        ("gclid=1", "Google", "cpc", "gclid"),
        ("yclid=1", "Yandex", "cpc", "yclid"),
        ("ysclid=1", "Yandex", "organic", "ysclid"),
        ("fbclid=1", "Facebook", "social", "fbclid"),
        ("fbclid=1&utm_source=fb&utm_medium=cpc", "Facebook", "cpc", "fbclid"),
        ("utm_source=newsletter&gclid=1", "newsletter", "cpc", "gclid"),
        ("utm_source=tg", "Telegram", "social", ""),
        ("utm_source=t.me&utm_medium=Post", "Telegram", "post", ""),
        ("utm_source=chatgpt.com", "ChatGPT", "ai", ""),
        ("utm_source=Partner", "Partner", "referral", ""),
        ("utm_medium=qr", "(direct)", "qr", ""),
        ("gclid=", "(direct)", "(none)", ""),
    ],
)
def test_what_the_link_says_counts_first(
    query: str, source: str, medium: str, click_id: str
) -> None:
    found = read_source(f"{PAGE}?{query}", "")
    assert (found.source, found.medium, found.click_id) == (source, medium, click_id)


def test_the_link_overrules_the_referring_page() -> None:
    found = read_source(f"{PAGE}?utm_source=tg&utm_medium=post", "https://www.google.com/")
    assert (found.source, found.medium) == ("Telegram", "post")


def test_one_companys_click_id_keeps_the_site_that_it_came_from() -> None:
    assert read_source(f"{PAGE}?fbclid=1", "https://l.instagram.com/").source == "Instagram"


def test_every_utm_parameter_is_read_from_query_and_fragment() -> None:
    expected = Source("Telegram", "post", "spring", "shoes", "top")
    query = "utm_source=tg&utm_medium=post&utm_campaign=spring&utm_term=shoes&utm_content=top"
    assert read_source(f"{PAGE}?{query.upper()}", "").source == "Telegram"
    assert read_source(f"{PAGE}?{query}", "") == expected
    assert read_source(f"{PAGE}#{query}", "") == expected
    assert read_source(f"{PAGE}#/cart?{query}", "") == expected


def test_a_long_text_is_cut() -> None:
    found = read_source(f"{PAGE}?utm_source={'a' * 5000}&utm_campaign={'b' * 5000}", "")
    assert len(found.source) == len(found.campaign) == 200


def test_the_value_of_a_click_id_is_not_kept() -> None:
    assert "secret" not in repr(read_source(f"{PAGE}?gclid=secret", ""))


def test_the_referring_page_is_kept_without_query_and_sign_in() -> None:
    found = read_source(PAGE, "https://me:pw@other.example/a?token=1#b")
    assert found.referrer == "https://other.example/a"


@pytest.mark.parametrize(
    "referrer",
    ["http://[::1", "http://x:99999/", "javascript:alert(1)", "http://<b>/", "//", "https://"],
)
def test_what_is_no_page_is_no_referrer(referrer: str) -> None:
    assert read_source(PAGE, referrer) == Source("(direct)", "(none)")


@given(st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_no_address_makes_it_raise(page: str, referrer: str, domains: list[str]) -> None:
    read_source(page, referrer, domains)
    read_source(f"https://{page}", f"http://{referrer}", domains)
    read_source(f"{PAGE}?utm_source={page}#{referrer}", f"https://x.example/{referrer}", domains)
