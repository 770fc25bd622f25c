"""Writes docs/settings.md from hozir/settings.py, where every setting is defined."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from hozir.settings import Settings, variable

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"
HEAD = """# Which settings are there?

Every process reads the same settings from its environment; `make up` passes yours on. This page is
written from `hozir/settings.py` by `make settings`.

| variable | default | unit | meaning |
| --- | --- | --- | --- |
"""


def render() -> str:
    """Return the page."""
    rows = []
    for item in dataclasses.fields(Settings):
        default = "" if item.default == "" else f"`{item.default}`"
        if isinstance(item.default, bool):
            default = "`yes`" if item.default else "`no`"
        meaning, unit = item.metadata["meaning"], item.metadata["unit"]
        rows.append(f"| `{variable(item.name)}` | {default} | {unit} | {meaning} |")
    return HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render())
