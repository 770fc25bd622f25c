"""Contacts: whom the team has saved."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.accounts import write_audit
from api.contact_rules import BadContact
from api.contacts import ContactExists, UnknownContact, present_contact
from api.house import House
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AskedSite, InHouse, may
from api.sign_in import Person
from hozir.contract.ids import VISITOR_ID
from warehouse.visitors import was_here

router = APIRouter(prefix="/api/v1/contacts", tags=["contacts"])

Editor = Annotated[Person, Depends(may("edit_contacts"))]
Deleter = Annotated[Person, Depends(may("delete_contacts"))]


class Written(BaseModel):
    """What somebody writes of a contact; what is left out stays, null empties."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    traits: dict[str, Any] | None = None
    """All of them: one that is missing is gone."""
    note: str | None = None
    external_id: str | None = None

    def values(self) -> dict[str, Any]:
        """Return what was written, and only that."""
        return self.model_dump(include=Written.model_fields.keys() & self.model_fields_set)


class NewContact(Written):
    """A contact to be made, of a visitor or of nobody yet."""

    visitor_id: str | None = None


class Browser(BaseModel):
    """A visitor who is the contact's."""

    visitor_id: str


@router.get("", dependencies=[Depends(may("view_visitors"))])
def list_contacts(
    house: InHouse,
    site: AskedSite,
    q: Annotated[
        str, Query(max_length=200, description="In name, e-mail, phone, id, note or trait.")
    ] = "",
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
) -> Response:
    """Return contacts, newest edit first."""
    total, found = house.contacts.search(site, q, limit, (page - 1) * limit)
    return answer(
        {
            "data": [present_contact(contact) for contact in found],
            "meta": {
                "total": total,
                "total_pages": -(-total // limit),
                "current_page": page,
                "per_page": limit,
            },
        }
    )


@router.post("", status_code=201)
def make_contact(new: NewContact, person: Editor, house: InHouse, site: AskedSite) -> Response:
    """Make a contact.

    Who is there already, by e-mail, external id or visitor, is answered with 409
    `contact_exists` and their id in `error.contact_id`; nothing is overwritten unasked. To say that
    a visitor is that contact, post it to `/contacts/{id}/visitors`.
    """
    visitors: tuple[str, ...] = ()
    proven_id = ""
    if new.visitor_id is not None:
        visitors, proven_id = _browsers(house, site, new.visitor_id)
    try:
        with house.accounts.open() as store:
            contact = house.contacts.create(site, new.values(), visitors, proven_id)
            write_audit(
                store, person.id, "contact_made", contact.contact_id, site=site, visitors=visitors
            )
    except ContactExists as error:
        return _exists(error)
    except BadContact as error:
        raise _bad(error) from None
    return answer({"data": present_contact(contact)}, 201)


@router.get("/{contact_id}", dependencies=[Depends(may("view_visitors"))])
def read_contact(contact_id: str, house: InHouse, site: AskedSite) -> Response:
    """Return a contact."""
    try:
        return answer({"data": present_contact(house.contacts.find(site, contact_id))})
    except UnknownContact:
        raise _unknown() from None


@router.patch("/{contact_id}")
def edit_contact(
    contact_id: str, changes: Written, person: Editor, house: InHouse, site: AskedSite
) -> Response:
    """Change what is written; the site does not overwrite it from then on."""
    values = changes.values()
    try:
        with house.accounts.open() as store:
            contact = house.contacts.edit(site, contact_id, values)
            write_audit(
                store, person.id, "contact_edited", contact_id, site=site, fields=sorted(values)
            )
    except UnknownContact:
        raise _unknown() from None
    except ContactExists as error:
        return _exists(error)
    except BadContact as error:
        raise _bad(error) from None
    return answer({"data": present_contact(contact)})


@router.delete("/{contact_id}", status_code=204)
def delete_contact(contact_id: str, person: Deleter, house: InHouse, site: AskedSite) -> Response:
    """Delete a contact; the visits of its visitors stay."""
    try:
        with house.accounts.open() as store:
            house.contacts.delete(site, contact_id)
            write_audit(store, person.id, "contact_deleted", contact_id, site=site)
    except UnknownContact:
        raise _unknown() from None
    return Response(status_code=204)


@router.post("/{contact_id}/visitors")
def add_visitor(
    contact_id: str, browser: Browser, person: Editor, house: InHouse, site: AskedSite
) -> Response:
    """Say that a visitor is this contact, whosever it was before."""
    visitors, _ = _browsers(house, site, browser.visitor_id)
    try:
        with house.accounts.open() as store:
            contact = house.contacts.link(site, contact_id, visitors)
            write_audit(
                store, person.id, "contact_linked", contact_id, site=site, visitors=visitors
            )
    except UnknownContact:
        raise _unknown() from None
    return answer({"data": present_contact(contact)})


@router.delete("/{contact_id}/visitors/{visitor_id}")
def remove_visitor(
    contact_id: str, visitor_id: str, person: Editor, house: InHouse, site: AskedSite
) -> Response:
    """Say that a visitor is not this contact."""
    try:
        with house.accounts.open() as store:
            contact = house.contacts.unlink(site, contact_id, visitor_id)
            write_audit(
                store, person.id, "contact_unlinked", contact_id, site=site, visitors=[visitor_id]
            )
    except UnknownContact:
        raise _unknown() from None
    return answer({"data": present_contact(contact)})


def _browsers(house: House, site: str, visitor_id: str) -> tuple[tuple[str, ...], str]:
    """Return a visitor with all browsers of the proven person, and the proven id.

    Raises Problem for a stranger.
    """
    one = house.people.of(site, visitor_id)
    if one is not None:
        return house.people.visitors_of(one.person_id), one.external_id
    known = VISITOR_ID.fullmatch(visitor_id) and (
        house.hub.view.find(site, visitor_id) or was_here(house.warehouse, site, visitor_id)
    )
    if not known:
        raise Problem(404, "unknown_visitor", "No such visitor was on this site.")
    return (visitor_id,), ""


def _exists(error: ContactExists) -> Response:
    return answer(
        {
            "error": {
                "reason": "contact_exists",
                "message": "This is a contact already.",
                "contact_id": error.contact_id,
            }
        },
        409,
    )


def _bad(error: BadContact) -> Problem:
    return Problem(400, "malformed", str(error))


def _unknown() -> Problem:
    return Problem(404, "unknown_contact", "The site has no such contact.")
