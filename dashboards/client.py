"""The only door from the screens to the API: HTTP in the name of the person who is signed in."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec
import streamlit as st

from hozir.settings import load_settings

COOKIE = "hozir_session"
_TIMEOUT = 5.0  # seconds
_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class SignedOut(Exception):
    """The cookie opens nothing (any more)."""


class NoAnswer(Exception):
    """The API is away or answered something else than agreed."""


class Site(msgspec.Struct, frozen=True):
    """A site that the person may see."""

    site_key: str
    name: str
    domains: list[str] = []
    timezone: str = "UTC"
    simulated: bool = False
    snippet: str = ""
    """The script tag for its pages, whole."""
    demo_url: str | None = None
    """A page of ours that carries the tag already."""
    had_visitors: bool = False


class Person(msgspec.Struct, frozen=True):
    """Who is signed in."""

    id: str | int
    email: str
    name: str
    role: str
    language: str | None = None
    may: list[str] = []
    """Permissions, as `api/permissions.py` names them."""
    sites: list[Site] = []


class _Session(msgspec.Struct):
    user: Person


class Api:
    """The API in the name of one person."""

    def __init__(self, http: httpx.Client, cookie: str | None) -> None:
        self._http = http
        self._headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}

    def person(self) -> Person:
        """Return who is signed in. Raises SignedOut, NoAnswer."""
        return _read(self._get("api/v1/session"), _Session).user

    def visitor(self, site_key: str, visitor_id: str, language: str) -> dict[str, Any] | None:
        """Return a visitor with the pages of the newest visit, None if there is no such one."""
        path = f"api/v1/visitors/{quote(visitor_id, safe='')}"
        response = self._get(path, {"site": site_key, "lang": language}, may_miss=True)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        answer = _read(response, dict[str, Any])
        data = answer.get("data", answer)
        return data if isinstance(data, dict) else None

    def _get(
        self, path: str, query: dict[str, str] | None = None, *, may_miss: bool = False
    ) -> httpx.Response:
        try:
            response = self._http.get(path, params=query, headers=self._headers)
        except httpx.HTTPError as error:
            _log.warning("the API does not answer: %s", error)
            raise NoAnswer from error
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise SignedOut
        if not response.is_success and not (may_miss and response.status_code == 404):
            _log.warning("the API answered %s to %s", response.status_code, path)
            raise NoAnswer
        return response


def connect() -> Api:
    """Return the API as the browser of this script run may use it."""
    return Api(_http(), st.context.cookies.get(COOKIE))


@cache
def _http() -> httpx.Client:
    """One pool for all runs. Proxies of the environment are not for our own address."""
    settings = load_settings()
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.web_host, settings.web_host)
    host = f"[{host}]" if ":" in host else host
    base = f"http://{host}:{settings.web_port}/"
    return httpx.Client(base_url=base, timeout=_TIMEOUT, trust_env=False)


def _read(response: httpx.Response, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.DecodeError as error:
        _log.warning("the API answered in an unknown shape: %s", error)
        raise NoAnswer from error
