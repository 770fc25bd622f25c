"""The right to one's data: all that is kept of one visitor, in one file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.accounts import write_audit
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person
from warehouse.everything import everything_of

router = APIRouter(prefix="/api/v1/visitors", tags=["visitors"])

Exporter = Annotated[Person, Depends(may("export_visitors"))]


@router.get("/{visitor_id}/data")
def data(visitor_id: str, person: Exporter, house: InHouse, site: AskedSite) -> Response:
    """Return every row of a visitor: visits, pages, events, presence, conversations, contact.

    What was concluded within the last quarter of a second may be missing.
    """
    told = everything_of(house.warehouse, site, visitor_id)
    if not any(told.values()):
        raise Problem(404, "unknown_visitor", "No such visitor was on this site.")
    with house.accounts.open() as store:
        write_audit(store, person.id, "visitor_exported", visitor_id, site=site)
    response = answer({"data": told})
    response.headers["Content-Disposition"] = 'attachment; filename="visitor.json"'
    return response
