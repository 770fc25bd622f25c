"""`hozir up` and `make up`: what cannot work is said in one clear line, before anything starts."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hozir.cli import PROCESSES
from hozir.settings import Settings
from hozir.supervisor import _first_sign_in, process_names, process_ports
from tests.ports import free_port

ROOT = Path(__file__).parents[2]


def up(data: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run `hozir up` where it must refuse."""
    return subprocess.run(
        [sys.executable, "-m", "hozir.cli", "up"],
        env=os.environ | {"HOZIR_DATA": str(data)} | environ,
        capture_output=True,
        text=True,
        timeout=20,
    )


def the_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("name", ["ingest", "pipeline", "web"])
def test_taken_port_is_named(tmp_path: Path, name: str) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        others = {
            f"HOZIR_{other}_PORT": str(free_port()) for other in ("INGEST", "PIPELINE", "WEB")
        }
        line = the_line(up(tmp_path, **others | {f"HOZIR_{name.upper()}_PORT": port}))
    assert f"port {port} of {name} is taken" in line
    assert f"HOZIR_{name.upper()}_PORT" in line


def test_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = the_line(up(tmp_path / "file" / "data"))
    assert str(tmp_path / "file" / "data") in line
    assert "HOZIR_DATA" in line


def test_setting_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    assert "HOZIR_BUS" in the_line(up(tmp_path, HOZIR_BUS="carrier-pigeon"))


def test_kafka_adds_the_forwarder() -> None:
    assert process_names(Settings()) == ["ingest", "pipeline", "web"]
    on_kafka = process_names(Settings(bus="kafka://127.0.0.1:9092"))
    assert on_kafka == ["ingest", "forward", "pipeline", "web"]
    assert set(on_kafka) == set(PROCESSES)


def test_process_without_a_port_answers_on_none() -> None:
    assert process_ports(Settings()) == {"ingest": 8000, "pipeline": 8002, "web": 8001}
    assert "pipeline" not in process_ports(Settings(pipeline_port=0))
    assert process_ports(Settings(bus="kafka://127.0.0.1:9092"))["forward"] == 8003


def test_a_chosen_password_is_not_printed_and_a_made_one_is_once() -> None:
    assert "made" in "".join(_first_sign_in(Settings(), "made"))
    chosen = "".join(_first_sign_in(Settings(admin_password="chosen"), "chosen"))
    assert "chosen" not in chosen
    assert "HOZIR_ADMIN_PASSWORD" in chosen
    assert _first_sign_in(Settings(admin_password="chosen"), "") == []


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_without_a_usable_python_says_what_to_do(tmp_path: Path) -> None:
    """With a PATH that holds no Python at all, and no uv."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("bash", "env"):
        found = shutil.which(name)
        assert found is not None
        (tools / name).symlink_to(found)
    (tmp_path / "Makefile").write_text((ROOT / "Makefile").read_text())
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "up"], cwd=tmp_path, env={"PATH": str(tools)}, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "Hozir needs Python 3.12 or 3.11" in done.stderr
