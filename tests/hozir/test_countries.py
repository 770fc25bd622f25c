"""Names and middles of countries."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hozir.countries import countries, country_name, country_point


@pytest.mark.parametrize(
    ("code", "language", "name"),
    [
        ("UZ", "uz", "Oʻzbekiston"),
        ("UZ", "ru", "Узбекистан"),
        ("UZ", "en", "Uzbekistan"),
        ("uz", "uz-UZ", "Oʻzbekiston"),
        ("CI", "uz", "Kot-dʼIvuar"),
        ("XK", "en", "Kosovo"),
    ],
)
def test_a_country_has_a_name_in_each_language(code: str, language: str, name: str) -> None:
    assert country_name(code, language) == name


def test_an_unknown_language_is_answered_in_english() -> None:
    assert country_name("KZ", "fr") == "Kazakhstan"


def test_an_unknown_code_is_its_own_name() -> None:
    assert country_name("ZQ", "uz") == "ZQ"
    assert country_point("ZQ") is None


def test_the_table_is_whole() -> None:
    table = countries()
    assert len(table) == 250
    assert all(entry.uz and entry.ru and entry.en for entry in table.values())
    assert all(abs(e.point[0]) <= 90 and abs(e.point[1]) <= 180 for e in table.values())


def test_uzbek_names_use_one_kind_of_apostrophe() -> None:
    names = "".join(entry.uz for entry in countries().values())
    assert not set(names) & set("'`‘’´")


@pytest.mark.parametrize(
    ("code", "latitude", "longitude"),
    [("UZ", 41.8, 63.1), ("RU", 61.5, 96.7), ("FJ", -17.8, 178.0), ("US", 39.5, -99.1)],
)
def test_the_middle_is_inside(code: str, latitude: float, longitude: float) -> None:
    assert country_point(code) == pytest.approx((latitude, longitude), abs=0.5)


@given(st.text(max_size=5), st.text(max_size=5))
def test_no_text_makes_it_raise(code: str, language: str) -> None:
    assert isinstance(country_name(code, language), str)
    country_point(code)
