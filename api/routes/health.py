"""Is it alive, does it do its work, and how well."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from starlette.responses import Response

from api.figures import Figures, how_it_is
from api.routes.deps import InHouse
from hozir.watch_pages import live_answer, metrics_answer, ready_answer

router = APIRouter(tags=["health"])


@router.get("/livez")
async def livez(house: InHouse) -> Response:
    """Say that the process lives; 503 when loader or correspondent has ended."""
    return live_answer(how_it_is(house))


@router.get("/healthz")
async def healthz(house: InHouse) -> Response:
    """Say that the work gets done; 503 with the reason when it does not."""
    return ready_answer(how_it_is(house))


@router.get("/metrics")
async def metrics(house: InHouse) -> Response:
    """Return figures in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(Figures(house))
    return metrics_answer(registry)
