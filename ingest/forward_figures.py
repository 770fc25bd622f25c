"""What forward counts of itself, for `/metrics` and `/healthz`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from hozir.contract.errors import HozirError
from hozir.health import Health, Lag, judge


class ForwardFigures:
    """Plain numbers: the copying thread alone adds to them, and the pages read them."""

    def __init__(self) -> None:
        self.lag = Lag()
        self.problem: HozirError | None = None
        """Why nothing can be copied now."""
        self.copied: Counter[str] = Counter()
        """Records by topic, in either direction."""

    def health(self) -> Health:
        """Return how it is."""
        return judge(problem=self.problem, lag_ms=self.lag.ms())

    def collect(self) -> Iterable[Metric]:
        """Return the figures as Prometheus wants them."""
        lag = self.lag.ms()
        if lag is not None:
            yield GaugeMetricFamily(
                "hozir_forward_lag_ms",
                "Age of the oldest record of the door that Kafka may not have acknowledged",
                lag,
            )
        copied = CounterMetricFamily(
            "hozir_forward_records", "Records copied, by topic", labels=["topic"]
        )
        for topic, count in sorted(self.copied.items()):
            copied.add_metric([topic], count)
        yield copied
