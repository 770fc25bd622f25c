"""Which conversations somebody looks for: by state, by whose they are, by words and names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from api.facts import Facts
from api.present import claimed
from hozir.contract.ids import visitor_number
from warehouse import conversation_reads as reads
from warehouse.connection import Connection
from warehouse.conversations import Conversation, Status


@dataclass(frozen=True)
class Wanted:
    """What is looked for; all of it must hold."""

    text: str
    status: Status | None
    assignee: str | None
    unassigned: bool
    limit: int


def search(
    warehouse: Connection,
    facts: Callable[[str, str], Facts],
    site_key: str,
    wanted: Wanted,
    before: Conversation | None,
) -> list[Conversation]:
    """Return conversations of a site, latest word first, behind `before` if it is given."""
    return reads.newest(
        warehouse,
        site_key,
        status=wanted.status,
        assignee=wanted.assignee,
        unassigned=wanted.unassigned,
        within=_matching(warehouse, facts, site_key, wanted.text) if wanted.text else None,
        before=before,
        limit=wanted.limit,
    )


def _matching(
    warehouse: Connection, facts: Callable[[str, str], Facts], site_key: str, text: str
) -> set[str]:
    """Return the conversations in which a text was said, or whose visitor it names."""
    sought = text.casefold()
    number = sought.lstrip("#")
    named = {
        visitor_id
        for visitor_id, identity in reads.identities(warehouse, site_key, _as_in_json(text))
        if _names(identity, sought)
    }
    found = reads.said(warehouse, site_key, text)
    for conversation_id, visitor_id in reads.who_wrote(warehouse, site_key):
        known = facts(site_key, visitor_id)
        if (
            visitor_id in named
            or sought in (known.name or "").casefold()
            or sought in (known.email or "").casefold()
            or (number.isdecimal() and str(visitor_number(visitor_id)) == number)
        ):
            found.add(conversation_id)
    return found


def _names(identity: str, sought: str) -> bool:
    told = msgspec.json.decode(identity)
    return any(sought in (claimed(told, name) or "").casefold() for name in ("name", "email"))


def _as_in_json(text: str) -> str:
    return msgspec.json.encode(text).decode()[1:-1]
