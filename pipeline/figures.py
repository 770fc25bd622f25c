"""What the pipeline counts of itself, for `/metrics` and `/healthz`."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric

from hozir.contract.errors import HozirError
from hozir.health import Health, Lag, judge


class Figures:
    """Plain numbers: the dataflow's thread alone adds to them, and the pages read them."""

    def __init__(self) -> None:
        self.lag = Lag()
        self.reading: HozirError | None = None
        """Why nothing can be read now."""
        self.writing: HozirError | None = None
        """Why nothing can be written now."""
        self.records = self.changes = self.dead_letters = self.state_writes = 0

    def health(self) -> Health:
        """Return how it is."""
        return judge(problem=self.writing or self.reading, lag_ms=self.lag.ms())

    def note_state_write(self) -> None:
        """Count one shard written into the recovery store."""
        self.state_writes += 1

    def collect(self) -> Iterable[Metric]:
        """Return the figures as Prometheus wants them."""
        lag = self.lag.ms()
        if lag is not None:
            yield GaugeMetricFamily(
                "hozir_pipeline_lag_ms",
                "Age of the oldest event that may not have been dealt with",
                lag,
            )
        for name, meaning, value in (
            ("records", "Records of topic events taken in, ticks included", self.records),
            ("changes", "Changes written", self.changes),
            ("dead_letters", "Records set aside", self.dead_letters),
            ("state_writes", "Shards written into the recovery store", self.state_writes),
        ):
            yield CounterMetricFamily(f"hozir_pipeline_{name}", meaning, value)
