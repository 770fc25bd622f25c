"""Goals of a site: a page reached, or an event sent."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api.goals import Draft, drop_goal, goals_of, make_goal, tell_goal
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person

router = APIRouter(prefix="/api/v1/goals", tags=["reports"])

AsReader = Annotated[Person, Depends(may("view_reports"))]
AsEditor = Annotated[Person, Depends(may("edit_goals"))]
GoalId = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
def goals(house: InHouse, site: AskedSite, person: AsReader) -> Response:
    """Return the goals of a site, oldest first. Report `goals` counts how often they are met."""
    return answer({"data": [tell_goal(one) for one in goals_of(house.accounts, site)]})


@router.post("", status_code=201)
def add_goal(draft: Draft, house: InHouse, site: AskedSite, person: AsEditor) -> Response:
    """Add a goal. It counts for the past as well: nothing is stored but what was seen."""
    return answer({"data": tell_goal(make_goal(house.accounts, person, site, draft))}, 201)


@router.delete("/{goal_id}", status_code=204)
def remove_goal(goal_id: GoalId, house: InHouse, site: AskedSite, person: AsEditor) -> Response:
    """Remove a goal."""
    drop_goal(house.accounts, person, site, goal_id)
    return Response(status_code=204)
