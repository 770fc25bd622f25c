"""Sites: who may see which, new ones, and their settings, which all processes hear of at once."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

import msgspec
from fastapi import APIRouter
from sqlalchemy import select
from sqlalchemy.orm import Session as Store
from starlette.responses import Response

from api.accounts import SiteRow, write_audit
from api.house import House, seen_site
from api.permissions import allowed
from api.present_site import tell_site, tell_sites
from api.problem import Problem, log_unavailable
from api.routes.answer import answer
from api.routes.deps import AsAdmin, InHouse, SignedIn
from api.sign_in import Person
from api.site_settings import KEYS_KEPT, NewSite, SiteSettings
from api.sites import fill_row, site_of, site_row
from hozir.contract.codec import encode
from hozir.contract.errors import LogFull, LogUnavailable
from hozir.contract.site import Site
from hozir.contract.topics import SITES

router = APIRouter(prefix="/api/v1/sites", tags=["sites"])


@router.get("")
def list_sites(person: SignedIn, house: InHouse) -> Response:
    """Return the sites that one may see."""
    return answer({"data": tell_sites(house, person)})


@router.get("/{site_key}")
def one_site(site_key: str, person: SignedIn, house: InHouse) -> Response:
    """Return a site; to an admin with the secret by which it proves who its visitors are."""
    key = seen_site(person, site_key)
    with house.accounts.open() as store:
        site = site_of(store.get_one(SiteRow, key))
    told = tell_site(house, site, person)
    if allowed(person.role, "configure_sites"):
        told["identity_secret"] = site.identity_secret
    return answer({"data": told})


@router.post("", status_code=201)
def make_site(new: NewSite, person: AsAdmin, house: InHouse) -> Response:
    """Make a site. Every process knows it within seconds."""
    site = Site(**new.model_dump())

    def store_it(store: Store) -> None:
        if store.get(SiteRow, site.site_key) is not None or site.site_key in _all_keys(store):
            raise Problem(409, "site_exists", "There is a site of that key already.")
        store.add(site_row(site))
        write_audit(store, person.id, "site_made", site.site_key, site=site.site_key)
        _tell_all(house, store, site)

    _durably(house, store_it)
    house.sign_ins.forget()
    return answer({"data": tell_site(house, site, person)}, 201)


@router.patch("/{site_key}")
def change_site(site_key: str, wanted: SiteSettings, person: AsAdmin, house: InHouse) -> Response:
    """Change settings of a site. Pages follow within seconds."""
    changes = wanted.model_dump(exclude_none=True, exclude={"chat"})
    chat = wanted.chat.model_dump(exclude_none=True) if wanted.chat else {}
    changed = sorted([*changes, *(f"chat.{name}" for name in chat)])

    def altered(store: Store, site: Site) -> Site:
        new = msgspec.structs.replace(
            site, **changes, chat=msgspec.structs.replace(site.chat, **chat)
        )
        write_audit(
            store, person.id, "site_changed", site.site_key, site=site.site_key, changed=changed
        )
        return new

    return answer({"data": tell_site(house, _alter(house, person, site_key, altered), person)})


@router.post("/{site_key}/keys", status_code=201)
def make_key(site_key: str, person: AsAdmin, house: InHouse) -> Response:
    """Make a public key, to be handed out from now on. The others go on until they are removed."""

    def altered(store: Store, site: Site) -> Site:
        if len(site.public_keys) >= KEYS_KEPT:
            raise Problem(400, "malformed", f"At most {KEYS_KEPT} keys; remove an old one first.")
        taken = _all_keys(store)
        key = secrets.token_hex(8)
        while key in taken:
            key = secrets.token_hex(8)
        write_audit(store, person.id, "site_key_made", site.site_key, site=site.site_key, key=key)
        return msgspec.structs.replace(site, keys=[key, *site.public_keys])

    site = _alter(house, person, site_key, altered)
    return answer({"data": tell_site(house, site, person)}, 201)


@router.delete("/{site_key}/keys/{key}")
def drop_key(site_key: str, key: str, person: AsAdmin, house: InHouse) -> Response:
    """Remove a public key: pages that still carry it are refused from now on."""

    def altered(store: Store, site: Site) -> Site:
        left = [one for one in site.public_keys if one != key]
        if len(left) == len(site.public_keys):
            raise Problem(404, "not_found", "The site has no such key.")
        if not left:
            raise Problem(409, "last_key", "Make another key first: pages must carry one.")
        write_audit(
            store, person.id, "site_key_removed", site.site_key, site=site.site_key, key=key
        )
        return msgspec.structs.replace(site, keys=left)

    return answer({"data": tell_site(house, _alter(house, person, site_key, altered), person)})


@router.post("/{site_key}/identity-secret")
def make_identity_secret(site_key: str, person: AsAdmin, house: InHouse) -> Response:
    """Make a new secret by which the site proves who a visitor is. The old one ends."""

    def altered(store: Store, site: Site) -> Site:
        write_audit(store, person.id, "identity_secret_made", site.site_key, site=site.site_key)
        return msgspec.structs.replace(site, identity_secret=secrets.token_hex(32))

    site = _alter(house, person, site_key, altered)
    told = tell_site(house, site, person) | {"identity_secret": site.identity_secret}
    return answer({"data": told})


@router.delete("/{site_key}", status_code=204)
def drop_site(site_key: str, person: AsAdmin, house: InHouse) -> Response:
    """Remove a site from all screens and refuse its pages. What it kept goes in its time."""

    def altered(store: Store, site: Site) -> Site:
        write_audit(store, person.id, "site_removed", site.site_key, site=site.site_key)
        return msgspec.structs.replace(site, deleted=True)

    _alter(house, person, site_key, altered)
    house.team_changed()
    return Response(status_code=204)


def _alter(
    house: House, person: Person, site_key: str, altered: Callable[[Store, Site], Site]
) -> Site:
    """Change a site and tell all processes, or neither. Raises Problem."""
    key = seen_site(person, site_key)
    changed: list[Site] = []

    def store_it(store: Store) -> None:
        row = store.get_one(SiteRow, key)
        if row.deleted:
            raise Problem(404, "unknown_site", "There is no such site.")
        site = altered(store, site_of(row))
        fill_row(row, site)
        changed.append(site)
        _tell_all(house, store, site)

    _durably(house, store_it)
    return changed[0]


def _durably(house: House, store_it: Callable[[Store], Any]) -> None:
    try:
        with house.accounts.alone, house.accounts.open() as store:
            store_it(store)
    except (LogUnavailable, LogFull):
        raise log_unavailable("The log cannot be written") from None


def _tell_all(house: House, store: Store, site: Site) -> None:
    # What the store refuses must not be told; what cannot be told is not stored.
    store.flush()
    house.log.append(SITES, [(0, encode(site))])


def _all_keys(store: Store) -> set[str]:
    """Return every key that leads to a site, removed ones included."""
    sites = [site_of(row) for row in store.scalars(select(SiteRow))]
    return {key for site in sites for key in (site.site_key, *site.keys)}
