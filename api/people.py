"""Persons: the browsers that a site has proven to be of one of its own users.

What a page merely claims joins nothing. The hub's changes tell of proofs; what is decided at once
in the loop is written by a thread of its own, so that no screen waits for the disk.
"""

from __future__ import annotations

import hashlib
import logging
import queue
import threading
from typing import Any
from uuid import UUID

import msgspec

from api.contacts import Contacts
from api.facts import Facts
from api.hub import Hub
from hozir.contract.change import Change
from warehouse.connection import Connection
from warehouse.people import Proof, Verified, proofs_since, verified_visitors, write_verified

LATE_MS = 24 * 3_600_000
"""A proof may be written so long after it happened, at most."""

_log = logging.getLogger(__name__)


def person_id_of(site_key: str, external_id: str) -> str:
    """Name a person: the same for the same site and id, for ever."""
    seed = f"{site_key}\n{external_id}".encode(errors="replace")
    return f"p_{UUID(bytes=hashlib.blake2b(seed, digest_size=16).digest())}"


class People:
    """Knows every proven visitor. `hear` and the questions belong to the loop or take no lock."""

    def __init__(self, warehouse: Connection, hub: Hub, contacts: Contacts) -> None:
        self._warehouse = warehouse
        self._hub = hub
        self._contacts = contacts
        self._known: dict[tuple[str, str], Verified] = {}
        self._visitors: dict[str, tuple[str, ...]] = {}
        self._proofs: queue.SimpleQueue[Proof | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write_on, name="people", daemon=True)

    def restore(self) -> None:
        """Read who is known, and catch up with proofs that the last process did not write."""
        newest = 0
        for one in verified_visitors(self._warehouse):
            self._know(one)
            newest = max(newest, one.heard_at)
        for proof in proofs_since(self._warehouse, max(0, newest - LATE_MS)):
            known = self._known.get((proof.site_key, proof.visitor_id))
            if known is None or proof.at > known.heard_at:
                self._take(proof)
        self._hub.listeners.append(self.hear)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is known, and end."""
        self._proofs.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def of(self, site_key: str, visitor_id: str) -> Verified | None:
        """Return who a visitor was proven to be."""
        return self._known.get((site_key, visitor_id))

    def visitors_of(self, person_id: str) -> tuple[str, ...]:
        """Return the browsers of a person."""
        return self._visitors.get(person_id, ())

    def forget(self, site_key: str, visitor_id: str) -> None:
        """Know nothing of a visitor any more. From any thread."""

        def drop(facts: Facts) -> Facts:
            known = self._known.pop((site_key, visitor_id), None)
            if known is not None:
                others = tuple(v for v in self._visitors[known.person_id] if v != visitor_id)
                self._visitors[known.person_id] = others
            return msgspec.structs.replace(facts, person_id=None)

        self._hub.tell_facts(site_key, visitor_id, drop)

    def hear(self, change: Change) -> None:
        """Take notice of a change that tells whom the site has proven a visitor to be."""
        session = change.session
        identity = session.identity
        if identity.get("verified") is not True or not identity.get("id"):
            return
        if change.fact is not None and change.fact.kind == "identify":
            if change.fact.props.get("verified") is not True:
                return
            at = change.fact.at
        elif (session.site_key, session.visitor_id) in self._known:
            return
        else:
            at = session.started_at
        self._take(Proof(session.site_key, session.visitor_id, at, identity))

    def _take(self, proof: Proof) -> None:
        external_id = proof.identity.get("id")
        # Asked again here: a trait may be called `verified` too.
        if proof.identity.get("verified") is not True or not external_id:
            return
        if not isinstance(external_id, str):
            return
        known = self._known.get((proof.site_key, proof.visitor_id))
        if known is not None and proof.at < known.heard_at:
            return
        same = known is not None and known.external_id == external_id
        self._know(
            Verified(
                proof.site_key,
                proof.visitor_id,
                external_id,
                person_id_of(proof.site_key, external_id),
                known.since if same and known is not None else proof.at,
                proof.at,
            )
        )
        self._proofs.put(proof)

    def _know(self, one: Verified) -> None:
        key = (one.site_key, one.visitor_id)
        before = self._known.get(key)
        self._known[key] = one
        if before is not None and before.person_id == one.person_id:
            return
        if before is not None:
            others = tuple(v for v in self._visitors[before.person_id] if v != one.visitor_id)
            self._visitors[before.person_id] = others
        mine = self._visitors.get(one.person_id, ())
        self._visitors[one.person_id] = (*mine, one.visitor_id)

        def know(facts: Facts) -> Facts:
            return msgspec.structs.replace(facts, person_id=one.person_id)

        self._hub.tell_facts(one.site_key, one.visitor_id, know)

    def _write_on(self) -> None:
        while (proof := self._proofs.get()) is not None:
            try:
                self._write(proof)
            except Exception:
                # The next start reads it again from the events.
                _log.exception("a proof of %s was not written", proof.visitor_id)

    def _write(self, proof: Proof) -> None:
        known = self._known.get((proof.site_key, proof.visitor_id))
        # If it is not this one, another proof waits behind, or the visitor was forgotten.
        if known is not None and proof.at == known.heard_at:
            self._contacts.prove(proof.site_key, proof.visitor_id, proof.identity)
            write_verified(self._warehouse, known)


def present_person(one: Verified, visitors: list[dict[str, Any]]) -> dict[str, Any]:
    """Return a person as the API tells it."""
    return {
        "id": one.person_id,
        "external_id": one.external_id,
        "verified": True,
        "visitors": visitors,
    }
