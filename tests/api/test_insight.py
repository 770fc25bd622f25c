"""The rules of insight: one table of what each says and what it keeps silent about."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.insight import DAY, MINUTE, RULES, Insight, SeenPage, Story, insight
from dashboards.texts import LANGUAGES, texts
from hozir.contract.change import PageView, Session
from hozir.contract.event import Dimensions
from tests.factories import NOON, a_page, a_session

NOW = NOON + 60 * MINUTE


def told(*pages: PageView, others: tuple[tuple[int, str], ...] = (), **more: Any) -> Insight | None:
    """Return the insight on a visit of these pages, oldest first; others are `(days ago, path)`."""
    known = {"visit": len(others) + 1} | more
    visit = a_session(1, started_at=NOON, last_seen_at=NOW, dimensions=Dimensions(**known))
    before, seen = [], []
    for number, (days, path) in enumerate(others, 2):
        at = NOON - days * DAY
        one = a_session(number, 1, started_at=at, last_seen_at=at + MINUTE)
        before.append(one)
        seen.append(SeenPage(a_page(1, path, at=at), one.session_id))
    mine = [SeenPage(page, visit.session_id) for page in reversed(pages)]
    return insight(Story(visit, [visit, *before], [*mine, *seen]))


def page(path: str, number: int = 1, **more: Any) -> PageView:
    return a_page(number, path, **({"title": ""} | more))


def paths(*some: str, **more: Any) -> list[PageView]:
    return [page(path, number, **more) for number, path in enumerate(some, 1)]


@pytest.mark.parametrize(
    ("pages", "more", "rule", "values"),
    [
        ([page("/pricing", visible=5 * MINUTE)], {}, "high_intent", {"minutes": 5, "n": 1}),
        ([page("/pricing", visible=5 * MINUTE - 1)], {}, None, {}),
        (paths("/narxlar", "/", "/narxlar", visible=150_000), {}, "high_intent", {"minutes": 5}),
        ([page("/%D1%86%D0%B5%D0%BD%D1%8B", visible=5 * MINUTE)], {}, "high_intent", {}),
        ([page("/x", title="Тарифы", visible=5 * MINUTE)], {}, "high_intent", {"page": "Тарифы"}),
        ([page("/tariff", visible=5 * MINUTE)], {}, "high_intent", {"page": "/tariff"}),
        ([page("/planets", visible=5 * MINUTE)], {}, None, {}),
        ([page("/центр", visible=5 * MINUTE)], {}, None, {}),
        ([page("/x", title="Phone, narxi", visible=5 * MINUTE)], {}, None, {}),
        ([page("/blog?sort=price", visible=5 * MINUTE)], {}, None, {}),
        ([page("/pricing")], {"others": ((1, "/pricing"), (6, "/pricing"))}, "high_intent",
         {"n": 3, "minutes": 1}),
        ([page("/pricing")], {"others": ((1, "/pricing"), (8, "/pricing"))}, None, {}),
        ([page("/pricing")], {"others": ((1, "/pricing"), (2, "/"))}, "returning", {"n": 3}),
        ([page("/")], {"others": ((1, "/pricing"), (2, "/pricing"), (3, "/pricing"))},
         "returning", {"n": 4}),
        ([page("/cart", visible=2 * MINUTE)], {}, "checkout_stuck", {"seconds": 120}),
        ([page("/savatcha", visible=2 * MINUTE)], {}, "checkout_stuck", {}),
        ([page("/tolov", visible=2 * MINUTE)], {}, "checkout_stuck", {}),
        ([page("/cart", visible=2 * MINUTE, interactions=1)], {}, None, {}),
        ([page("/cart", visible=2 * MINUTE - 1)], {}, None, {}),
        ([page("/cart", visible=2 * MINUTE), page("/thanks", 2)], {}, None, {}),
        (paths("/pricing", "/cart", visible=6 * MINUTE), {}, "checkout_stuck", {"page": "/cart"}),
        (paths("/help/a", "/help/b"), {}, "searching_help", {"n": 2, "page": "/help/b"}),
        (paths("/help/a", "/help/a"), {}, None, {}),
        (paths("/product/1", "/product/2", "/mahsulotlar"), {}, "comparing", {"n": 3}),
        (paths("/product/1", "/product/2", "/product/1"), {}, None, {}),
        (paths("/a", "/b", "/c", scroll=60), {}, "reading_deeply", {"n": 3, "percent": 60}),
        (paths("/a", "/b", "/c", scroll=59), {}, None, {}),
        (paths("/a", "/b", "/a", scroll=90), {}, None, {}),
        ([page("/")], {"others": ((40, "/"),)}, "long_absence", {"n": 39}),
        ([page("/")], {"others": ((20, "/"), (40, "/"))}, None, {}),
        ([page("/")], {"campaign": "navruz", "source": "Telegram"}, "campaign_arrival",
         {"campaign": "navruz"}),
        ([page("/")], {"campaign": "navruz", "visit": 2}, None, {}),
        ([page("/pricing", visible=9 * MINUTE)], {"bot": "curl"}, None, {}),
        ([], {}, None, {}),
    ],
)  # fmt: skip
def test_what_a_visit_means(
    pages: list[PageView], more: dict[str, Any], rule: str | None, values: dict[str, Any]
) -> None:
    found = told(*pages, **more)
    assert (found.rule if found else None) == rule
    if found:
        assert found.values.items() >= values.items()


def test_every_rule_has_its_reason_and_its_sentences() -> None:
    for rule in RULES:
        assert rule.__doc__
        for language in LANGUAGES:
            assert f"insight.{rule.__name__}" in texts(language)
            assert f"insight.{rule.__name__}.why" in texts(language)
    keys = {key.split(".")[1] for key in texts("en") if key.startswith("insight.")}
    assert keys == {rule.__name__ for rule in RULES}


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_a_sentence_needs_nothing_that_the_rule_does_not_give(language: Any) -> None:
    examples = [
        told(page("/cart", visible=2 * MINUTE)),
        told(page("/pricing", visible=5 * MINUTE)),
        told(*paths("/help/a", "/help/b")),
        told(*paths("/product/1", "/product/2", "/product/3")),
        told(page("/"), others=((40, "/"),)),
        told(*paths("/a", "/b", "/c", scroll=60)),
        told(page("/"), others=((1, "/"), (2, "/"))),
        told(page("/"), campaign="navruz"),
    ]
    for example in examples:
        assert example
        why = texts(language)[f"insight.{example.rule}.why"]
        for form in why.values() if isinstance(why, dict) else [why]:
            assert form.format(**example.values)
        assert isinstance(why, str) or "n" in example.values
    assert [one.rule for one in examples if one] == [rule.__name__ for rule in RULES]


SOME_PAGES = st.lists(
    st.builds(
        lambda path, title, visible, scroll, interactions, number, session: SeenPage(
            a_page(number, path, title=title, visible=visible, scroll=scroll,
                   interactions=interactions),
            f"s_{session}",
        ),
        st.text() | st.sampled_from(["/pricing", "/cart", "/help", "/product/1", "/%FF%", ""]),
        st.text(),
        st.integers(0, 10**9),
        st.integers(0, 100),
        st.integers(0, 5),
        st.integers(1, 50),
        st.integers(1, 4),
    ),
    max_size=8,
)  # fmt: skip


@given(SOME_PAGES, st.lists(st.integers(0, 10**13), max_size=5), st.integers(0, 10**13))
def test_no_visit_makes_a_rule_stumble(
    seen: list[SeenPage], starts: list[int], last_seen: int
) -> None:
    visits: list[Session] = [
        a_session(number, started_at=at, last_seen_at=at) for number, at in enumerate(starts, 1)
    ]
    story = Story(a_session(1, last_seen_at=last_seen), visits, seen)
    found = insight(story)
    assert found is None or found.rule in {rule.__name__ for rule in RULES}
