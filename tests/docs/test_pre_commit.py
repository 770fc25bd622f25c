"""The hooks before a commit are the tools of `make test`; nothing is fetched for them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ROOT / ".pre-commit-config.yaml"


def test_configuration_is_valid() -> None:
    tool = Path(sys.executable).parent / "pre-commit"
    done = subprocess.run([tool, "validate-config", CONFIG], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_hooks_are_local_and_call_installed_tools() -> None:
    for repo in YAML(typ="safe", pure=True).load(CONFIG)["repos"]:
        assert repo["repo"] == "local"
        for hook in repo["hooks"]:
            assert hook["language"] == "system"
            program = hook["entry"].split()[0]
            assert program.startswith(".venv/bin/")
            assert (Path(sys.executable).parent / Path(program).name).exists()
