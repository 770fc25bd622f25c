"""Conversations and messages as the API tells them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from api.accounts import Accounts, User
from api.conversations import shown_name
from api.hub import Hub
from api.live_view import Live
from api.present import present_visitor, timestamp
from hozir.contract.change import PageView, Session
from warehouse import conversation_reads as reads
from warehouse.connection import Connection
from warehouse.conversation_reads import Counts, LastSeen, last_messages, last_seen
from warehouse.conversations import Conversation, Line


def present_message(line: Line, conversation: Conversation) -> dict[str, Any]:
    """Return a message or a note, for the team."""
    if line.author == "visitor":
        state = "seen" if line.number <= conversation.team_read else "delivered"
    elif line.number <= conversation.seen:
        state = "seen"
    else:
        state = "delivered" if line.number <= conversation.delivered else "sent"
    return {
        "id": line.id,
        "conversation_id": line.conversation_id,
        "number": line.number,
        "at": timestamp(line.happened_at),
        "author": line.author,
        "author_id": user_id_of(line.author_id),
        "author_name": line.author_name,
        "text": line.text,
        "state": state,
        "detail": line.detail,
    }


def present_lite(conversation: Conversation, last: Line | None) -> dict[str, Any]:
    """Return a conversation without its visitor and assignee."""
    waiting = conversation.waiting_since
    return {
        "id": conversation.conversation_id,
        "site_key": conversation.site_key,
        "status": conversation.status,
        "opened_at": timestamp(conversation.opened_at),
        "started_by": conversation.started_by,
        "last_at": timestamp(conversation.last_at),
        "waiting_since": None if waiting is None else timestamp(waiting),
        "unread": conversation.unread,
        "messages": conversation.messages,
        "last_message": last and present_message(last, conversation),
    }


def conversations_of(
    warehouse: Connection, site_key: str, visitor_ids: Collection[str]
) -> list[dict[str, Any]]:
    """Return the conversations of some visitors, newest first, as `present_lite`. Waits."""
    if not visitor_ids:
        return []
    found = reads.conversations_of(warehouse, site_key, visitor_ids)
    last = last_messages(warehouse, [one.conversation_id for one in found])
    return [present_lite(one, last.get(one.conversation_id)) for one in found]


def present_counts(counts: Counts) -> dict[str, int]:
    """Return a site's figures."""
    return counts._asdict()


def present_presence(
    session: Session, page: PageView | None, *, typing: bool, now: int
) -> dict[str, Any]:
    """Return whether a visitor is there, and how."""
    visitor = present_visitor(session, page, [], now=now)
    online = visitor["is_online"]
    return {
        "is_online": online,
        "presence": session.presence,
        "last_seen_at": timestamp(session.last_seen_at),
        "tabs": session.tabs if online else 0,
        "looking": session.presence == "active",
        "typing": typing and online,
        "current_page": visitor["current_page"],
    }


class ConversationView:
    """Puts together what the warehouse, the live view and the accounts know. In the loop."""

    def __init__(self, hub: Hub, warehouse: Connection, accounts: Accounts) -> None:
        self._hub = hub
        self._warehouse = warehouse
        self._accounts = accounts

    async def conversations(
        self,
        site_key: str,
        found: Sequence[Conversation],
        language: str,
        last: Mapping[str, Line] | None = None,
    ) -> list[dict[str, Any]]:
        """Return conversations of a site, whole. `last` are their newest messages, if known."""
        live = {one.visitor_id: self._hub.view.find(site_key, one.visitor_id) for one in found}
        strangers = [visitor_id for visitor_id, session in live.items() if session is None]
        names, seen, newest = await run_in_threadpool(
            self._look_up, site_key, found, strangers, last
        )
        told = []
        for one in found:
            visitor = self._visitor(one, live[one.visitor_id], seen.get(one.visitor_id), language)
            assignee = user_id_of(one.assignee_id)
            told.append(
                present_lite(one, newest.get(one.conversation_id))
                | {
                    "visitor": visitor,
                    "assignee": None
                    if assignee is None
                    else {"id": assignee, "name": names.get(assignee, "")},
                }
            )
        return told

    async def presence(self, conversation: Conversation, *, typing: bool) -> dict[str, Any]:
        """Return whether the visitor of a conversation is there."""
        site_key, visitor_id = conversation.site_key, conversation.visitor_id
        session, page = _nobody(conversation), None
        live = self._hub.view.find(site_key, visitor_id)
        if live is not None:
            session, page = live.session, live.page
        else:
            known = await run_in_threadpool(last_seen, self._warehouse, site_key, [visitor_id])
            if visitor_id in known:
                seen, page = known[visitor_id]
                session = self._hub.view.put_right(seen)
        return present_presence(session, page, typing=typing, now=self._hub.clock())

    def _visitor(
        self, one: Conversation, live: Live | None, seen: LastSeen | None, language: str
    ) -> dict[str, Any]:
        session, page, pages = _nobody(one), None, []
        if live is not None:
            session, page, pages = live.session, live.page, live.shown_pages()
        elif seen is not None:
            session, page = self._hub.view.put_right(seen.session), seen.page
        visitor = present_visitor(
            session,
            page,
            pages,
            now=self._hub.clock(),
            language=language,
            facts=self._hub.view.facts(one.site_key, one.visitor_id),
        )
        return visitor | {"last_seen_at": timestamp(session.last_seen_at)}

    def _look_up(
        self,
        site_key: str,
        found: Sequence[Conversation],
        strangers: Sequence[str],
        last: Mapping[str, Line] | None,
    ) -> tuple[dict[int, str], dict[str, LastSeen], Mapping[str, Line]]:
        names: dict[int, str] = {}
        wanted = {user for one in found if (user := user_id_of(one.assignee_id)) is not None}
        if wanted:
            with self._accounts.open() as store:
                users = store.scalars(select(User).where(User.id.in_(wanted)))
                names = {user.id: shown_name(user) for user in users}
        seen = last_seen(self._warehouse, site_key, strangers)
        if last is None:
            last = last_messages(self._warehouse, [one.conversation_id for one in found])
        return names, seen, last


def _nobody(one: Conversation) -> Session:
    """Return what stands for the visit of somebody whose visits are not kept (any more)."""
    return Session(
        session_id="",
        site_key=one.site_key,
        visitor_id=one.visitor_id,
        started_at=one.opened_at,
        last_seen_at=one.last_at,
        last_activity_at=one.last_at,
        presence="offline",
        presence_since=one.last_at,
        tabs=0,
        pages_viewed=0,
        interactions=0,
        visible=0,
    )


def user_id_of(text: str | None) -> int | None:
    """Return the number of a user as the rest of the API knows it."""
    return int(text) if text and text.isdecimal() and text.isascii() else None
