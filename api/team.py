"""The team's rules: who is added as what, and that somebody can always open the settings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Store

from api.accounts import Accounts, Role, SignIn, SiteRow, User, write_audit
from api.passwords import hash_password, one_time_password
from api.problem import Problem
from api.sign_in import Person, end_sign_ins, told_moment


def list_users(accounts: Accounts) -> list[dict[str, Any]]:
    """Return everybody, in the order in which they came."""
    with accounts.open() as store:
        last_seen = select(SignIn.user_id, func.max(SignIn.seen_at)).group_by(SignIn.user_id)
        seen = {row[0]: row[1] for row in store.execute(last_seen)}
        users = store.scalars(select(User).order_by(User.id)).all()
        return [
            tell_user(user) | {"last_seen_at": told_moment(seen.get(user.id))} for user in users
        ]


def tell_user(user: User) -> dict[str, Any]:
    """Return somebody of the team as the API tells them."""
    return {
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "language": user.language or None,
        "sites": sorted(site.site_key for site in user.sites if not site.deleted),
        "disabled": user.disabled,
        "must_change_password": user.must_change_password,
        "created_at": told_moment(user.created_at),
    }


def add_user(
    accounts: Accounts,
    by: Person,
    *,
    email: str,
    name: str,
    role: Role,
    language: str,
    site_keys: list[str],
) -> dict[str, Any]:
    """Add somebody, and return them with the password to hand over. Raises Problem."""
    password = one_time_password()
    password_hash = hash_password(password)
    with accounts.alone, accounts.open() as store:
        if store.scalar(select(User.id).where(User.email == email)) is not None:
            raise Problem(409, "user_exists", "Somebody has that e-mail already.")
        user = User(
            email=email,
            name=name,
            role=role,
            language=language,
            password_hash=password_hash,
            must_change_password=True,
            sites=_sites(store, site_keys),
        )
        store.add(user)
        store.flush()
        write_audit(
            store, by.id, "user_added", str(user.id), email=email, role=role, sites=site_keys
        )
        return tell_user(user) | {"last_seen_at": None, "password": password}


def alter_user(
    accounts: Accounts,
    by: Person,
    user_id: int,
    *,
    name: str | None = None,
    role: Role | None = None,
    site_keys: list[str] | None = None,
    disabled: bool | None = None,
    reset_password: bool = False,
) -> dict[str, Any]:
    """Change somebody. What is None stays. Raises Problem.

    A reset password comes back in the answer, this once; it and disabling end all sign-ins.
    """
    password = one_time_password() if reset_password else ""
    password_hash = hash_password(password) if password else ""
    with accounts.alone, accounts.open() as store:
        user = store.get(User, user_id)
        if user is None:
            raise Problem(404, "unknown_user", "There is no such user.")
        leaves = disabled is True or (role is not None and role != "admin")
        if leaves and _is_last_admin(store, user):
            raise Problem(409, "last_admin", "Somebody must be able to open the settings.")
        wanted = {"name": name, "role": role, "disabled": disabled}
        changed: dict[str, Any] = {
            word: value
            for word, value in wanted.items()
            if value is not None and value != getattr(user, word)
        }
        for word, value in changed.items():
            setattr(user, word, value)
        if site_keys is not None:
            user.sites = _sites(store, site_keys)
            changed["sites"] = sorted(site_keys)
        if password:
            user.password_hash = password_hash
            user.must_change_password = True
            changed["password"] = "reset"
        if password or user.disabled:
            end_sign_ins(store, user.id)
        write_audit(store, by.id, "user_changed", str(user.id), email=user.email, **changed)
        store.flush()
        return tell_user(user) | ({"password": password} if password else {})


def _is_last_admin(store: Store, user: User) -> bool:
    if user.role != "admin" or user.disabled:
        return False
    others = select(User.id).where(User.role == "admin", ~User.disabled, User.id != user.id)
    return store.scalar(others.limit(1)) is None


def _sites(store: Store, site_keys: Iterable[str]) -> list[SiteRow]:
    found = []
    for key in dict.fromkeys(site_keys):
        site = store.get(SiteRow, key)
        if site is None or site.deleted:
            raise Problem(404, "unknown_site", f"There is no site {key[:40]}.")
        found.append(site)
    return found
