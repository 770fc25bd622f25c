"""Who asks, and for what: every route says so by these, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from api.house import House, house, person_of, seen_site
from api.permissions import Permission, allowed
from api.problem import Problem
from api.sign_in import Person


def in_house(request: Request) -> House:
    """The web process."""
    return house(request)


def signed_in(request: Request) -> Person:
    """Who is signed in. Raises Problem for nobody."""
    person = person_of(request)
    if person is None:
        raise Problem(401, "signed_out", "Sign in first.")
    return person


def may(permission: Permission) -> Callable[[Person], Person]:
    """Make a dependency that lets only those pass whose role has the permission."""

    def check(person: SignedIn) -> Person:
        if not allowed(person.role, permission):
            raise Problem(403, "not_allowed", "Your role does not allow this.")
        return person

    return check


def asked_site(
    person: SignedIn,
    site: Annotated[
        str | None, Query(description="Key of the site; may be left out by who has one.")
    ] = None,
) -> str:
    """The site that is asked for, if it is theirs to see."""
    return seen_site(person, site)


InHouse = Annotated[House, Depends(in_house)]
SignedIn = Annotated[Person, Depends(signed_in)]
AsAdmin = Annotated[Person, Depends(may("configure_sites"))]
AskedSite = Annotated[str, Depends(asked_site)]
