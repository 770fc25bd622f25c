"""Figures, changes, days and periods in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest

from dashboards import dates, numbers, values
from dashboards.range_picker import Range, before, read, than
from dashboards.texts import LANGUAGES, Language, texts
from warehouse.dimensions import DIMENSIONS
from warehouse.metrics import METRICS

THIN, GAP = "\u202f", "\u00a0"
TODAY = date(2026, 2, 24)


@pytest.mark.parametrize(
    ("language", "unit", "figure", "told"),
    [
        ("en", "count", 1247, "1,247"),
        ("ru", "count", 1247, f"1{THIN}247"),
        ("uz", "count", 0, "0"),
        ("en", "count", None, "–"),
        ("en", "share", 0.312, "31%"),
        ("ru", "share", 0.312, f"31{GAP}%"),
        ("uz", "share", 0.034, "3,4%"),
        ("en", "share", 0, "0%"),
        ("en", "share", 1, "100%"),
        ("en", "seconds", 4.2, "4s"),
        ("en", "seconds", 307, f"5m{GAP}07s"),
        ("ru", "seconds", 228, f"3{GAP}м{GAP}48{GAP}с"),
        ("uz", "seconds", 3900, f"1h{GAP}05m"),
        ("en", "seconds", 59.6, f"1m{GAP}00s"),
        ("en", "per_session", 1.84, "1.8"),
        ("ru", "per_visitor", 1.84, "1,8"),
        ("en", "percent_depth", 64.4, "64%"),
        ("ru", "days", 3.25, "3,2 дн."),
        ("en", "per_session", 1234.5, "1,234.5"),
    ],
)
def test_a_figure_is_written_as_its_unit_and_language_ask(
    language: Language, unit: str, figure: float | None, told: str
) -> None:
    assert numbers.value(language, unit, figure) == told


@pytest.mark.parametrize(
    ("unit", "better", "now", "was", "told"),
    [
        ("count", "more", 1247, 1113, ("12%", "up", True, "was 1,113")),
        ("count", "more", 87, 93, ("6%", "down", False, "was 93")),
        ("count", "more", 3, 0, ("3", "up", True, "was 0")),
        ("count", "more", 0, 0, ("no change", "flat", None, "was 0")),
        ("count", "more", 10001, 10000, ("no change", "flat", None, "was 10,000")),
        ("share", "fewer", 0.31, 0.35, ("4 pp", "down", True, "was 35%")),
        ("share", "fewer", 0.31, 0.312, ("no change", "flat", None, "was 31%")),
        ("seconds", "more", 228, 207, ("21s", "up", True, f"was 3m{GAP}27s")),
        ("seconds", "fewer", 60, 45, ("15s", "up", False, "was 45s")),
        ("count", "", 5, 4, ("25%", "up", None, "was 4")),
        ("per_session", "more", 1.8, 1.6, ("0.2", "up", True, "was 1.6")),
        ("percent_depth", "more", 60, 64, ("4 pp", "down", False, "was 64%")),
    ],
)
def test_a_change_says_how_much_which_way_and_whether_that_is_better(
    unit: str, better: str, now: float, was: float, told: tuple[Any, ...]
) -> None:
    change = numbers.change("en", unit, better, now, was)
    assert change is not None
    assert (change.text, change.way, change.good, change.before) == told


@pytest.mark.parametrize(("now", "was"), [(None, 3), (3, None)])
def test_what_is_not_known_has_no_change(now: float | None, was: float | None) -> None:
    assert numbers.change("en", "count", "more", now, was) is None


@pytest.mark.parametrize(
    ("language", "told"),
    [("uz", "seshanba, 24-fevral"), ("ru", "вторник, 24 февраля"), ("en", "Tuesday, 24 February")],
)
def test_a_day_is_told_at_length(language: Language, told: str) -> None:
    assert dates.whole_day(language, TODAY) == told


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_language_has_all_months_and_weekdays(language: Language) -> None:
    for month in range(1, 13):
        dates.day(language, date(2026, month, 1))
        dates.whole_day(language, date(2026, month, 7))
    assert len({dates.weekday(language, day) for day in range(1, 8)}) == 7


def test_points_of_a_chart_are_named_by_their_step() -> None:
    at = datetime(2026, 2, 24, 16, 0)
    told = [dates.bucket("en", at, step) for step in ("hour", "day", "week", "month")]
    assert told == ["16:00", "24 Feb", "24 Feb", "Feb 2026"]
    assert dates.day("en", date(2025, 1, 10), 2026) == "10 Jan 2025"


@pytest.mark.parametrize(
    ("address", "period"),
    [
        ({}, ("today", TODAY, TODAY)),
        ({"range": "yesterday"}, ("yesterday", date(2026, 2, 23), date(2026, 2, 23))),
        ({"range": "7d"}, ("7d", date(2026, 2, 18), TODAY)),
        (
            {"range": "custom", "from": "2026-02-01", "to": "2026-02-10"},
            ("custom", date(2026, 2, 1), date(2026, 2, 10)),
        ),
        ({"range": "custom", "from": "2026-02-10", "to": "2026-02-01"}, ("today", TODAY, TODAY)),
        ({"range": "custom", "from": "<b>", "to": ""}, ("today", TODAY, TODAY)),
        ({"range": "custom", "from": "2020-01-01", "to": "2026-02-01"}, ("today", TODAY, TODAY)),
        ({"range": "custom", "from": "2026-02-01", "to": "2026-03-01"}, ("today", TODAY, TODAY)),
        ({"range": "../etc"}, ("today", TODAY, TODAY)),
    ],
)
def test_an_address_says_the_period_and_nonsense_is_today(
    address: dict[str, str], period: tuple[str, date, date]
) -> None:
    asked = read(address, TODAY)
    assert (asked.name, asked.first, asked.last) == period
    assert asked.compare


def test_a_period_is_asked_of_the_api_as_it_reads_it() -> None:
    asked = read({"range": "custom", "from": "2026-02-01", "to": "2026-02-10"}, TODAY)
    assert asked.query() == {
        "range": "custom",
        "from": "2026-02-01",
        "to": "2026-02-10",
        "compare": "previous",
    }
    assert read({"range": "30d", "compare": "none"}, TODAY).query() == {
        "range": "30d",
        "compare": "none",
    }


def test_the_period_before_has_its_words() -> None:
    week = Range("7d", date(2026, 2, 18), TODAY)
    assert before("ru", week) == "с предыдущими 7 днями"
    assert than("en", week) == "in the 7 days before"
    assert than("ru", Range("today", TODAY, TODAY)) == "вчера к этому часу"


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_metric_and_dimension_has_its_words(language: Language) -> None:
    wanted = {f"metric.{name}{end}" for name in METRICS for end in ("", "_help")}
    wanted |= {f"dimension.{name}" for name in DIMENSIONS}
    assert wanted - texts(language).keys() == set()


@pytest.mark.parametrize(
    ("dimension", "row", "told"),
    [
        ("country", {"country": "UZ"}, "Uzbekistan"),
        ("country", {"country": ""}, "Unknown"),
        ("source", {"source": "(direct)"}, "Direct"),
        ("source", {"source": "Telegram"}, "Telegram"),
        ("medium", {"medium": "cpc"}, "Paid ads"),
        ("medium", {"medium": "carrier-pigeon"}, "carrier-pigeon"),
        ("device", {"device": "mobile"}, "Phones"),
        ("page", {"page": "/a", "title": "A"}, "A"),
        ("page", {"page": "/a", "title": None}, "/a"),
        ("browser", {}, "Unknown"),
    ],
)
def test_a_row_is_called_by_what_people_call_it(
    dimension: str, row: dict[str, Any], told: str
) -> None:
    assert values.name("en", dimension, row) == told
