"""The built scripts as they are served: compressed, and not again to whoever has them."""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response


class Script:
    """One script, read once."""

    def __init__(self, path: Path) -> None:
        self._plain = path.read_bytes()
        self._packed = gzip.compress(self._plain, 9, mtime=0)
        self._etag = f'"{sha256(self._plain).hexdigest()[:16]}"'

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        headers = {
            "Cache-Control": "public, max-age=3600",
            "Access-Control-Allow-Origin": "*",
            "ETag": self._etag,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("if-none-match") == self._etag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers["Content-Encoding"] = "gzip"
            return Response(self._packed, media_type="text/javascript", headers=headers)
        return Response(self._plain, media_type="text/javascript", headers=headers)
