"""What would be forgotten now."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from api.house import person_of
from api.permissions import allowed
from api.present import timestamp
from api.problem import Problem
from api.retention_ahead import look_ahead
from api.routes.answer import answer
from api.routes.deps import InHouse
from api.routes.snapshots import is_local

router = APIRouter(prefix="/api/v1/retention", tags=["retention"])


def admits(request: Request, local: Annotated[bool, Depends(is_local)]) -> None:
    """Let in the command line and who sets up sites. Raises Problem."""
    if local:
        return
    person = person_of(request)
    if person is None:
        raise Problem(401, "signed_out", "Sign in first.")
    if not allowed(person.role, "configure_sites"):
        raise Problem(403, "not_allowed", "Your role does not allow this.")


@router.get("", dependencies=[Depends(admits)])
def retention(house: InHouse) -> Response:
    """Return what each site would lose if what is too old were forgotten now. Deletes nothing."""
    ahead = look_ahead(house.accounts, house.warehouse, house.hub.clock())
    told = [dataclasses.asdict(one) | {"before": timestamp(one.before)} for one in ahead]
    return answer({"data": told})
