"""Words of the screens in Uzbek, Russian and English."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any, Literal

Language = Literal["uz", "ru", "en"]

LANGUAGES: dict[Language, str] = {"uz": "Oʻzbekcha", "ru": "Русский", "en": "English"}
"""In the order of the switch, each in its own tongue."""

_FOLDER = Path(__file__).parent / "text"


@cache
def texts(language: Language) -> dict[str, Any]:
    """Return every text of a language; a text with plural forms is a dict by CLDR category."""
    found: dict[str, Any] = {}
    for path in sorted((_FOLDER / language).glob("*.json")):
        found |= json.loads(path.read_text("utf-8"))
    return found


def say(language: Language, key: str) -> str:
    """Return one text without forms. Raises KeyError for an unknown key."""
    return str(texts(language)[key])


def number(language: Language, n: int) -> str:
    """Return a whole number with its thousands apart: 1,247 in English, else by a thin space."""
    return f"{n:,}" if language == "en" else f"{n:,}".replace(",", "\u202f")


def count(language: Language, key: str, n: int) -> str:
    """Return a text in the form that goes with a number, the number in it. Raises KeyError."""
    forms = texts(language)[key]
    return str(forms.get(plural_form(language, n), forms["other"])).replace(
        "{n}", number(language, n)
    )


def plural_form(language: Language, n: int) -> str:
    """Return the CLDR category of a whole number: one, few, many or other."""
    if language == "ru":
        if n % 10 == 1 and n % 100 != 11:
            return "one"
        return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "many"
    return "one" if n == 1 else "other"


def part(language: Language, *prefixes: str) -> dict[str, Any]:
    """Return the texts whose keys begin with one of `prefixes`, keys whole."""
    return {key: text for key, text in texts(language).items() if key.startswith(prefixes)}


def choose_language(*wishes: str | None) -> Language:
    """Return the first wish that is spoken here (`ru-RU` counts as `ru`), else Uzbek."""
    for wish in wishes:
        for language in LANGUAGES:
            if wish and wish.lower().replace("_", "-").split("-")[0] == language:
                return language
    return "uz"
