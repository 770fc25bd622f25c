"""The ingest process: settings, the door's log, the app, until SIGTERM."""

from __future__ import annotations

import logging
import sys
from typing import Any

import uvicorn

from hozir.bus.open import open_door_log
from hozir.contract.errors import HozirError
from hozir.logs import begin_logging
from hozir.patience import patient_http
from hozir.settings import load_settings
from ingest.app import create_app

SERVER: dict[str, Any] = {
    "log_level": "warning",
    "log_config": None,
    "access_log": False,
    # Proxy headers are read by the door itself, from configured proxies alone.
    "proxy_headers": False,
    "server_header": False,
    "timeout_graceful_shutdown": 5,
    "ws": "websockets-sansio",
    # An idle page takes 18 KB so; with deflate it takes ten times that.
    "ws_per_message_deflate": False,
    "ws_max_size": 4096,
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
}
"""How uvicorn runs the door."""


OTHER_FILES = 1_000
"""File descriptors kept free for beacons, the log and the scripts."""


def allow_sockets(most: int) -> None:
    """Ask the system for as many file descriptors as the open pages may take, if it grants them."""
    try:
        import resource
    except ImportError:  # Windows has no such bound
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    granted = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (granted, hard))
    except (ValueError, OSError):  # macOS has a lower bound that it does not tell
        granted = soft
    if granted < most:
        logging.warning(
            "%d file descriptors are allowed here, and %d pages may be open: set the limit "
            "higher (ulimit -n) or HOZIR_DOWNLINK_MOST lower",
            granted,
            most,
        )


def main() -> int:
    """Serve until told to stop; return the exit code."""
    begin_logging("ingest")
    # It tells of every question to web; what goes wrong is told by who asked.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        settings = load_settings()
        allow_sockets(settings.downlink_most)
        app = create_app(settings, open_door_log(settings))
    except HozirError as error:
        logging.error("%s", error)
        return 1
    uvicorn.run(
        app,
        host=settings.ingest_host,
        port=settings.ingest_port,
        http=patient_http(settings.request_seconds),
        **SERVER,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
