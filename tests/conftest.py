"""Fixtures for all rooms."""

pytest_plugins = ["tests.kafka_broker"]
