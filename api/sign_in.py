"""Who somebody is: by a cookie, that a password or a provider opened, or by a program's token."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Store

from api.accounts import Accounts, Audit, Role, SignIn, SiteRow, User, utc_now, write_audit
from api.asking import asking
from api.passwords import hash_password, outdated, verify
from api.tokens import hash_token, token_of_hash

COOKIE = "hozir_session"
KNOWN_SECONDS = 5.0
"""How long a token that was looked up needs no second look."""
SEEN_EVERY = timedelta(minutes=1)
WAS_HERE = timedelta(days=90)
"""How long a network from which somebody signed in is held to be theirs."""

Way = Literal["password", "oidc"]


@dataclass(frozen=True)
class Person:
    """Who is signed in, and what they may see."""

    id: int
    email: str
    name: str
    role: Role
    language: str
    site_keys: frozenset[str]
    """All sites for an admin."""
    token_hash: str
    theme: str = ""
    must_change_password: bool = False
    """Until then nothing opens but what changes it."""
    by_token: bool = False
    """Whether a program asks in their name."""

    def may_see(self, site_key: str) -> bool:
        """Tell whether a site is theirs to see."""
        return site_key in self.site_keys


class SignIns:
    """Makes, reads and ends sign-ins. Safe to use from several threads; all of it may wait."""

    def __init__(self, accounts: Accounts, days: float) -> None:
        self._accounts = accounts
        self._life = timedelta(days=days)
        self._known: dict[str, tuple[float, Person | None]] = {}
        self._forgotten = 0
        self._lock = threading.Lock()

    def sign_in(self, email: str, password: str, browser: str = "") -> tuple[str, Person] | None:
        """Return a new token and its person; None if the two do not fit."""
        email = email.strip().casefold()
        with self._accounts.open() as store:
            user = _user(store, email)
            # Somebody unknown takes as long as somebody known.
            right = verify(user.password_hash if user else None, password)
            if user is None or not right or user.disabled:
                write_audit(store, user.id if user else None, "sign_in_refused")
                return None
            if outdated(user.password_hash):
                user.password_hash = hash_password(password)
            token = self._begin(store, user, "password", browser)
        return self._with_person(token)

    def sign_in_by_provider(self, email: str, browser: str = "") -> tuple[str, Person] | None:
        """The same for somebody whose e-mail a provider vouches for; None for a stranger."""
        with self._accounts.open() as store:
            user = _user(store, email.strip().casefold())
            if user is None or user.disabled:
                write_audit(store, user.id if user else None, "sign_in_refused", way="oidc")
                return None
            token = self._begin(store, user, "oidc", browser)
        return self._with_person(token)

    def _begin(self, store: Store, user: User, way: Way, browser: str) -> str:
        token = secrets.token_urlsafe(32)
        now = utc_now()
        store.execute(delete(SignIn).where(SignIn.expires_at <= now))
        store.add(
            SignIn(
                token_hash=hash_token(token),
                user_id=user.id,
                expires_at=now + self._life,
                address=asking().address,
                browser=browser,
                way=way,
            )
        )
        write_audit(store, user.id, "sign_in", way=way)
        return token

    def _with_person(self, token: str) -> tuple[str, Person] | None:
        person = self.person(token)
        return (token, person) if person else None

    @property
    def cookie_seconds(self) -> int:
        """How long a browser keeps the cookie."""
        return int(self._life.total_seconds())

    def was_here(self, email: str, address: str) -> bool:
        """Tell whether somebody signed in from this (masked) address before."""
        with self._accounts.open() as store:
            found = store.scalar(
                select(Audit.id)
                .join(User, User.id == Audit.user_id)
                .where(
                    User.email == email,
                    Audit.action == "sign_in",
                    Audit.address == address,
                    Audit.at > utc_now() - WAS_HERE,
                )
                .limit(1)
            )
        return found is not None

    def known(self, token: str) -> tuple[bool, Person | None]:
        """Return whether a token was looked up just now, and whose it is. Never waits."""
        at, person = self._known.get(hash_token(token), (0.0, None))
        fresh = time.monotonic() - at < KNOWN_SECONDS
        return (True, person) if fresh and at else (False, None)

    def person(self, token: str) -> Person | None:
        """Return whose token it is; None if it opens nothing (any more)."""
        return self.person_of_hash(hash_token(token))

    def person_of_hash(self, token_hash: str) -> Person | None:
        """Return whose token has this hash; None if it opens nothing (any more)."""
        forgotten = self._forgotten
        now = utc_now()
        with self._accounts.open() as store:
            found = store.execute(
                select(User, SignIn)
                .join(SignIn, SignIn.user_id == User.id)
                .where(SignIn.token_hash == token_hash, SignIn.expires_at > now)
            ).first()
            person = None
            if found is not None and not found[0].disabled:
                user, signed = found
                if signed.seen_at is None or signed.seen_at < now - SEEN_EVERY:
                    signed.seen_at = now
                person = _person(user, token_hash, signed.way, _site_keys(store, user))
            elif found is None and (program := token_of_hash(store, token_hash)) is not None:
                user, _ = program
                person = _person(user, token_hash, "token", _site_keys(store, user))
        with self._lock:
            if len(self._known) > 10_000:
                self._known.clear()
            # What was read before something changed must not outlive it.
            if forgotten == self._forgotten:
                self._known[token_hash] = (time.monotonic(), person)
        return person

    def own(self, person: Person) -> list[SignIn]:
        """Return the open sign-ins of somebody, the one used last first."""
        with self._accounts.open() as store:
            rows = store.scalars(
                select(SignIn).where(SignIn.user_id == person.id, SignIn.expires_at > utc_now())
            ).all()
        return sorted(rows, key=lambda row: row.seen_at or row.created_at, reverse=True)

    def sign_out(self, person: Person) -> None:
        """End a sign-in at once."""
        with self._accounts.open() as store:
            store.execute(delete(SignIn).where(SignIn.token_hash == person.token_hash))
            write_audit(store, person.id, "sign_out")
        self.forget()

    def sign_out_everywhere(self, person: Person) -> None:
        """End every sign-in of somebody."""
        with self._accounts.open() as store:
            end_sign_ins(store, person.id)
            write_audit(store, person.id, "sign_out_everywhere")
        self.forget()

    def end_one(self, person: Person, public_id: str) -> bool:
        """End one of somebody's own sign-ins; False if there is none of that id."""
        for row in self.own(person):
            if public_id_of(row) == public_id:
                with self._accounts.open() as store:
                    store.execute(delete(SignIn).where(SignIn.token_hash == row.token_hash))
                    write_audit(store, person.id, "sign_in_ended", public_id)
                self.forget()
                return True
        return False

    def forget(self) -> None:
        """Look everybody up again: what somebody may see has changed."""
        with self._lock:
            self._forgotten += 1
            self._known.clear()


def end_sign_ins(store: Store, user_id: int, *, but: str = "") -> None:
    """End the sign-ins of a user, but for one of this token hash. `forget` then."""
    store.execute(delete(SignIn).where(SignIn.user_id == user_id, SignIn.token_hash != but))


def public_id_of(row: SignIn) -> str:
    """Return what a sign-in may be called: it opens nothing."""
    return row.token_hash[:16]


def _user(store: Store, email: str) -> User | None:
    return store.scalar(select(User).where(User.email == email))


def _site_keys(store: Store, user: User) -> frozenset[str]:
    if user.role == "admin":
        return frozenset(store.scalars(select(SiteRow.site_key).where(~SiteRow.deleted)))
    return frozenset(site.site_key for site in user.sites if not site.deleted)


def _person(user: User, token_hash: str, way: str, site_keys: frozenset[str]) -> Person:
    role: Role = "operator"
    if user.role == "admin" or user.role == "manager":
        role = user.role  # type: ignore[assignment]
    return Person(
        id=user.id,
        email=user.email,
        name=user.name,
        role=role,
        language=user.language,
        site_keys=site_keys,
        token_hash=token_hash,
        theme=user.theme,
        # Whom a provider vouches for needs no password.
        must_change_password=user.must_change_password and way != "oidc",
        by_token=way == "token",
    )


def told_moment(moment: datetime | None) -> str | None:
    """Return a stored moment as the API tells it."""
    return None if moment is None else f"{moment.isoformat(timespec='milliseconds')}Z"
