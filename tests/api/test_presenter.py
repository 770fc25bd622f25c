"""A visitor as screens are told: made once for many, and never older than it may be."""

from __future__ import annotations

import msgspec

from api.facts import Facts
from api.live_view import Live, LiveView
from api.present import present_visitor
from api.presenter import STANDS_MS, Presenter
from tests.factories import NOON, Visit, an_id


def a_view() -> tuple[LiveView, Visit]:
    view, visit = LiveView(), Visit()
    view.apply(visit.opens())
    return view, visit


def the_visitor(view: LiveView) -> Live:
    (live,) = view.online("demo")
    return live


def test_all_who_are_told_within_a_moment_are_told_the_same() -> None:
    view, _ = a_view()
    presenter, live = Presenter(view), the_visitor(view)
    first = presenter.visitor(live, "en", NOON)
    assert presenter.visitor(live, "en", NOON + STANDS_MS - 1) is first
    assert msgspec.json.decode(first.encoded) == first.told
    assert first.told == present_visitor(live.session, live.page, live.shown_pages(), now=NOON)


def test_durations_go_on_after_a_moment() -> None:
    view, _ = a_view()
    presenter, live = Presenter(view), the_visitor(view)
    began = live.session.started_at
    seconds = [
        presenter.visitor(live, "en", at).told["session"]["duration_seconds"]
        for at in (began, began + 60_000, began + 5_000)
    ]
    assert seconds == [0, 60, 5], "also when the clock is set back"


def test_what_changes_is_told_at_once() -> None:
    view, visit = a_view()
    presenter = Presenter(view)
    presenter.visitor(the_visitor(view), "en", NOON)
    view.apply(visit.reads("/pricing"))
    read_on = presenter.visitor(the_visitor(view), "en", NOON).told
    assert read_on["current_page"]["url"] == "/pricing"
    view.set_facts("demo", an_id("v", 1), Facts(name="Aziza"))
    assert presenter.visitor(the_visitor(view), "en", NOON).told["name"] == "Aziza"


def test_each_language_has_its_own() -> None:
    view, _ = a_view()
    presenter, live = Presenter(view), the_visitor(view)
    countries = {
        presenter.visitor(live, language, NOON).told["location"]["country"]
        for language in ("en", "ru")
    }
    assert len(countries) == 2


def test_nothing_is_kept_for_longer_than_a_moment() -> None:
    view, _ = a_view()
    presenter, live = Presenter(view), the_visitor(view)
    for step in range(5):
        presenter.visitor(live, "en", NOON + step * STANDS_MS)
    assert len(presenter._made) == 1
