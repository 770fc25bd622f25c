"""The rules of sessions and presence, one fact at a time."""

from __future__ import annotations

import pytest

from hozir.contract.change import Change
from hozir.contract.event import Event, EventBatch
from pipeline.sessions import OpenSession, advance, lapse
from tests.batches import (
    MINUTE,
    SECOND,
    T0,
    a_batch,
    as_told,
    click,
    heartbeat,
    leave,
    page_view,
    visibility,
)


class Visit:
    """Plays batches and silence into the rules."""

    def __init__(self) -> None:
        self.state: OpenSession | None = None
        self.told: list[Change] = []
        self._numbers: dict[int, int] = {}

    def send(self, at: int, *events: Event, tab: int = 1, n: int | None = None) -> list[Change]:
        if n is None:
            n = self._numbers[tab] = self._numbers.get(tab, 0) + 1
        return self.give(at, a_batch(*events, n=n, tab=tab))

    def give(self, at: int, batch: EventBatch) -> list[Change]:
        out: list[Change] = []
        self.state = advance(self.state, batch, at, out)
        self.told += as_told(out)
        return as_told(out)

    def wait_until(self, at: int) -> list[Change]:
        out: list[Change] = []
        if self.state is not None:
            self.state = lapse(self.state, at, out)
        self.told += as_told(out)
        return as_told(out)

    @property
    def presences(self) -> list[str]:
        found: list[str] = []
        for change in self.told:
            if not found or found[-1] != change.session.presence:
                found.append(change.session.presence)
        return found


@pytest.fixture
def visit() -> Visit:
    return Visit()


def test_first_page_view_opens_a_session_with_its_page(visit: Visit) -> None:
    (change,) = visit.send(T0, page_view("/pricing"))
    assert (change.kind, change.seq, change.session.presence) == ("opened", 0, "active")
    assert change.page is not None
    assert change.page.path == "/pricing"
    assert change.session.dimensions is not None
    assert change.session.dimensions.country == "UZ"
    assert change.session.pages_viewed == 1


def test_dimensions_are_told_once(visit: Visit) -> None:
    visit.send(T0, page_view())
    (change,) = visit.send(T0 + SECOND, page_view("/b", view=2))
    assert change.session.dimensions is None


def test_dimensions_that_come_later_are_told_then(visit: Visit) -> None:
    (opened,) = visit.send(T0, heartbeat())
    (change,) = visit.send(T0 + SECOND, page_view())
    assert opened.session.dimensions is None
    assert change.session.dimensions is not None


def test_heartbeat_alone_tells_nothing_new(visit: Visit) -> None:
    visit.send(T0, page_view())
    assert visit.send(T0 + 30 * SECOND, heartbeat(T0 + 30 * SECOND, visible=30_000)) == []


def test_sixty_seconds_of_silence_is_offline(visit: Visit) -> None:
    visit.send(T0, page_view())
    assert visit.wait_until(T0 + 60 * SECOND) == []
    (change,) = visit.wait_until(T0 + 60 * SECOND + 1)
    assert change.session.presence == "offline"
    assert change.at == T0 + 60 * SECOND


def test_leaving_is_offline_after_five_seconds(visit: Visit) -> None:
    visit.send(T0, page_view())
    visit.send(T0 + 10 * SECOND, leave())
    told = visit.wait_until(T0 + 15 * SECOND + 1)
    assert [(c.session.presence, c.at - T0) for c in told] == [
        ("leaving", 11_000),
        ("offline", 15_000),
    ]


def test_reload_within_five_seconds_stays_online(visit: Visit) -> None:
    visit.send(T0, page_view())
    visit.send(T0 + 10 * SECOND, leave())
    visit.wait_until(T0 + 14 * SECOND)
    visit.send(T0 + 14 * SECOND, page_view(view=2))
    visit.wait_until(T0 + 20 * SECOND)
    assert visit.presences == ["active", "leaving", "active"]


def test_going_from_page_to_page_is_never_shown_as_leaving(visit: Visit) -> None:
    visit.send(T0, page_view("/a"))
    visit.send(T0 + 10 * SECOND, leave())
    visit.wait_until(T0 + 10 * SECOND + 300)
    (change,) = visit.send(T0 + 10 * SECOND + 300, page_view("/b", view=2))
    assert (change.kind, change.from_path) == ("page_view", "/a")
    assert visit.presences == ["active"]


def test_closing_one_of_two_tabs_stays_online(visit: Visit) -> None:
    visit.send(T0, page_view("/a"), tab=1)
    visit.send(T0 + SECOND, page_view("/b"), tab=2)
    told = visit.send(T0 + 2 * SECOND, leave(), tab=2)
    visit.wait_until(T0 + 20 * SECOND)
    assert visit.presences == ["active"]
    assert told[-1].page is not None
    assert told[-1].page.path == "/a", "the page of the tab that is left is the current one"
    assert told[-1].session.tabs == 1


def test_hidden_tab_is_away_and_back_when_shown(visit: Visit) -> None:
    visit.send(T0, page_view())
    visit.send(T0 + SECOND, visibility(True))
    visit.send(T0 + 31 * SECOND, heartbeat(hidden=True))
    visit.send(T0 + 40 * SECOND, visibility(False))
    assert visit.presences == ["active", "away", "active"]


def test_ten_minutes_without_input_is_away(visit: Visit) -> None:
    visit.send(T0, page_view())
    for half_minute in range(1, 21):
        at = T0 + half_minute * 30 * SECOND
        visit.send(at, heartbeat(idle=half_minute * 30 * SECOND))
    assert visit.presences == ["active", "away"]
    visit.send(T0 + 11 * MINUTE, click())
    assert visit.presences == ["active", "away", "active"]


def test_offline_visitor_comes_back_to_the_same_session(visit: Visit) -> None:
    (opened,) = visit.send(T0, page_view())
    visit.send(T0 + SECOND, leave())
    visit.wait_until(T0 + MINUTE)
    told = visit.send(T0 + 20 * MINUTE, page_view(view=2))
    assert [change.kind for change in told] == ["presence", "page_view"]
    assert told[-1].session.session_id == opened.session.session_id


def test_session_ends_thirty_minutes_after_the_visitor_was_last_there(visit: Visit) -> None:
    visit.send(T0, page_view())
    visit.send(T0 + 10 * SECOND, leave(visible=9_000))
    assert visit.wait_until(T0 + 10 * SECOND + 30 * MINUTE)[-1].kind == "presence"
    (ended,) = visit.wait_until(T0 + 10 * SECOND + 30 * MINUTE + 1)
    assert ended.kind == "ended"
    assert ended.session.ended_at == T0 + 10 * SECOND
    assert ended.page is not None
    assert (ended.page.exit, ended.page.visible) == (True, 9_000)


def test_id_that_comes_back_after_its_end_names_another_session(visit: Visit) -> None:
    (first,) = visit.send(T0, page_view())
    visit.wait_until(T0 + 31 * MINUTE)
    assert visit.state is None
    (second,) = visit.send(T0 + 32 * MINUTE, page_view())
    assert second.session.session_id != first.session.session_id
    assert second.seq == 0


def test_no_session_is_longer_than_a_day(visit: Visit) -> None:
    visit.send(T0, page_view())
    for minute in range(1, 24 * 60 + 2):
        visit.send(T0 + minute * MINUTE, heartbeat())
    kinds = [change.kind for change in visit.told if change.kind in ("opened", "ended")]
    assert kinds == ["opened", "ended", "opened"]


def test_beacon_sent_twice_counts_once(visit: Visit) -> None:
    visit.send(T0, page_view(), n=1)
    visit.send(T0 + SECOND, click(), n=2)
    assert visit.send(T0 + 2 * SECOND, click(), n=2) == []
    assert visit.told[-1].session.interactions == 1


def test_beacon_that_arrives_late_counts_all_the_same(visit: Visit) -> None:
    visit.send(T0, page_view(), n=1)
    visit.send(T0 + SECOND, click(), n=3)
    visit.send(T0 + 2 * SECOND, click(), n=2)
    assert visit.told[-1].session.interactions == 2


def test_enormous_beacon_number_costs_nothing(visit: Visit) -> None:
    visit.send(T0, page_view(), n=1)
    visit.send(T0 + SECOND, click(), n=2**31 - 1)
    assert visit.told[-1].session.interactions == 1


def test_farewell_of_the_page_before_measures_it_and_closes_nothing(visit: Visit) -> None:
    """Between pages the farewell of the first may arrive after the second's view."""
    visit.send(T0, page_view("/a", view=1), n=1)
    visit.send(T0 + 9 * SECOND, page_view("/b", view=2), n=3)
    visit.send(T0 + 9 * SECOND + 50, leave(view=1, visible=8_500, scroll=70), n=2)
    assert visit.wait_until(T0 + 60 * SECOND) == []
    visit.wait_until(T0 + 40 * MINUTE)
    pages = {p.number: p for c in visit.told for p in (*c.settled, *([c.page] if c.page else []))}
    assert (pages[1].visible, pages[1].scroll) == (8_500, 70)


def test_page_cannot_be_seen_for_longer_than_it_was_there(visit: Visit) -> None:
    visit.send(T0, page_view())
    visit.send(T0 + 10 * SECOND, heartbeat(visible=86_400_000))
    (change,) = visit.send(T0 + 10 * SECOND, click())
    assert change.page is not None
    assert change.page.visible == 11_000


def test_farewell_to_nobody_opens_nothing(visit: Visit) -> None:
    assert visit.send(T0, leave()) == []
    assert visit.state is None


def test_tab_that_the_door_saw_close_has_left(visit: Visit) -> None:
    visit.send(T0, page_view(view=3))
    closed = a_batch(leave(view=3), n=0)
    visit.give(T0 + 20 * SECOND, closed)
    told = visit.wait_until(T0 + 25 * SECOND + 1)
    assert [(c.session.presence, c.at - T0) for c in told] == [
        ("leaving", 21_000),
        ("offline", 25_000),
    ]
    assert told[-1].session.last_seen_at == T0, "it was no sign of life"


def test_what_the_door_sees_counts_each_time_and_takes_no_number(visit: Visit) -> None:
    visit.send(T0, page_view(view=1), n=1)
    visit.give(T0 + SECOND, a_batch(leave(view=1), n=0))
    visit.send(T0 + 2 * SECOND, page_view(view=2), n=2)
    visit.give(T0 + 3 * SECOND, a_batch(leave(view=2), n=0))
    visit.wait_until(T0 + 10 * SECOND)
    assert visit.presences == ["active", "leaving", "offline"]


def test_socket_of_the_page_before_that_closes_late_closes_nothing(visit: Visit) -> None:
    visit.send(T0, page_view(view=1))
    visit.send(T0 + SECOND, page_view("/b", view=2))
    assert visit.give(T0 + SECOND + 300, a_batch(leave(view=1), n=0)) == []
    assert visit.wait_until(T0 + 60 * SECOND) == []


def test_socket_that_closes_after_the_farewell_gives_no_second_grace(visit: Visit) -> None:
    visit.send(T0, page_view())
    visit.send(T0 + 10 * SECOND, leave())
    visit.give(T0 + 10 * SECOND + 300, a_batch(leave(), n=0))
    assert visit.wait_until(T0 + 15 * SECOND + 1)[-1].at == T0 + 15 * SECOND


def test_closed_socket_of_nobody_opens_nothing_and_of_an_unknown_tab_closes_nothing(
    visit: Visit,
) -> None:
    assert visit.give(T0, a_batch(leave(), n=0)) == []
    assert visit.state is None
    visit.send(T0, page_view(), tab=1)
    assert visit.give(T0 + SECOND, a_batch(leave(view=9), n=0, tab=2)) == []
    assert visit.wait_until(T0 + 30 * SECOND) == []


def test_one_of_two_tabs_whose_socket_closes_leaves_the_visitor_online(visit: Visit) -> None:
    visit.send(T0, page_view("/a"), tab=1)
    visit.send(T0 + SECOND, page_view("/b"), tab=2)
    (change,) = visit.give(T0 + 2 * SECOND, a_batch(leave(), n=0, tab=2))
    assert change.page is not None
    assert (change.page.path, change.session.tabs) == ("/a", 1)
    assert visit.presences == ["active"]


@pytest.mark.parametrize("seconds", [10, 45, 60])
def test_silence_is_two_heartbeats_of_the_site(visit: Visit, seconds: int) -> None:
    visit.give(T0, a_batch(page_view(), heartbeat_seconds=seconds))
    assert visit.wait_until(T0 + 2 * seconds * SECOND) == []
    (change,) = visit.wait_until(T0 + 2 * seconds * SECOND + 1)
    assert (change.session.presence, change.at) == ("offline", T0 + 2 * seconds * SECOND)


def test_heartbeat_of_the_site_may_change_while_somebody_is_there(visit: Visit) -> None:
    visit.give(T0, a_batch(page_view(), n=1, heartbeat_seconds=60))
    visit.give(T0 + 90 * SECOND, a_batch(heartbeat(), n=2, heartbeat_seconds=10))
    assert visit.presences == ["active"]
    (change,) = visit.wait_until(T0 + 111 * SECOND)
    assert change.at == T0 + 110 * SECOND


def test_identify_is_kept_with_the_session(visit: Visit) -> None:
    visit.send(T0, page_view())
    identify = Event(kind="identify", at=T0, props={"name": "Jahongir"})
    (change,) = visit.send(T0 + SECOND, identify)
    assert change.session.identity == {"name": "Jahongir"}
    assert change.fact is not None
    assert change.fact.kind == "identify"


def test_many_pages_and_tabs_keep_the_state_small(visit: Visit) -> None:
    for number in range(1, 200):
        visit.send(T0 + number * SECOND, page_view(f"/{number}"), tab=number)
    assert visit.state is not None
    assert len(visit.state.tabs) <= 32
    assert len(visit.state.pages) <= 9 + 32
    assert visit.state.pages_viewed == 199
