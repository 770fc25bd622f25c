"""The committed script is what the source builds, and stays small."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tracker.script import SCRIPT

ROOM = SCRIPT.parents[1]
BUDGET = 3500


def test_script_is_within_its_budget() -> None:
    assert len(gzip.compress(SCRIPT.read_bytes(), 9)) <= BUDGET


def test_script_was_built_from_the_committed_source() -> None:
    source = (ROOM / "src/h.js").read_bytes()
    assert (ROOM / "dist/source.sha256").read_text().strip() == hashlib.sha256(source).hexdigest()


def test_script_is_the_output_of_the_build(tmp_path: Path) -> None:
    if not shutil.which("node") or not (ROOM / "node_modules/esbuild").exists():
        pytest.skip("needs Node and `npm ci` in tracker/")
    built = subprocess.run(
        ["node", "build.mjs", str(tmp_path)], cwd=ROOM, capture_output=True, text=True, check=True
    )
    assert (tmp_path / "h.js").read_bytes() == SCRIPT.read_bytes()
    assert "gzipped" in built.stdout


def test_tools_are_pinned_without_naming_a_host() -> None:
    lock = (ROOM / "package-lock.json").read_text()
    assert "://" not in lock.replace("https://opencollective.com", "")
    packages = json.loads(lock)["packages"]
    assert all("integrity" in entry for name, entry in packages.items() if name)
    wanted = json.loads((ROOM / "package.json").read_text())["devDependencies"]
    assert all(version[0].isdigit() for version in wanted.values())
