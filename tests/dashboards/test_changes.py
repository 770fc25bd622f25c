"""The sentence of the overview: what changed, and what most of the change is made of."""

from __future__ import annotations

from typing import Any

import pytest

from dashboards import changes
from dashboards.changes import Phrase


def overview(now: float, before: float | None, **more: float) -> dict[str, Any]:
    return {"visitors": now, "visitors_before": before, **more}


def sources(*rows: tuple[str, int, int]) -> dict[str, list[dict[str, Any]]]:
    return {
        "source": [
            {"source": name, "visitors": now, "visitors_before": before}
            for name, now, before in rows
        ]
    }


@pytest.mark.parametrize(
    ("now", "before", "key", "amount"),
    [
        (1247, 1113, "overview.changed", "12% more visitors"),
        (900, 1000, "overview.changed", "10% fewer visitors"),
        (12, 9, "overview.changed", "3 more visitors"),
        (0, 9, "overview.changed", "9 fewer visitors"),
        (1001, 1000, "overview.same", None),
        (7, 7, "overview.same", None),
    ],
)
def test_the_change_in_visitors_is_told(
    now: int, before: int, key: str, amount: str | None
) -> None:
    told = changes.visitors("en", overview(now, before), "yesterday")
    assert told is not None
    assert (told.key, told.holes.get("amount")) == (key, amount)


@pytest.mark.parametrize("before", [0, None])
def test_nothing_is_compared_with_nobody(before: int | None) -> None:
    assert changes.visitors("en", overview(5, before), "yesterday") is None


@pytest.mark.parametrize(
    ("row", "rows", "told"),
    [
        (
            overview(1247, 1113),
            [("Telegram", 436, 347), ("Google", 361, 330)],
            Phrase("overview.growth_two_thirds", {"what": "Telegram"}),
        ),
        (
            overview(900, 1000),
            [("Google", 200, 255), ("Telegram", 300, 290)],
            Phrase("overview.fall_half", {"what": "Google"}),
        ),
        (
            overview(150, 100),
            [("(direct)", 90, 30), ("Google", 60, 70)],
            Phrase("overview.growth_all", {"what": "Direct"}),
        ),
        (overview(150, 100), [(name, 15, 5) for name in "abcde"], None),
        (overview(12, 9), [("Telegram", 12, 9)], None),
        (overview(150, 100), [], None),
    ],
)
def test_the_maker_of_the_change_is_named(
    row: dict[str, Any], rows: list[tuple[str, int, int]], told: Phrase | None
) -> None:
    assert changes.made_of("en", row, sources(*rows)) == told


def test_a_country_is_named_where_no_source_tells() -> None:
    parts = sources(*((name, 15, 5) for name in "abcde"))
    parts["country"] = [{"country": "UZ", "visitors": 150, "visitors_before": 102}]
    told = changes.made_of("en", overview(150, 100), parts)
    assert told == Phrase("overview.growth_almost_all", {"what": "Uzbekistan"})


@pytest.mark.parametrize(
    ("sides", "key"),
    [
        ({"conversations": (87, 93)}, "overview.also_conversations_down"),
        ({"bounce_rate": (0.31, 0.35)}, "overview.also_bounce_rate_down"),
        (
            {"conversations": (87, 93), "first_response_seconds": (80, 45)},
            "overview.also_first_response_seconds_up",
        ),
        (
            {"conversations": (87, 93), "visible_seconds": (300, 100)},
            "overview.also_conversations_down",
        ),
        ({"conversations": (1, 2)}, None),
        ({"bounce_rate": (0.06, 0.05)}, None),
        ({"visible_seconds": (102, 100)}, None),
        ({}, None),
    ],
)
def test_what_got_worse_is_told_before_what_got_better(
    sides: dict[str, tuple[float, float]], key: str | None
) -> None:
    row = overview(100, 90)
    for name, (now, before) in sides.items():
        row |= {name: now, f"{name}_before": before}
    told = changes.beside("en", row)
    assert (told.key if told else None) == key


def test_much_shorter_visits_of_a_device_are_told() -> None:
    rows = [
        {"device": "mobile", "visitors": 50, "session_seconds": 130.0},
        {"device": "desktop", "visitors": 50, "session_seconds": 270.0},
    ]
    told = changes.by_device("en", rows)
    assert told
    assert (told.key, told.holes["now"]) == ("overview.phones_shorter", "2m\u00a010s")
    assert changes.by_device("en", [rows[0], {**rows[1], "visitors": 3}]) is None
    assert changes.by_device("en", [rows[0], {**rows[1], "session_seconds": 150.0}]) is None
