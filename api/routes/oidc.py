"""Signing in by a provider: there and back."""

from __future__ import annotations

import logging
from hmac import compare_digest
from typing import Literal
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from api.browser import browser_name
from api.house import House
from api.next_path import next_path
from api.oidc import TRY_SECONDS, NotBelieved, Oidc, ProviderAway
from api.problem import Problem
from api.routes.cookie import set_cookie, too_many, wait_of_address
from api.routes.deps import InHouse

router = APIRouter(prefix="/api/v1/oidc", tags=["session"])

TRY_COOKIE = "hozir_oidc"
_PATH = "/api/v1/oidc"

Why = Literal["oidc_away", "oidc_refused", "oidc_stranger"]
"""What the sign-in page tells."""

_log = logging.getLogger(__name__)


def _provider(house: House) -> Oidc:
    if house.oidc is None:
        raise Problem(404, "oidc_off", "No provider is set; sign in by password.")
    return house.oidc


@router.get("/start")
def start(request: Request, house: InHouse, next: str = "/") -> Response:
    """Send the browser to the provider."""
    provider = _provider(house)
    if wait := wait_of_address(request, house):
        raise too_many(wait)
    try:
        address, cookie = provider.begin(next_path(next))
    except ProviderAway as error:
        _log.warning("the provider of sign-ins is away: %s", error)
        return _back(house, "oidc_away", next)
    response = RedirectResponse(address, 303, {"Cache-Control": "no-store"})
    response.set_cookie(
        TRY_COOKIE,
        cookie,
        max_age=TRY_SECONDS,
        path=f"{_base(house)}{_PATH}",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


@router.get("/callback")
def callback(
    request: Request, house: InHouse, state: str = "", code: str = "", error: str = ""
) -> Response:
    """Take back whom the provider vouches for, if they are one of the team already."""
    provider = _provider(house)
    to = "/"
    try:
        attempt = provider.read_try(request.cookies.get(TRY_COOKIE, ""))
        to = attempt.next
        if not compare_digest(attempt.state.encode(), state.encode(errors="replace")):
            raise NotBelieved("the answer is to another try")
        if error or not code:
            raise NotBelieved("the provider said no")
        email = provider.finish(attempt, code)
    except NotBelieved as reason:
        _log.warning("a sign-in by the provider was refused: %s", reason)
        return _back(house, "oidc_refused", to)
    except ProviderAway as reason:
        _log.warning("the provider of sign-ins is away: %s", reason)
        return _back(house, "oidc_away", to)
    browser = browser_name(request.headers.get("user-agent", ""))
    signed = house.sign_ins.sign_in_by_provider(email, browser)
    if signed is None:
        return _back(house, "oidc_stranger", to)
    response = _leaving(house, RedirectResponse(to, 303, {"Cache-Control": "no-store"}))
    set_cookie(response, request, house, signed[0])
    return response


def _back(house: House, why: Why, to: str) -> Response:
    query = urlencode({"problem": why, "next": next_path(to)})
    address = f"{_base(house)}/sign-in?{query}"
    return _leaving(house, RedirectResponse(address, 303, {"Cache-Control": "no-store"}))


def _leaving(house: House, response: Response) -> Response:
    response.delete_cookie(TRY_COOKIE, path=f"{_base(house)}{_PATH}", httponly=True, samesite="lax")
    return response


def _base(house: House) -> str:
    """Return the path under which this house stands, without a slash at the end."""
    return urlsplit(house.settings.public_web_url).path.rstrip("/")
