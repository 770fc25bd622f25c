"""What a request tells beside its events: place, device, source, and whether it is a bot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from hozir.address import mask_address
from hozir.contract.beacon import Beacon, Context
from hozir.contract.event import Dimensions
from hozir.contract.site import Site
from ingest.admit import between
from ingest.bots import bot_reason
from ingest.clean import CACHED, NAME_LENGTH, clean_text, clean_url, scrub
from ingest.device import read_device
from ingest.geo import GeoReader
from ingest.source import read_source

MOST_VISITS = 1_000_000


@dataclass(frozen=True, slots=True)
class Learner:
    """Asks the geo database and the tables. `address` is used here and kept masked only."""

    geo: GeoReader
    address: str
    user_agent: str

    def __call__(self, beacon: Beacon, site: Site) -> Dimensions:
        """Return the dimensions of a beacon that holds a page view."""
        context = beacon.context or Context()
        page = next(event for event in beacon.events if event.kind == "page_view")
        place = self.geo.lookup(self.address)
        device = read_device(
            self.user_agent,
            short(context.platform_version),
            short(context.model),
            between(0, context.touch, 64),
        )
        source = _source(page.url, context.referrer, tuple(site.domains))
        return Dimensions(
            ip=_masked(self.address),
            country=place.country,
            region=place.region,
            city=place.city,
            latitude=place.latitude,
            longitude=place.longitude,
            # The browser knows its time zone; the network's is a guess.
            timezone=short(context.timezone) or place.timezone,
            device=device.type,
            os=device.os,
            os_version=device.os_version,
            browser=device.browser,
            browser_version=device.browser_version,
            model=short(device.model),
            screen=short(context.screen),
            language=short(context.language),
            bot=bot_reason(self.user_agent, context.webdriver),
            source=short(source.source),
            medium=short(source.medium),
            campaign=short(source.campaign),
            term=short(source.term),
            content=short(source.content),
            click_id=source.click_id,
            referrer=clean_url(context.referrer),
            visit=between(1, context.visit, MOST_VISITS),
        )


@lru_cache(CACHED)
def short(text: str) -> str:
    """Return a text of a few words, clean."""
    return scrub(clean_text(text, NAME_LENGTH)) if text else ""


_source = lru_cache(CACHED)(read_source)
_masked = lru_cache(CACHED)(mask_address)
