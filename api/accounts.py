"""People, sites and who may see which: a small relational store apart from visitors' data."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal, get_args

from sqlalchemy import JSON, DateTime, ForeignKey, create_engine, event
from sqlalchemy.engine import Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker
from sqlalchemy.orm import Session as Store

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


class Audit(Base):
    """Who did what, when. Only ever added to."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime, default=utc_now)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    action: Mapped[str]
    subject: Mapped[str] = mapped_column(default="")
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class Accounts:
    """The store. `open()` gives a unit of work that commits when left without an error."""

    def __init__(self, url: str) -> None:
        self._engine: Engine = create_engine(url)
        if self._engine.dialect.name == "sqlite":
            event.listen(self._engine, "connect", _prepare_sqlite)
        Base.metadata.create_all(self._engine)
        self.open = sessionmaker(self._engine, expire_on_commit=False).begin

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()


def write_audit(
    store: Store, user_id: int | None, action: str, subject: str = "", **detail: Any
) -> None:
    """Note what was done, in the transaction that does it."""
    store.add(Audit(user_id=user_id, action=action, subject=subject, detail=detail))


def _prepare_sqlite(connection: Any, _: Any) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "busy_timeout=5000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
