"""Canned responses: what a team says often, for each site."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, Field, field_validator
from sqlalchemy import select
from sqlalchemy.orm import Session as Store
from starlette.responses import Response

from api.accounts import Template, write_audit
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person
from hozir.contract.message import LONGEST_PROACTIVE

router = APIRouter(prefix="/api/v1/templates", tags=["templates"])

MOST_TEMPLATES = 200
FIRST_TEMPLATES = (
    ("Yordam", "Sizga yordam berishim mumkinmi?"),
    ("Savollar", "Savollaringiz bormi?"),
    ("Narxlar", "Pricing haqida maʼlumot olishni xohlaysizmi?"),
    ("Demo", "Demo koʻrishni xohlaysizmi?"),
)
"""Title and text of what a site begins with."""

AsReader = Annotated[Person, Depends(may("send_messages"))]
AsEditor = Annotated[Person, Depends(may("edit_templates"))]
TemplateId = Annotated[int, Path(ge=1, le=2**31 - 1)]


class Draft(BaseModel):
    """A canned response as it is to be."""

    title: str = Field(min_length=1, max_length=80)
    text: str = Field(min_length=1, max_length=LONGEST_PROACTIVE)

    @field_validator("title", "text")
    @classmethod
    def not_blank(cls, value: str) -> str:
        """Text alone counts."""
        if not value.strip():
            raise ValueError("must not be empty")
        return value.strip()


@router.get("")
def templates(house: InHouse, site: AskedSite, person: AsReader) -> Response:
    """Return the canned responses of a site, oldest first."""
    with house.accounts.alone, house.accounts.open() as store:
        return answer({"data": [_tell(one) for one in _of(store, site)]})


@router.post("", status_code=201)
def make_template(draft: Draft, house: InHouse, site: AskedSite, person: AsEditor) -> Response:
    """Add a canned response."""
    with house.accounts.alone, house.accounts.open() as store:
        if len(_of(store, site)) >= MOST_TEMPLATES:
            raise Problem(400, "malformed", f"A site has at most {MOST_TEMPLATES} of these.")
        made = Template(site_key=site, title=draft.title, text=draft.text)
        store.add(made)
        store.flush()
        write_audit(store, person.id, "template_made", draft.title, site=site)
        return answer({"data": _tell(made)}, 201)


@router.put("/{template_id}")
def change_template(
    template_id: TemplateId, draft: Draft, house: InHouse, site: AskedSite, person: AsEditor
) -> Response:
    """Write a canned response anew."""
    with house.accounts.open() as store:
        found = _one(store, site, template_id)
        found.title, found.text = draft.title, draft.text
        write_audit(store, person.id, "template_changed", draft.title, site=site)
        return answer({"data": _tell(found)})


@router.delete("/{template_id}", status_code=204)
def delete_template(
    template_id: TemplateId, house: InHouse, site: AskedSite, person: AsEditor
) -> Response:
    """Remove a canned response."""
    with house.accounts.open() as store:
        found = _one(store, site, template_id)
        write_audit(store, person.id, "template_deleted", found.title, site=site)
        found.deleted, found.text = True, ""
    return Response(status_code=204)


def _of(store: Store, site_key: str) -> list[Template]:
    """Return those of a site; the first look gives it the first ones."""
    chosen = select(Template).where(Template.site_key == site_key).order_by(Template.id)
    found = list(store.scalars(chosen))
    if not found:
        found = [Template(site_key=site_key, title=a, text=b) for a, b in FIRST_TEMPLATES]
        store.add_all(found)
        store.flush()
    return [one for one in found if not one.deleted]


def _one(store: Store, site_key: str, template_id: int) -> Template:
    found = store.get(Template, template_id)
    if found is None or found.deleted or found.site_key != site_key:
        raise Problem(404, "unknown_template", "There is no such canned response here.")
    return found


def _tell(template: Template) -> dict[str, Any]:
    return {"id": template.id, "title": template.title, "text": template.text}
