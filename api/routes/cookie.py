"""What every way to sign in has in common: the cookie, and how often one may try."""

from __future__ import annotations

from math import ceil

from fastapi import Request
from starlette.responses import Response

from api.house import House
from api.problem import Problem
from api.sign_in import COOKIE
from hozir.address import household_of


def set_cookie(response: Response, request: Request, house: House, token: str) -> None:
    """Give the browser what opens everything else."""
    response.set_cookie(
        COOKIE,
        token,
        max_age=house.sign_ins.cookie_seconds,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def drop_cookie(response: Response) -> None:
    """Take it away."""
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    """Return whom the client is counted with: for counting in memory, never to be stored."""
    return household_of(request.client.host) if request.client else ""


def wait_of_address(request: Request, house: House) -> float:
    """Count a try from the client's address. Returns 0, or the seconds to wait."""
    return house.of_address.take(address_of(request))


def too_many(wait: float) -> Problem:
    """Return the refusal of one try too many."""
    again = {"Retry-After": str(ceil(wait))}
    return Problem(429, "too_many_attempts", "Too many attempts; wait a little.", again)
