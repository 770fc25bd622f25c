"""Filters say who is shown."""

from __future__ import annotations

from typing import Any

import pytest

from api.filters import BadFilter, read_filter
from api.live_view import Live
from hozir.contract.ids import visitor_number
from tests.factories import NOON, a_page, a_session, an_id

MINUTE = 60_000


def matches(wanted: dict[str, Any], path: str = "/pricing", after: int = 0, **more: Any) -> bool:
    live = Live(a_session(1, **more), 0, a_page(1, path), {})
    return read_filter(wanted).matches(live, NOON + after)


@pytest.mark.parametrize(
    "country", ["UZ", "uz", "Uzbekistan", "Узбекистан", "oʻzbekiston", "o'zbekiston", ""]
)
def test_a_country_by_code_or_name(country: str) -> None:
    assert matches({"country": country})


@pytest.mark.parametrize("country", ["RU", "Russia", "Atlantis"])
def test_another_country(country: str) -> None:
    assert not matches({"country": country})


@pytest.mark.parametrize(
    ("wanted", "path", "holds"),
    [
        ("/pricing", "/pricing", True),
        ("/pricing", "/pricing?plan=pro", True),
        ("/pricing", "/pricing/old", False),
        ("/blog/*", "/blog/first", True),
        ("/blog/*", "/blog", True),
        ("/blog/*", "/blogger", False),
        ("/*", "/anything", True),
        ("*", "/anything", True),
    ],
)
def test_a_page_exactly_or_by_its_beginning(wanted: str, path: str, holds: bool) -> None:
    assert matches({"page_url": wanted}, path) is holds


@pytest.mark.parametrize(
    ("wanted", "least", "beyond"),
    [
        ("<1min", 0, 1),
        ("1-5min", 1, 5),
        ("5-15min", 5, 15),
        ("15+min", 15, None),
        (">15min", 15, None),
        ("15 min", 15, None),
    ],
)
def test_durations_share_no_moment(wanted: str, least: int, beyond: int | None) -> None:
    assert matches({"duration": wanted}, after=least * MINUTE)
    assert not least or not matches({"duration": wanted}, after=least * MINUTE - 1)
    assert beyond is None or not matches({"duration": wanted}, after=beyond * MINUTE)


@pytest.mark.parametrize(
    "text",
    [
        "jahon",
        "JAHON@example",
        an_id("v", 1),
        "tashk",
        "/pric",
        "uzbek",
        str(visitor_number(an_id("v", 1))),
        f"#{visitor_number(an_id('v', 1))}",
    ],
)
def test_a_search_looks_at_all_that_a_card_shows(text: str) -> None:
    identity = {"name": "Jahongir", "email": "jahon@example.com"}
    assert matches({"q": text}, identity=identity)
    assert not matches({"q": text + "zzz"}, identity=identity)


def test_identity_of_any_shape_is_harmless() -> None:
    assert not matches({"q": "x"}, identity={"name": ["x"], "email": {"x": 1}})


def test_bots_are_shown_unless_unwanted() -> None:
    dimensions = type(a_session().dimensions)(bot="user agent")  # type: ignore[call-arg, misc]
    assert matches({}, dimensions=dimensions)
    assert not matches({"bots": "false"}, dimensions=dimensions)
    assert not matches({"bots": False}, dimensions=dimensions)


@pytest.mark.parametrize(
    "wanted", [{"duration": "long"}, {"country": 5}, {"q": ["x"]}, {"bots": "maybe"}, {"bots": []}]
)
def test_a_filter_that_means_nothing_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(BadFilter):
        read_filter(wanted)
