"""Settings: read from the environment, refused with one clear line, and all documented."""

from __future__ import annotations

from pathlib import Path

import pytest

from hozir.contract.errors import Misconfigured
from hozir.settings import Settings, load_settings
from tools.write_settings import PAGE, render


def test_page_of_settings_is_what_the_code_says() -> None:
    assert PAGE.read_text() == render(), "run `make settings`"


def test_empty_environment_gives_the_defaults() -> None:
    assert load_settings({}) == Settings()


def test_settings_are_read_by_their_kind() -> None:
    settings = load_settings(
        {
            "HOZIR_DATA": "/tmp/somewhere",
            "HOZIR_INGEST_PORT": "9000",
            "HOZIR_FSYNC": "off",
            "HOZIR_LOG_DAYS": "0.5",
            "HOZIR_BUS": "kafka://a:9092,b:9092",
        }
    )
    assert settings.data == Path("/tmp/somewhere")
    assert (settings.ingest_port, settings.fsync, settings.log_days) == (9000, False, 0.5)
    assert settings.kafka_servers == ["a:9092", "b:9092"]
    assert settings.public_ingest_url == "http://localhost:9000"


@pytest.mark.parametrize(
    ("name", "value"),
    [("HOZIR_INGEST_PORT", "many"), ("HOZIR_FSYNC", "perhaps"), ("HOZIR_BUS", "rabbit://x")],
)
def test_setting_that_cannot_be_used_is_named_in_one_line(name: str, value: str) -> None:
    with pytest.raises(Misconfigured, match=name) as caught:
        load_settings({name: value})
    assert "\n" not in str(caught.value)
