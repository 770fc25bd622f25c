"""Visits that are over, or nearly: told in short, written as the pipeline tells them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hozir.contract.change import Change, Fact
from hozir.contract.event import Dimensions
from tests.factories import a_change, a_page, a_session

SECOND = 1_000
HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass(frozen=True)
class Read:
    """A page view: so long after the start, so long in sight."""

    path: str
    after: int = 0
    visible: int = 0
    scroll: int = 0


@dataclass(frozen=True)
class Told:
    """One visit. Times in milliseconds."""

    number: int
    visitor: int
    start: int
    reads: Sequence[Read]
    length: int = 0
    site: str = "demo"
    ended: bool = True
    bot: str = ""
    source: str = "Google"
    country: str = "UZ"
    city: str = "Tashkent"
    device: str = "desktop"
    events: Sequence[tuple[str, int]] = ()
    """Names, and how long after the start."""

    @property
    def visible(self) -> int:
        """Milliseconds of all pages."""
        return sum(read.visible for read in self.reads)


def changes_of(told: Told) -> list[Change]:
    """Return what the pipeline says of a visit, in its order."""
    dimensions = Dimensions(
        source=told.source,
        country=told.country,
        city=told.city,
        device=told.device,
        bot=told.bot,
    )
    pages = [
        a_page(number, read.path, at=told.start + read.after)
        for number, read in enumerate(told.reads, 1)
    ]
    read_through = [
        a_page(
            number,
            read.path,
            at=told.start + read.after,
            visible=read.visible,
            scroll=read.scroll,
            exit=told.ended and number == len(pages),
        )
        for number, read in enumerate(told.reads, 1)
    ]
    found: list[Change] = []

    def say(kind: str, at: int, viewed: int, **more: object) -> None:
        session = a_session(
            told.number,
            told.visitor,
            site_key=told.site,
            started_at=told.start,
            last_seen_at=at,
            pages_viewed=viewed,
            dimensions=dimensions if kind == "opened" else None,
            visible=told.visible if kind in ("ended", "presence") else 0,
            ended_at=at if kind == "ended" else None,
            presence="offline" if kind == "ended" else "active",
        )
        told_pages = {"page": pages[viewed - 1], "at": at} | more
        found.append(a_change(kind, len(found), session, **told_pages))  # type: ignore[arg-type]

    for number, read in enumerate(told.reads, 1):
        say("opened" if number == 1 else "page_view", told.start + read.after, number)
    last = len(pages)
    for name, after in told.events:
        at = told.start + after
        fact = Fact(kind="custom", at=at, name=name, path=pages[-1].path)
        say("custom", max(at, found[-1].at), last, fact=fact)
    say(
        "ended" if told.ended else "presence",
        told.start + told.length,
        last,
        page=read_through[-1],
        settled=read_through[:-1],
    )
    return found


def in_order(visits: Iterable[Told]) -> list[Change]:
    """Return all changes as a log tells them."""
    found = [change for told in visits for change in changes_of(told)]
    return sorted(found, key=lambda change: (change.at, change.session.session_id, change.seq))
