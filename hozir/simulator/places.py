"""Where the generated visitors live: countries, networks of theirs, languages, time zones."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """A country with networks whose addresses are looked up as being there."""

    weight: int
    country: str
    timezone: str
    languages: tuple[str, ...]
    networks: tuple[str, ...]


PLACES = (
    Place(
        40,
        "UZ",
        "Asia/Tashkent",
        ("uz-UZ,uz,ru", "ru-RU,ru,uz", "uz-UZ,ru-RU,en"),
        ("213.230.64.0/18", "84.54.64.0/19", "195.158.0.0/19", "82.215.96.0/20", "94.158.48.0/20"),
    ),
    Place(
        14,
        "RU",
        "Europe/Moscow",
        ("ru-RU,ru,en", "ru-RU,ru"),
        ("95.24.0.0/14", "178.176.0.0/15", "5.16.0.0/15", "46.138.0.0/16"),
    ),
    Place(
        9,
        "KZ",
        "Asia/Almaty",
        ("ru-RU,ru,kk", "kk-KZ,kk,ru"),
        ("92.46.0.0/16", "2.72.0.0/15", "178.88.0.0/15"),
    ),
    Place(3, "KG", "Asia/Bishkek", ("ru-RU,ru,ky",), ("212.112.96.0/19", "31.192.248.0/21")),
    Place(2, "TJ", "Asia/Dushanbe", ("tg-TJ,ru",), ("109.74.64.0/20",)),
    Place(5, "TR", "Europe/Istanbul", ("tr-TR,tr,en",), ("78.160.0.0/12", "88.224.0.0/12")),
    Place(5, "DE", "Europe/Berlin", ("de-DE,de,en", "ru-RU,de"), ("79.192.0.0/12", "91.0.0.0/12")),
    Place(3, "GB", "Europe/London", ("en-GB,en",), ("86.128.0.0/12", "81.128.0.0/13")),
    Place(2, "FR", "Europe/Paris", ("fr-FR,fr,en",), ("90.0.0.0/12", "86.192.0.0/12")),
    Place(2, "PL", "Europe/Warsaw", ("pl-PL,pl,en",), ("83.0.0.0/12",)),
    Place(
        2,
        "UA",
        "Europe/Kyiv",
        ("uk-UA,uk,ru",),
        (
            "93.73.0.0/16",
            "178.150.0.0/16",
        ),
    ),
    Place(2, "AE", "Asia/Dubai", ("en-AE,ar", "ru-RU,en"), ("94.200.0.0/14",)),
    Place(2, "IN", "Asia/Kolkata", ("en-IN,hi",), ("117.192.0.0/12",)),
    Place(2, "KR", "Asia/Seoul", ("ko-KR,ko,en",), ("121.128.0.0/12",)),
    Place(1, "JP", "Asia/Tokyo", ("ja-JP,ja",), ("126.0.0.0/12",)),
    Place(1, "CN", "Asia/Shanghai", ("zh-CN,zh",), ("116.224.0.0/12",)),
    Place(
        4, "US", "America/New_York", ("en-US,en", "en-US,en,ru"), ("73.0.0.0/12", "98.192.0.0/12")
    ),
    Place(1, "CA", "America/Toronto", ("en-CA,en,fr",), ("99.224.0.0/12",)),
    Place(1, "BR", "America/Sao_Paulo", ("pt-BR,pt",), ("177.32.0.0/12",)),
)
