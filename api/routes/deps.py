"""Who asks, and for what: every route says so by these, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Query
from starlette.requests import Request

from api.accounts import Role
from api.house import House, house, person_of, seen_site
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


def with_role(*roles: Role) -> Callable[[Person], Person]:
    """Make a dependency that lets only these roles pass."""

    def check(person: SignedIn) -> Person:
        if person.role not in roles:
            raise Problem(403, "not_allowed", f"Only for: {', '.join(roles)}.")
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
AsAdmin = Annotated[Person, Depends(with_role("admin"))]
AskedSite = Annotated[str, Depends(asked_site)]
