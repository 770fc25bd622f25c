"""The door: `/e/{site_key}`, `/w/{site_key}`, the scripts, `/demo/`, `/healthz`, `/metrics`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import Receive, Scope, Send

from hozir.bus.embedded import EmbeddedLog
from hozir.contract.topics import EVENTS
from hozir.settings import Settings
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
from ingest.limits import RateLimit
from ingest.metrics import Metrics
from ingest.replies import Replies
from ingest.retention import Retention
from ingest.scripts import Script
from ingest.sites import SiteDirectory
from ingest.sockets import Sockets
from ingest.waiting import Waiting
from tracker.script import CHAT, LINK, SCRIPT

DEMO = Path(__file__).parent / "demo"
FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
"""By which a proxy, of whatever make, shows that it speaks for another."""


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
            "visitor_limit": RateLimit(settings.visitor_rate, settings.visitor_burst),
            "address_limit": RateLimit(settings.address_rate, settings.address_burst),
            "metrics": metrics,
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

    @app.get("/healthz")
    def health(request: Request) -> JSONResponse:
        ready: dict[str, Any] = {
            "appends": request.app.state.appender.problem is None,
            "sites": len(request.app.state.sites),
        }
        is_ready = ready["appends"] and ready["sites"] > 0
        return JSONResponse({"live": True, "ready": is_ready, **ready}, 200 if is_ready else 503)

    @app.get("/metrics")
    def read_metrics(request: Request) -> Response:
        if not settings.metrics_open and not _is_local(request):
            return JSONResponse({"error": {"reason": "forbidden", "message": ""}}, 403)
        metrics.log_bytes.set(log.used_bytes(EVENTS))
        metrics.sites.set(len(request.app.state.sites))
        metrics.waiting.set(len(request.app.state.waiting))
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

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


def _is_local(request: Request) -> bool:
    # A proxy on this machine speaks for others: what it forwards is not local.
    peer = request.client.host if request.client else ""
    return peer in ("127.0.0.1", "::1") and not any(name in request.headers for name in FORWARDED)
