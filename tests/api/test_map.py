"""Where visitors are: countries, cities, one city; and the figures of now and today."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from api import places
from api.live_view import Live
from hozir.contract.event import Dimensions
from hozir.countries import countries
from tests.api.conftest import Running
from tests.factories import Visit, a_session

TASHKENT = {"country": "UZ", "city": "Tashkent", "latitude": 41.3, "longitude": 69.24}
SAMARKAND = {"country": "UZ", "city": "Samarkand", "latitude": 39.65, "longitude": 66.96}
MOSCOW = {"country": "RU", "city": "Moscow", "latitude": 55.75, "longitude": 37.62}
NOWHERE: dict[str, Any] = {"device": "mobile"}


def visit(number: int, where: dict[str, Any], ago: int = 60_000) -> Visit:
    at = time.time_ns() // 1_000_000 - ago
    known = Dimensions(**{"device": "desktop", "source": "Google"} | where)
    one = Visit(number, started_at=at, dimensions=known)
    one.opens()
    return one


def tell(running: Running, *visits: Visit) -> None:
    running.sign_in()
    running.tell(*(change for one in visits for change in one.changes))


def get(running: Running, path: str, **query: Any) -> Any:
    answer = running.client.get(f"/api/v1/visitors/{path}", params={"site": "demo"} | query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_world_shows_one_place_for_each_country(running: Running) -> None:
    tell(running, visit(1, TASHKENT), visit(2, SAMARKAND), visit(3, MOSCOW), visit(4, NOWHERE))
    told = get(running, "map", lang="uz")
    uzbekistan, russia = told["places"]
    assert (uzbekistan["key"], uzbekistan["country"], uzbekistan["online"]) == (
        "UZ",
        "Oʻzbekiston",
        2,
    )
    assert uzbekistan["visitor_id"] is None
    assert uzbekistan["coordinates"] == list(countries()["UZ"].point)
    assert told["meta"] == {"online": 4, "unplaced": 1}
    assert russia["coordinates"] == [55.75, 37.62], "who is alone stands where they are"
    assert russia["visitor_id"].startswith("v_")


def test_a_country_opens_into_its_cities_and_a_city_into_its_visitors(running: Running) -> None:
    tell(running, visit(1, TASHKENT), visit(2, TASHKENT), visit(3, SAMARKAND))
    cities = get(running, "map", country="UZ")["places"]
    assert [(place["city"], place["online"]) for place in cities] == [
        ("Tashkent", 2),
        ("Samarkand", 1),
    ]
    told = get(running, "map", country="UZ", city="Tashkent")
    assert {one["location"]["city"] for one in told["visitors"]} == {"Tashkent"}
    assert len(told["visitors"]) == told["places"][0]["online"] == 2


def test_who_left_lately_stays_on_the_map_as_offline(running: Running) -> None:
    gone = visit(1, MOSCOW)
    gone.becomes("offline")
    tell(running, gone, visit(2, TASHKENT))
    told = {place["key"]: place for place in get(running, "map")["places"]}
    assert (told["RU"]["online"], told["RU"]["offline"]) == (0, 1)
    assert told["UZ"]["offline"] == 0


def test_countries_are_told_with_their_share(running: Running) -> None:
    tell(running, visit(1, TASHKENT), visit(2, SAMARKAND), visit(3, MOSCOW))
    first, second = get(running, "geographic-data")["countries"]
    assert first == {
        "country_code": "UZ",
        "country": "Uzbekistan",
        "visitor_count": 2,
        "percentage": 67,
        "coordinates": list(countries()["UZ"].point),
    }
    assert (second["country_code"], second["percentage"]) == ("RU", 33)


def test_the_figures_tell_now_by_device_and_today_by_page(running: Running) -> None:
    one = visit(1, TASHKENT, ago=30_000)
    one.reads("/pricing")
    tell(running, one, visit(2, NOWHERE, ago=30_000))
    told = get(running, "stats")
    assert (told["total_online"], told["total_today"]) == (2, 2)
    assert told["avg_session_duration_seconds"] == 5, "ten seconds, and one who just came"
    assert told["device_breakdown"] == {"desktop": 1, "mobile": 1, "tablet": 0}
    assert told["top_pages"][0] == {"url": "/", "visitors": 2, "avg_time_seconds": 5}
    assert told["top_referrers"] == [{"source": "Google", "count": 2}]


def test_strange_questions_get_an_empty_map(running: Running) -> None:
    tell(running, visit(1, TASHKENT))
    assert get(running, "map", country="ZZ")["places"] == []
    told = get(running, "map", country="UZ", city="<script>alert(1)</script>")
    assert told["places"] == told["visitors"] == []


wheres = st.builds(
    lambda country, city, point: Dimensions(
        country=country, city=city, latitude=point and point[0], longitude=point and point[1]
    ),
    st.sampled_from(["", "UZ", "RU", "XX"]),
    st.sampled_from(["", "Tashkent", "Moscow"]),
    st.none() | st.tuples(st.floats(-90, 90), st.floats(-180, 180)),
)


@given(st.lists(wheres, max_size=30))
def test_nobody_is_counted_twice_and_cities_add_up_to_their_country(
    known: list[Dimensions],
) -> None:
    lives = [
        Live(a_session(number, dimensions=dimensions), 0, None, {})
        for number, dimensions in enumerate(known)
    ]
    world = places.by_country(lives, [])
    assert sum(place.online for place in world) <= len(lives)
    for place in world:
        cities = places.by_city(lives, [], place.country)
        # A country that is on no list is on the map by those who have a point alone.
        assert sum(city.online for city in cities) <= place.online or place.country == "XX"
        for city in cities:
            assert len(places.in_city(lives, city.country, city.city or "")) >= city.online
