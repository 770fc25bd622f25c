"""The contacts of the sites: saved by the team, kept up to date by what sites prove."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import uuid4

import msgspec

from api.contact_rules import edited, sought_in, told_by_site
from api.facts import Facts
from api.filters import folded
from api.hub import Hub
from api.present import timestamp
from warehouse import contacts
from warehouse.connection import Connection
from warehouse.contacts import Contact


class ContactExists(Exception):
    """Somebody of that e-mail, that id or that browser is a contact already."""

    def __init__(self, contact_id: str) -> None:
        super().__init__(contact_id)
        self.contact_id = contact_id


class UnknownContact(Exception):
    """The site has no such contact."""


class Contacts:
    """Keeps contacts, and tells the hub whose browser it is. From any thread but the loop's."""

    def __init__(self, warehouse: Connection, hub: Hub, clock: Callable[[], int]) -> None:
        self._warehouse = warehouse
        self._hub = hub
        self._clock = clock
        self._lock = threading.Lock()

    def restore(self) -> None:
        """Tell the hub of every visitor who belongs to a contact. Before it starts."""
        for site_key, visitor_id, *known in contacts.linked(self._warehouse):
            self._hub.tell_facts(site_key, visitor_id, _knowing(*known))

    def find(self, site_key: str, contact_id: str) -> Contact:
        """Return a contact. Raises UnknownContact."""
        found = contacts.by_id(self._warehouse, site_key, contact_id)
        if found is None:
            raise UnknownContact
        return found

    def of_visitor(self, site_key: str, visitor_id: str) -> Contact | None:
        """Return the contact whose browser it is."""
        return contacts.of_visitor(self._warehouse, site_key, visitor_id)

    def search(self, site_key: str, text: str, limit: int, skip: int) -> tuple[int, list[Contact]]:
        """Return how many contacts hold a text, in whatever case and kind of apostrophe, and some.

        They come newest edit first.
        """
        return contacts.search(self._warehouse, site_key, folded(text.strip()), limit, skip)

    def create(
        self,
        site_key: str,
        values: Mapping[str, Any],
        visitors: Iterable[str] = (),
        proven_id: str = "",
    ) -> Contact:
        """Make a contact of what somebody wrote. Raises BadContact, ContactExists.

        `proven_id` is the id that the site has proven for these visitors.
        """
        now = self._clock()
        blank = Contact(
            contact_id=f"k_{uuid4()}",
            site_key=site_key,
            external_id=proven_id,
            verified=bool(proven_id),
            visitors=tuple(sorted(set(visitors))),
            created_at=now,
        )
        with self._lock:
            contact = edited(blank, values, now)
            self._refuse_twins(contact)
            for visitor_id in contact.visitors:
                if owner := self.of_visitor(site_key, visitor_id):
                    raise ContactExists(owner.contact_id)
            self._keep(contact)
        return contact

    def edit(self, site_key: str, contact_id: str, values: Mapping[str, Any]) -> Contact:
        """Write what somebody changed. Raises BadContact, ContactExists, UnknownContact."""
        with self._lock:
            before = self.find(site_key, contact_id)
            contact = edited(before, values, self._clock())
            self._refuse_twins(contact, before)
            self._keep(contact)
        return contact

    def link(self, site_key: str, contact_id: str, visitors: Iterable[str]) -> Contact:
        """Say that browsers are a contact's, whosever they were. Raises UnknownContact."""
        with self._lock:
            before = self.find(site_key, contact_id)
            contact = self._with(before, {*before.visitors, *visitors})
            self._keep(contact)
        return contact

    def unlink(self, site_key: str, contact_id: str, visitor_id: str) -> Contact:
        """Say that a browser is not the contact's. Raises UnknownContact."""
        with self._lock:
            before = self.find(site_key, contact_id)
            contact = self._with(before, {*before.visitors} - {visitor_id})
            self._keep(contact)
            self._forget(site_key, {*before.visitors} - {*contact.visitors})
        return contact

    def delete(self, site_key: str, contact_id: str) -> Contact:
        """Delete a contact; its visits stay. Raises UnknownContact."""
        with self._lock:
            contact = self.find(site_key, contact_id)
            contacts.delete_contact(self._warehouse, contact)
            self._forget(site_key, contact.visitors)
        return contact

    def prove(self, site_key: str, visitor_id: str, identity: Mapping[str, Any]) -> Contact:
        """Make or update the contact of a visitor whom the site has proven to be somebody.

        The proof is of the id alone. So an e-mail that came along joins no other contact: anybody
        signed in could take a stranger's for their own.
        """
        now = self._clock()
        with self._lock:
            before = contacts.by_external_id(self._warehouse, site_key, str(identity["id"]))
            if before is None:
                mine = self.of_visitor(site_key, visitor_id)
                before = mine if mine is not None and not mine.external_id else None
            if before is None:
                before = Contact(contact_id=f"k_{uuid4()}", site_key=site_key, created_at=now)
            contact = told_by_site(before, identity, now)
            if visitor_id not in contact.visitors:
                contact = self._with(contact, {*contact.visitors, visitor_id})
            if contact != before:
                self._keep(contact)
        return contact

    def _with(self, contact: Contact, visitors: Iterable[str]) -> Contact:
        return msgspec.structs.replace(
            contact, visitors=tuple(sorted(visitors)), updated_at=self._clock()
        )

    def _refuse_twins(self, contact: Contact, before: Contact | None = None) -> None:
        """Raise ContactExists if an e-mail or id that is new to the contact is another's."""
        looked = (("email", contacts.by_email), ("external_id", contacts.by_external_id))
        for name, look in looked:
            value = getattr(contact, name)
            if value and (before is None or value != getattr(before, name)):
                twin = look(self._warehouse, contact.site_key, value)
                if twin is not None and twin.contact_id != contact.contact_id:
                    raise ContactExists(twin.contact_id)

    def _keep(self, contact: Contact) -> None:
        contacts.write_contact(self._warehouse, contact, sought_in(contact))
        knowing = _knowing(contact.contact_id, contact.name, contact.email)
        for visitor_id in contact.visitors:
            self._hub.tell_facts(contact.site_key, visitor_id, knowing)

    def _forget(self, site_key: str, visitors: Iterable[str]) -> None:
        for visitor_id in visitors:
            self._hub.tell_facts(site_key, visitor_id, without_contact)


def present_contact(contact: Contact) -> dict[str, Any]:
    """Return a contact as the API tells it."""
    return {
        "id": contact.contact_id,
        "site_key": contact.site_key,
        "name": contact.name or None,
        "email": contact.email or None,
        "phone": contact.phone or None,
        "traits": contact.traits,
        "note": contact.note or None,
        "external_id": contact.external_id or None,
        "verified": contact.verified,
        "visitors": list(contact.visitors),
        "created_at": timestamp(contact.created_at),
        "updated_at": timestamp(contact.updated_at),
    }


def without_contact(facts: Facts) -> Facts:
    """Return what is known of a visitor who is no contact's."""
    return _knowing(None, "", "")(facts)


def _knowing(contact_id: str | None, name: str, email: str) -> Callable[[Facts], Facts]:
    def know(facts: Facts) -> Facts:
        return msgspec.structs.replace(
            facts, contact_id=contact_id, name=name or None, email=email or None
        )

    return know
