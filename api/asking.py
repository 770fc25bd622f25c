"""From where, and for which site, the request comes that is being answered. The gate says so."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Asking:
    """One request."""

    address: str = ""
    """Masked, or `unknown`; empty outside of a request."""
    site_key: str = ""
    """As asked for; whether it is theirs to see is the route's to say."""


_asking: ContextVar[Asking] = ContextVar("asking", default=Asking())  # noqa: B039


def asking() -> Asking:
    """Return what is known of the request; nothing outside of one."""
    return _asking.get()


def tell_asking(value: Asking) -> None:
    """Note it for all that is done for the request, in threads as well."""
    _asking.set(value)
