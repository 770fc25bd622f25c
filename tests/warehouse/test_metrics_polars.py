"""Metrics against an independent computation: Polars over what visits were told, not over tables.

Two time zones: one of half an hour with clocks that turn by half an hour, one whose clocks repeat
an hour.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.factories import an_id
from tests.warehouse.history import DAY, HOUR, Read, Told, in_order
from warehouse.connection import Connection, open_warehouse
from warehouse.reports import Asked, Goal, fetch, query
from warehouse.writer import Writer

FIRST = 1_790_000_000_000
"""Late in September 2026."""
SESSIONS = 3_000
PATHS = ["/", "/pricing", "/blog", "/blog/one", "/blog/two", "/docs?page=2", "/о-нас"]
GOAL = (Goal("Blog", "page", "/blog*"), Goal("Signed up", "event", "sign*"))

RANGES = {
    "Australia/Lord_Howe": (date(2026, 9, 28), date(2026, 10, 12)),
    "America/New_York": (date(2026, 10, 26), date(2026, 11, 8)),
    "Asia/Kolkata": (date(2026, 10, 1), date(2026, 10, 31)),
}


def _visit(number: int, chance: random.Random) -> Told:
    start = FIRST + chance.randrange(50 * DAY)
    if number % 7 == 0:
        start = FIRST + chance.randrange(50 * 96) * 900_000  # ties, and moments on a boundary
    reads, after = [], 0
    for _ in range(min(9, 1 + int(chance.expovariate(0.7)))):
        stay = chance.randrange(1, 200_000)
        reads.append(Read(chance.choice(PATHS), after, stay, chance.randrange(101)))
        after += stay
    events = [
        (chance.choice(["signup", "sign-out", "download"]), chance.randrange(after))
        for _ in range(chance.choice([0, 0, 0, 1, 3]))
    ]
    return Told(
        number,
        min(chance.randrange(1_200), chance.randrange(1_200)),
        start,
        reads,
        after + chance.randrange(60_000),
        site=chance.choice(["demo", "demo", "second"]),
        ended=chance.random() < 0.97,
        bot="crawler" if chance.random() < 0.05 else "",
        source=chance.choice(["Google", "Telegram", "(direct)", ""]),
        country=chance.choice(["UZ", "KZ", "RU", ""]),
        device=chance.choice(["desktop", "mobile"]),
        events=events,
    )


@pytest.fixture(scope="module")
def visits() -> list[Told]:
    chance = random.Random(20)
    return [_visit(number, chance) for number in range(SESSIONS)]


@pytest.fixture(scope="module")
def connection(visits: list[Told]) -> Iterator[Connection]:
    connection = open_warehouse(None)
    writer = Writer(connection)
    # Two partitions of the log, one read long before the other: half is written out of its order.
    for rest in (0, 1):
        changes = in_order(told for told in visits if told.number % 2 == rest)
        for at in range(0, len(changes), 2_500):
            writer.apply(changes[at : at + 2_500], {})
    yield connection
    connection.close()


@pytest.fixture(scope="module")
def sessions(visits: list[Told]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "session": [an_id("s", told.number) for told in visits],
            "site": [told.site for told in visits],
            "visitor": [f"{told.site} {told.visitor}" for told in visits],
            "start": [told.start for told in visits],
            "length": [told.length for told in visits],
            "visible": [told.visible for told in visits],
            "views": [len(told.reads) for told in visits],
            "ended": [told.ended for told in visits],
            "bot": [bool(told.bot) for told in visits],
            "source": [told.source for told in visits],
            "country": [told.country for told in visits],
            "device": [told.device for told in visits],
            "entry": [told.reads[0].path for told in visits],
            "converted": [
                any(read.path.startswith("/blog") for read in told.reads)
                or any(name.startswith("sign") for name, _ in told.events)
                for told in visits
            ],
        }
    ).sort("start", "session")
    people = pl.col("visitor"), pl.col("bot")
    return frame.with_columns(
        first=pl.col("start").min().over(*people), previous=pl.col("start").shift(1).over(*people)
    )


@pytest.fixture(scope="module")
def views(visits: list[Told], sessions: pl.DataFrame) -> pl.DataFrame:
    rows = [
        {
            "session": an_id("s", told.number),
            "at": told.start + read.after,
            "path": read.path,
            "seen": read.visible,
            "scroll": read.scroll,
            "entry_view": number == 1,
            "exit": told.ended and number == len(told.reads),
        }
        for told in visits
        for number, read in enumerate(told.reads, 1)
    ]
    return pl.DataFrame(rows).join(sessions, on="session")


def asked(zone: str, sites: tuple[str, ...] = ("demo",), **filters: str) -> Asked:
    start, end = (
        round(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp() * 1000)
        for day in RANGES[zone]
    )
    return Asked(sites, start, end, zone, filters, goals=GOAL)


def meant(frame: pl.DataFrame, column: str, one: Asked) -> pl.DataFrame:
    """Rows of people within the range."""
    within = pl.col(column).is_between(one.start_ms, one.end_ms, closed="left")
    return frame.filter(within & ~pl.col("bot") & pl.col("site").is_in(one.site_keys))


def local(column: str, zone: str) -> pl.Expr:
    moment = pl.from_epoch(column, time_unit="ms").dt.replace_time_zone("UTC")
    return moment.dt.convert_time_zone(zone)


def totals(came: pl.DataFrame, opened: pl.DataFrame, one: Asked) -> dict[str, Any]:
    new = came.filter(pl.col("first") >= one.start_ms)["visitor"].n_unique()
    visitors = came["visitor"].n_unique()
    return {
        "visitors": visitors,
        "sessions": came.height,
        "page_views": opened.height,
        "bounce_rate": (came["views"] == 1).mean(),
        "session_seconds": came["length"].mean() / 1000,
        "visible_seconds": came["visible"].mean() / 1000,
        "pages_per_session": came["views"].mean(),
        "page_seconds": opened["seen"].mean() / 1000,
        "scroll_depth": opened["scroll"].mean(),
        "new_visitors": new,
        "returning_visitors": visitors - new,
        "return_rate": (visitors - new) / visitors,
        "days_to_return": (came["start"] - came["previous"]).mean() / DAY,
        "sessions_per_visitor": came.height / visitors,
        "conversions": came["converted"].sum(),
        "conversion_rate": came["converted"].mean(),
    }


def told(connection: Connection, one: Asked, names: Any) -> dict[str, Any]:
    (row,) = fetch(connection, query("overview", one))
    return {name: row[name] for name in names}


@pytest.mark.parametrize("zone", RANGES)
@pytest.mark.parametrize("sites", [("demo",), ("demo", "second")])
def test_totals(
    connection: Connection,
    sessions: pl.DataFrame,
    views: pl.DataFrame,
    zone: str,
    sites: tuple[str, ...],
) -> None:
    one = asked(zone, sites)
    expected = totals(meant(sessions, "start", one), meant(views, "at", one), one)
    assert told(connection, one, expected) == pytest.approx(expected)


@pytest.mark.parametrize("column", ["country", "source", "device"])
def test_totals_of_some(
    connection: Connection, sessions: pl.DataFrame, views: pl.DataFrame, column: str
) -> None:
    value = {"country": "KZ", "source": "", "device": "mobile"}[column]
    one = asked("Asia/Kolkata", **{column: value})
    some = pl.col(column) == value
    expected = totals(
        meant(sessions, "start", one).filter(some), meant(views, "at", one).filter(some), one
    )
    assert told(connection, one, expected) == pytest.approx(expected)


def test_totals_of_those_who_opened_a_page(
    connection: Connection, sessions: pl.DataFrame, views: pl.DataFrame
) -> None:
    one = asked("America/New_York", page="/blog*")
    found = meant(views, "at", one).filter(pl.col("path").str.starts_with("/blog"))
    whole = views.filter(pl.col("path").str.starts_with("/blog"))
    came = meant(sessions, "start", one).join(whole, on="session", how="semi")
    expected = totals(came, found, one)
    assert told(connection, one, expected) == pytest.approx(expected)


@pytest.mark.parametrize("zone", RANGES)
def test_days(
    connection: Connection, sessions: pl.DataFrame, views: pl.DataFrame, zone: str
) -> None:
    one = asked(zone)
    came = meant(sessions, "start", one).with_columns(day=local("start", zone).dt.date())
    opened = meant(views, "at", one).with_columns(day=local("at", zone).dt.date())
    first = local("first", zone).dt.date() == pl.col("day")
    by_day = came.group_by("day").agg(
        visitors=pl.col("visitor").n_unique(),
        sessions=pl.len(),
        new_visitors=pl.col("visitor").filter(first).n_unique(),
        bounce_rate=(pl.col("views") == 1).mean(),
        visible_seconds=pl.col("visible").mean() / 1000,
    )
    viewed = opened.group_by("day").agg(page_views=pl.len())
    expected = {row["day"]: row for row in by_day.join(viewed, on="day", how="full").to_dicts()}
    start, end = RANGES[zone]
    days = [start + timedelta(days=n) for n in range((end - start).days)]
    rows = fetch(connection, query("visitors", one, granularity="day"))
    assert [_day(row["at"], zone) for row in rows] == days
    for row, day in zip(rows, days, strict=True):
        for name in ("visitors", "sessions", "new_visitors", "page_views", "bounce_rate"):
            assert row[name] == pytest.approx(expected[day][name]), (day, name)
        assert row["returning_visitors"] == row["visitors"] - row["new_visitors"]


def _day(at: datetime, zone: str) -> date:
    return at.replace(tzinfo=ZoneInfo("UTC")).astimezone(ZoneInfo(zone)).date()


@pytest.mark.parametrize("zone", RANGES)
def test_hours_of_a_range_in_which_clocks_turn(
    connection: Connection, sessions: pl.DataFrame, zone: str
) -> None:
    one = asked(zone)
    start = local("start", zone)
    past = start.dt.minute().cast(pl.Int64) * 60_000 + pl.col("start") % 60_000
    came = meant(sessions, "start", one).with_columns(hour=pl.col("start") - past)
    expected = {
        row["hour"]: (row["visitors"], row["sessions"])
        for row in came.group_by("hour")
        .agg(visitors=pl.col("visitor").n_unique(), sessions=pl.len())
        .to_dicts()
    }
    rows = fetch(connection, query("visitors", one, granularity="hour"))
    found = {
        round(row["at"].replace(tzinfo=ZoneInfo("UTC")).timestamp() * 1000): (
            row["visitors"],
            row["sessions"],
        )
        for row in rows
    }
    assert {at: both for at, both in found.items() if both != (0, 0)} == expected
    assert all(
        0 < later - before <= HOUR for before, later in zip(found, list(found)[1:], strict=False)
    )


@pytest.mark.parametrize("granularity", ["week", "month"])
def test_weeks_and_months(connection: Connection, sessions: pl.DataFrame, granularity: str) -> None:
    one = asked("Asia/Kolkata")
    step = local("start", "Asia/Kolkata").dt.truncate("1w" if granularity == "week" else "1mo")
    came = meant(sessions, "start", one).with_columns(step=step)
    expected = (
        came.group_by("step").agg(pl.col("visitor").n_unique()).sort("step")["visitor"].to_list()
    )
    rows = fetch(connection, query("visitors", one, granularity=granularity))  # type: ignore[arg-type]
    assert [row["visitors"] for row in rows] == expected


@pytest.mark.parametrize("zone", RANGES)
def test_busiest_hours(connection: Connection, sessions: pl.DataFrame, zone: str) -> None:
    one = asked(zone)
    start = local("start", zone)
    expected = (
        meant(sessions, "start", one)
        .group_by(weekday=start.dt.weekday().cast(pl.Int64), hour=start.dt.hour().cast(pl.Int64))
        .agg(visitors=pl.col("visitor").n_unique(), sessions=pl.len())
        .sort("weekday", "hour")
    )
    assert fetch(connection, query("hours", one)) == expected.to_dicts()


def test_pages(connection: Connection, views: pl.DataFrame) -> None:
    one = asked("Australia/Lord_Howe")
    expected = (
        meant(views, "at", one)
        .group_by(page="path")
        .agg(
            visitors=pl.col("visitor").n_unique(),
            page_views=pl.len(),
            page_seconds=pl.col("seen").mean() / 1000,
            entries=pl.col("entry_view").sum(),
            exits=pl.col("exit").sum(),
            exit_rate=pl.col("exit").mean(),
            scroll_depth=pl.col("scroll").mean(),
        )
        .sort("visitors", "page", descending=[True, False])
    )
    rows = fetch(connection, query("pages", one))
    assert [row["page"] for row in rows] == expected["page"].to_list()
    for row, right in zip(rows, expected.to_dicts(), strict=True):
        assert row == pytest.approx(right)


@pytest.mark.parametrize(
    ("report", "column", "name"),
    [("sources", "source", "source"), ("countries", "country", "country")]
    + [("devices", "device", "device"), ("entry_pages", "entry", "entry_page")],
)
def test_sessions_by_what_they_came_with(
    connection: Connection, sessions: pl.DataFrame, report: str, column: str, name: str
) -> None:
    one = asked("America/New_York", ("demo", "second"))
    came = meant(sessions, "start", one)
    expected = {
        row[column]: row
        for row in came.group_by(column)
        .agg(
            visitors=pl.col("visitor").n_unique(),
            sessions=pl.len(),
            bounce_rate=(pl.col("views") == 1).mean(),
            conversions=pl.col("converted").sum(),
        )
        .to_dicts()
    }
    rows = fetch(connection, query(report, one))
    assert {row[name] for row in rows} == set(expected)
    for row in rows:
        for metric in ("visitors", "sessions", "bounce_rate", "conversions"):
            assert row[metric] == pytest.approx(expected[row[name]][metric])


def test_steps(connection: Connection, sessions: pl.DataFrame) -> None:
    one = asked("Asia/Kolkata")
    came = meant(sessions, "start", one)
    for row in fetch(connection, query("steps", one)):
        reached = came.filter(pl.col("views") >= row["step"])
        left = reached.filter((pl.col("views") == row["step"]) & pl.col("ended"))
        assert (row["sessions"], row["exits"]) == (reached.height, left.height)
        assert row["exit_rate"] == pytest.approx(left.height / reached.height)


def test_days_to_return(connection: Connection, sessions: pl.DataFrame) -> None:
    one = asked("Asia/Kolkata")
    came = meant(sessions, "start", one).filter(pl.col("previous").is_not_null())
    expected = (
        came.group_by(days=(pl.col("start") - pl.col("previous")) // DAY)
        .agg(visitors=pl.col("visitor").n_unique(), sessions=pl.len())
        .sort("days")
    )
    assert fetch(connection, query("returning", one)) == expected.to_dicts()
