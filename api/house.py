"""What the routes stand on: everything that one web process holds open, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from api.accounts import Accounts
from api.gate import PERSON
from api.hub import Hub
from api.loader import Loader
from api.problem import Problem
from api.sign_in import Person, SignIns
from api.throttle import Throttle
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
    loader: Loader
    of_account: Throttle = field(default_factory=lambda: Throttle(10, ATTEMPT_SECONDS))
    """Sign-in attempts for one account."""
    of_address: Throttle = field(default_factory=lambda: Throttle(50, ATTEMPT_SECONDS))
    """Sign-in attempts from one address."""
    end_sockets: Callable[[Person], None] = lambda person: None
    """Closes every socket of a sign-in; given by the gate."""

    async def sign_out(self, person: Person) -> None:
        """End a sign-in and its sockets."""
        await run_in_threadpool(self.sign_ins.sign_out, person)
        self.end_sockets(person)


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
