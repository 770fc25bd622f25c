"""What may be kept of text from the internet."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.clean import (
    KEYS,
    TITLE_LENGTH,
    URL_LENGTH,
    clean_identity,
    clean_props,
    clean_title,
    clean_url,
    path_of,
)

SECRETS = [
    "jahongir@example.com",
    "4111 1111 1111 1111",
    "8600-1234-5678-9012",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
    "5f4dcc3b5aa765d61d8327deb882cf99",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_no_secret_stays_in_title_or_address(secret: str) -> None:
    assert secret not in clean_title(f"Hisob {secret} uchun")
    assert secret not in clean_url(f"https://shop.example/x/{secret.replace(' ', '-')}/y")
    query = clean_url(f"https://shop.example/?note={secret.replace(' ', '+')}")
    assert secret not in query
    assert "***" in query


@pytest.mark.parametrize(
    "name", ["token", "access_token", "api_key", "password", "session", "code", "email", "sig"]
)
def test_value_under_a_secret_name_is_hidden_whatever_it_is(name: str) -> None:
    assert clean_url(f"https://shop.example/?{name}=abc&page=2") == (
        f"https://shop.example/?{name}=***&page=2"
    )


@pytest.mark.parametrize("name", ["keyword", "passage", "monkey", "author", "emailing", "pinned"])
def test_name_that_only_begins_like_a_secret_is_left_alone(name: str) -> None:
    assert path_of(clean_url(f"https://shop.example/?{name}=abc")) == f"/?{name}=abc"


def test_percent_signs_hide_no_address() -> None:
    assert "example.com" not in clean_url("https://shop.example/u/ali%40example.com")
    assert "example.com" not in clean_url("https://shop.example/u/%61li%40%65xample.com")


def test_sign_in_in_an_address_is_gone() -> None:
    assert clean_url("https://ali:parol@shop.example/a") == "https://shop.example/a"


def test_what_people_read_has_no_campaign_in_it() -> None:
    url = clean_url("https://shop.example/narx?utm_source=x&gclid=abc&rang=qora#top")
    assert path_of(url) == "/narx?rang=qora"


def test_route_in_the_fragment_is_part_of_the_page() -> None:
    assert path_of(clean_url("https://shop.example/app#/savat")) == "/app#/savat"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc",
        "//x",
        "https://",
        "",
        "http://[",
        "http://a:x/",
    ],
)
def test_address_that_is_none_is_empty(url: str) -> None:
    assert clean_url(url) == ""


def test_text_cannot_turn_around_or_hide() -> None:
    assert clean_title("a\u202egnp.exe\u0000\n\u200bb") == "a gnp.exe b"


@given(st.text(max_size=5_000))
def test_any_text_becomes_a_short_line(text: str) -> None:
    title = clean_title(text)
    assert len(title) <= TITLE_LENGTH
    assert "\n" not in title
    title.encode()


@given(st.text(max_size=3_000))
def test_any_address_becomes_an_address_or_nothing(text: str) -> None:
    url = clean_url(f"https://shop.example/{text}")
    assert url.startswith("https://shop.example")
    assert len(url) <= URL_LENGTH
    path_of(url).encode()
    clean_url(text)


@given(
    st.dictionaries(
        st.text(),
        st.recursive(st.none() | st.integers() | st.floats() | st.text(), st.lists),
        max_size=30,
    )
)
def test_any_props_become_few_and_plain(props: dict[str, Any]) -> None:
    kept = clean_props(props)
    assert len(kept) <= KEYS
    json.dumps(kept, allow_nan=False).encode()
    clean_identity(props | {"traits": props})


@pytest.mark.parametrize("secret", SECRETS[:4])
def test_event_hands_on_no_secret_of_a_form(secret: str) -> None:
    said = {"note": f"Men {secret} edim", secret: 1, "total": 129_000, "code": "NAVRUZ"}
    shown = {"note": "Men *** edim", "***": 1, "total": 129_000, "code": "NAVRUZ"}
    assert clean_props(said) == shown


@pytest.mark.parametrize("name", ["password", "user_password", "Parol", "card-cvv", "otp", "token"])
def test_value_under_the_name_of_a_password_is_hidden_in_events_and_traits(name: str) -> None:
    assert clean_props({name: "abc", "passage": "b"}) == {name: "***", "passage": "b"}
    assert clean_identity({"traits": {name: 1234}})["traits"] == {name: "***"}


def test_traits_may_name_another_address() -> None:
    traits = {"work": "a@shop.example"}
    assert clean_identity({"traits": traits})["traits"] == traits


def test_identity_keeps_what_it_is_for() -> None:
    said = {"id": 42, "name": "Jahongir", "email": "j@example.com", "role": "x", "traits": {"a": 1}}
    assert clean_identity(said) == {
        "id": "42",
        "name": "Jahongir",
        "email": "j@example.com",
        "traits": {"a": 1},
    }
