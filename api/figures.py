"""What web counts of itself, for `/metrics`, `/healthz` and the alerts."""

from __future__ import annotations

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from api.house import House
from hozir.health import Health, judge


def how_it_is(house: House) -> Health:
    """Return how the web process is."""
    return judge(
        live=house.loader.running and house.correspondent.running,
        problem=house.loader.problem or house.correspondent.problem,
        lag_ms=house.loader.behind.ms(),
    )


def lag_of(house: House) -> int | None:
    """Return how far behind screens and tables are; None before the first look. In the loop."""
    behind = house.loader.behind.ms()
    return None if behind is None else max(behind, house.hub.lag_ms)


class Figures:
    """Reads the figures when they are asked for, so that nobody has to keep them."""

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self) -> list[Metric]:
        """Return the figures of this process."""
        loader, hub = self._house.loader, self._house.hub
        correspondent, truth = self._house.correspondent, self._house.truth
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
            (
                "hozir_loader_behind_ms",
                "Age of the oldest change that may not have been written",
                loader.behind.ms() or 0,
            ),
            ("hozir_loader_waiting", "Changes read and not yet written", loader.waiting),
            (
                "hozir_socket_lag_ms",
                "Age of the oldest change that no screen was offered; 0 if there is none",
                hub.lag_ms,
            ),
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
            ("hozir_leaves", "Visitors who left, by whichever rule", truth.leaves),
            ("hozir_ghosts", "Of these, shown a second too long", truth.ghosts),
            ("hozir_flickers", "Said to be gone, and back within ten seconds", truth.flickers),
        )
        return [
            *(GaugeMetricFamily(name, meaning, value) for name, meaning, value in gauges),
            *(CounterMetricFamily(name, meaning, value) for name, meaning, value in counters),
            *truth.histograms(),
        ]
