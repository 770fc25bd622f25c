"""People, sites and who may see which: a small relational store apart from visitors' data.

A new column or table needs a step in `api/migrations` too; a test compares the two.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import DDL, JSON, DateTime, ForeignKey, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker
from sqlalchemy.orm import Session as Store

from api.asking import asking
from api.migrate import bring_up_to_date
from api.migrations.versions.v002_team_and_sites import AUDIT_STAYS
from hozir.contract.errors import Misconfigured
from hozir.contract.site import HEARTBEAT_SECONDS, RETENTION_DAYS

Role = Literal["admin", "manager", "operator"]
ROLES: tuple[Role, ...] = get_args(Role)


def utc_now() -> datetime:
    """The moment, without a zone: everything stored is UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


class Base(DeclarativeBase):
    """All tables of the store."""


class User(Base):
    """Somebody who may sign in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    """In small letters."""
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str]
    language: Mapped[str] = mapped_column(default="")
    """uz, ru, en; empty: as the browser asks."""
    password_hash: Mapped[str]
    must_change_password: Mapped[bool] = mapped_column(default=False)
    """True while the password is one that somebody else has seen."""
    theme: Mapped[str] = mapped_column(default="")
    """light, dark; empty: as the browser asks."""
    disabled: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)
    sites: Mapped[list[SiteRow]] = relationship(secondary="user_sites", lazy="selectin")
    """Those that a manager or operator may see; an admin sees all."""


class SiteRow(Base):
    """A site, as `hozir.contract.site.Site`."""

    __tablename__ = "sites"

    site_key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    domains: Mapped[list[str]] = mapped_column(JSON, default=list)
    loopback: Mapped[bool] = mapped_column(default=False)
    timezone: Mapped[str] = mapped_column(default="UTC")
    simulated: Mapped[bool] = mapped_column(default=False)
    deleted: Mapped[bool] = mapped_column(default=False)
    keys: Mapped[list[str]] = mapped_column(JSON, default=list)
    heartbeat_seconds: Mapped[int] = mapped_column(default=HEARTBEAT_SECONDS)
    retention_days: Mapped[int] = mapped_column(default=RETENTION_DAYS)
    consent: Mapped[str] = mapped_column(default="none")
    privacy_notice: Mapped[str] = mapped_column(default="")
    privacy_url: Mapped[str] = mapped_column(default="")
    identity_secret: Mapped[str] = mapped_column(default="")
    chat: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    """What differs from `hozir.contract.site.Chat` as it comes."""
    created_at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)


class UserSite(Base):
    """That a user may see a site."""

    __tablename__ = "user_sites"

    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), primary_key=True)
    site_key: Mapped[str] = mapped_column(ForeignKey("sites.site_key"), primary_key=True)


class SignIn(Base):
    """A cookie that opens the house. The token itself is nowhere but in the browser."""

    __tablename__ = "sign_ins"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    created_at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)
    expires_at: Mapped[datetime] = mapped_column(DateTime)
    seen_at: Mapped[datetime | None] = mapped_column(DateTime, default=utc_now)
    """When it was used last, to the minute or so."""
    address: Mapped[str] = mapped_column(default="")
    """Masked, as all addresses."""
    browser: Mapped[str] = mapped_column(default="")
    way: Mapped[str] = mapped_column(default="password")
    """password, oidc."""


class Erasure(Base):
    """That a visitor is to be forgotten, kept until nothing of theirs can come any more."""

    __tablename__ = "erasures"

    site_key: Mapped[str] = mapped_column(primary_key=True)
    visitor_id: Mapped[str] = mapped_column(primary_key=True)
    asked_at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)


class Template(Base):
    """A canned response of a site."""

    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_key: Mapped[str] = mapped_column(ForeignKey("sites.site_key"), index=True)
    title: Mapped[str]
    text: Mapped[str]
    deleted: Mapped[bool] = mapped_column(default=False)
    """Kept without its text, so that a site is given the first ones only once."""


class Goal(Base):
    """What a site wants its visitors to do: reach a page, or send an event."""

    __tablename__ = "goals"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_key: Mapped[str] = mapped_column(ForeignKey("sites.site_key"), index=True)
    name: Mapped[str]
    kind: Mapped[str]
    """page, event."""
    match: Mapped[str]
    """A path, `/blog/*` for all that begin so; or the name of an event."""
    created_at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)


class Token(Base):
    """A program's way in, in the name of who made it. The token itself is nowhere but with them."""

    __tablename__ = "tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    begins: Mapped[str]
    """How it begins, by which its owner knows it again."""
    created_at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    """To the minute or so."""
    address: Mapped[str] = mapped_column(default="")
    """From where it was used last; masked."""


class SavedQuery(Base):
    """A statement that a site's analysts keep."""

    __tablename__ = "saved_queries"

    id: Mapped[int] = mapped_column(primary_key=True)
    site_key: Mapped[str] = mapped_column(ForeignKey("sites.site_key"), index=True)
    name: Mapped[str]
    sql: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    """Who kept it."""
    created_at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)


class Audit(Base):
    """Who did what, when. Only ever added to; the database itself refuses all else."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None: the system, or somebody who is not signed in."""
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    site_key: Mapped[str] = mapped_column(default="")
    address: Mapped[str] = mapped_column(default="")
    """Masked. Empty: the system itself."""


for _dialect, _statements in AUDIT_STAYS.items():
    for _statement in _statements:
        _ddl = DDL(_statement)  # type: ignore[no-untyped-call]
        event.listen(Audit.__table__, "after_create", _ddl.execute_if(dialect=_dialect))


class Accounts:
    """The store. `open()` gives a unit of work that commits when left without an error.

    Raises Misconfigured when the database cannot be opened.
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine: Engine = create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
            if self._engine.dialect.name == "sqlite":
                event.listen(self._engine, "connect", _prepare_sqlite)
            bring_up_to_date(self._engine, Base.metadata)
        except (ArgumentError, ImportError) as error:
            raise Misconfigured(f"HOZIR_ACCOUNTS cannot be used: {error}") from error
        except SQLAlchemyError as error:
            raise Misconfigured(f"the accounts cannot be opened: {error}") from error
        self.open = sessionmaker(self._engine, expire_on_commit=False).begin
        self.alone = threading.RLock()
        """Hold it over what reads, decides and writes. One process has the store to itself."""

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()


def write_audit(
    store: Store,
    user_id: int | None,
    action: str,
    subject: str = "",
    *,
    site: str = "",
    **detail: Any,
) -> None:
    """Note what was done, in the transaction that does it. Secrets have no place in `detail`.

    From where it was asked, and for which site if none is given, is known from the request.
    """
    request = asking()
    store.add(
        Audit(
            user_id=user_id,
            action=action,
            subject=subject,
            detail=detail,
            site_key=site or request.site_key,
            address=request.address,
        )
    )


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
