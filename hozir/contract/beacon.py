"""What a browser claims: the body of one `POST /e/{site_key}`.

Nothing here is believed. Unknown fields are ignored, so that an old door takes a newer tracker.
Lengths are cut by the door (`ingest/admit.py`), not here.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

EventKind = Literal[
    "page_view", "heartbeat", "leave", "visibility", "interaction", "custom", "identify"
]


class Context(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the tracker knows of the browser; sent with each page view's beacon."""

    language: str = ""
    """`navigator.languages`, joined by commas."""
    screen: str = ""
    """`1920x1080`, in CSS pixels."""
    timezone: str = ""
    """IANA name from `Intl.DateTimeFormat`."""
    referrer: str = ""
    """`document.referrer`, scrubbed."""
    platform_version: str = ""
    """Client hint; tells Windows 11 from 10."""
    model: str = ""
    """Client hint; the true model of an Android device."""
    touch: int = 0
    """`navigator.maxTouchPoints`; tells an iPad from a Mac."""
    webdriver: bool = False
    """`navigator.webdriver`; true in automated browsers."""
    visit: int = 1
    """Which visit of this browser it is, counted by the browser."""


class ClaimedEvent(msgspec.Struct, frozen=True, omit_defaults=True):
    """One fact from the browser. `kind` says which fields mean something."""

    kind: EventKind
    age: int = 0
    """Milliseconds between the event and the sending, by the monotonic clock."""
    view: int = 0
    """Which page view of its tab this belongs to, counted from 1."""
    url: str = ""
    """page_view: full address of the page, scrubbed."""
    title: str = ""
    visible: int = 0
    """Milliseconds that this page view has been visible so far."""
    scroll: int = 0
    """Deepest part of the page seen so far, in percent."""
    hidden: bool = False
    """True while the tab is hidden (heartbeat, visibility, page_view)."""
    idle: int = 0
    """Milliseconds since the last input in this tab (heartbeat, visibility)."""
    name: str = ""
    """interaction: click, download, outbound, form_view, form_submit; custom: its name."""
    target: str = ""
    """interaction: what was touched, as `button.cta-pricing` or an address."""
    props: dict[str, Any] = {}
    """custom: its properties; identify: id, name, email, phone, traits, hash."""


class Beacon(msgspec.Struct, frozen=True, omit_defaults=True):
    """The envelope: who, in which tab, which beacon of the tab, and up to 50 events."""

    visitor_id: str
    session_id: str
    tab_id: str
    n: int
    """Counts the beacons of a tab from 1, so that one sent twice counts once."""
    events: list[ClaimedEvent]
    context: Context | None = None
