"""Every route of web, asked by every role with what its OpenAPI page allows, and with what not.

Schemathesis makes the requests. About half of them name things that are there, so that they come
past "there is no such visitor". The application is the whole one, gate included, without a port.
"""

from __future__ import annotations

import dataclasses
import tempfile
import warnings
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from hypothesis.reporting import with_reporter
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode

from api.problem import Reason
from bench.figure import Figure
from hozir.bus.embedded import EmbeddedLog
from hozir.settings import Settings
from tests.api.conftest import PASSWORD, Running, a_process
from tests.api.furnished import Site, furnish

REASONS = get_args(Reason)
ROLES = ("admin", "manager", "operator", "nobody")
EMAILS = {"admin": "admin@localhost", "manager": "m@shop.example", "operator": "o@shop.example"}
SITE = "demo"
EXAMPLES = 25
"""Right and wrong requests each, of every route and role."""


@dataclasses.dataclass
class Storm:
    """What came of it."""

    routes: set[tuple[str, str]] = dataclasses.field(default_factory=set)
    statuses: Counter[int] = dataclasses.field(default_factory=Counter)
    failures: list[str] = dataclasses.field(default_factory=list)
    """Answers of 500 and above, and what was raised."""
    unreasoned: list[str] = dataclasses.field(default_factory=list)
    """Refusals without a reason of the closed set."""


def prove() -> list[Figure]:
    """Ask every route."""
    storm = rage(EXAMPLES)
    for line in [*storm.failures[:20], *storm.unreasoned[:20]]:
        print(line)
    work = f"{len(storm.routes)} routes, 4 roles, {sum(storm.statuses.values()):,} requests"
    refused = sum(count for status, count in storm.statuses.items() if status >= 400)
    return [
        Figure("answers of 500 and above", len(storm.failures), "", work, at_most=0),
        Figure("refusals without a reason", len(storm.unreasoned), "", work, at_most=0),
        Figure("requests refused", refused, "", work),
    ]


def rage(examples: int, roles: Sequence[str] = ROLES) -> Storm:
    """Ask every route as everybody, each in a house of their own."""
    storm = Storm()
    for role in roles:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            log = EmbeddedLog(folder / "log", fsync=False)
            chosen = dataclasses.replace(
                Settings(),
                data=folder,
                admin_password=PASSWORD,
                fsync=False,
                api_rate=0,
                screen_rate=0,
            )
            try:
                with a_process(chosen, log) as running:
                    _ask_all(running, role, examples, storm)
            finally:
                log.close()
    return storm


def _ask_all(running: Running, role: str, examples: int, storm: Storm) -> None:
    running.client._transport.raise_server_exceptions = False  # type: ignore[attr-defined]
    running.sign_in()
    things = furnish(running, 1, SITE)
    running.client.cookies.clear()
    if role not in ("admin", "nobody"):
        running.add_user(EMAILS[role], role, SITE)
    _enter(running, role)
    schema = schemathesis.openapi.from_dict(running.app.inner.openapi())  # type: ignore[attr-defined]
    operations = [one.ok() for one in schema.get_all_operations() if isinstance(one, Ok)]
    # What takes things away comes last, the site at the very end.
    operations.sort(
        key=lambda one: (one.method.upper() == "DELETE", -one.path.count("{"), one.path)
    )
    for operation in operations:
        storm.routes.add((operation.method.upper(), operation.path))
        for mode in GenerationMode:
            _ask(running, role, operation.as_strategy(mode), things, examples, storm)


def _ask(
    running: Running, role: str, cases: Any, things: Site, examples: int, storm: Storm
) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases, real=st.booleans())
    def send(case: Any, real: bool) -> None:
        if real:
            _point(case, things)
        judge(running, role, _prepared(case), storm)

    with warnings.catch_warnings(), with_reporter(lambda _: None):
        warnings.simplefilter("ignore")
        with suppress(Unsatisfiable):  # a route that takes nothing cannot be asked wrongly
            send()


def judge(running: Running, role: str, asked: requests.PreparedRequest, storm: Storm) -> None:
    """Send a request and note what is wrong with its answer."""
    body = asked.body.encode() if isinstance(asked.body, str) else asked.body
    names = {
        name: value if isinstance(value, str) else value.decode("latin-1")
        for name, value in asked.headers.items()
        if name.lower() != "cookie"
    }
    answer = running.client.request(
        str(asked.method),
        str(asked.url),
        content=body,  # type: ignore[arg-type]
        headers=names,
        follow_redirects=False,
    )
    storm.statuses[answer.status_code] += 1
    told = f"{role} {asked.method} {asked.url} {body!r}: {answer.status_code} {answer.text[:200]}"
    if answer.status_code >= 500:
        storm.failures.append(told[:1_000])
    elif answer.status_code >= 400:
        try:
            known = answer.json()["error"]["reason"] in REASONS
        except (ValueError, KeyError, TypeError):
            known = False
        if not known:
            storm.unreasoned.append(told[:1_000])
    if role != "nobody" and not running.client.cookies:
        _enter(running, role)


def _enter(running: Running, role: str) -> None:
    """Sign in, again if a request has ended it. Our own guesses at passwords are forgiven."""
    if role != "nobody":
        running.house.of_address.forgive("testclient")
        running.house.of_account.forgive(EMAILS[role])
        running.house.of_account.forgive(f"{EMAILS[role]} unknown")
        running.sign_in(EMAILS[role])


def _point(case: Any, things: Site) -> None:
    """Have a request name what is there."""
    there = vars(things) | {"site_key": things.key, "user_id": 1, "what": "close"}
    there["name"] = "overview"
    for name in case.path_parameters or {}:
        if name in there:
            case.path_parameters[name] = there[name]
    if case.query and "site" in case.query:
        case.query["site"] = things.key


def _prepared(case: Any) -> requests.PreparedRequest:
    given = case.as_transport_kwargs(base_url="http://testserver")
    known = ("method", "url", "headers", "params", "cookies", "json", "data", "files")
    return requests.Request(**{name: given[name] for name in known if name in given}).prepare()
