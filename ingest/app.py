"""The door: `/e/{site_key}`, `/w/{site_key}`, the scripts, `/demo/`, and what can be watched."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.topics import EVENTS
from hozir.health import Health, judge
from hozir.settings import Settings
from hozir.watch_pages import (
    is_local,
    live_answer,
    metrics_answer,
    metrics_refused,
    ready_answer,
)
from ingest.address import read_networks
from ingest.appender import Appender
from ingest.beacons import PREFIX as BEACONS
from ingest.beacons import Beacons
from ingest.chat import Chat
from ingest.courier import Courier
from ingest.downlink import PREFIX as CONVERSATIONS
from ingest.downlink import Downlinks
from ingest.follower import Follower, committed
from ingest.geo import GeoReader
from ingest.history import History
from ingest.limits import Limits, RateLimit
from ingest.metrics import Metrics
from ingest.replies import Replies
from ingest.retention import Retention
from ingest.scripts import Script
from ingest.sites import SiteDirectory
from ingest.sockets import Sockets
from ingest.waiting import Waiting
from tracker.script import CHAT, LINK, SCRIPT

DEMO = Path(__file__).parent / "demo"


def create_app(settings: Settings, log: EmbeddedLog) -> Door:
    """Return the door over its own log. Raises Misconfigured."""
    proxies = read_networks(settings.trusted_proxies)
    geo = GeoReader(Path(settings.geo_database) if settings.geo_database else None)
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        appender = app.state.appender = Appender(log, metrics)
        sites = app.state.sites = SiteDirectory(log)
        retention = Retention(log, settings.log_days)
        waiting = app.state.waiting = Waiting()
        sockets = Sockets()
        courier = Courier(waiting, sockets, metrics, committed(log))
        follower = Follower(log, courier, lambda: bool(sockets))
        replies = Replies(log)
        history = History(settings.internal_web_url)
        shared: dict[str, Any] = {
            "sites": sites,
            "proxies": proxies,
            "limits": Limits(
                visitor=RateLimit(settings.visitor_rate, settings.visitor_burst),
                address=RateLimit(settings.address_rate, settings.address_burst),
                site=RateLimit(settings.site_rate, settings.site_burst),
            ),
            "metrics": metrics,
            # What happens and when it was appended are told by one clock.
            "clock": log.now,
        }
        app.state.beacons = Beacons(appender=appender, geo=geo, waiting=waiting, **shared)
        app.state.chat = Chat(replies=replies, history=history, **shared)
        downlinks = app.state.downlinks = Downlinks(
            appender=appender,
            replies=replies,
            courier=courier,
            sockets=sockets,
            most=settings.downlink_most,
            **shared,
        )
        yield
        downlinks.close()
        await replies.close()
        await appender.close()
        follower.close()
        await history.close()
        retention.close()
        sites.close()
        log.close()

    app = FastAPI(title="Hozir ingest", lifespan=lifespan, openapi_url=None)

    for path in (SCRIPT, LINK, CHAT):
        app.add_api_route(f"/{path.name}", Script(path).__call__, methods=["GET"])

    def health() -> Health:
        # Without a site every beacon is refused: the first ones come from web.
        appender = app.state.appender
        lag = appender.lag_ms if len(app.state.sites) else None
        return judge(problem=appender.problem, lag_ms=lag)

    @app.get("/livez")
    def live() -> Response:
        return live_answer(health())

    @app.get("/healthz")
    def ready() -> Response:
        appends = app.state.appender.problem is None
        return ready_answer(health(), appends=appends, sites=len(app.state.sites))

    @app.get("/metrics")
    def read_metrics(request: Request) -> Response:
        if not settings.metrics_open and not is_local(request):
            return metrics_refused()
        metrics.lag_ms.set(request.app.state.appender.lag_ms)
        metrics.log_bytes.set(log.used_bytes(EVENTS))
        metrics.sites.set(len(request.app.state.sites))
        metrics.waiting.set(len(request.app.state.waiting))
        return metrics_answer(metrics.registry)

    app.mount("/demo", StaticFiles(directory=DEMO, html=True), name="demo")
    return Door(app)


class Door:
    """Answers beacons and conversations itself and leaves the rest to FastAPI.

    Beacons are asked for 10,000 times as often, and FastAPI's middleware took a fifth of the time
    of each.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or socket, or the life of the application."""
        path = scope.get("path", "")
        if scope["type"] == "http" and path.startswith(BEACONS):
            await self.app.state.beacons(scope, receive, send)
        elif path.startswith(CONVERSATIONS):
            state = self.app.state
            serve = state.downlinks if scope["type"] == "websocket" else state.chat
            await serve(scope, receive, send)
        else:
            await self.app(scope, receive, send)
