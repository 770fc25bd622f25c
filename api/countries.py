"""Names of countries in the languages of the screens."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("uz", "ru", "en")


def country_name(code: str, language: str) -> str | None:
    """Return the name of an ISO 3166 code; the code itself where it has no name here."""
    if not code:
        return None
    names = country_names().get(code, {})
    return names.get(language) or names.get("en") or code


def country_codes(text: str) -> frozenset[str]:
    """Return the codes that a code or a name in any language means; as typed if none."""
    wanted = text.strip().casefold()
    found = {
        code
        for code, names in country_names().items()
        if code.casefold() == wanted or wanted in (name.casefold() for name in names.values())
    }
    return frozenset(found or {text.strip().upper()})


@cache
def country_names() -> dict[str, dict[str, str]]:
    """Return language to name for each code; nothing where the names did not come along."""
    source = files("hozir") / "data" / "countries.json"
    if not source.is_file():
        return {}
    told: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return {code: names for code, names in told.items() if isinstance(names, dict)}
