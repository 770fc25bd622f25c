"""Sites: who may see which, and new ones."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import available_timezones

from fastapi import APIRouter
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import select
from starlette.responses import Response

from api.accounts import SiteRow, write_audit
from api.problem import Problem
from api.routes.answer import answer
from api.routes.deps import AsAdmin, InHouse, SignedIn
from api.routes.session import tell_site
from api.sites import site_of, site_row
from hozir.contract.codec import encode
from hozir.contract.errors import LogFull, LogUnavailable
from hozir.contract.ids import SITE_KEY
from hozir.contract.site import Site
from hozir.contract.topics import SITES

router = APIRouter(prefix="/api/v1/sites", tags=["sites"])

_HOST = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9-]*[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def _site_key(text: str) -> str:
    if not SITE_KEY.fullmatch(text):
        raise ValueError("letters, digits, - and _ only, at most 40")
    return text


def _host(text: str) -> str:
    try:
        host = text.strip().lower().encode("idna").decode() if not text.isascii() else text
    except UnicodeError:
        raise ValueError("not the name of a host") from None
    host = host.strip().lower()
    if len(host) > 253 or not _HOST.fullmatch(host):
        raise ValueError("a host as shop.example or *.shop.example, without https://")
    return host


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError("an IANA time zone as Asia/Tashkent")
    return text


class NewSite(BaseModel):
    """A site to be made."""

    site_key: Annotated[str, AfterValidator(_site_key)]
    name: str = Field(min_length=1, max_length=100)
    domains: list[Annotated[str, AfterValidator(_host)]] = Field(default=[], max_length=50)
    loopback: bool = False
    timezone: Annotated[str, AfterValidator(_zone)] = "UTC"


@router.get("")
def list_sites(person: SignedIn, house: InHouse) -> Response:
    """Return the sites that one may see."""
    with house.accounts.open() as store:
        rows = store.scalars(
            select(SiteRow)
            .where(SiteRow.site_key.in_(sorted(person.site_keys)))
            .order_by(SiteRow.created_at)
        )
        sites = [site_of(row) for row in rows]
    return answer({"data": [tell_site(house, site) for site in sites]})


@router.post("", status_code=201)
def make_site(new: NewSite, person: AsAdmin, house: InHouse) -> Response:
    """Make a site. Every process knows it within seconds."""
    site = Site(**new.model_dump())
    try:
        with house.accounts.open() as store:
            if store.get(SiteRow, site.site_key) is not None:
                raise Problem(409, "site_exists", "There is a site of that key already.")
            store.add(site_row(site))
            write_audit(store, person.id, "site_made", site.site_key)
            store.flush()
            house.log.append(SITES, [(0, encode(site))])
    except (LogUnavailable, LogFull):
        raise Problem(
            503,
            "log_unavailable",
            "The log cannot be written now; try again.",
            {"Retry-After": "5"},
        ) from None
    house.sign_ins.forget()
    return answer({"data": tell_site(house, site)}, 201)
