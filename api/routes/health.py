"""Is it alive, and how well."""

from __future__ import annotations

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.responses import Response

from api.house import House
from api.routes.answer import answer
from api.routes.deps import InHouse

router = APIRouter(tags=["health"])


class _Figures:
    """Reads the figures when they are asked for, so that nobody has to keep them."""

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self) -> list[Metric]:
        """Return the figures of this process."""
        loader, hub = self._house.loader, self._house.hub
        correspondent = self._house.correspondent
        gauges = (
            (
                "hozir_loader_lag_ms",
                "Age of the news: the newest change, or more while none can come",
                loader.lag_ms,
            ),
            (
                "hozir_pipeline_behind_ms",
                "For how long nothing could be learnt; 0 while all is as good as now",
                loader.behind_ms,
            ),
            ("hozir_loader_waiting", "Changes read and not yet written", loader.waiting),
            (
                "hozir_correspondent_running",
                "Whether what is said is being stored: 1 or 0",
                correspondent.running,
            ),
            ("hozir_live_sessions", "Sessions that have not ended", len(hub.view)),
            ("hozir_live_sockets", "Open screens", len(hub)),
            ("hozir_inbox_sockets", "Open inboxes", len(self._house.inbox)),
        )
        counters = (
            ("hozir_loader_applied", "New changes written", loader.applied),
            ("hozir_loader_unreadable", "Records set aside", loader.unreadable),
            (
                "hozir_correspondent_stored",
                "Messages and notes of conversations stored",
                correspondent.stored,
            ),
            (
                "hozir_correspondent_refused",
                "Records of conversations set aside",
                correspondent.refused,
            ),
        )
        return [
            *(GaugeMetricFamily(name, meaning, value) for name, meaning, value in gauges),
            *(CounterMetricFamily(name, meaning, value) for name, meaning, value in counters),
        ]


@router.get("/healthz")
async def healthz(house: InHouse) -> Response:
    """Say that the process serves; 503 when loader or correspondent does not run."""
    for name, runs in (
        ("loader", house.loader.running),
        ("correspondent", house.correspondent.running),
    ):
        if not runs:
            return answer({"status": f"the {name} does not run"}, 503)
    if behind := house.loader.behind_ms:
        # To start web again would help nobody.
        return answer({"status": f"nothing new for {behind // 1000} s: the pipeline is behind"})
    return answer({"status": "ok"})


@router.get("/metrics")
async def metrics(house: InHouse) -> Response:
    """Return figures in the text format of Prometheus."""
    registry = CollectorRegistry()
    registry.register(_Figures(house))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
