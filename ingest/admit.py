"""Claim to belief: an ordered list of named steps. Each passes the claim on or says why not.

The rules of the door. They know no engine and no clock; what they need is in the `Claim`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hozir.contract.beacon import Beacon, ClaimedEvent
from hozir.contract.event import Dimensions, Event, EventBatch
from hozir.contract.ids import SESSION_ID, TAB_ID, VISITOR_ID
from hozir.contract.site import Site
from ingest.clean import (
    NAME_LENGTH,
    VALUE_LENGTH,
    clean_props,
    clean_text,
    clean_title,
    clean_url,
    path_of,
    scrub,
)
from ingest.identity import believe_identity
from ingest.origin import is_allowed
from ingest.reject import Rejected

MAX_EVENTS = 50
MAX_AGE = 15 * 60_000
"""A beacon that waited longer in the tracker's queue is taken as so old."""
MAX_NUMBER = 2**31 - 1
DAY = 24 * 60 * 60_000


@dataclass(slots=True)
class Claim:
    """One beacon on its way through the steps."""

    beacon: Beacon
    site: Site
    origin: str
    """`Origin` header; empty when there is none, as from a server."""
    simulated: str
    """`X-Hozir-Simulated` header: `1`, `force`, or empty."""
    now: int
    """Milliseconds since 1970, by the door's clock."""
    learn: Callable[[Beacon, Site], Dimensions]
    """What the request tells beside its body; asked for page views alone."""


Step = Callable[[Claim], Rejected | None]


def check_simulated(claim: Claim) -> Rejected | None:
    """Generated visitors stay out of real sites, unless somebody insists."""
    if claim.simulated and not claim.site.simulated and claim.simulated != "force":
        return Rejected("simulated_traffic", f"{claim.site.site_key} is not for simulated visitors")
    return None


def check_origin(claim: Claim) -> Rejected | None:
    """A page elsewhere may not speak for this site."""
    if claim.origin and not is_allowed(claim.origin, claim.site):
        return Rejected("origin_not_allowed", claim.origin[:200])
    return None


def check_ids(claim: Claim) -> Rejected | None:
    """Ids have one form, so that none of them is a text of somebody's choosing."""
    beacon = claim.beacon
    if not VISITOR_ID.fullmatch(beacon.visitor_id):
        return Rejected("bad_id", "visitor_id")
    if not SESSION_ID.fullmatch(beacon.session_id):
        return Rejected("bad_id", "session_id")
    if not TAB_ID.fullmatch(beacon.tab_id):
        return Rejected("bad_id", "tab_id")
    if not 1 <= beacon.n <= MAX_NUMBER:
        return Rejected("bad_id", "n")
    return None


def check_events(claim: Claim) -> Rejected | None:
    """At least one event, at most fifty."""
    count = len(claim.beacon.events)
    if count == 0:
        return Rejected("no_events")
    return Rejected("too_many_events", str(count)) if count > MAX_EVENTS else None


STEPS: tuple[Step, ...] = (check_simulated, check_origin, check_ids, check_events)


def admit(claim: Claim) -> EventBatch | Rejected:
    """Return the believed events of a beacon, or why there are none."""
    for step in STEPS:
        if rejected := step(claim):
            return rejected
    beacon = claim.beacon
    has_page = any(event.kind == "page_view" for event in beacon.events)
    return EventBatch(
        site_key=claim.site.site_key,
        visitor_id=beacon.visitor_id,
        session_id=beacon.session_id,
        tab_id=beacon.tab_id,
        n=beacon.n,
        events=[believe(event, claim.now, claim.site) for event in beacon.events],
        dimensions=claim.learn(beacon, claim.site) if has_page else None,
        heartbeat_seconds=between(10, claim.site.heartbeat_seconds, 60),
    )


def believe(event: ClaimedEvent, now: int, site: Site) -> Event:
    """Return an event by the door's clock, with bounded numbers and clean text."""
    url = clean_url(event.url) if event.kind == "page_view" else ""
    props = (
        believe_identity(event.props, site.identity_secret)
        if event.kind == "identify"
        else clean_props(event.props)
        if event.props
        else {}
    )
    return Event(
        kind=event.kind,
        at=now - between(0, event.age, MAX_AGE),
        view=between(0, event.view, MAX_NUMBER),
        url=url,
        path=path_of(url) if url else "",
        title=clean_title(event.title) if event.title else "",
        visible=between(0, event.visible, DAY),
        scroll=between(0, event.scroll, 100),
        hidden=event.hidden,
        idle=between(0, event.idle, DAY),
        name=scrub(clean_text(event.name, NAME_LENGTH)) if event.name else "",
        target=scrub(clean_text(event.target, VALUE_LENGTH)) if event.target else "",
        props=props,
    )


def between(low: int, value: int, high: int) -> int:
    """Return `value`, moved into the bounds."""
    return low if value < low else high if value > high else value
