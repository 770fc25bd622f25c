"""The team: who may sign in, as what, and which sites they see."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.accounts import Role
from api.permissions import MATRIX, PERMISSIONS
from api.routes.answer import answer
from api.routes.deps import InHouse, may
from api.sign_in import Person
from api.site_settings import plain
from api.team import add_user, alter_user, list_users

router = APIRouter(prefix="/api/v1/users", tags=["team"])

TeamManager = Annotated[Person, Depends(may("manage_team"))]
UserId = Annotated[int, Path(ge=1, le=2**31 - 1)]

_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


def _email(text: str) -> str:
    text = plain(text).casefold()
    if not _EMAIL.fullmatch(text):
        raise ValueError("an e-mail address")
    return text


FullName = Annotated[str, Field(max_length=100), AfterValidator(plain)]
SiteKeys = Annotated[list[Annotated[str, Field(max_length=40)]], Field(max_length=500)]


class NewUser(BaseModel):
    """Somebody to be added."""

    model_config = ConfigDict(extra="forbid")

    email: Annotated[str, Field(max_length=254), AfterValidator(_email)]
    name: FullName = ""
    role: Role
    sites: SiteKeys = []
    language: Literal["uz", "ru", "en", ""] = ""


class UserChange(BaseModel):
    """What is to be changed of somebody; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: FullName | None = None
    role: Role | None = None
    sites: SiteKeys | None = None
    disabled: bool | None = None
    reset_password: bool = False


@router.get("")
def users(person: TeamManager, house: InHouse) -> Response:
    """Return the team. An admin sees all sites, whatever `sites` says."""
    return answer({"data": list_users(house.accounts)})


@router.get("/roles")
def roles(person: TeamManager) -> Response:
    """Return what each role may do."""
    return answer(
        {"data": {role: [one for one in PERMISSIONS if one in MATRIX[role]] for role in MATRIX}}
    )


@router.post("", status_code=201)
def make_user(new: NewUser, person: TeamManager, house: InHouse) -> Response:
    """Add somebody. The answer holds, this once, the password to hand over to them."""
    told = add_user(
        house.accounts,
        person,
        email=new.email,
        name=new.name,
        role=new.role,
        language=new.language,
        site_keys=new.sites,
    )
    return answer({"data": told}, 201)


@router.patch("/{user_id}")
def change_user(
    user_id: UserId, wanted: UserChange, person: TeamManager, house: InHouse
) -> Response:
    """Change somebody; open screens of theirs follow at once."""
    told = alter_user(
        house.accounts,
        person,
        user_id,
        name=wanted.name,
        role=wanted.role,
        site_keys=wanted.sites,
        disabled=wanted.disabled,
        reset_password=wanted.reset_password,
    )
    house.team_changed(user_id)
    return answer({"data": told})
