"""Every metric against numbers worked out by hand, for one day in Tashkent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.factories import an_id
from tests.warehouse.history import HOUR, SECOND, Read, Told, in_order
from tools.write_metrics import PAGE, render
from warehouse.connection import Connection, open_warehouse
from warehouse.conversations import Conversation, ConversationWriter, Line
from warehouse.dimensions import DIMENSIONS
from warehouse.metrics import METRICS
from warehouse.reports import REPORTS, Asked, Goal, fetch, fetch_page, query, stream, visitors_of
from warehouse.writer import Writer

MIDNIGHT = 1_789_930_800_000
"""The twenty-first of September 2026 in Tashkent, a Monday."""


def at(hour: float) -> int:
    return MIDNIGHT + int(hour * HOUR)


DAY = [
    Told(1, 1, at(-5), [Read("/", 0, 3_000, 10)], 10_000),
    Told(2, 1, at(9), [Read("/", 0, 10_000, 50), Read("/pricing", 12_000, 20_000, 100)], 60_000),
    Told(3, 2, at(9.5), [Read("/", 0, 5_000, 20)], 30_000, source="Telegram", device="mobile"),
    Told(
        4,
        2,
        at(20),
        [
            Read("/blog", 0, 15_000, 40),
            Read("/", 20_000, 5_000, 10),
            Read("/blog", 30_000, 10_000, 60),
        ],
        90_000,
        ended=False,
        source="Telegram",
        device="mobile",
    ),
    Told(
        5,
        3,
        at(10),
        [Read("/pricing", 0, 30_000, 80)],
        40_000,
        country="KZ",
        city="Almaty",
        events=[("signup", 5_000)],
    ),
    Told(6, 4, at(10), [Read("/", 0, 1_000, 100)], 2_000, bot="crawler"),
    Told(7, 5, at(11), [Read("/elsewhere", 0, 1_000, 100)], 2_000, site="other"),
    Told(8, 3, at(24), [Read("/", 0, 1_000, 0)], 2_000),
]

GOALS = (Goal("Prices", "page", "/pri*"), Goal("Signed up", "event", "signup"))
TODAY = Asked(("demo",), at(0), at(24), "Asia/Tashkent", goals=GOALS)


def _talk(
    number: int, visitor: int, opened: int, *lines: tuple[str, int, int]
) -> tuple[Conversation, list[Line]]:
    """A conversation of lines `(who, seconds after, session)`; who is "visitor" or an agent."""
    conversation_id = f"c_{number}"
    written = [
        Line(
            conversation_id,
            "demo",
            an_id("v", visitor),
            place,
            "message",
            f"m_{number}_{place}",
            opened + after * SECOND,
            "visitor" if who == "visitor" else "agent",
            None if who == "visitor" else who,
            None,
            "text",
            an_id("s", session),
            False,
            0,
            {},
        )
        for place, (who, after, session) in enumerate(lines, 1)
    ]
    return (
        Conversation(
            conversation_id,
            "demo",
            an_id("v", visitor),
            "active",
            written[0].author,
            opened,
            written[-1].happened_at,
            lines=len(written),
            messages=len(written),
            from_visitor=sum(line.author == "visitor" for line in written),
        ),
        written,
    )


TALKS = [
    _talk(1, 2, at(9.6), ("anna", 0, 3), ("visitor", 60, 3), ("anna", 90, 3)),
    _talk(2, 3, at(10.1), ("visitor", 0, 5), ("bek", 90, 5)),
    _talk(3, 1, at(9.1), ("anna", 0, 2)),
    _talk(4, 1, at(-2), ("visitor", 0, 1)),
]


@pytest.fixture(scope="module")
def day() -> Iterator[Connection]:
    connection = open_warehouse(None)
    Writer(connection).apply(in_order(DAY), {})
    writer = ConversationWriter(connection)
    with writer.transaction():
        writer.write(
            [talk for talk, _ in TALKS], [line for _, lines in TALKS for line in lines], {}
        )
    yield connection
    connection.close()


def told(connection: Connection, report: str, asked: Asked = TODAY, **more: Any) -> list[Any]:
    """Rows as tuples, numbers rounded."""
    rows = fetch(connection, query(report, asked, **more))
    return [tuple(round(v, 6) if isinstance(v, float) else v for v in row.values()) for row in rows]


def by(connection: Connection, report: str, asked: Asked = TODAY, **more: Any) -> dict[Any, Any]:
    """First metric by first dimension."""
    found = REPORTS[report]
    rows = fetch(connection, query(report, asked, **more))
    return {row[found.dimensions[0]]: row[found.metrics[0]] for row in rows}


def test_overview_tells_the_day(day: Connection) -> None:
    (row,) = fetch(day, query("overview", TODAY))
    expected = {
        "visitors": 3,
        "sessions": 4,
        "page_views": 7,
        "bounce_rate": 2 / 4,
        "session_seconds": (60 + 30 + 90 + 40) / 4,
        "visible_seconds": (30 + 5 + 30 + 30) / 4,
        "pages_per_session": 7 / 4,
        "page_seconds": 95 / 7,
        "scroll_depth": (50 + 100 + 20 + 40 + 10 + 60 + 80) / 7,
        "new_visitors": 2,
        "returning_visitors": 1,
        "return_rate": 1 / 3,
        "days_to_return": (14 + 10.5) / 2 / 24,
        "sessions_per_visitor": 4 / 3,
        "events": 1,
        "conversions": 2,
        "conversion_rate": 2 / 4,
        "conversations": 3,
        "messages": 6,
        "messages_per_visitor": 2 / 2,
        "contacted_share": 3 / 4,
        "replied_share": 1 / 2,
        "first_response_seconds": (30 + 90) / 2,
    }
    assert row == pytest.approx(expected)


def test_a_day_without_anybody_has_counts_of_none_and_no_means(day: Connection) -> None:
    (row,) = fetch(day, query("overview", Asked(("demo",), at(48), at(72))))
    counts = {name for name in row if METRICS[name].unit == "count"}
    assert {name: row[name] for name in counts} == dict.fromkeys(counts, 0)
    assert {row[name] for name in set(row) - counts} == {None}


def test_pages_tell_who_read_them_and_who_left_there(day: Connection) -> None:
    assert told(day, "pages") == [
        ("/", 2, 3, round(20 / 3, 6), 2, 1, round(1 / 3, 6), round(80 / 3, 6)),
        ("/pricing", 2, 2, 25.0, 1, 2, 1.0, 90.0),
        ("/blog", 1, 2, 12.5, 1, 0, 0.0, 50.0),
    ]
    assert by(day, "entry_pages") == {"/": 2, "/pricing": 1, "/blog": 1}
    assert told(day, "exit_pages") == [
        ("/pricing", 2, 2, 1.0, 25.0),
        ("/", 1, 3, round(1 / 3, 6), round(20 / 3, 6)),
    ]


def test_sessions_are_told_apart_by_what_they_came_with(day: Connection) -> None:
    assert told(day, "sources") == [
        ("Google", 2, 2, 0.5, 50.0, 1.5, 2, 1.0),
        ("Telegram", 1, 2, 0.5, 60.0, 2.0, 0, 0.0),
    ]
    assert by(day, "countries") == {"UZ": 2, "KZ": 1}
    assert by(day, "devices") == {"desktop": 2, "mobile": 1}
    assert [row[:3] for row in told(day, "cities")] == [("UZ", "Tashkent", 2), ("KZ", "Almaty", 1)]


def test_hours_are_those_of_the_site(day: Connection) -> None:
    assert told(day, "hours") == [(1, 9, 2, 2), (1, 10, 1, 1), (1, 20, 1, 1)]
    utc = Asked(("demo",), at(0), at(24), "UTC")
    assert told(day, "hours", utc) == [(1, 4, 2, 2), (1, 5, 1, 1), (1, 15, 1, 1)]


def test_a_series_has_a_row_for_each_step(day: Connection) -> None:
    rows = fetch(day, query("visitors", TODAY))
    assert len(rows) == 24
    assert [row["visitors"] for row in rows] == [0] * 9 + [2, 1] + [0] * 9 + [1] + [0] * 3
    assert [row["new_visitors"] for row in rows][9:11] == [1, 1]
    assert [row["returning_visitors"] for row in rows][20] == 1
    assert rows[8]["bounce_rate"] is None
    assert sum(row["page_views"] for row in rows) == 7
    assert [row["at"] for row in rows[:2]] == [datetime(2026, 9, 20, 19), datetime(2026, 9, 20, 20)]


def test_how_long_it_took_to_come_back(day: Connection) -> None:
    assert told(day, "returning") == [(0, 2, 2)]


def test_steps_tell_how_many_went_on(day: Connection) -> None:
    assert told(day, "steps") == [
        (1, 4, 2, 0.5),
        (2, 2, 1, 0.5),
        (3, 1, 0, 0.0),
    ]


def test_scroll_is_told_in_tenths(day: Connection) -> None:
    assert told(day, "scroll") == [(n, 1) for n in (10, 20, 40, 50, 60, 80, 100)]


def test_goals_are_reached_by_a_page_or_an_event(day: Connection) -> None:
    assert told(day, "goals") == [("Prices", 2, 2, 0.5), ("Signed up", 1, 1, 0.25)]
    assert told(day, "goals", Asked(("demo",), at(0), at(24))) == []
    (row,) = fetch(day, query("overview", Asked(("demo",), at(0), at(24))))
    assert (row["conversions"], row["conversion_rate"]) == (0, None)


def test_events_are_counted_by_name(day: Connection) -> None:
    assert told(day, "events") == [("signup", 1, 1)]


def test_agents_are_told_by_what_they_wrote(day: Connection) -> None:
    assert told(day, "agents") == [("anna", 2, 3, 30.0), ("bek", 1, 1, 90.0)]
    only = Asked(("demo",), at(0), at(24), filters={"agent": "bek"})
    assert told(day, "agents", only) == [("bek", 1, 1, 90.0)]


def test_sites_stand_side_by_side_even_without_visitors(day: Connection) -> None:
    asked = Asked(("demo", "other", "quiet"), at(0), at(24))
    rows = fetch(day, query("sites", asked))
    assert [(row["site"], row["visitors"], row["page_views"]) for row in rows] == [
        ("demo", 3, 7),
        ("other", 1, 1),
        ("quiet", 0, 0),
    ]


def test_each_site_has_its_own_goals_and_one_without_any_has_no_rate(day: Connection) -> None:
    prices = Goal("Prices", "page", "/pricing", "demo")
    all_pages = Goal("All", "page", "/*", "other")
    asked = Asked(("demo", "other", "quiet"), at(0), at(24), goals=(prices, all_pages))
    rows = fetch(day, query("sites", asked))
    assert [(row["conversions"], row["conversion_rate"]) for row in rows] == [
        (2, 0.5),
        (1, 1.0),
        (0, None),
    ]
    rows = fetch(day, query("sites", Asked(("demo", "other"), at(0), at(24), goals=(prices,))))
    assert [row["conversion_rate"] for row in rows] == [0.5, None]


def test_conversations_are_told_by_the_hour_in_which_they_begin(day: Connection) -> None:
    assert told(day, "talk_hours") == [(1, 9, 2), (1, 10, 1)]


def test_conversations_are_told_by_the_day_and_by_the_page(day: Connection) -> None:
    rows = fetch(day, query("conversations", TODAY, granularity="hour"))
    found = [tuple(row.values()) for row in rows if row["messages"]]
    nine = datetime.fromtimestamp(at(9) / 1000, UTC).replace(tzinfo=None)
    assert found == [(nine, 2, 4, 0.5, 30.0), (nine + timedelta(hours=1), 1, 2, None, 90.0)]
    assert sum(row["conversations"] for row in rows) == 3
    assert told(day, "conversation_pages") == [("/pricing", 2), ("/", 1)]


def test_online_is_told_minute_by_minute(day: Connection) -> None:
    asked = Asked(("demo",), at(9), at(9) + 3 * 60_000)
    assert [row["online"] for row in fetch(day, query("online", asked))] == [1, 0, 0]


@pytest.mark.parametrize(
    ("filters", "sessions", "page_views"),
    [
        ({"country": "KZ"}, 1, 1),
        ({"device": "mobile"}, 2, 4),
        ({"source": "Telegram", "entry_page": "/blog"}, 1, 3),
        ({"page": "/pricing"}, 2, 2),
        ({"page": "/*"}, 4, 7),
        ({"exit_page": "/pricing"}, 2, 3),
        ({"event": "signup"}, 1, 1),
        ({"visit": "new"}, 2, 2),
        ({"visit": "returning"}, 2, 5),
        ({"agent": "bek"}, 1, 1),
        ({"campaign": ""}, 4, 7),
        ({"site": "other"}, 0, 0),
        ({"city": "'; DROP TABLE sessions; --"}, 0, 0),
    ],
)
def test_filters_leave_what_they_name(
    day: Connection, filters: dict[str, str], sessions: int, page_views: int
) -> None:
    asked = Asked(("demo",), at(0), at(24), "Asia/Tashkent", filters)
    (row,) = fetch(day, query("overview", asked))
    assert (row["sessions"], row["page_views"]) == (sessions, page_views)


@pytest.mark.parametrize("name", DIMENSIONS)
def test_every_dimension_filters_whatever_is_counted(day: Connection, name: str) -> None:
    asked = Asked(("demo",), at(0), at(24), "Asia/Tashkent", {name: "nothing"}, goals=GOALS)
    for report in ("overview", "pages", "online"):
        rows = fetch(day, query(report, asked))
        assert all(not row.get("visitors") and not row.get("online") for row in rows), report


def test_bots_count_only_when_asked_for(day: Connection) -> None:
    asked = Asked(("demo",), at(0), at(24), bots=True)
    (row,) = fetch(day, query("overview", asked))
    assert (row["visitors"], row["sessions"], row["page_views"]) == (4, 5, 8)


def test_rows_are_limited_ordered_and_counted(day: Connection) -> None:
    page = fetch_page(day, query("pages", TODAY, limit=1, skip=1, order="-page_views"))
    assert ([row["page"] for row in page.rows], page.total) == (["/pricing"], 3)
    assert [row["page"] for row in fetch(day, query("pages", TODAY, order="page"))] == [
        "/",
        "/blog",
        "/pricing",
    ]


def test_rows_come_in_batches_too(day: Connection) -> None:
    reader = stream(day, query("pages", TODAY))
    assert reader.read_all().to_pylist() == fetch(day, query("pages", TODAY))


def test_visitors_behind_a_row_are_those_that_it_counts(day: Connection) -> None:
    asked = Asked(("demo",), at(0), at(24), filters={"page": "/"})
    rows = fetch(day, visitors_of(asked))
    assert [(row["visitor_id"], row["session_id"]) for row in rows] == [
        (an_id("v", 2), an_id("s", 4)),
        (an_id("v", 1), an_id("s", 2)),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"report": "nothing"},
        {"order": "nothing"},
        {"granularity": "year"},
        {"filters": {"nothing": "1"}},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../etc/passwd"},
    ],
)
def test_names_that_there_are_not_are_refused(wrong: dict[str, Any]) -> None:
    asked = Asked(("demo",), at(0), at(24), wrong.get("timezone", "UTC"), wrong.get("filters", {}))
    with pytest.raises(KeyError):
        query(
            wrong.get("report", "visitors"),
            asked,
            order=wrong.get("order", ""),
            granularity=wrong.get("granularity", ""),
        )


def test_columns_are_those_of_the_definitions() -> None:
    assert all(name in METRICS for report in REPORTS.values() for name in report.metrics)
    assert set(METRICS) == {name for report in REPORTS.values() for name in report.metrics}
    assert all(metric.meaning.endswith(".") for metric in METRICS.values())


def test_page_of_metrics_is_what_the_code_says() -> None:
    assert PAGE.read_text() == render(), "run `make metrics`"
