"""Countries: what they are called, and where their middle is."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import msgspec

TABLE = Path(__file__).parent / "data" / "countries.json"


class Country(msgspec.Struct, frozen=True):
    """A country in the table."""

    uz: str
    ru: str
    en: str
    point: tuple[float, float]
    """Latitude and longitude of its middle, in degrees."""


def country_name(code: str, language: str) -> str:
    """Return the name of a country in `uz`, `ru` or `en`.

    A language that we do not have is answered in English, a code that we do not have with itself.
    """
    country = countries().get(code.upper())
    if country is None:
        return code
    match language[:2].lower():
        case "uz":
            return country.uz
        case "ru":
            return country.ru
        case _:
            return country.en


def country_point(code: str) -> tuple[float, float] | None:
    """Return latitude and longitude of the middle of a country; None for an unknown one."""
    country = countries().get(code.upper())
    return None if country is None else country.point


@cache
def countries() -> dict[str, Country]:
    """Return every country by its ISO 3166 code."""
    return msgspec.json.decode(TABLE.read_bytes(), type=dict[str, Country])
