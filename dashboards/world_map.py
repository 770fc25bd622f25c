"""How the map is drawn: places become layers, points become a view. Pure, for `views/map.py`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import atan, atan2, cos, degrees, exp, hypot, log, log2, pi, radians, sin, sqrt, tan
from typing import Any, Literal

import pydeck as pdk

LAND = "app/static/world.geojson"
"""By address and not inline: the browser keeps it, and an update is a few kilobytes."""
TILE = 512
"""Pixels of the whole world at zoom 0."""
CLOSEST = 9.0
PUSHES = 8

Theme = Literal["light", "dark"]
Color = tuple[int, int, int, int]


@dataclass(frozen=True)
class Look:
    """Colours of one theme; the values of the tokens in `assets/ground/tokens.css`."""

    land: Color
    edge: Color
    cluster: Color
    halo: Color
    online: Color
    away: Color
    offline: Color
    rim: Color
    """Around a single visitor, so that two who stand close stay two."""
    text: Color


LOOKS: dict[Theme, Look] = {
    "light": Look(
        land=(220, 224, 235, 255),
        edge=(246, 247, 251, 255),
        cluster=(79, 70, 229, 255),
        halo=(79, 70, 229, 56),
        online=(5, 150, 105, 255),
        away=(183, 121, 31, 255),
        offline=(107, 114, 128, 255),
        rim=(255, 255, 255, 255),
        text=(55, 65, 81, 255),
    ),
    "dark": Look(
        land=(39, 48, 69, 255),
        edge=(11, 15, 26, 255),
        cluster=(95, 90, 240, 255),
        halo=(129, 140, 248, 64),
        online=(52, 211, 153, 255),
        away=(251, 191, 36, 255),
        offline=(152, 162, 184, 255),
        rim=(20, 26, 41, 255),
        text=(195, 202, 217, 255),
    ),
}


@dataclass(frozen=True)
class View:
    """Where the map looks."""

    latitude: float
    longitude: float
    zoom: float


@dataclass(frozen=True)
class Size:
    """Of the map, in pixels."""

    width: int
    height: int


USUAL = Size(760, 570)
"""Until the browser has said how much room there is: that of a small laptop."""
_LEAST, _MOST = 200, 4000


def size_told(told: object) -> Size | None:
    """Return the size that a browser tells, within reason; None for anything else."""
    if not isinstance(told, dict):
        return None
    width, height = told.get("width"), told.get("height")
    if type(width) is not int or type(height) is not int:
        return None
    return Size(max(_LEAST, min(_MOST, width)), max(_LEAST, min(_MOST, height)))


def world(size: Size) -> View:
    """Return the view of everything: the world is as wide as the map."""
    return View(latitude=32, longitude=40, zoom=round(log2(size.width / TILE), 2))


@dataclass(frozen=True)
class Mark:
    """One thing on the map that can be clicked."""

    key: str
    """Names what it opens: a place's key, or a visitor's id."""
    point: tuple[float, float]
    """Latitude and longitude."""
    online: int
    offline: int
    presence: str
    """Of somebody who stands alone: active, away, leaving or offline."""
    title: str
    line: str
    named: bool = False
    """Whether its title stands on the map."""

    @property
    def crowd(self) -> bool:
        """True for more than one person who is here."""
        return self.online > 1


def deck(marks: list[Mark], view: View, theme: Theme) -> pdk.Deck:
    """Return the map. All marks lie in one layer, `marks`, the greatest at the bottom."""
    look = LOOKS[theme]
    marks = sorted(marks, key=lambda mark: (-mark.online, -mark.offline, mark.key))
    spots = apart([(mark.point, _radius(mark)) for mark in marks], view.zoom)
    rows = [_row(mark, spot, look) for mark, spot in zip(marks, spots, strict=True)]
    crowds = [row for row, mark in zip(rows, marks, strict=True) if mark.crowd]
    pixels = pdk.types.String("pixels")
    layers = [
        pdk.Layer(
            "GeoJsonLayer",
            LAND,
            id="land",
            get_fill_color=list(look.land),
            get_line_color=list(look.edge),
            line_width_min_pixels=0.8,
            pickable=False,
        ),
        pdk.Layer(
            "ScatterplotLayer",
            crowds,
            id="halos",
            get_position="at",
            get_radius="halo",
            radius_units=pixels,
            get_fill_color=list(look.halo),
            pickable=False,
        ),
        pdk.Layer(
            "ScatterplotLayer",
            rows,
            id="marks",
            get_position="at",
            get_radius="radius",
            radius_units=pixels,
            get_fill_color="fill",
            get_line_color="rim",
            get_line_width="edge",
            line_width_units=pixels,
            stroked=True,
            pickable=True,
            auto_highlight=True,
            highlight_color=[255, 255, 255, 60],
        ),
        pdk.Layer(
            "TextLayer",
            crowds,
            id="numbers",
            get_position="at",
            get_text="number",
            get_size=13,
            get_color=[255, 255, 255],
            font_family=pdk.types.String("Inter, system-ui, sans-serif"),
            font_weight=600,
            pickable=False,
        ),
        pdk.Layer(
            "TextLayer",
            [row for row, mark in zip(rows, marks, strict=True) if mark.named],
            id="names",
            get_position="at",
            get_text="title",
            get_size=12,
            get_pixel_offset="below",
            get_color=list(look.text),
            font_family=pdk.types.String("Inter, system-ui, sans-serif"),
            font_weight=500,
            character_set=pdk.types.String("auto"),
            pickable=False,
        ),
    ]
    return pdk.Deck(
        layers,
        map_provider=None,
        initial_view_state=pdk.ViewState(
            latitude=view.latitude,
            longitude=view.longitude,
            zoom=view.zoom,
            min_zoom=-1.5,
            max_zoom=12,
            transition_duration=300,
        ),
        tooltip={"html": "<b>{title}</b><br/>{line}"},
    )


def _row(mark: Mark, spot: tuple[float, float], look: Look) -> dict[str, Any]:
    latitude, longitude = spot
    alone = {"active": look.online, "leaving": look.online, "away": look.away}
    gone = not mark.online
    radius = _radius(mark)
    fill = look.cluster if mark.crowd else alone.get(mark.presence, look.online)
    return {
        "key": mark.key,
        "at": [longitude, latitude],
        "radius": radius,
        "halo": radius + 4,
        # Who has left is a ring; the hole is nearly nothing, so that a click still meets it.
        "fill": [*look.rim[:3], 40] if gone else list(fill),
        "rim": list(look.offline if gone else look.rim),
        "edge": 3 if gone else 1 if mark.crowd else 2.5,
        "number": str(mark.online),
        "below": [0, radius + 12],
        "title": _inert(mark.title),
        "line": _inert(mark.line),
    }


def _inert(text: str) -> str:
    """Return text that deck.gl does not read as an expression: one that fails ends the map."""
    return f"\u2060{text}" if text.startswith("@@") else text


def _radius(mark: Mark) -> float:
    if not mark.online:
        return 8
    return crowd_radius(mark.online) if mark.crowd else 9


def crowd_radius(visitors: int) -> float:
    """Return the radius of a crowd's disc in pixels: its area grows with the number."""
    return min(15 + 2.2 * (sqrt(visitors) - 1), 46)


def fit(points: Iterable[tuple[float, float]], size: Size) -> View:
    """Return the view that shows all points, by Mercator's projection; the world if none."""
    spots = [(longitude, _mercator(latitude)) for latitude, longitude in points]
    everything = world(size)
    if not spots:
        return everything
    wests, norths = zip(*spots, strict=True)
    wide, high = max(wests) - min(wests), max(norths) - min(norths)
    zooms = [
        log2(pixels * 360 / (TILE * span))
        for pixels, span in ((size.width * 0.75, wide), (size.height * 0.7, high))
        if span > 0
    ]
    return View(
        latitude=_latitude((max(norths) + min(norths)) / 2),
        longitude=(max(wests) + min(wests)) / 2,
        zoom=round(max(everything.zoom, min(5.0, CLOSEST, *zooms) if zooms else 4.0), 2),
    )


def apart(spots: list[tuple[tuple[float, float], float]], zoom: float) -> list[tuple[float, float]]:
    """Move discs that would cover each other until they touch, the later ones away.

    `spots` are points with radii in pixels, the most important first: it stays. A later disc goes
    straight away from the one that it covers, a few times; what cannot be undone so is left.
    """
    degree = TILE * 2**zoom / 360
    placed: list[tuple[float, float, float]] = []
    for (latitude, longitude), radius in spots:
        x, y = longitude * degree, _mercator(latitude) * degree
        for _ in range(PUSHES):
            hit = next(
                (one for one in placed if hypot(x - one[0], y - one[1]) < radius + one[2]), None
            )
            if hit is None:
                break
            away = atan2(y - hit[1], x - hit[0]) if (x, y) != hit[:2] else 0.0
            reach = radius + hit[2] + 1
            x, y = hit[0] + reach * cos(away), hit[1] + reach * sin(away)
        placed.append((x, y, radius))
    return [(_latitude(y / degree), x / degree) for x, y, _ in placed]


def spread(point: tuple[float, float], count: int) -> list[tuple[float, float]]:
    """Return places for people who are known by city alone: seeds of a sunflower around it.

    At `CLOSEST` two of them stand about 25 pixels apart.
    """
    latitude, longitude = point
    step = 25 * 360 / (TILE * 2**CLOSEST)
    turn = pi * (3 - sqrt(5))
    return [
        (
            latitude + step * sqrt(n) * sin(n * turn) * cos(radians(latitude)),
            longitude + step * sqrt(n) * cos(n * turn),
        )
        for n in range(count)
    ]


def around(point: tuple[float, float], count: int, size: Size) -> View:
    """Return the view of people who are spread around a city."""
    edge = spread(point, count)[-1] if count else point
    reach = max(hypot(edge[0] - point[0], edge[1] - point[1]), 1e-6)
    zoom = min(CLOSEST, log2(min(size.width, size.height) * 0.4 * 360 / (TILE * reach)))
    return View(point[0], point[1], round(zoom, 2))


def _mercator(latitude: float) -> float:
    """Return how far north a latitude lies, in degrees of longitude at the equator."""
    kept = radians(max(-80.0, min(80.0, latitude)))
    return degrees(log(tan(pi / 4 + kept / 2)))


def _latitude(north: float) -> float:
    """Undo `_mercator`."""
    return degrees(2 * atan(exp(radians(north))) - pi / 2)
