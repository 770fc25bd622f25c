"""Where the built script lies, for those who serve it."""

from __future__ import annotations

from pathlib import Path

SCRIPT: Path = Path(__file__).parent / "dist" / "h.js"
"""What `<script async src="https://…/h.js">` loads."""
