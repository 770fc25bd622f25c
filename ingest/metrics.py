"""What the door counts, for Prometheus at `/metrics`."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ingest.reject import REASONS


class Metrics:
    """One registry for one door."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.accepted = Counter(
            "hozir_beacons_accepted", "Beacons acknowledged.", registry=self.registry
        )
        self.rejected = Counter(
            "hozir_beacons_rejected",
            "Beacons and replies refused, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.append_seconds = Histogram(
            "hozir_append_seconds",
            "One group commit: all beacons that waited, until they are durable.",
            buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5),
            registry=self.registry,
        )
        self.lag_ms = Gauge(
            "hozir_door_lag_ms",
            "How long the oldest beacon waits to be durable; 0 if none waits.",
            registry=self.registry,
        )
        self.log_bytes = Gauge(
            "hozir_log_bytes", "Bytes in use in the door's events log.", registry=self.registry
        )
        self.sites = Gauge("hozir_sites", "Sites that the door knows.", registry=self.registry)
        self.downlinks = Gauge(
            "hozir_downlinks", "Open pages that the door has a socket to.", registry=self.registry
        )
        self.downlinks_refused = Counter(
            "hozir_downlinks_refused",
            "Sockets refused: too many, an unknown site, no chat there, or not one of its pages.",
            registry=self.registry,
        )
        self.downlinks_dropped = Counter(
            "hozir_downlinks_dropped",
            "Sockets given up because their page did not read what it was sent.",
            registry=self.registry,
        )
        self.delivered = Counter(
            "hozir_messages_delivered",
            "Messages of the team that a visitor's browser acknowledged.",
            registry=self.registry,
        )
        self.waiting = Gauge(
            "hozir_messages_waiting",
            "Messages of the team that no browser has acknowledged.",
            registry=self.registry,
        )
        for reason in REASONS:
            self.rejected.labels(reason)
