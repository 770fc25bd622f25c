"""Where the built scripts lie, for those who serve them."""

from __future__ import annotations

from pathlib import Path

_BUILT = Path(__file__).parent / "dist"

SCRIPT: Path = _BUILT / "h.js"
"""What `<script async src="https://…/h.js">` loads."""
DOWNLINK: Path = _BUILT / "w.js"
"""What h.js loads on a site with chat: the way back from the door to the page."""
CHAT: Path = _BUILT / "chat.js"
"""What w.js loads when there is something to show."""
