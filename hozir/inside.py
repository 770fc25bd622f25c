"""How the screens tell the API that they are of the same process: by a secret made at its start."""

from __future__ import annotations

import secrets

HEADER = "x-hozir-inside"
SECRET = secrets.token_urlsafe(32)
"""Never leaves the process."""
