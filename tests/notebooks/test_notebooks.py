"""The notebooks run against a running Hozir over a generated month, and are kept with outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.crowd import Guest
from tests.stack import Stack, stack, wait_for

ROOT = Path(__file__).parents[2]
NAMES = [
    "1_first_look",
    "2_journeys_and_funnels",
    "3_sources_and_return",
    "4_presence_and_concurrency",
    "5_definitions_replayed",
]
SMALL = ("--days", "12", "--visitors-per-day", "70", "--seed", "5")


def read(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.ipynb").read_text())


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def outputs(notebook: Any) -> list[Any]:
    return [output for cell in code(notebook) for output in cell["outputs"]]


def pictures(notebook: Any) -> int:
    return sum("image/png" in output.get("data", {}) for output in outputs(notebook))


def words(notebook: Any) -> str:
    return "".join("".join(output.get("text", "")) for output in outputs(notebook))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    data = tmp_path_factory.mktemp("notebooks")
    done = subprocess.run(
        [sys.executable, "-m", "hozir.cli", "generate", *SMALL],
        env=os.environ | {"HOZIR_DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with stack(data) as running:
        yield running


@pytest.fixture(scope="module")
def ran(running: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all notebooks as they came out."""
    with running.client() as client:
        made = client.post("/api/v1/tokens", json={"name": "notebooks"})
        made.raise_for_status()
    folder = tmp_path_factory.mktemp("ran")
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "run_notebooks.py"), "--into", str(folder)],
        env=os.environ
        | {
            "HOZIR_URL": running.web,
            "HOZIR_TOKEN": made.json()["data"]["token"],
            "HOZIR_DATA": str(running.data),
            "NO_COLOR": "1",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_there_are_five_in_the_order_of_reading() -> None:
    assert sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb")) == NAMES


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_notebook_runs_and_shows_as_much_as_the_kept_one(ran: Path, name: str) -> None:
    now, kept = read(ran, name), read(ROOT / "notebooks", name)
    assert [cell["source"] for cell in now["cells"]] == [cell["source"] for cell in kept["cells"]]
    assert pictures(now) == pictures(kept) >= 3
    loud = [output for output in outputs(now) if output.get("name") == "stderr"]
    assert loud == []


@pytest.mark.slow
def test_replay_of_the_log_finds_the_visits_that_the_warehouse_holds(ran: Path) -> None:
    assert "Not a page is missing" in words(read(ran, NAMES[4]))


@pytest.mark.slow
def test_system_goes_on_after_a_history(running: Stack) -> None:
    """Whoever comes now is online, beside all who are told of from before."""
    with httpx.Client(base_url=running.ingest) as door, running.client() as client:
        guest = Guest(door, "demo")
        guest.open("http://localhost:3000/", "Now")
        wait_for(lambda: len(running.online(client)) == 1, what="for the one who came now")
        everybody = client.get("/api/v1/visitors/all", params={"site": "demo", "limit": 1}).json()
        assert everybody["data"]


@pytest.mark.parametrize("name", NAMES)
def test_kept_notebook_was_run_whole_and_in_order(name: str) -> None:
    notebook = read(ROOT / "notebooks", name)
    counts = [cell["execution_count"] for cell in code(notebook)]
    assert counts == list(range(1, len(counts) + 1))
    assert not [output for output in outputs(notebook) if output["output_type"] == "error"]
    assert pictures(notebook) >= 3


@pytest.mark.parametrize("name", NAMES)
def test_kept_notebook_tells_nothing_of_the_machine_or_of_a_token(name: str) -> None:
    notebook = read(ROOT / "notebooks", name)
    for output in outputs(notebook):
        output.get("data", {}).pop("image/png", None)
    text = json.dumps(notebook)
    for secret in ("hz_", str(ROOT), "/tmp/", "Traceback"):
        assert secret not in text
