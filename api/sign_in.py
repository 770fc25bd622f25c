"""Passwords and cookies: who somebody is."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select

from api.accounts import Accounts, Role, SignIn, SiteRow, User, utc_now, write_audit

COOKIE = "hozir_session"
KNOWN_SECONDS = 5.0
"""How long a token that was looked up needs no second look."""

_hasher = PasswordHasher()
_NOBODY = _hasher.hash(secrets.token_urlsafe())


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

    def may_see(self, site_key: str) -> bool:
        """Tell whether a site is theirs to see."""
        return site_key in self.site_keys


def hash_password(password: str) -> str:
    """Return what may be stored."""
    return _hasher.hash(password)


class SignIns:
    """Makes, reads and ends sign-ins. Safe to use from several threads."""

    def __init__(self, accounts: Accounts, days: float) -> None:
        self._accounts = accounts
        self._life = timedelta(days=days)
        self._known: dict[str, tuple[float, Person | None]] = {}
        self._lock = threading.Lock()

    def sign_in(self, email: str, password: str) -> tuple[str, Person] | None:
        """Return a new token and its person; None if the two do not fit."""
        email = email.strip().casefold()
        with self._accounts.open() as store:
            user = store.scalar(select(User).where(User.email == email))
            # Somebody unknown takes as long as somebody known.
            right = _verify(user.password_hash if user else _NOBODY, password)
            if user is None or not right or user.disabled:
                write_audit(store, user.id if user else None, "sign_in_refused")
                return None
            if _hasher.check_needs_rehash(user.password_hash):
                user.password_hash = hash_password(password)
            token = secrets.token_urlsafe(32)
            store.execute(delete(SignIn).where(SignIn.expires_at <= utc_now()))
            store.add(
                SignIn(token_hash=_hash(token), user_id=user.id, expires_at=utc_now() + self._life)
            )
            write_audit(store, user.id, "sign_in")
        person = self.person(token)
        return (token, person) if person else None

    @property
    def cookie_seconds(self) -> int:
        """How long a browser keeps the cookie."""
        return int(self._life.total_seconds())

    def known(self, token: str) -> tuple[bool, Person | None]:
        """Return whether a token was looked up just now, and whose it is. Never waits."""
        at, person = self._known.get(_hash(token), (0.0, None))
        fresh = time.monotonic() - at < KNOWN_SECONDS
        return (True, person) if fresh and at else (False, None)

    def person(self, token: str) -> Person | None:
        """Return whose token it is; None if it opens nothing (any more)."""
        token_hash = _hash(token)
        with self._accounts.open() as store:
            user = store.scalar(
                select(User)
                .join(SignIn, SignIn.user_id == User.id)
                .where(SignIn.token_hash == token_hash, SignIn.expires_at > utc_now())
            )
            person = None
            if user is not None and not user.disabled:
                person = _person(
                    user,
                    token_hash,
                    frozenset(
                        store.scalars(select(SiteRow.site_key).where(~SiteRow.deleted))
                        if user.role == "admin"
                        else (site.site_key for site in user.sites if not site.deleted)
                    ),
                )
        with self._lock:
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[token_hash] = (time.monotonic(), person)
        return person

    def sign_out(self, person: Person) -> None:
        """End a sign-in at once."""
        with self._accounts.open() as store:
            store.execute(delete(SignIn).where(SignIn.token_hash == person.token_hash))
            write_audit(store, person.id, "sign_out")
        self.forget()

    def forget(self) -> None:
        """Look everybody up again: what somebody may see has changed."""
        with self._lock:
            self._known.clear()


def _person(user: User, token_hash: str, site_keys: frozenset[str]) -> Person:
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
    )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
