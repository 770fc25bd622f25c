"""Builds hozir/data/countries.json: each country's names in uz, ru and en, and its middle.

    python -m venv /tmp/geo && /tmp/geo/bin/pip install babel
    npm pack world-atlas && tar xzf world-atlas-*.tgz
    /tmp/geo/bin/python -m tools.build_countries package/countries-50m.json

Names are those of CLDR, as Babel packs it. The middle is that of the largest part of the country
in Natural Earth's 1:50m map, and a written one where that map has no such country.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from babel import Locale
from babel.core import get_global

from tools.geo_tables import uzbek_letters

OUT = Path(__file__).parent.parent / "hozir" / "data" / "countries.json"
LANGUAGES = ("uz", "ru", "en")

# Not in the map, or its middle there is of no use: it lies across 180 degrees.
WRITTEN = {
    "BQ": (12.18, -68.26),
    "BV": (-54.42, 3.36),
    "CC": (-12.16, 96.87),
    "CX": (-10.45, 105.69),
    "FJ": (-17.83, 177.97),
    "GF": (3.93, -53.13),
    "GI": (36.14, -5.35),
    "GP": (16.25, -61.56),
    "MQ": (14.64, -61.02),
    "RE": (-21.11, 55.53),
    "RU": (61.52, 96.69),
    "SJ": (78.6, 16.5),
    "TK": (-9.17, -171.83),
    "TV": (-8.52, 179.2),
    "UM": (19.3, 166.63),
    "XK": (42.58, 20.9),
    "YT": (-12.8, 45.15),
}
# Parts of others, groups, and marks for tests.
NOT_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
)


def main() -> None:
    parser = argparse.ArgumentParser(description="Build the table of countries.")
    parser.add_argument("map", type=Path, help="countries-50m.json of world-atlas")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    locales = {language: Locale(language).territories for language in LANGUAGES}
    middles = read_map(arguments.map, numbers(locales["en"]))
    table: dict[str, dict[str, Any]] = {}
    for code in sorted(locales["en"]):
        if len(code) != 2 or not code.isalpha() or code in NOT_COUNTRIES:
            continue
        entry: dict[str, Any] = {lang: str(names[code]) for lang, names in locales.items()}
        entry["uz"] = uzbek_letters(entry["uz"])
        if point := WRITTEN.get(code) or middles.get(code):
            entry["point"] = [round(part, 2) for part in point]
        table[code] = entry
    lines = (f"{json.dumps(c)}: {json.dumps(e, ensure_ascii=False)}" for c, e in table.items())
    arguments.out.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(len(table), "countries, no middle:", [c for c, e in table.items() if "point" not in e])


def numbers(english: Any) -> dict[str, str]:
    """The map numbers countries as ISO 3166-1 does; return the letters for the numbers."""
    aliases: dict[str, list[str]] = get_global("territory_aliases")
    return {
        alias: targets[0]
        for alias, targets in aliases.items()
        if alias.isdigit() and targets[0] in english
    }


def read_map(path: Path, letters: dict[str, str]) -> dict[str, tuple[float, float]]:
    atlas = json.loads(path.read_text(encoding="utf-8"))
    arcs = [unpack(arc, atlas["transform"]) for arc in atlas["arcs"]]
    middles = {}
    for shape in atlas["objects"]["countries"]["geometries"]:
        code = letters.get(shape.get("id", ""))
        if code and "arcs" in shape:
            parts = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
            largest = max(area_and_middle(join(part[0], arcs)) for part in parts)
            middles[code] = (largest[1], largest[2])
    return middles


def unpack(arc: list[list[int]], transform: dict[str, list[float]]) -> list[tuple[float, float]]:
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    x = y = 0
    points = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        points.append((x * scale_x + move_x, y * scale_y + move_y))
    return points


def join(ring: list[int], arcs: list[list[tuple[float, float]]]) -> list[tuple[float, float]]:
    points: list[tuple[float, float]] = []
    for index in ring:
        # A negative number means the arc backwards.
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        points += arc[1:] if points else arc
    return points


def area_and_middle(ring: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the area in square degrees, latitude and longitude of a ring."""
    twice = x = y = 0.0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        cross = x1 * y2 - x2 * y1
        twice, x, y = twice + cross, x + (x1 + x2) * cross, y + (y1 + y2) * cross
    if not twice:
        return 0.0, ring[0][1], ring[0][0]
    return abs(twice / 2), y / (3 * twice), x / (3 * twice)


if __name__ == "__main__":
    main()
