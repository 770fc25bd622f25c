"""The committed scripts are what the sources build, and stay small."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tracker.script import CHAT, LINK, SCRIPT

ROOM = SCRIPT.parents[1]
BUDGETS = {SCRIPT: 3500, LINK: 1300, CHAT: 12_000}


@pytest.mark.parametrize("script", BUDGETS, ids=lambda script: script.name)
def test_script_is_within_its_budget(script: Path) -> None:
    assert len(gzip.compress(script.read_bytes(), 9)) <= BUDGETS[script]


def test_scripts_were_built_from_the_committed_sources() -> None:
    lines = (ROOM / "dist/source.sha256").read_text().splitlines()
    built = {path: digest for digest, path in (line.split("  ") for line in lines)}
    sources = [path for path in (ROOM / "src").rglob("*") if path.suffix in (".js", ".css")]
    assert built == {
        path.relative_to(ROOM / "src").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sources
    }


def test_scripts_are_the_output_of_the_build(tmp_path: Path) -> None:
    if not shutil.which("node") or not (ROOM / "node_modules/esbuild").exists():
        pytest.skip("needs Node and `npm ci` in tracker/")
    built = subprocess.run(
        ["node", "build.mjs", str(tmp_path)], cwd=ROOM, capture_output=True, text=True, check=True
    )
    for script in BUDGETS:
        assert (tmp_path / script.name).read_bytes() == script.read_bytes()
        assert f"{script.name}: " in built.stdout


def test_tools_are_pinned_without_naming_a_host() -> None:
    lock = (ROOM / "package-lock.json").read_text()
    assert "://" not in lock.replace("https://opencollective.com", "")
    packages = json.loads(lock)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)
    wanted = json.loads((ROOM / "package.json").read_text())["devDependencies"]
    assert all(version[0].isdigit() for version in wanted.values())
