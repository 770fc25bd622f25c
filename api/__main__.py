"""The web process: settings, log, warehouse, accounts, server, until SIGTERM."""

from __future__ import annotations

import logging
import sys

import uvicorn

from api.accounts import Accounts
from api.app import create_app
from hozir.bus.open import open_log
from hozir.contract.errors import HozirError
from hozir.settings import load_settings
from warehouse.connection import open_warehouse


def main() -> int:
    """Run until told to stop; return the exit code."""
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    try:
        settings = load_settings()
        log = open_log(settings)
        warehouse = open_warehouse(settings.data / "hozir.duckdb")
        accounts = Accounts(f"sqlite:///{settings.data / 'accounts.db'}")
        app = create_app(settings, log, warehouse, accounts)
    except HozirError as error:
        logging.error("%s", error)
        return 1
    uvicorn.run(
        app,
        host=settings.web_host,
        port=settings.web_port,
        loop="uvloop" if sys.platform != "win32" else "asyncio",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        ws_max_size=16 * 1024 * 1024,
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        access_log=False,
        log_config=None,
        log_level="warning",
        timeout_graceful_shutdown=3,
    )
    accounts.close()
    warehouse.close()
    log.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
