"""The command line of the machine asks without a sign-in: it can read the data folder anyway."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request

from api.permissions import Permission
from api.routes.deps import InHouse, may, signed_in
from api.sign_in import Person
from hozir.local import HEADER

Secret = Annotated[str, Header(alias=HEADER, include_in_schema=False)]


def is_local(house: InHouse, secret: Secret = "") -> bool:
    """Whether it comes from who can read the data folder."""
    return house.snapshots.is_local(secret)


Local = Annotated[bool, Depends(is_local)]


def local_or(permission: Permission) -> Callable[[Request, bool], Person | None]:
    """Make a dependency that lets in the command line, as None, and whose role may do it."""
    check = may(permission)

    def admit(request: Request, local: Local) -> Person | None:
        return None if local else check(signed_in(request))

    return admit
