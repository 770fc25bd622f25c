"""`/livez`, `/healthz` and `/metrics`: the same in every process.

Ingest and web answer them beside their other pages. Pipeline and forward have no others, and
serve them by a thread of their own.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.registry import Collector
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from hozir.health import Health

log = logging.getLogger(__name__)

FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip", "via")
"""By which a proxy, of whatever make, shows that it speaks for another."""


def live_answer(health: Health) -> Response:
    """Answer `/livez`: 503 if a new start would help."""
    return JSONResponse({"live": health.live}, 200 if health.live else 503)


def ready_answer(health: Health, **more: object) -> Response:
    """Answer `/healthz`: 503 with the reason if the work does not get done now."""
    return JSONResponse(health.told() | more, 200 if health.ready else 503)


def metrics_answer(registry: CollectorRegistry) -> Response:
    """Answer `/metrics`."""
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def metrics_refused() -> Response:
    """Answer `/metrics` to who may not see it."""
    return JSONResponse({"error": {"reason": "forbidden", "message": ""}}, 403)


def is_local(request: Request) -> bool:
    """Tell whether the client is this very machine."""
    # A proxy on this machine speaks for others: what it forwards is not local.
    peer = request.client.host if request.client else ""
    return peer in ("127.0.0.1", "::1") and not any(name in request.headers for name in FORWARDED)


def serve_pages(
    host: str,
    port: int,
    *,
    figures: Collector,
    health: Callable[[], Health],
    metrics_open: bool,
) -> None:
    """Serve the pages until the process ends; nothing on port 0.

    A taken port is said and no more: events matter more than who counts them.
    """
    if not port:
        return
    try:
        listener = socket.create_server((host, port))
    except OSError as error:
        log.warning("no /healthz and /metrics: port %d: %s", port, error.strerror)
        return
    registry = CollectorRegistry()
    registry.register(figures)

    async def live(request: Request) -> Response:
        return live_answer(health())

    async def ready(request: Request) -> Response:
        return ready_answer(health())

    async def metrics(request: Request) -> Response:
        if not metrics_open and not is_local(request):
            return metrics_refused()
        return metrics_answer(registry)

    routes = [Route("/livez", live), Route("/healthz", ready), Route("/metrics", metrics)]
    server = uvicorn.Server(
        uvicorn.Config(
            Starlette(routes=routes),
            loop="asyncio",
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            log_level="warning",
            server_header=False,
        )
    )
    threading.Thread(target=server.run, args=([listener],), name="watch-pages", daemon=True).start()
