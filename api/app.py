"""The web process assembled: REST, WebSocket and screens under one origin, behind one gate."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import fastapi_offline
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.staticfiles import StaticFiles

from api.accounts import Accounts
from api.alert_outlet import Send, outlets
from api.checkup import Checkup
from api.contacts import Contacts
from api.content_policy import content_policy
from api.conversation_view import ConversationView
from api.conversations import Conversations
from api.correspondent import Correspondent
from api.erased import Erased
from api.figures import how_it_is, lag_of
from api.gate import Gate, too_large
from api.house import House
from api.hub import Hub
from api.inbox_hub import InboxHub, facts_after
from api.live_view import LiveView, live_from
from api.loader import Loader
from api.oidc import oidc_of
from api.pace import Pace
from api.people import People
from api.problem import Problem, problem
from api.report_pool import ReportPool
from api.retention import Keeper, wishes
from api.routes import (
    audit,
    chat,
    contacts,
    conversations,
    erasure,
    figures,
    goals,
    health,
    inbox,
    live,
    moments,
    oidc,
    portability,
    profile,
    reports,
    retention,
    saved_queries,
    session,
    sites,
    snapshots,
    sql,
    team,
    templates,
    tokens,
    truth,
    visitors,
    writing,
)
from api.sign_in import SignIns
from api.sites import first_start, publish_sites
from api.snapshots import Snapshots
from api.sql import Statements
from api.truth import Truth
from api.watchman import Watchman
from hozir.bus.log import Log
from hozir.contract.errors import LogFull, LogUnavailable
from hozir.settings import Settings
from warehouse.connection import Connection
from warehouse.conversation_reads import counts, newest_of_visitors
from warehouse.visitors import ended_lately, live_visits
from warehouse.writer import Writer

ENDED_LATELY_MS = 3_600_000
RETRY_SECONDS = 2.0

_log = logging.getLogger(__name__)


def create_app(
    settings: Settings,
    log: Log,
    warehouse: Connection,
    accounts: Accounts,
    *,
    screens: bool = True,
) -> Gate:
    """Put the web process together. `screens` mounts the dashboards at `/`."""
    tell_by = outlets(settings)
    first_start(accounts, settings)
    view = LiveView(
        (live_from(*visit) for visit in live_visits(warehouse)),
        ended_lately(warehouse, ENDED_LATELY_MS),
    )
    erased = Erased(wishes(accounts))
    hub = Hub(view, erased=erased)
    for newest in newest_of_visitors(warehouse):
        facts = partial(facts_after, newest)
        hub.tell_facts(newest.site_key, newest.visitor_id, facts)
    known_contacts = Contacts(warehouse, hub, hub.clock)
    known_contacts.restore()
    people = People(warehouse, hub, known_contacts)
    people.restore()
    inbox_hub = InboxHub(hub, counts(warehouse))
    correspondent = Correspondent(log, warehouse, inbox_hub.deliver)
    loader = Loader(log, Writer(warehouse), hub.deliver, erased)
    home = House(
        settings=settings,
        log=log,
        warehouse=warehouse,
        accounts=accounts,
        sign_ins=SignIns(accounts, settings.sign_in_days),
        hub=hub,
        truth=Truth(hub.clock),
        checkup=Checkup(settings, log),
        loader=loader,
        correspondent=correspondent,
        conversations=Conversations(log, accounts, warehouse, correspondent, hub.clock),
        conversation_view=ConversationView(hub, warehouse, accounts),
        inbox=inbox_hub,
        contacts=known_contacts,
        people=people,
        oidc=oidc_of(settings),
        reports=ReportPool(warehouse, seconds=settings.report_seconds),
        statements=Statements(warehouse, accounts, settings),
        snapshots=Snapshots(warehouse, accounts, settings),
        keeper=Keeper(
            accounts=accounts,
            warehouse=warehouse,
            log=log,
            hub=hub,
            loader=loader,
            inbox=inbox_hub,
            people=people,
            erased=erased,
            deleted_days=settings.deleted_days,
        ),
    )
    dashboards = _dashboards_folder()
    streamlit = _streamlit(dashboards / "app.py") if screens else None
    app = FastAPI(
        title="Hozir",
        description="Who is on your websites right now.",
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan(home, streamlit, tell_by),
    )
    app.state.house = home
    for room in (
        health,
        truth,
        session,
        figures,
        moments,
        visitors,
        profile,
        contacts,
        live,
        sites,
        writing,
        conversations,
        templates,
        reports,
        goals,
        chat,
        inbox,
        team,
        audit,
        oidc,
        portability,
        erasure,
        sql,
        retention,
        snapshots,
        saved_queries,
        tokens,
    ):
        app.include_router(room.router)
    _add_pages(app, dashboards)
    _add_errors(app)
    if streamlit is not None:
        app.mount("/", streamlit)
    gate = Gate(
        app,
        home.sign_ins,
        metrics_open=settings.metrics_open,
        pace=Pace(settings.api_rate, settings.screen_rate),
        policy=content_policy(_pages_with_scripts(dashboards, screens=screens)),
    )
    home.end_sockets = gate.end_sockets
    home.look_again = gate.look_again
    return gate


def _dashboards_folder() -> Path:
    spec = find_spec("dashboards")
    if spec is None or spec.origin is None:
        raise RuntimeError("the dashboards did not come along")
    return Path(spec.origin).parent


def _streamlit(script: Path) -> Any:
    from streamlit import App  # slow to import, and needed for the screens alone

    return App(script)


def _pages_with_scripts(dashboards: Path, *, screens: bool) -> Iterator[str]:
    yield (dashboards / "sign_in.html").read_text()
    yield bytes(_docs_page().body).decode()
    if screens:
        streamlit = find_spec("streamlit")
        assert streamlit is not None
        assert streamlit.origin is not None
        yield (Path(streamlit.origin).parent / "static" / "index.html").read_text()


def _lifespan(
    home: House, streamlit: Any, tell_by: list[Send]
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if streamlit is not None:
                await stack.enter_async_context(streamlit.lifespan()(app))
            home.truth.start(home.hub)
            home.hub.start()
            home.people.start()
            home.loader.start()
            home.inbox.start()
            home.correspondent.start()
            telling = asyncio.create_task(_tell_sites(home))
            keeping = asyncio.create_task(home.keeper.run())
            await asyncio.to_thread(home.snapshots.start)
            copying = asyncio.create_task(home.snapshots.run())
            watching = asyncio.create_task(_watchman(home, tell_by).run())
            try:
                yield
            finally:
                telling.cancel()
                keeping.cancel()
                copying.cancel()
                watching.cancel()
                await asyncio.to_thread(home.snapshots.stop)
                await home.checkup.close()
                await home.statements.stop()
                await asyncio.to_thread(home.reports.stop)
                await asyncio.to_thread(home.keeper.stop)
                await asyncio.to_thread(home.correspondent.stop)
                home.inbox.stop()
                await home.hub.stop()
                # Reading and writing end first, so that the last batch is in.
                await asyncio.to_thread(home.loader.stop)
                await asyncio.to_thread(home.people.stop)

    return lifespan


def _watchman(home: House, tell_by: list[Send]) -> Watchman:
    lag, health = partial(lag_of, home), partial(how_it_is, home)
    return Watchman(home.settings, home.log, lag, health, tell_by)


async def _tell_sites(home: House) -> None:
    while True:
        try:
            await asyncio.to_thread(publish_sites, home.accounts, home.log)
            return
        except (LogUnavailable, LogFull) as error:
            _log.warning("the sites cannot be told: %s; again soon", error)
            await asyncio.sleep(RETRY_SECONDS)


def _add_pages(app: FastAPI, dashboards: Path) -> None:
    assets = Path(fastapi_offline.__file__).parent / "static"
    app.mount("/api/docs/assets", StaticFiles(directory=assets))

    @app.get("/api/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return _docs_page()

    @app.get("/sign-in", include_in_schema=False)
    async def sign_in_page() -> FileResponse:
        return FileResponse(dashboards / "sign_in.html", headers={"Cache-Control": "no-cache"})

    @app.api_route(
        "/api/{path:path}",
        methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        include_in_schema=False,
    )
    async def nothing_there(path: str) -> Response:
        return problem(404, "not_found", "There is nothing at this address.")


def _docs_page() -> HTMLResponse:
    return get_swagger_ui_html(
        openapi_url="/api/openapi.json",
        title="Hozir API",
        swagger_js_url="/api/docs/assets/swagger-ui-bundle.js",
        swagger_css_url="/api/docs/assets/swagger-ui.css",
        swagger_favicon_url="/api/docs/assets/favicon.png",
    )


def _add_errors(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    async def told(_: Request, error: Problem) -> Response:
        return error.response()

    @app.exception_handler(RequestValidationError)
    async def malformed(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("body", "query"))
        message = f"{place}: {first['msg']}" if place else str(first["msg"])
        return problem(400, "malformed", message.encode(errors="replace").decode())

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> Response:
        if error.status_code == 405:
            return problem(405, "wrong_method", "This address takes other methods.", error.headers)
        if error.status_code == 404:
            return problem(404, "not_found", "There is nothing at this address.")
        if error.status_code == 413:
            return too_large()
        return problem(error.status_code, "malformed", str(error.detail), error.headers)

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> Response:
        return problem(500, "server_error", "Something went wrong here; it is in the log.")
