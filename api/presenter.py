"""A visitor as screens are told, made once for all who are told within a moment.

A hundred screens that open at once, or hear of the same click, are told the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from api.facts import Facts
from api.live_view import Live, LiveView
from api.present import present_visitor

STANDS_MS = 250
"""For so long durations may stand still. Screens count on by themselves."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Presented:
    """A visitor in one language."""

    live: Live
    facts: Facts
    told: dict[str, Any]
    encoded: msgspec.Raw
    """`told` as JSON."""


class Presenter:
    """Belongs to the event loop, as the live view does."""

    def __init__(self, view: LiveView) -> None:
        self._view = view
        self._since = 0
        self._made: dict[tuple[str, str], Presented] = {}

    def visitor(self, live: Live, language: str, now: int) -> Presented:
        """Return the visitor of a session, as of `now` or up to STANDS_MS before."""
        if not 0 <= now - self._since < STANDS_MS:
            self._since = now
            self._made.clear()
        session = live.session
        facts = self._view.facts(session.site_key, session.visitor_id)
        key = (session.session_id, language)
        made = self._made.get(key)
        if made is None or made.live is not live or made.facts is not facts:
            told = present_visitor(
                session, live.page, live.shown_pages(), now=now, language=language, facts=facts
            )
            made = self._made[key] = Presented(live, facts, told, msgspec.Raw(_encode(told)))
        return made
