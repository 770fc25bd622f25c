"""Sign in, sign out, and who am I."""

from __future__ import annotations

from math import ceil
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from api.accounts import SiteRow
from api.house import House, person_of
from api.permissions import MATRIX
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import InHouse, SignedIn
from api.sign_in import COOKIE, Person
from api.sites import DEMO, site_of, snippet
from hozir.contract.site import Site
from warehouse.visitors import had_visitors

router = APIRouter(prefix="/api/v1/session", tags=["session"])


class Credentials(BaseModel):
    """What somebody types in to sign in."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


@router.post("")
def sign_in(request: Request, credentials: Credentials, house: InHouse) -> Response:
    """Sign in. Sets the cookie that opens everything else."""
    account = credentials.email.strip().casefold()
    address = request.client.host if request.client else ""
    wait = max(house.of_address.take(address), house.of_account.take(account))
    if wait:
        raise Problem(
            429,
            "too_many_attempts",
            "Too many attempts; wait a little.",
            {"Retry-After": str(ceil(wait))},
        )
    signed = house.sign_ins.sign_in(account, credentials.password)
    if signed is None:
        raise Problem(401, "wrong_password", "The e-mail and the password do not fit.")
    token, person = signed
    house.of_account.forgive(account)
    response = answer({"user": _tell(house, person)})
    response.set_cookie(
        COOKIE,
        token,
        max_age=house.sign_ins.cookie_seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.get("")
def who_am_i(person: SignedIn, house: InHouse) -> Response:
    """Return who is signed in, with the sites they may see."""
    return answer({"user": _tell(house, person)})


@router.delete("", status_code=204)
async def sign_out(request: Request, house: InHouse) -> Response:
    """End this sign-in, and with it every open socket of it."""
    person = person_of(request)
    if person is not None:
        await house.sign_out(person)
    response = Response(status_code=204)
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
    return response


def _tell(house: House, person: Person) -> dict[str, Any]:
    with house.accounts.open() as store:
        rows = store.scalars(
            select(SiteRow)
            .where(SiteRow.site_key.in_(sorted(person.site_keys)))
            .order_by(SiteRow.created_at)
        )
        sites = [site_of(row) for row in rows]
    return {
        "id": person.id,
        "email": person.email,
        "name": person.name,
        "role": person.role,
        "language": person.language or None,
        "may": sorted(MATRIX[person.role]),
        "sites": [tell_site(house, site) for site in sites],
    }


def tell_site(house: House, site: Site) -> dict[str, Any]:
    """Return a site with what a newcomer needs to begin."""
    ingest_url = house.settings.public_ingest_url
    return {
        "site_key": site.site_key,
        "name": site.name,
        "domains": site.domains,
        "timezone": site.timezone,
        "simulated": site.simulated,
        "snippet": snippet(ingest_url, site),
        "demo_url": f"{ingest_url}/demo/" if site.site_key == DEMO else None,
        "had_visitors": had_visitors(house.warehouse, site.site_key),
    }
