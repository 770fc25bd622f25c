"""For notebooks and programs: SQL and reports of a running Hozir as Polars frames.

desk = hozir.connect("https://hozir.example", "hz_…")
desk.sql("SELECT country, count(*) AS visits FROM visitor_sessions GROUP BY country")
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from types import TracebackType
from typing import Any

import httpx
import polars as pl

from hozir.contract.errors import HozirError

ARROW = "application/vnd.apache.arrow.stream"
TOKEN_VARIABLE = "HOZIR_TOKEN"
TIMEOUT = 60.0
"""Seconds that an answer may take, unless told otherwise."""

_CUT_SHORT = b'\n{"error":'
"""Begins what follows the rows of a statement that failed after its first rows."""

Params = Sequence[Any] | Mapping[str, Any]


class Problem(HozirError):
    """Hozir did not do what was asked."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(f"{message} ({reason})")
        self.reason = reason
        """One of the closed set in `api/problem.py`; or `unreachable`, `unreadable`."""
        self.message = message
        """One line for a person; of a statement that failed, what the database says."""


class Desk:
    """A way into a running Hozir. May be used in a `with` statement, which closes it."""

    def __init__(self, url: str, token: str, timeout: float) -> None:
        self._http = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=timeout,
        )

    def sql(
        self, query: str, params: Params | None = None, site: str | None = None
    ) -> pl.DataFrame:
        """Return the rows of one SELECT. Raises Problem.

        `params` fill `?` by a list, or `$name` by a dict. `site` limits it to one of your sites;
        else it is asked of all of them.
        """
        body = {"sql": query, "params": _told(params), "site": site}
        with self._asking("POST", "sql", json=body, headers={"Accept": ARROW}) as answer:
            return _frame(_read(answer))

    def tables(self) -> pl.DataFrame:
        """Return what a statement may read: view, column, type, meaning. Raises Problem."""
        with self._asking("GET", "sql/tables") as answer:
            views = json.loads(_read(answer))["data"]
        lines = [
            (view["name"], column["name"], column["type"], column["meaning"])
            for view in views
            for column in view["columns"]
        ]
        schema = dict.fromkeys(("view", "column", "type", "meaning"), pl.String)
        return pl.DataFrame(lines, schema=schema, orient="row")

    def report(self, name: str, **params: Any) -> pl.DataFrame:
        """Return a report: `desk.report("pages", site="demo", range="7d")`. Raises Problem.

        A word that Python keeps for itself is written with a line behind it: `from_=…`.
        """
        query = {key.removesuffix("_"): _word(value) for key, value in params.items()}
        with self._asking("GET", f"reports/{name}", params={**query, "format": "arrow"}) as answer:
            return _frame(_read(answer))

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @contextmanager
    def _asking(self, method: str, path: str, **how: Any) -> Iterator[httpx.Response]:
        try:
            with self._http.stream(method, path, **how) as answer:
                if answer.is_error:
                    raise _problem(answer.read(), answer.status_code)
                if not answer.is_success:
                    raise Problem("unreadable", f"This is not Hozir: status {answer.status_code}.")
                yield answer
        except httpx.TimeoutException as error:
            raise Problem("unreachable", "Hozir took too long to answer.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Problem("unreachable", f"Hozir cannot be reached: {error}") from error


def connect(
    url: str = "http://localhost:8001", token: str | None = None, *, timeout: float = TIMEOUT
) -> Desk:
    """Return a way into the Hozir at `url`, in the name of a token's owner.

    Without `token`, the environment's HOZIR_TOKEN is used. Nothing is asked yet. `timeout` is in
    seconds. Raises Problem if there is no token.
    """
    token = token or os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        raise Problem("signed_out", f"A token is needed: give one, or set {TOKEN_VARIABLE}.")
    return Desk(url, token, timeout)


def _read(answer: httpx.Response) -> bytes:
    """Return a whole answer. Raises Problem for one that was cut short."""
    held = bytearray()
    try:
        for piece in answer.iter_bytes():
            held += piece
    except httpx.RemoteProtocolError as error:
        # A part of the rows is never taken for all of them. Why it ended stands at its end.
        place = held.rfind(_CUT_SHORT)
        if place < 0:
            raise Problem("unreachable", "The answer was cut short.") from error
        raise _problem(bytes(held[place:]), answer.status_code) from error
    return bytes(held)


def _frame(stream: bytes) -> pl.DataFrame:
    try:
        return pl.read_ipc_stream(io.BytesIO(stream))
    except pl.exceptions.PolarsError as error:
        raise Problem("unreadable", f"Polars cannot read the answer: {error}") from error


def _problem(body: bytes, status: int) -> Problem:
    try:
        told = json.loads(body)["error"]
        return Problem(str(told["reason"]), str(told["message"]))
    except (ValueError, KeyError, TypeError):
        return Problem("unreadable", f"Hozir answered {status} without a reason.")


def _told(params: Params | None) -> Any:
    if params is None:
        return None
    if isinstance(params, Mapping):
        return {name: _value(value) for name, value in params.items()}
    return [_value(value) for value in params]


def _value(value: Any) -> Any:
    """Return a value as JSON can tell it."""
    if isinstance(value, datetime | date | time | Decimal):
        return str(value)
    if isinstance(value, list | tuple):
        return [_value(one) for one in value]
    return value


def _word(value: Any) -> Any:
    return str(value) if isinstance(value, date | datetime) else value
