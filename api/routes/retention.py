"""What would be forgotten now."""

from __future__ import annotations

import dataclasses

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.present import timestamp
from api.retention_ahead import look_ahead
from api.routes.answer import answer
from api.routes.command_line import local_or
from api.routes.deps import InHouse

router = APIRouter(prefix="/api/v1/retention", tags=["retention"])


@router.get("", dependencies=[Depends(local_or("configure_sites"))])
def retention(house: InHouse) -> Response:
    """Return what each site would lose if what is too old were forgotten now. Deletes nothing."""
    ahead = look_ahead(house.accounts, house.warehouse, house.hub.clock())
    told = [dataclasses.asdict(one) | {"before": timestamp(one.before)} for one in ahead]
    return answer({"data": told})
