"""What the pipeline concludes about a session. Only `pipeline/` builds these.

A change carries the session as it stands after it: a reader that knows the session replaces what
it knows. Two things are told once, because repeating them was half of the bytes: `dimensions`, when
they are learnt, and the texts of a page, while it is the current one. `(session_id, seq)` names a
change: the same log gives the same changes, and one that was applied is known by its number.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hozir.contract.event import Dimensions

Presence = Literal["active", "away", "leaving", "offline"]
"""active and away and leaving are online. Leaving: the last tab has gone, the grace runs."""

ChangeKind = Literal[
    "opened",  # a session began; its visitor is online
    "presence",  # active, away, leaving or offline, or back
    "page_view",  # a page was opened or come back to
    "interaction",
    "custom",
    "identify",
    "ended",  # final; pages hold their final durations
]


class PageView(msgspec.Struct, omit_defaults=True, gc=False):
    """One page view of a session. Times in milliseconds of the log."""

    number: int
    """Counts the page views of the session from 1."""
    tab_id: str
    view: int
    url: str
    path: str
    title: str
    at: int
    visible: int = 0
    """Milliseconds that it was visible, as far as is known."""
    scroll: int = 0
    interactions: int = 0
    exit: bool = False
    """True for the last page of an ended session."""


class Session(msgspec.Struct, omit_defaults=True):
    """A session as far as is known. Times in milliseconds of the log."""

    session_id: str
    site_key: str
    visitor_id: str
    started_at: int
    last_seen_at: int
    """Last sign of life."""
    last_activity_at: int
    """Last page view, interaction, custom event, or return of the page to sight."""
    presence: Presence
    presence_since: int
    tabs: int
    """Tabs open now."""
    pages_viewed: int
    interactions: int
    visible: int
    """Milliseconds of visible time in all pages."""
    dimensions: Dimensions | None = None
    """With `opened`, or later if they came later; None means as told before."""
    identity: dict[str, Any] = {}
    """What the site said by `identify`; claimed."""
    ended_at: int | None = None


class Fact(msgspec.Struct, omit_defaults=True):
    """An interaction, custom event or identify, kept as it came."""

    kind: Literal["interaction", "custom", "identify"]
    at: int
    name: str = ""
    target: str = ""
    path: str = ""
    props: dict[str, Any] = {}


class Change(msgspec.Struct, omit_defaults=True):
    """One conclusion."""

    kind: ChangeKind
    seq: int
    """Counts the changes of the session from 0."""
    at: int
    """When it became so, in log time."""
    session: Session
    page: PageView | None = None
    """The page that the visitor is on, as it stands after the change."""
    from_path: str = ""
    """page_view: the page before."""
    settled: list[PageView] = []
    """Other page views that were altered since the last change (seen longer, scrolled deeper).
    Their url, path and title are empty where they are as told before."""
    fact: Fact | None = None
