"""What the routes stand on: everything that one web process holds open, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.accounts import Accounts
from api.checkup import Checkup
from api.contacts import Contacts
from api.conversation_view import ConversationView
from api.conversations import Conversations
from api.correspondent import Correspondent
from api.gate import PERSON
from api.hub import Hub
from api.inbox_hub import InboxHub
from api.loader import Loader
from api.oidc import Oidc
from api.people import People
from api.problem import Problem
from api.report_pool import ReportPool
from api.retention import Keeper
from api.sign_in import Person, SignIns
from api.snapshots import Snapshots
from api.sql import Statements
from api.throttle import Slowing, Throttle
from api.truth import Truth
from hozir.bus.log import Log
from hozir.settings import Settings
from warehouse.connection import Connection

ATTEMPT_SECONDS = 300.0


@dataclass
class House:
    """One web process."""

    settings: Settings
    log: Log
    warehouse: Connection
    accounts: Accounts
    sign_ins: SignIns
    hub: Hub
    truth: Truth
    checkup: Checkup
    loader: Loader
    correspondent: Correspondent
    conversations: Conversations
    conversation_view: ConversationView
    inbox: InboxHub
    contacts: Contacts
    people: People
    keeper: Keeper
    reports: ReportPool
    statements: Statements
    snapshots: Snapshots
    of_account: Slowing = field(default_factory=Slowing)
    """Wrong passwords for one account."""
    of_address: Throttle = field(default_factory=lambda: Throttle(50, ATTEMPT_SECONDS))
    """Wrong passwords from one address."""
    history_of_address: Throttle = field(default_factory=lambda: Throttle(600, 60.0))
    """Browsers' questions for their conversation, from one address."""
    history_of_visitor: Throttle = field(default_factory=lambda: Throttle(30, 60.0))
    """The same, of one visitor."""
    end_sockets: Callable[[Person], None] = lambda person: None
    """Closes every socket of a sign-in; given by the gate."""
    look_again: Callable[[int | None], None] = lambda user_id: None
    """Closes the sockets of a user, or of all, that are theirs no longer; given by the gate."""
    oidc: Oidc | None = None
    """The provider by which people may sign in; None without one."""

    async def sign_out(self, person: Person) -> None:
        """End a sign-in and its sockets."""
        await run_in_threadpool(self.sign_ins.sign_out, person)
        self.end_sockets(person)

    def team_changed(self, user_id: int | None = None) -> None:
        """Let it take effect at once, whoever looks on: a user (or all) may see, or do, others.

        Reads the accounts: never in the event loop.
        """
        self.sign_ins.forget()
        self.look_again(user_id)


def house(connection: HTTPConnection) -> House:
    """Return the house that a request is in."""
    found: House = connection.app.state.house
    return found


def person_of(connection: HTTPConnection) -> Person | None:
    """Return whom the gate let in."""
    found: Person | None = connection.scope.get(PERSON)
    return found


def seen_site(person: Person | None, site_key: str | None) -> str:
    """Return the site that somebody asks for. Raises Problem unless it is theirs to see.

    A site of others and one that is not there get the same answer.
    """
    if person is None:
        raise Problem(401, "signed_out", "Sign in first.")
    if site_key is None:
        if len(person.site_keys) == 1:
            return next(iter(person.site_keys))
        raise Problem(400, "malformed", "site: say which one.")
    if not person.may_see(site_key):
        raise Problem(404, "unknown_site", "There is no such site, or it is not yours to see.")
    return site_key
