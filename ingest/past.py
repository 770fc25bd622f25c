"""The door for a history: the same rules, asked with the moment at which something arrived."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from hozir.contract.errors import Misconfigured
from hozir.contract.event import EventBatch
from hozir.contract.message import Message
from hozir.contract.site import Site
from hozir.generator.deeds import Sent, Wrote
from ingest.admit import Claim, admit
from ingest.admit_reply import ClaimedReply, ReplyClaim, admit_reply
from ingest.geo import GeoReader
from ingest.learn import Learner
from ingest.reject import Rejected

Believed = TypeVar("Believed", EventBatch, Message)


class PastDoor:
    """Believes what generated visitors say to one site.

    Everything here raises Misconfigured if the door does not let it in.
    """

    def __init__(self, site: Site, geo_database: str = "") -> None:
        """Raises Misconfigured when the geo database cannot be used."""
        self._site = site
        self._geo = GeoReader(Path(geo_database) if geo_database else None)

    def take(self, sent: Sent) -> EventBatch:
        """Return the believed events of a beacon."""
        claim = Claim(
            beacon=sent.beacon,
            site=self._site,
            origin="",
            simulated="force",
            now=sent.at,
            learn=Learner(self._geo, sent.address, sent.user_agent),
        )
        return _let_in(admit(claim))

    def take_reply(self, wrote: Wrote) -> Message:
        """Return the record of what a visitor's page said in a conversation."""
        reply = ClaimedReply(
            kind=wrote.kind,
            visitor_id=wrote.visitor_id,
            token=wrote.token,
            id=wrote.id,
            session_id=wrote.session_id,
            text=wrote.text,
        )
        return _let_in(admit_reply(ReplyClaim(reply, self._site, origin="", now=wrote.at)))


def _let_in(believed: Believed | Rejected) -> Believed:
    if isinstance(believed, Rejected):
        raise Misconfigured(
            f"the door refuses what is generated: {believed.reason} {believed.detail}"
        )
    return believed
