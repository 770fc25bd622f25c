"""The only door from the screens to the API: HTTP in the name of the person who is signed in."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any, TypeVar
from urllib.parse import quote

import httpx
import msgspec
import streamlit as st

from hozir.inside import HEADER, SECRET
from hozir.settings import load_settings

COOKIE = "hozir_session"
_CONTACTS = "api/v1/contacts"
_TIMEOUT = 5.0  # seconds
_SQL_TIMEOUT = 600.0
_log = logging.getLogger(__name__)
_Answer = TypeVar("_Answer")


class SignedOut(Exception):
    """The cookie opens nothing (any more)."""


class NoAnswer(Exception):
    """The API is away or answered something else than agreed."""


class Refused(Exception):
    """The API said no, for a reason of its closed set."""

    def __init__(self, reason: str, contact_id: str | None = None, message: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message
        """One line in English; of SQL what the database says."""
        self.contact_id = contact_id
        """With `contact_exists`: the one that is there."""


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
    must_change_password: bool = False
    """True while the password is one that somebody else has made."""
    sites: list[Site] = []


class WorldMap(msgspec.Struct, frozen=True):
    """Where visitors are, at one level of the map; objects as the API tells them."""

    places: list[dict[str, Any]]
    countries: list[dict[str, Any]]
    visitors: list[dict[str, Any]] = []
    meta: dict[str, int] = {}


class _Session(msgspec.Struct):
    user: Person


class _One(msgspec.Struct):
    data: dict[str, Any]


class _Total(msgspec.Struct):
    total: int


class _Contacts(msgspec.Struct):
    data: list[dict[str, Any]]
    meta: _Total


class _Reason(msgspec.Struct):
    reason: str
    message: str = ""
    contact_id: str | None = None


class _Problem(msgspec.Struct):
    error: _Reason


class Api:
    """The API in the name of one person."""

    def __init__(self, http: httpx.Client, cookie: str | None) -> None:
        self._http = http
        self._headers = {HEADER: SECRET} | ({"Cookie": f"{COOKIE}={cookie}"} if cookie else {})

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

    def world_map(self, site_key: str, country: str, city: str | None, language: str) -> WorldMap:
        """Return one level of the map: the world, a country's cities, or a city's visitors."""
        query = {"site": site_key, "country": country, "lang": language}
        if city is not None:
            query["city"] = city
        return _read(self._get("api/v1/visitors/map", query), WorldMap)

    def visitors_today(self, site_key: str) -> int:
        """Return how many visitors the site has had today, in its own time zone."""
        answer = _read(self._get("api/v1/visitors/stats", {"site": site_key}), dict[str, Any])
        return int(answer["total_today"])

    def contacts(
        self, site_key: str, q: str, page: int, limit: int
    ) -> tuple[list[dict[str, Any]], int]:
        """Return a page of contacts, and how many match in all. Raises SignedOut, NoAnswer."""
        query = {"site": site_key, "q": q, "page": str(page), "limit": str(limit)}
        found = _read(self._get("api/v1/contacts", query), _Contacts)
        return found.data, found.meta.total

    def contact(self, site_key: str, contact_id: str) -> dict[str, Any] | None:
        """Return a contact, None if there is no such one (any more)."""
        response = self._get(_contact_path(contact_id), {"site": site_key}, may_miss=True)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        return _read(response, _One).data

    def save_contact(
        self, site_key: str, contact_id: str | None, fields: dict[str, Any]
    ) -> dict[str, Any]:
        """Make a contact, or change one. Raises Refused, SignedOut, NoAnswer."""
        method, path = ("PATCH", _contact_path(contact_id)) if contact_id else ("POST", _CONTACTS)
        return _read(self._send(method, path, {"site": site_key}, fields), _One).data

    def link_contact(self, site_key: str, contact_id: str, visitor_id: str) -> None:
        """Say that a visitor is a contact. Raises Refused, SignedOut, NoAnswer."""
        path = f"{_contact_path(contact_id)}/visitors"
        self._send("POST", path, {"site": site_key}, {"visitor_id": visitor_id})

    def delete_contact(self, site_key: str, contact_id: str) -> None:
        """Forget a contact; its visitors stay. Raises Refused, SignedOut, NoAnswer."""
        self._send("DELETE", _contact_path(contact_id), {"site": site_key})

    def read(self, path: str, **query: str | int) -> dict[str, Any]:
        """Return what stands at a path below `/api/v1/`, as the API tells it.

        Raises SignedOut, NoAnswer.
        """
        asked = {name: str(value) for name, value in query.items()}
        return _read(self._get(f"api/v1/{path}", asked), dict[str, Any])

    def change(
        self, method: str, path: str, body: Any = None, **query: str | int
    ) -> dict[str, Any]:
        """Change what stands at a path below `/api/v1/`, and return the answer, if there is one.

        Raises Refused with the API's reason, SignedOut, NoAnswer.
        """
        asked = {name: str(value) for name, value in query.items()}
        response = self._send(method, f"api/v1/{path}", asked, body)
        return _read(response, dict[str, Any]) if response.content else {}

    def sql(self, sql: str, site: str) -> dict[str, Any]:
        """Return `columns`, at most 1,000 `rows`, whether there are `more`, and `ms` it took.

        Raises Refused, SignedOut, NoAnswer.
        """
        return _read(self._ask_sql(sql, site, "application/json"), dict[str, Any])

    def sql_stream(self, sql: str, site: str) -> bytes:
        """Return all rows as an Arrow stream. Raises Refused, SignedOut, NoAnswer."""
        return self._ask_sql(sql, site, "application/vnd.apache.arrow.stream").content

    def _ask_sql(self, sql: str, site: str, accept: str) -> httpx.Response:
        body = {"sql": sql, "site": site}
        # The API ends a statement by itself.
        return self._send("POST", "api/v1/sql", {}, body, accept=accept, timeout=_SQL_TIMEOUT)

    def _send(
        self,
        method: str,
        path: str,
        query: dict[str, str],
        body: Any = None,
        *,
        accept: str = "*/*",
        timeout: float = _TIMEOUT,
    ) -> httpx.Response:
        """Change something. Raises Refused with the API's reason, SignedOut, NoAnswer."""
        headers = {**self._headers, "Accept": accept}
        try:
            response = self._http.request(
                method, path, params=query, headers=headers, json=body, timeout=timeout
            )
        except httpx.HTTPError as error:
            _log.warning("the API does not answer: %s", error)
            raise NoAnswer from error
        if response.status_code == httpx.codes.UNAUTHORIZED:
            raise SignedOut
        if response.is_client_error:
            refused = _read(response, _Problem).error
            raise Refused(refused.reason, refused.contact_id, refused.message)
        if not response.is_success:
            _log.warning("the API answered %s to %s", response.status_code, path)
            raise NoAnswer
        return response

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


def _contact_path(contact_id: str) -> str:
    return f"{_CONTACTS}/{quote(contact_id, safe='')}"


def _read(response: httpx.Response, kind: type[_Answer]) -> _Answer:
    try:
        return msgspec.json.decode(response.content, type=kind)
    except msgspec.DecodeError as error:
        _log.warning("the API answered in an unknown shape: %s", error)
        raise NoAnswer from error
