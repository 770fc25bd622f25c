"""Who is online: one visitor once, as the newest conclusions have it."""

from __future__ import annotations

from api.live_view import Counts, Live, LiveView
from tests.factories import NOON, Visit, a_page, an_id


def ids(view: LiveView, site: str = "demo") -> list[str]:
    return [live.session.session_id for live in view.online(site)]


def test_a_visitor_arrives_reads_and_leaves() -> None:
    view, visit = LiveView(), Visit()
    told = [
        view.apply(change)
        for change in (
            visit.opens(),
            visit.reads("/pricing"),
            visit.does("click"),
            visit.becomes("away"),
            visit.becomes("offline"),
            visit.ends(),
        )
    ]
    kinds = [event.kind if event else None for event in told]
    assert kinds == ["online", "page_change", "interaction", "presence", "offline", None]
    assert told[1] is not None
    assert told[1].from_path == "/"
    assert len(view) == 0


def test_what_was_told_once_is_kept() -> None:
    view, visit = LiveView(), Visit()
    for change in (visit.opens(), visit.reads("/pricing"), visit.reads("/blog")):
        view.apply(change)
    live = view.find("demo", an_id("v", 1))
    assert live is not None
    assert live.session.dimensions is not None
    assert live.session.dimensions.city == "Tashkent"
    assert [(p.number, p.path, p.visible) for p in live.shown_pages()] == [
        (1, "/", 10_000),
        (2, "/pricing", 10_000),
        (3, "/blog", 0),
    ]


def test_a_change_that_comes_again_says_nothing() -> None:
    view, visit = LiveView(), Visit()
    changes = [visit.opens(), visit.reads("/pricing")]
    for change in changes:
        view.apply(change)
    assert [view.apply(change) for change in changes] == [None, None]
    for change in (visit.becomes("offline"), visit.ends()):
        view.apply(change)
    assert [view.apply(change) for change in visit.changes] == [None] * 4
    assert ids(view) == []


def test_two_sessions_of_one_visitor_show_once_and_the_older_does_not_remove_the_newer() -> None:
    view = LiveView()
    older, newer = Visit(1, visitor=9), Visit(2, visitor=9, started_at=NOON + 60_000)
    view.apply(older.opens())
    event = view.apply(newer.opens())
    assert event is not None
    assert event.kind == "online"
    assert ids(view) == [an_id("s", 2)]
    assert view.count("demo") == Counts(1, 1, 0)
    assert view.apply(older.reads("/pricing")) is None
    assert view.apply(older.becomes("offline")) is None
    assert view.apply(older.ends()) is None
    assert ids(view) == [an_id("s", 2)]
    gone = view.apply(newer.becomes("offline"))
    assert gone is not None
    assert gone.kind == "offline"
    assert view.count("demo") == Counts()


def test_when_the_newer_session_leaves_the_older_one_is_shown() -> None:
    view = LiveView()
    older, newer = Visit(1, visitor=9), Visit(2, visitor=9, started_at=NOON + 60_000)
    view.apply(older.opens())
    view.apply(newer.opens())
    event = view.apply(newer.becomes("offline"))
    assert event is not None
    assert (event.kind, event.live.session.session_id) == ("online", an_id("s", 1))


def test_a_visitor_who_comes_back_before_the_end_is_online_again() -> None:
    view, visit = LiveView(), Visit()
    view.apply(visit.opens())
    view.apply(visit.becomes("offline"))
    assert ids(view) == []
    assert view.find("demo", an_id("v", 1)) is not None
    event = view.apply(visit.becomes("active"))
    assert event is not None
    assert event.kind == "online"
    assert ids(view) == [an_id("s", 1)]


def test_leaving_is_online_still() -> None:
    view, visit = LiveView(), Visit()
    view.apply(visit.opens())
    event = view.apply(visit.becomes("leaving"))
    assert event is not None
    assert event.kind == "presence"
    assert view.count("demo") == Counts(1, 0, 0)


def test_sites_are_apart() -> None:
    view = LiveView()
    view.apply(Visit(1, visitor=9).opens())
    view.apply(Visit(2, visitor=9, site_key="other").opens())
    assert ids(view) == [an_id("s", 1)]
    assert ids(view, "other") == [an_id("s", 2)]


def test_bots_are_counted_apart() -> None:
    view, visit = LiveView(), Visit()
    change = visit.opens()
    assert change.session.dimensions is not None
    view.apply(change)
    bot = Visit(2)
    bot.session.dimensions = type(change.session.dimensions)(bot="user agent")
    view.apply(bot.opens())
    assert view.count("demo").online == 2
    assert view.count("demo", bots=False).online == 1


def test_the_current_page_is_last_even_when_it_was_opened_first() -> None:
    pages = {n: a_page(n, f"/{n}") for n in range(1, 31)}
    live = Live(Visit().session, 0, pages[2], pages)
    numbers = [page.number for page in live.shown_pages()]
    assert len(numbers) == 24
    assert numbers[-1] == 2
    assert numbers[:-1] == list(range(8, 31))


def test_a_view_rebuilt_at_start_goes_on() -> None:
    view, visit = LiveView(), Visit()
    for change in (visit.opens(), visit.reads("/pricing")):
        view.apply(change)
    live = view.find("demo", an_id("v", 1))
    assert live is not None
    again = LiveView([live], ended=[an_id("s", 2)])
    assert again.count("demo") == view.count("demo")
    assert again.apply(Visit(2).opens()) is None
    assert again.apply(visit.changes[1]) is None
    event = again.apply(visit.reads("/blog"))
    assert event is not None
    assert event.kind == "page_change"
