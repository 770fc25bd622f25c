"""What the door believes. Only `ingest/admit.py` builds these.

One `EventBatch` is one beacon and one record on topic `events`: the log's cost is per record.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hozir.contract.beacon import EventKind


class Dimensions(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the door learnt of the visitor's browser, place and way here. Empty means unknown."""

    ip: str = ""
    """Masked: the last octet, or all but the first 48 bits, are gone."""
    country: str = ""
    """ISO 3166 code."""
    region: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    timezone: str = ""
    device: str = ""
    """desktop, mobile, tablet, tv or bot."""
    os: str = ""
    os_version: str = ""
    browser: str = ""
    browser_version: str = ""
    model: str = ""
    screen: str = ""
    language: str = ""
    bot: str = ""
    """Why this is held to be a bot; empty for a person."""
    source: str = ""
    """`Google`, `Telegram`, `(direct)`, or the referring host."""
    medium: str = ""
    """organic, cpc, social, email, ai, referral, internal, (none), or `utm_medium`."""
    campaign: str = ""
    term: str = ""
    content: str = ""
    click_id: str = ""
    """The name of the click id that came along, as `gclid`; never its value."""
    referrer: str = ""
    visit: int = 1


class Event(msgspec.Struct, frozen=True, omit_defaults=True):
    """One believed fact. `at` is when it happened, by the door's clock."""

    kind: EventKind
    at: int
    view: int = 0
    url: str = ""
    """Scrubbed address with scheme and host."""
    path: str = ""
    """What people read: path and the harmless rest of the query."""
    title: str = ""
    visible: int = 0
    scroll: int = 0
    hidden: bool = False
    idle: int = 0
    name: str = ""
    target: str = ""
    props: dict[str, Any] = {}


class EventBatch(msgspec.Struct, frozen=True, omit_defaults=True):
    """All events of one beacon. `dimensions` comes with page views and is absent otherwise."""

    site_key: str
    visitor_id: str
    session_id: str
    """As the browser claims it; see `concluded_session_id`."""
    tab_id: str
    n: int
    """As the tracker counts; 0 in what the door itself saw of the tab, which always counts."""
    events: list[Event]
    dimensions: Dimensions | None = None
    heartbeat_seconds: int = 30
    """How often the tab says that it is there; twice as long a silence is gone."""
    end: str = ""
    """Concluded id of a session that somebody of the team ends; there is nothing else then, and
    the record goes to every partition, as nobody else knows where the session lives."""
