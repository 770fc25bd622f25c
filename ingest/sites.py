"""The sites that the door knows, followed from topic `sites` of its own log."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from hozir.bus.log import Log
from hozir.contract.codec import decode_site
from hozir.contract.errors import LogUnavailable, Unreadable
from hozir.contract.site import Site
from hozir.contract.topics import SITES

POLL_SECONDS = 0.2

log = logging.getLogger(__name__)


class SiteDirectory:
    """Looks sites up; a thread keeps it as new as the log."""

    def __init__(self, bus: Log) -> None:
        self._bus = bus
        self._offset = 0
        self._sites: dict[str, Site] = {}
        self._by_key: dict[str, Site] = {}
        self._closing = threading.Event()
        self.listener: Callable[[], None] = lambda: None
        """Called after sites have changed, from the thread that follows them."""
        self.refresh()
        self._thread = threading.Thread(target=self._follow, name="sites", daemon=True)
        self._thread.start()

    def get(self, key: str) -> Site | None:
        """Return the newest version of the site whose pages carry `key`; None if there is none."""
        return self._by_key.get(key)

    def named(self, site_key: str) -> Site | None:
        """Return the newest version of a site by its own key, whether or not pages may carry it."""
        return self._sites.get(site_key)

    def __len__(self) -> int:
        return len(self._sites)

    def refresh(self) -> None:
        """Read what is new."""
        try:
            while records := self._bus.read(SITES, 0, self._offset, 1_000):
                for record in records:
                    self._take(record.value)
                self._offset = records[-1].offset + 1
                # Made anew and set at once: beacons ask from another thread.
                self._by_key = {
                    key: site for site in self._sites.values() for key in site.public_keys
                }
                self.listener()
        except LogUnavailable as error:
            log.warning("sites cannot be read now: %s", error)

    def close(self) -> None:
        """Stop following."""
        self._closing.set()
        self._thread.join()

    def _take(self, value: bytes) -> None:
        try:
            site = decode_site(value)
        except Unreadable as error:
            log.error("a record of topic sites cannot be read: %s", error)
            return
        if site.deleted:
            self._sites.pop(site.site_key, None)
        else:
            self._sites[site.site_key] = site

    def _follow(self) -> None:
        while not self._closing.wait(POLL_SECONDS):
            self.refresh()
