"""Is it alive, does it do its work, and how well."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CollectorRegistry
from starlette.responses import Response

from api.figures import Figures
from api.house import House
from api.routes.deps import InHouse
from hozir.health import Health, judge
from hozir.watch_pages import live_answer, metrics_answer, ready_answer

router = APIRouter(tags=["health"])


def how_it_is(house: House) -> Health:
    """Return how the web process is."""
    return judge(
        live=house.loader.running and house.correspondent.running,
        problem=house.loader.problem or house.correspondent.problem,
        lag_ms=house.loader.behind.ms(),
    )


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
