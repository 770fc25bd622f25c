"""What a visit means to a team, in one sentence: the rules, all of them, in the order asked.

Each is a pure function of the visits; the first that says something is the insight. What it says
is its name and the values for its sentence, which the screens have in three languages under
`insight.<rule>` and `insight.<rule>.why`; `n` is what the sentence counts by.

A page is known by the words of its path and the first of its title, in Uzbek, Russian and
English. "This visit" is the one now, or the last one of somebody who has left; "now" is its last
sign of life.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol
from urllib.parse import unquote

from hozir.contract.change import PageView, Session

SECOND = 1_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE

LATELY = 7 * DAY
LONG_LOOK = 5 * MINUTE
STUCK = 2 * MINUTE
OFTEN = 3
DEEP = 60
"""Percent of a page scrolled."""
LONG_AWAY = 30 * DAY


class SeenPage(NamedTuple):
    """A page view, and in which visit."""

    page: PageView
    session_id: str


class Visit(Protocol):
    """Any visit."""

    @property
    def session_id(self) -> str:
        """Its id."""

    @property
    def started_at(self) -> int:
        """In milliseconds since 1970."""

    @property
    def last_seen_at(self) -> int:
        """In milliseconds since 1970."""


class Insight(NamedTuple):
    """What a rule found."""

    rule: str
    values: dict[str, Any]
    """Numbers and plain texts; texts come from the internet."""


@dataclass(frozen=True)
class Story:
    """What the rules look at."""

    visit: Session
    """This visit."""
    visits: Sequence[Visit]
    """All that are known of lately, this one among them, of all browsers of a proven person."""
    seen: Sequence[SeenPage]
    """The pages of these visits, newest first."""

    @cached_property
    def pages(self) -> list[PageView]:
        """The pages of this visit, newest first."""
        return [one.page for one in self.seen if one.session_id == self.visit.session_id]

    @cached_property
    def recent(self) -> set[str]:
        """Ids of the visits that began within seven days before now."""
        since = self.visit.last_seen_at - LATELY
        return {one.session_id for one in (*self.visits, self.visit) if one.started_at >= since}


Rule = Callable[[Story], dict[str, Any] | None]


def checkout_stuck(story: Story) -> dict[str, Any] | None:
    """On a cart, order or payment page, in sight for 2 minutes and touched by nothing.

    They want to buy and something holds them: help is worth most here. Only the page that they
    are on counts, as who went on is not stuck.
    """
    if not story.pages or not _is_about(_CHECKOUT, page := story.pages[0]):
        return None
    if page.visible < STUCK or page.interactions:
        return None
    return _on(page, page.visible)


def high_intent(story: Story) -> dict[str, Any] | None:
    """5 minutes in sight of one page of prices, or prices looked at in 3 visits within 7 days.

    Prices are read closely by those who weigh a purchase; a greeting now is welcome. `n` counts
    the visits.
    """
    mine = [page for page in story.pages if _is_about(_PRICES, page)]
    if not mine:
        return None
    looked = {
        one.session_id
        for one in story.seen
        if one.session_id in story.recent and _is_about(_PRICES, one.page)
    }
    spent: dict[str, int] = {}
    for page in mine:
        spent[page.path] = spent.get(page.path, 0) + page.visible
    longest = max(mine, key=lambda page: spent[page.path])
    if spent[longest.path] < LONG_LOOK and len(looked) < OFTEN:
        return None
    return _on(longest, spent[longest.path]) | {"n": len(looked)}


def searching_help(story: Story) -> dict[str, Any] | None:
    """2 pages of help, questions or support in this visit.

    They look for an answer and have not found it on the first page.
    """
    found = _different(_HELP, story.pages)
    return _on(found[0], found[0].visible) | {"n": len(found)} if len(found) >= 2 else None


def comparing(story: Story) -> dict[str, Any] | None:
    """3 different pages of products, services or features in this visit.

    They choose among several; advice helps them to decide.
    """
    found = _different(_PRODUCTS, story.pages)
    return _on(found[0], found[0].visible) | {"n": len(found)} if len(found) >= OFTEN else None


def long_absence(story: Story) -> dict[str, Any] | None:
    """Back after 30 days or more without a visit.

    Something brought them back; what has changed since is news to them. `n` counts the days.
    """
    before = [one.last_seen_at for one in story.visits if one.started_at < story.visit.started_at]
    away = story.visit.started_at - max(before) if before else 0
    return {"n": away // DAY, "days": away // DAY} if away >= LONG_AWAY else None


def reading_deeply(story: Story) -> dict[str, Any] | None:
    """3 different pages of this visit read to 60 % of their length or further.

    They do not skim: the subject matters to them.
    """
    deep = {page.path for page in story.pages if page.scroll >= DEEP}
    return {"n": len(deep), "percent": DEEP} if len(deep) >= OFTEN else None


def returning(story: Story) -> dict[str, Any] | None:
    """3 visits within 7 days.

    They keep coming back and have not done yet what they came for.
    """
    visits = len(story.recent)
    return {"n": visits, "days": LATELY // DAY} if visits >= OFTEN else None


def campaign_arrival(story: Story) -> dict[str, Any] | None:
    """The first visit ever, and a campaign (`utm_campaign`) brought it.

    What the campaign promised is what they look for.
    """
    known = story.visit.dimensions
    if known is None or not known.campaign or known.visit != 1 or len(story.visits) > 1:
        return None
    return {"campaign": known.campaign, "source": known.source}


RULES: tuple[Rule, ...] = (
    checkout_stuck,
    high_intent,
    searching_help,
    comparing,
    long_absence,
    reading_deeply,
    returning,
    campaign_arrival,
)
"""The most urgent first."""


def insight(story: Story) -> Insight | None:
    """Return what the first rule finds that finds something; never of a bot."""
    if story.visit.dimensions is not None and story.visit.dimensions.bot:
        return None
    for rule in RULES:
        values = rule(story)
        if values is not None:
            return Insight(rule.__name__, values)
    return None


def _on(page: PageView, visible: int) -> dict[str, Any]:
    return {
        "page": page.title or page.path,
        "url": page.path,
        "seconds": visible // SECOND,
        "minutes": max(1, round(visible / MINUTE)),
    }


def _words(*texts: str) -> re.Pattern[str]:
    """Match any word that begins so; one that ends in `.` must be the whole word."""
    ends = (
        re.escape(text[:-1]) + r"(?![^\W\d_])" if text.endswith(".") else text for text in texts
    )
    return re.compile(rf"(?<![^\W\d_])(?:{'|'.join(ends)})", re.IGNORECASE)


_PRICES = _words(
    *("pricing", "price.", "prices.", "tarif", "plan.", "plans.", "narx"),
    *("цена.", "цены.", "цен.", "прайс", "тариф", "стоимост"),
)
_CHECKOUT = _words(
    *(
        "cart.",
        "basket.",
        "checkout",
        "payment",
        "order.",
        "savat",
        "buyurtma",
        "tolov",
        "to[ʻ‘'`]lov",
    ),
    *("korzina", "корзин", "оформлени", "оплат", "заказ."),
)
_HELP = _words(
    *("help", "support", "faq", "yordam", "savol", "qollab", "qo[ʻ‘'`]llab"),
    *("помощь", "поддержк", "вопрос"),
)
_PRODUCTS = _words(
    *("product", "feature", "service", "mahsulot", "tovar", "xizmat", "imkoniyat"),
    *("товар", "продукт", "услуг", "возможност"),
)


def _is_about(words: re.Pattern[str], page: PageView) -> bool:
    path = page.path.partition("?")[0]
    # Every second title holds the word for price somewhere; one that begins so is about it.
    return bool(words.search(unquote(path)) or words.match(page.title.strip()))


def _different(words: re.Pattern[str], pages: Sequence[PageView]) -> list[PageView]:
    found: dict[str, PageView] = {}
    for page in pages:
        if _is_about(words, page):
            found.setdefault(page.path.partition("?")[0], page)
    return list(found.values())
