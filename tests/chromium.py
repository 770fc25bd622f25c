"""How the tests start the system's Chromium, headless and silent towards the network."""

from __future__ import annotations

from typing import Any

PATIENCE = 30_000
"""Milliseconds that a page may take on a busy machine: how quick it is, `bench` asks."""
CHROMIUM: dict[str, Any] = {
    "executable_path": "/usr/bin/chromium",
    "args": [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--disable-quic",
    ],
}
