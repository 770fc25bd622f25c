"""Puts the component on a page: `head`, `list`, `visit` and `browser` are its parts.

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
_NAME = "live"
_HTML = '<div class="part" style="visibility: hidden"></div>'
"""Nothing shows before its style is there; the style lifts it."""


def part(name: str, key: str, data: dict[str, Any], **on_change: Callable[[], None]) -> Any:
    """Mount a part. Returns what it hands back: one attribute for each `on_<trigger>_change`."""
    return _renderer()(key=key, data={"part": name, **data}, **on_change)


@cache
def digest() -> str:
    """Return a short name for the assets as they are now."""
    total = sha256()
    for path in sorted(ASSETS.iterdir()):
        total.update(path.name.encode() + b"\0" + path.read_bytes())
    return total.hexdigest()[:12]


def _renderer() -> Any:
    package = f"{distribution}-{digest()}"
    component = f"{package}.{_NAME}"
    manager = get_bidi_component_manager()
    if manager.get_metadata(component) is None:
        config = ComponentConfig(name=_NAME, asset_dir=ASSETS.name)
        manifest = ComponentManifest(name=package, version="0", components=[config])
        manager.register_from_manifest(manifest, ASSETS.parent)
    return st.components.v2.component(component, html=_HTML, css="live.css", js="live.js")
