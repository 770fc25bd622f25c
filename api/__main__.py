"""The web process: settings, log, warehouse, accounts, server, until SIGTERM."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
from contextlib import ExitStack, suppress
from typing import Any

import uvicorn

from api.accounts import Accounts
from api.app import create_app
from api.gate import Gate
from hozir.bus.open import open_log
from hozir.contract.errors import HozirError
from hozir.logs import begin_logging
from hozir.patience import patient_http
from hozir.settings import Settings, load_settings
from warehouse.connection import open_warehouse


def main() -> int:
    """Run until told to stop; return the exit code if it could not start."""
    begin_logging("web")
    for name in ("uvicorn.access", "uvicorn.error", "websockets", "httpx"):
        # By filter: Streamlit sets the levels of these as it likes.
        logging.getLogger(name).addFilter(lambda record: record.levelno >= logging.WARNING)
    # The server takes the signal for itself while it runs, and raises it again when it has ended;
    # then what is open must be closed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with ExitStack() as stack:
        try:
            settings = load_settings()
            log = open_log(settings)
            stack.callback(log.close)
            warehouse = stack.enter_context(open_warehouse(settings.data / "hozir.duckdb"))
            accounts = Accounts(settings.accounts_url)
            stack.callback(accounts.close)
            # The collector would walk over all sessions again and again while they are read, and
            # hold up every screen when it walks over them later.
            gc.disable()
            app = create_app(settings, log, warehouse, accounts)
            gc.freeze()
            gc.enable()
        except HozirError as error:
            logging.error("%s", error)
            return 1
        with suppress(SystemExit):
            serve(settings, app)
    # All is closed. What would follow is the interpreter taking DuckDB's module apart, which on
    # Python 3.12 fills the screen with what Streamlit's threads still hold of it.
    logging.shutdown()
    sys.stdout.flush()
    os._exit(0)


def serve(settings: Settings, app: Gate) -> None:
    """Run the server until a signal ends it."""
    uvicorn.run(app, host=settings.web_host, port=settings.web_port, **server_of(settings))


def server_of(settings: Settings) -> dict[str, Any]:
    """Return how uvicorn runs web."""
    return {
        "http": patient_http(settings.request_seconds),
        "loop": "uvloop" if sys.platform != "win32" else "asyncio",
        "ws": "websockets-sansio",
        "ws_per_message_deflate": False,
        "proxy_headers": True,
        "forwarded_allow_ips": settings.trusted_proxies,
        "access_log": False,
        "log_config": None,
        "timeout_graceful_shutdown": 3,
    }


if __name__ == "__main__":
    sys.exit(main())
