"""Which engine the settings ask for."""

from __future__ import annotations

from hozir.bus.embedded import EmbeddedLog
from hozir.bus.log import Log
from hozir.settings import Settings


def open_log(settings: Settings) -> Log:
    """Open the log that the pipeline and web read. Raises LogUnavailable."""
    if settings.on_kafka:
        from hozir.bus.kafka import KafkaLog  # the client is slow to import and seldom needed

        return KafkaLog(settings.kafka_servers, replication=settings.kafka_replication)
    return open_door_log(settings)


def open_door_log(settings: Settings) -> EmbeddedLog:
    """Open ingest's own log, on this machine whatever the engine.

    With Kafka it lies in a folder of its own: `hozir forward` copies it from the beginning, which
    must not be years of an embedded log.
    """
    return EmbeddedLog(
        settings.data / ("door" if settings.on_kafka else "log"),
        fsync=settings.fsync,
        max_bytes=settings.log_bytes,
    )
