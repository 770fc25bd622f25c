"""Which changes count, and what they come to: the rules of the writer, as a pure function.

A change counts iff its seq is greater than the one its session has, so that a batch applied
twice, cut differently or replayed from the beginning leaves the same tables.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import msgspec

from hozir.contract.change import Change, PageView, Session
from hozir.contract.event import Dimensions
from warehouse.rows import Row, event_row, session_row


class Known(NamedTuple):
    """What the writer remembers of a session; `seq` of an ended one is beyond any change."""

    seq: int
    presence: str


@dataclass
class Batch:
    known: dict[str, Known] = field(default_factory=dict)
    sessions: dict[str, Row] = field(default_factory=dict)
    dimensions: dict[str, Dimensions] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)
    pages: dict[tuple[str, int], PageView] = field(default_factory=dict)
    page_sessions: dict[tuple[str, int], Session] = field(default_factory=dict)
    events: list[Row] = field(default_factory=list)
    presence: list[Row] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)

    def add_session(self, change: Change) -> None:
        session = change.session
        if session.dimensions is not None:
            self.dimensions[session.session_id] = session.dimensions
        elif (told := self.dimensions.get(session.session_id)) is not None:
            session = msgspec.structs.replace(session, dimensions=told)
        if change.page is not None and change.page.path:
            self.entries.setdefault(session.session_id, change.page.path)
        entry = self.entries.get(session.session_id)
        self.sessions[session.session_id] = session_row(session, change.seq, change.page, entry)

    def add_pages(self, change: Change) -> None:
        for page in (*change.settled, *((change.page,) if change.page else ())):
            key = (change.session.session_id, page.number)
            told = self.pages.get(key)
            if told is not None and not page.path:
                page = msgspec.structs.replace(page, url=told.url, path=told.path, title=told.title)
            self.pages[key] = page
            self.page_sessions[key] = change.session


ENDED = Known(2**63, "offline")


def gather(
    changes: Sequence[Change], everybody: Mapping[str, Known], history: Container[str]
) -> tuple[Batch, int]:
    """Return what a batch of changes writes, and how many of them are new.

    `everybody` is what is known of live sessions; `history` holds those that have ended already.
    """
    batch = Batch()
    applied = 0
    for change in changes:
        session = change.session
        session_id = session.session_id
        known = batch.known.get(session_id) or everybody.get(session_id)
        if known is None and session_id in history:
            continue
        if known is not None and change.seq <= known.seq:
            continue
        applied += 1
        before = known.presence if known else None
        if session.presence != before:
            batch.presence.append(
                (
                    session.site_key,
                    session.visitor_id,
                    session_id,
                    change.at,
                    session.presence,
                    before,
                )
            )
        batch.add_session(change)
        batch.add_pages(change)
        if change.fact:
            batch.events.append(event_row(session, change.fact))
        if change.kind == "ended":
            batch.ended.append(session_id)
            batch.known[session_id] = ENDED
        else:
            batch.known[session_id] = Known(change.seq, session.presence)
    return batch, applied
