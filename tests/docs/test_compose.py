"""docker-compose.yml: what can be known of it without Docker is held here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
OURS = {"ingest", "forward", "pipeline", "web"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load(ROOT / "docker-compose.yml")
    return loaded


def test_compose_file_keeps_the_schema() -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"
    done = subprocess.run(
        [checker, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_commands_are_the_processes_of_the_command_line(compose: dict[str, Any]) -> None:
    from hozir.cli import PROCESSES

    for name in OURS:
        program, process = compose["services"][name]["command"]
        assert program == "hozir"
        assert process == name
        assert process in PROCESSES


def test_every_process_of_the_command_line_has_a_service(compose: dict[str, Any]) -> None:
    from hozir.cli import PROCESSES

    assert set(PROCESSES) == OURS
    assert set(compose["services"]) >= OURS


def test_named_volumes_are_declared_and_used(compose: dict[str, Any]) -> None:
    used = {
        source
        for service in compose["services"].values()
        for source in (volume.split(":")[0] for volume in service["volumes"])
        if not source.startswith(".")
    }
    assert used == set(compose["volumes"])


def test_forward_reads_the_log_that_the_door_writes(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["forward"]["volumes"] == services["ingest"]["volumes"]
    for name in OURS:
        assert services[name]["environment"]["HOZIR_DATA"] == "/data"
        assert [volume.split(":")[1] for volume in services[name]["volumes"]] == ["/data"]


def test_door_does_not_wait_for_the_broker(compose: dict[str, Any]) -> None:
    assert compose["services"]["ingest"]["depends_on"] == []


def test_web_can_ask_every_other_process_how_it_is(compose: dict[str, Any]) -> None:
    from api.watchman import watched
    from hozir.settings import Settings
    from hozir.supervisor import process_ports

    services = compose["services"]
    settings = Settings(
        bus="kafka://kafka:9092",
        alert_watch=services["web"]["environment"]["HOZIR_ALERT_WATCH"],
    )
    others = {name: port for name, port in process_ports(settings).items() if name != "web"}
    assert set(watched(settings)) == {
        f"http://{name}:{port}/healthz" for name, port in others.items()
    }
    for name in others:
        environment = services[name]["environment"]
        listens = "HOZIR_INGEST_HOST" if name == "ingest" else "HOZIR_WATCH_HOST"
        assert (environment[listens], environment["HOZIR_METRICS_OPEN"]) == ("0.0.0.0", "yes")


def test_only_caddy_is_open_to_the_outside(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert [name for name, service in services.items() if "ports" in service] == ["caddy"]


def test_caddy_sends_beacons_to_the_door_and_all_else_to_web() -> None:
    lines = (ROOT / "Caddyfile").read_text().split("\n")
    words = [line.split() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    paths = ["/h.js", "/w.js", "/chat.js", "/e/*", "/w/*", "/demo", "/demo/*"]
    assert ["@door", "path", *paths] in words
    at = words.index(["handle", "@door", "{"])
    assert words[at + 1] == ["reverse_proxy", "ingest:8000"]
    at = words.index(["handle", "{"])
    assert words[at + 1] == ["reverse_proxy", "web:8001"]


def test_every_setting_named_in_compose_exists(compose: dict[str, Any]) -> None:
    settings = (ROOT / "docs" / "settings.md").read_text()
    for name in OURS:
        for variable in compose["services"][name]["environment"]:
            assert variable in settings, variable
