"""The words: complete in three languages, and Uzbek in its own letters."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dashboards
from dashboards.texts import LANGUAGES, Language, choose_language, part, texts

FORMS = {"uz": {"other"}, "ru": {"one", "few", "many", "other"}, "en": {"one", "other"}}
SIGN_IN = Path(dashboards.__file__).parent / "sign_in.html"


def sign_in_texts() -> dict[str, dict[str, Any]]:
    page = SIGN_IN.read_text("utf-8")
    found = re.search(r'<script type="application/json" id="text">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])  # type: ignore[no-any-return]


def sources(language: Language) -> list[dict[str, Any]]:
    return [texts(language), sign_in_texts()[language]]


def strings(language: Language) -> Iterator[str]:
    for source in sources(language):
        for text in source.values():
            yield from text.values() if isinstance(text, dict) else [text]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_language_has_the_same_keys_and_holes(language: Language) -> None:
    for ours, uzbek in zip(sources(language), sources("uz"), strict=True):
        assert ours.keys() == uzbek.keys()
        for key, text in ours.items():
            forms = text.values() if isinstance(text, dict) else [text]
            base = uzbek[key]["other"] if isinstance(text, dict) else uzbek[key]
            for form in forms:
                assert set(re.findall(r"{\w+}", form)) == set(re.findall(r"{\w+}", base)), key


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_counted_texts_have_all_forms_of_the_language(language: Language) -> None:
    for source in sources(language):
        for key, text in source.items():
            if isinstance(text, dict):
                assert text.keys() == FORMS[language], key


def test_uzbek_is_written_with_its_own_letters() -> None:
    for text in strings("uz"):
        assert not re.search("['‘’`´]", text), text
        assert not re.search("[ogOG]ʼ", text), text


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_texts_are_plain_and_calm(language: Language) -> None:
    for text in strings(language):
        assert "!" not in text
        assert text == "" or text == "\u00a0" or text.strip() == text


def test_a_part_holds_whole_keys() -> None:
    assert set(part("uz", "role.")) == {"role.admin", "role.manager", "role.operator"}


@pytest.mark.parametrize(
    ("wishes", "language"),
    [(("ru-RU",), "ru"), ((None, "xx", "en_GB"), "en"), ((None, ""), "uz"), (("UZ", "ru"), "uz")],
)
def test_the_first_wish_that_is_spoken_wins(wishes: tuple[str | None, ...], language: str) -> None:
    assert choose_language(*wishes) == language
