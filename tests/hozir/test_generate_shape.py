"""The form of a generated month: the same for a seed, and that of a shop in Tashkent."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from hozir.contract.beacon import Beacon
from hozir.generator.deeds import Answered, Deed, Sent, Wrote
from hozir.generator.month import Plan, deeds
from hozir.generator.season import campaign_day, season, spread_day
from hozir.simulator.agents import AGENTS

ZONE = ZoneInfo("Asia/Tashkent")
PLAN = Plan(
    site_key="demo",
    timezone="Asia/Tashkent",
    heartbeat=30,
    first=date(2026, 9, 1),
    days=30,
    visitors_per_day=60,
    seed=3,
    until=int(datetime(2026, 10, 1, tzinfo=ZONE).timestamp() * 1000),
)
BOTS = {agent.user_agent for agent in AGENTS if agent.bot}


@cache
def month() -> tuple[Deed, ...]:
    return tuple(deeds(PLAN))


def opened() -> list[tuple[datetime, Sent]]:
    """The first beacon of each session, by the site's clock."""
    seen: set[str] = set()
    found = []
    for deed in month():
        if isinstance(deed, Sent) and deed.beacon.session_id not in seen:
            seen.add(deed.beacon.session_id)
            found.append((datetime.fromtimestamp(deed.at / 1000, UTC).astimezone(ZONE), deed))
    return found


def by_people() -> list[tuple[datetime, Sent]]:
    return [(at, sent) for at, sent in opened() if sent.user_agent not in BOTS]


def test_same_seed_gives_the_same_month_and_another_seed_another() -> None:
    short = replace(PLAN, days=3, until=PLAN.start + 3 * 24 * 3_600_000)
    assert list(deeds(short)) == list(deeds(short))
    assert list(deeds(short)) != list(deeds(replace(short, seed=4)))


def test_deeds_come_in_the_order_of_time_and_none_after_the_end() -> None:
    assert all(before.at <= after.at for before, after in pairwise(month()))
    assert PLAN.start <= month()[0].at
    assert month()[-1].at < PLAN.until


def test_beacons_of_a_tab_are_numbered_and_their_times_can_be_so() -> None:
    numbers: dict[str, int] = {}
    opened_at: dict[str, int] = {}
    for deed in month():
        if not isinstance(deed, Sent):
            continue
        beacon: Beacon = deed.beacon
        assert beacon.n == numbers.get(beacon.tab_id, 0) + 1
        numbers[beacon.tab_id] = beacon.n
        for event in beacon.events:
            assert event.age >= 0
            if event.kind == "page_view":
                opened_at[beacon.tab_id] = deed.at
            else:
                assert 0 <= event.visible <= deed.at - opened_at[beacon.tab_id]


def test_about_as_many_come_as_were_asked_for() -> None:
    assert 0.9 < len(by_people()) / (PLAN.visitors_per_day * PLAN.days) < 1.3


def test_weekends_are_lower_and_nights_are_quiet() -> None:
    days = Counter(at.weekday() for at, _ in by_people())
    weekends = (days[5] + days[6]) / 2
    assert weekends < 0.9 * sum(days[number] for number in range(5)) / 5
    hours = Counter(at.hour for at, _ in by_people())
    assert sum(hours[hour] for hour in range(1, 6)) < 0.05 * sum(hours.values())


def test_phones_come_in_the_evening() -> None:
    def phones(first: int, last: int) -> float:
        found = [sent.user_agent for at, sent in by_people() if first <= at.hour < last]
        return sum("Mobile" in agent for agent in found) / len(found)

    assert phones(19, 24) > phones(9, 18) + 0.08


def test_six_of_a_hundred_visits_are_of_bots() -> None:
    bots = len(opened()) - len(by_people())
    assert 0.045 < bots / len(opened()) < 0.075


def test_three_of_ten_come_again_and_read_more() -> None:
    first = [sent.beacon for _, sent in by_people()]
    again = [beacon for beacon in first if beacon.context and beacon.context.visit > 1]
    assert 0.25 < len(again) / len(first) < 0.36
    views = Counter(
        deed.beacon.session_id
        for deed in month()
        if isinstance(deed, Sent)
        for event in deed.beacon.events
        if event.kind == "page_view"
    )
    returning = {beacon.session_id for beacon in again}
    new = {beacon.session_id for beacon in first} - returning

    def pages(sessions: set[str]) -> float:
        return sum(views[session] for session in sessions) / len(sessions)

    assert pages(returning) > 1.2 * pages(new)


def test_campaign_starts_on_its_day_and_doubles_its_source() -> None:
    assert (campaign_day(30), spread_day(30)) == (12, 19)
    before, after = Counter[bool](), Counter[bool]()
    for at, sent in by_people():
        day = (at.date() - PLAN.first).days + 1
        page = sent.beacon.events[0]
        telegram = sent.beacon.context is not None and "t.me" in sent.beacon.context.referrer
        if day == spread_day(30):
            continue
        if "kuz-aksiya" in page.url:
            assert day >= campaign_day(30)
        (after if day >= campaign_day(30) else before)[telegram] += 1
    share_before = before[True] / before.total()
    share_after = after[True] / after.total()
    assert 1.5 < (share_after / (1 - share_after)) / (share_before / (1 - share_before)) < 2.6


def test_one_day_stands_out_because_a_post_spreads() -> None:
    days = Counter((at.date() - PLAN.first).days + 1 for at, _ in by_people())
    assert max(days, key=lambda day: days[day]) == spread_day(30)


def test_people_come_again_soon_or_not_at_all() -> None:
    seen: dict[str, datetime] = {}
    away = []
    for at, sent in by_people():
        who = sent.beacon.visitor_id
        if who in seen and at - seen[who] > timedelta(hours=1):
            away.append((at - seen[who]).total_seconds() / 86_400)
        seen[who] = at
    away.sort()
    assert len(away) > 500
    assert 1 < away[len(away) // 2] < 4
    assert away[len(away) * 9 // 10] < 9


def test_nobody_waits_for_an_answer_for_days() -> None:
    waiting: dict[str, int] = {}
    for deed in month():
        if isinstance(deed, Wrote) and deed.kind == "message":
            waiting.setdefault(deed.visitor_id, deed.at)
        elif isinstance(deed, Answered):
            assert deed.at - waiting.pop(deed.visitor_id, deed.at) < 3 * 24 * 3_600_000
    assert all(at > PLAN.until - 3 * 24 * 3_600_000 for at in waiting.values())


def test_team_answers_in_its_hours_and_only_what_was_asked_or_offered() -> None:
    asked: set[str] = set()
    answers = 0
    for deed in month():
        if isinstance(deed, Wrote) and deed.kind == "message":
            asked.add(deed.visitor_id)
        elif isinstance(deed, Answered) and deed.kind == "message":
            answers += 1
            assert deed.proactive or deed.visitor_id in asked
            local = datetime.fromtimestamp(deed.at / 1000, UTC).astimezone(ZONE)
            assert local.hour >= 8
            if deed.proactive:
                assert local.hour < 22
    assert answers > 20


def test_short_histories_have_a_campaign_and_a_post_too() -> None:
    days = season(date(2026, 9, 1), 3, 50, random.Random(1))
    assert [bool(day.spread) for day in days] == [False, True, False]
