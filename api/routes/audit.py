"""Who did what, when, and from where: to be read, never to be changed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy import ColumnElement, func, select
from starlette.responses import Response

from api.accounts import Audit, User
from api.routes.answer import answer
from api.routes.deps import InHouse, may
from api.sign_in import Person, told_moment

router = APIRouter(prefix="/api/v1/audit", tags=["team"])

Reader = Annotated[Person, Depends(may("read_audit"))]


@router.get("")
def audit(
    person: Reader,
    house: InHouse,
    action: Annotated[str, Query(max_length=60)] = "",
    user: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Id of a user.")] = None,
    site: Annotated[str, Query(max_length=40)] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Return what was done, newest first, with the actions that there are to choose from."""
    wanted: list[ColumnElement[bool]] = []
    if action:
        wanted.append(Audit.action == action)
    if user is not None:
        wanted.append(Audit.user_id == user)
    if site:
        wanted.append(Audit.site_key == site)
    with house.accounts.open() as store:
        total = store.scalar(select(func.count()).select_from(Audit).where(*wanted)) or 0
        rows = store.execute(
            select(Audit, User)
            .outerjoin(User, User.id == Audit.user_id)
            .where(*wanted)
            .order_by(Audit.id.desc())
            .limit(limit)
            .offset((page - 1) * limit)
        ).all()
        actions = store.scalars(select(Audit.action).distinct().order_by(Audit.action)).all()
    return answer(
        {
            "data": [_line(line, who) for line, who in rows],
            "meta": {
                "total": total,
                "total_pages": -(-total // limit),
                "current_page": page,
                "per_page": limit,
                "actions": list(actions),
            },
        }
    )


def _line(line: Audit, who: User | None) -> dict[str, Any]:
    return {
        "id": line.id,
        "at": told_moment(line.at),
        "user": {"id": who.id, "name": who.name, "email": who.email} if who else None,
        # Nobody signed in and no address: the system itself.
        "system": who is None and not line.address,
        "action": line.action,
        "subject": line.subject or None,
        "site_key": line.site_key or None,
        "detail": line.detail,
        "address": line.address or None,
    }
