"""The door as it is, with one more route that takes the same body and does nothing."""

from __future__ import annotations

import uvicorn
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from hozir.bus.open import open_door_log
from hozir.settings import load_settings
from ingest.__main__ import SERVER
from ingest.app import create_app


class Nothing:
    """Reads the body and answers 204."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})


def main() -> None:
    """Serve until told to stop."""
    settings = load_settings()
    door = create_app(settings, open_door_log(settings))
    door.app.router.routes.insert(0, Route("/noop", Nothing(), methods=["POST"]))
    uvicorn.run(door, host="127.0.0.1", port=settings.ingest_port, **SERVER)


if __name__ == "__main__":
    main()
