"""The right to be forgotten."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AsAdmin, AskedSite, InHouse

router = APIRouter(prefix="/api/v1/visitors", tags=["visitors"])


@router.delete("/{visitor_id}")
def erase(visitor_id: str, person: AsAdmin, house: InHouse, site: AskedSite) -> Response:
    """Erase everything of one visitor: visits, pages, events, conversations, contact.

    A visit that is running ends, and leaves every list at once. Whoever goes on looking around is
    somebody new from then on.
    """
    live = house.hub.view.find(site, visitor_id)
    erased = house.keeper.erase(person.id, site, visitor_id)
    if not erased and live is None:
        raise Problem(404, "unknown_visitor", "There is no such visitor.")
    return answer({"data": {"erased": erased, "online": live is not None and live.online}})
