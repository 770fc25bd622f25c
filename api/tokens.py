"""Tokens: how a program asks in the name of somebody, with their rights and never more."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Store

from api.accounts import Accounts, Token, User, utc_now, write_audit
from api.asking import asking
from api.problem import Problem

BEGINS = "hz_"
"""What tells a token from all else that may stand in an Authorization header."""
MOST_TOKENS = 20
USED_EVERY = timedelta(minutes=1)
_SHOWN = 8


def bearer_token(authorization: str) -> str:
    """Return the token of an Authorization header; empty if there is none of ours."""
    scheme, _, token = authorization.strip().partition(" ")
    token = token.strip()
    return token if scheme.lower() == "bearer" and token.startswith(BEGINS) else ""


def hash_token(token: str) -> str:
    """Return what is kept of a token or a cookie: long random text needs no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def own_tokens(accounts: Accounts, user_id: int) -> list[Token]:
    """Return somebody's tokens, oldest first. One that has expired stays to be seen."""
    with accounts.open() as store:
        return _of(store, user_id)


def make_token(accounts: Accounts, user_id: int, name: str, days: int) -> tuple[str, Token]:
    """Return a new token, this once, and what is kept of it. Raises Problem at too many."""
    with accounts.alone, accounts.open() as store:
        if len(_of(store, user_id)) >= MOST_TOKENS:
            raise Problem(400, "malformed", f"You have {MOST_TOKENS} tokens; revoke one first.")
        token = BEGINS + secrets.token_urlsafe(32)
        made = Token(
            user_id=user_id,
            name=name,
            token_hash=hash_token(token),
            begins=token[:_SHOWN],
            expires_at=utc_now() + timedelta(days=days),
        )
        store.add(made)
        store.flush()
        write_audit(store, user_id, "token_made", name, days=days)
        return token, made


def revoke_token(accounts: Accounts, user_id: int, token_id: int) -> None:
    """End one of somebody's tokens. Raises Problem if it is not theirs."""
    with accounts.open() as store:
        found = store.get(Token, token_id)
        if found is None or found.user_id != user_id:
            raise Problem(404, "unknown_token", "You have no such token.")
        store.execute(delete(Token).where(Token.id == token_id))
        write_audit(store, user_id, "token_revoked", found.name)


def token_of_hash(store: Store, token_hash: str) -> tuple[User, Token] | None:
    """Return whose token it is, noting its use; None if it opens nothing (any more)."""
    now = utc_now()
    found = store.execute(
        select(User, Token)
        .join(Token, Token.user_id == User.id)
        .where(Token.token_hash == token_hash, Token.expires_at > now)
    ).first()
    if found is None or found[0].disabled:
        return None
    user, token = found
    if token.used_at is None or token.used_at < now - USED_EVERY:
        token.used_at, token.address = now, asking().address
    return user, token


def _of(store: Store, user_id: int) -> list[Token]:
    return list(store.scalars(select(Token).where(Token.user_id == user_id).order_by(Token.id)))
