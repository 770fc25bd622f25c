"""Believed events for tests of the pipeline: valid by default, one line each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from hozir.contract.change import Change
from hozir.contract.codec import decode_change, encode
from hozir.contract.event import Dimensions, Event, EventBatch

T0 = 1_800_000_000_000
"""A moment in milliseconds, for logs to begin at."""
SECOND = 1_000
MINUTE = 60 * SECOND


def an_id(prefix: str, number: int) -> str:
    return f"{prefix}_{UUID(int=number)}"


def page_view(path: str = "/", at: int = T0, **more: Any) -> Event:
    fields: dict[str, Any] = {"url": f"https://shop.example{path}", "path": path, "title": path}
    return Event(kind="page_view", at=at, **{"view": 1} | fields | more)


def heartbeat(at: int = T0, **more: Any) -> Event:
    return Event(kind="heartbeat", at=at, **({"view": 1} | more))


def leave(at: int = T0, **more: Any) -> Event:
    return Event(kind="leave", at=at, **({"view": 1} | more))


def visibility(hidden: bool, at: int = T0, **more: Any) -> Event:
    return Event(kind="visibility", at=at, hidden=hidden, **({"view": 1} | more))


def click(at: int = T0, **more: Any) -> Event:
    return Event(kind="interaction", at=at, name="click", target="button.cta", view=1, **more)


def a_batch(
    *events: Event,
    n: int = 1,
    tab: int = 1,
    session: int = 1,
    visitor: int = 1,
    site: str = "demo",
    heartbeat_seconds: int = 30,
) -> EventBatch:
    has_page = any(event.kind == "page_view" for event in events)
    return EventBatch(
        site_key=site,
        visitor_id=an_id("v", visitor),
        session_id=an_id("s", session),
        tab_id=an_id("t", tab),
        n=n,
        events=list(events),
        dimensions=Dimensions(country="UZ", device="desktop") if has_page else None,
        heartbeat_seconds=heartbeat_seconds,
    )


def as_told(changes: list[Change]) -> list[Change]:
    """Return changes as a reader of the log gets them."""
    return [decode_change(encode(change)) for change in changes]
