"""Puts a component on a page. Each has a style and a module, named as it is, and its parts.

Streamlit looks for packaged components only inside the import package that bears the
distribution's own name, which is not where screens live here. So the manifest that would stand
in a pyproject.toml is given in code. Its name carries a digest of the assets: they are served
without a version, and a new release must never run with an old module from a cache.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager
from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

from hozir import __name__ as distribution

ASSETS = Path(__file__).parent / "assets"
_PARTS = {
    "live": ("head", "list", "browser"),
    "shell": ("top", "tune", "sites"),
    "profile": ("profile",),
    "composer": ("composer",),
    "inbox": ("inbox",),
    "map": ("map_head", "map_controls", "map_stats", "map_popup", "activity"),
    "bell": ("bell",),
    "replay": ("replay_time", "replay_list"),
}
_FOLDER_OF = {"profile": "visitor", "composer": "visitor", "bell": "inbox"}
"""Where a component's files lie, unless in a folder of its own name."""
_COMPONENT_OF = {part: name for name, parts in _PARTS.items() for part in parts}
_HTML = '<div class="part" style="visibility: hidden"></div>'
"""Nothing shows before its style is there; the style lifts it."""


def part(name: str, key: str, data: dict[str, Any], **on_change: Callable[[], None]) -> Any:
    """Mount a part. Returns what it hands back: one attribute for each `on_<trigger>_change`."""
    return _renderer(_COMPONENT_OF[name])(key=key, data={"part": name, **data}, **on_change)


@cache
def digest() -> str:
    """Return a short name for the assets as they are now."""
    total = sha256()
    for path in sorted(ASSETS.glob("*/*")):
        total.update(str(path.relative_to(ASSETS)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


def _renderer(name: str) -> Any:
    package = f"{distribution}-{digest()}"
    manager = get_bidi_component_manager()
    if manager.get_metadata(f"{package}.{name}") is None:
        components = [ComponentConfig(name=each, asset_dir=ASSETS.name) for each in _PARTS]
        manifest = ComponentManifest(name=package, version="0", components=components)
        manager.register_from_manifest(manifest, ASSETS.parent)
    file = file_of(name)
    return st.components.v2.component(
        f"{package}.{name}", html=_HTML, css=f"{file}.css", js=f"{file}.js"
    )


def file_of(component: str) -> str:
    """Return where a component's style and module lie below the assets, without their endings."""
    return f"{_FOLDER_OF.get(component, component)}/{component}"
