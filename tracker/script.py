"""Where the built scripts lie, for those who serve them."""

from __future__ import annotations

from pathlib import Path

DIST: Path = Path(__file__).parent / "dist"

SCRIPT: Path = DIST / "h.js"
"""`/h.js`: what a page embeds."""
LINK: Path = DIST / "w.js"
"""`/w.js`: the downlink; `h.js` loads it on sites with chat."""
CHAT: Path = DIST / "chat.js"
"""`/chat.js`: the popup; `w.js` loads it when there is something to show."""
