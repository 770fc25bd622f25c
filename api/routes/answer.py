"""Answers as JSON, encoded once."""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.responses import Response


def answer(value: Any, status: int = 200) -> Response:
    """Return a JSON answer that no cache keeps."""
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )
