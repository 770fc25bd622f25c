"""The map's own sums: what fits, what moves apart, who stands where."""

from __future__ import annotations

import json
from math import hypot
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import dashboards
from dashboards.texts import count, number
from dashboards.world_map import (
    CLOSEST,
    TILE,
    USUAL,
    Mark,
    Size,
    _mercator,
    apart,
    around,
    crowd_radius,
    deck,
    fit,
    size_told,
    spread,
    world,
)

TASHKENT, SAMARKAND = (41.3, 69.24), (39.65, 66.96)
WORLD, PHONE = world(USUAL), Size(343, 360)
points = st.tuples(st.floats(-85, 85), st.floats(-180, 180))


def a_mark(key: str = "UZ", online: int = 3, **more: object) -> Mark:
    values = {"offline": 0, "presence": "active", "title": "Oʻzbekiston", "line": "3"} | more
    return Mark(key=key, point=TASHKENT, online=online, **values)  # type: ignore[arg-type]


def test_an_empty_map_shows_the_world() -> None:
    assert fit([], USUAL) == WORLD


def test_a_country_is_seen_closer_than_the_world() -> None:
    view = fit([TASHKENT, SAMARKAND], USUAL)
    assert WORLD.zoom < view.zoom <= CLOSEST
    assert 39 < view.latitude < 42
    assert 66 < view.longitude < 70


@pytest.mark.parametrize("size", [USUAL, PHONE, Size(1090, 900)])
def test_all_whom_the_map_shows_are_in_it(size: Size) -> None:
    far = [TASHKENT, (40.7, -74.0), (52.5, 13.4), (35.7, 139.7)]
    for some in ([TASHKENT, SAMARKAND], far[:1] + far[2:], far):
        view = fit(some, size)
        pixels = TILE * 2**view.zoom / 360
        for latitude, longitude in some:
            assert abs(longitude - view.longitude) * pixels <= size.width / 2
            assert abs(_mercator(latitude) - _mercator(view.latitude)) * pixels <= size.height / 2


def test_the_world_is_as_wide_as_the_map() -> None:
    assert TILE * 2 ** world(PHONE).zoom == pytest.approx(PHONE.width, rel=0.01)


def test_a_size_from_a_browser_is_believed_within_reason() -> None:
    assert size_told({"width": 343, "height": 360}) == PHONE
    assert size_told({"width": 10**9, "height": -1}) == Size(4000, 200)
    for other in (None, "wide", {}, {"width": "1", "height": 2}, {"width": True, "height": 2}):
        assert size_told(other) is None


@given(st.lists(points, max_size=20))
def test_every_view_lies_on_the_globe(some: list[tuple[float, float]]) -> None:
    view = fit(some, USUAL)
    assert -85 <= view.latitude <= 85
    assert -180 <= view.longitude <= 180
    assert WORLD.zoom <= view.zoom <= CLOSEST


def test_two_discs_of_one_place_end_up_side_by_side() -> None:
    first, second = apart([(TASHKENT, 30.0), (TASHKENT, 15.0)], zoom=1.0)
    assert hypot(first[0] - TASHKENT[0], first[1] - TASHKENT[1]) < 1e-9, "the greater one stays"
    pixels = abs(second[1] - first[1]) * TILE * 2 / 360
    assert 45 <= pixels <= 47


def test_people_of_one_city_stand_apart_and_stay_in_sight() -> None:
    spots = spread(TASHKENT, 200)
    assert len(set(spots)) == 200
    assert around(TASHKENT, 200, USUAL).zoom < around(TASHKENT, 3, USUAL).zoom <= CLOSEST
    assert around(TASHKENT, 200, PHONE).zoom < around(TASHKENT, 200, USUAL).zoom


@given(st.integers(2, 1_000_000))
def test_a_greater_crowd_is_drawn_no_smaller(visitors: int) -> None:
    assert crowd_radius(visitors) >= crowd_radius(max(2, visitors // 2))


def test_the_map_asks_nobody_else_for_anything() -> None:
    drawn = json.loads(deck([a_mark()], WORLD, "light").to_json())
    assert "mapProvider" not in drawn
    assert "http" not in json.dumps(drawn), "no address but our own"
    assert (Path(dashboards.__file__).parent / "static" / "world.geojson").exists()


def test_all_that_can_be_clicked_is_in_one_layer_with_the_smallest_on_top() -> None:
    marks = [a_mark("a", 1), a_mark("b", 9), a_mark("c", 0, offline=4)]
    drawn = json.loads(deck(marks, WORLD, "dark").to_json())
    layers = {layer["id"]: layer for layer in drawn["layers"]}
    assert [row["key"] for row in layers["marks"]["data"]] == ["b", "a", "c"]
    assert [layer["id"] for layer in drawn["layers"] if layer["pickable"]] == ["marks"]


def test_numbers_are_counted_as_each_language_counts() -> None:
    assert count("ru", "map.tip_online", 1) == "1 посетитель онлайн"
    assert count("ru", "map.tip_online", 22) == "22 посетителя онлайн"
    assert count("ru", "map.tip_online", 11) == "11 посетителей онлайн"
    assert count("uz", "map.tip_online", 47) == "47 kishi onlayn"
    assert number("en", 1247) == "1,247"
    assert number("uz", 1247) == "1\u202f247"


def test_a_name_is_never_an_expression_of_the_map() -> None:
    mark = Mark("v_1", (41, 69), 1, 0, "active", "@@=constructor.constructor()", "@@#GL.NONE")
    drawn = deck([mark], WORLD, "light").to_json()
    assert '"@@=constructor' not in drawn
    assert '"@@#GL' not in drawn
