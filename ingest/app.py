"""The door: `/e/{site_key}`, `/h.js`, `/demo/`, `/healthz`, `/metrics`."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
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
from ingest.geo import GeoReader
from ingest.limits import RateLimit
from ingest.metrics import Metrics
from ingest.retention import Retention
from ingest.sites import SiteDirectory
from tracker.script import SCRIPT

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
        beacons = Beacons(
            appender=appender,
            sites=sites,
            geo=geo,
            proxies=proxies,
            visitor_limit=RateLimit(settings.visitor_rate, settings.visitor_burst),
            address_limit=RateLimit(settings.address_rate, settings.address_burst),
            metrics=metrics,
        )
        app.state.beacons = beacons
        yield
        await appender.close()
        retention.close()
        sites.close()
        log.close()

    app = FastAPI(title="Hozir ingest", lifespan=lifespan, openapi_url=None)

    plain = SCRIPT.read_bytes()
    packed = gzip.compress(plain, 9, mtime=0)
    etag = f'"{sha256(plain).hexdigest()[:16]}"'

    @app.get("/h.js")
    def script(request: Request) -> Response:
        headers = {
            "Cache-Control": "public, max-age=3600",
            "Access-Control-Allow-Origin": "*",
            "ETag": etag,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(packed, media_type="text/javascript", headers=headers)
        return Response(plain, media_type="text/javascript", headers=headers)

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
        return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)

    app.mount("/demo", StaticFiles(directory=DEMO, html=True), name="demo")
    return Door(app)


class Door:
    """Answers beacons itself and leaves the rest to FastAPI.

    Beacons are asked for 10,000 times as often, and FastAPI's middleware took a fifth of the time
    of each.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the life of the application."""
        if scope["type"] == "http" and scope["path"].startswith(BEACONS):
            await self.app.state.beacons(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def _is_local(request: Request) -> bool:
    # A proxy on this machine speaks for others: what it forwards is not local.
    peer = request.client.host if request.client else ""
    return peer in ("127.0.0.1", "::1") and "x-forwarded-for" not in request.headers
