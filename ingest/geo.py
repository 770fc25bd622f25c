"""Where an IP address is."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import maxminddb

from hozir.address import read_address
from hozir.contract.errors import Misconfigured

PACKAGED = Path(__file__).parent / "data" / "places.mmdb"
CHECK_EVERY = 60.0
"""Seconds between two looks at whether the file was replaced."""
CACHED = 65_536
"""Addresses whose places are remembered."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is, as far as is known. Empty means unknown."""

    country: str = ""
    """ISO 3166 code."""
    region: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    timezone: str = ""
    """IANA name."""


NOWHERE = Place()


class GeoReader:
    """Looks addresses up in a City database (GeoLite2, DB-IP Lite, or the packaged one).

    The file may be replaced while we run, by renaming a new one over it; a new one that cannot be
    read is left alone. Raises Misconfigured if the first one cannot be used.
    """

    def __init__(
        self, path: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path = path or PACKAGED
        self._clock = clock
        self._changed_at = _changed_at(self._path)
        self._checked_at = clock()
        self._database = _open(self._path)
        self._find = lru_cache(CACHED)(self._read)

    def lookup(self, ip: str) -> Place:
        """Return the place of an address; an empty one if it is unknown, private or no address.

        Never raises.
        """
        if self._clock() - self._checked_at >= CHECK_EVERY:
            self._reopen_if_replaced()
        return self._find(ip)

    def _read(self, ip: str) -> Place:
        address = read_address(ip)
        if address is None or not address.is_global:
            return NOWHERE
        try:
            record = self._database.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):
            # A database of IPv4 only, or one that is damaged just here.
            return NOWHERE
        return _place(record)

    def _reopen_if_replaced(self) -> None:
        self._checked_at = self._clock()
        changed_at = _changed_at(self._path)
        if changed_at in (0, self._changed_at):
            return
        self._changed_at = changed_at
        try:
            self._database = _open(self._path)
        except Misconfigured as error:
            _log.warning("%s The one that was read before is kept.", error)
            return
        self._find.cache_clear()


def _changed_at(path: Path) -> int:
    """Nanoseconds; 0 if there is no such file now."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _open(path: Path) -> maxminddb.Reader:
    try:
        database = maxminddb.open_database(path)
    except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
        raise Misconfigured(f"HOZIR_GEO_DATABASE: {path} cannot be read: {error}.") from None
    kind = database.metadata().database_type
    if "City" not in kind:
        database.close()
        raise Misconfigured(f"HOZIR_GEO_DATABASE: {path} is {kind}, not a City database.")
    return database


def _place(record: Any) -> Place:
    country = _text(record, "country", "iso_code") or _text(
        record, "registered_country", "iso_code"
    )
    # DB-IP writes ZZ for addresses that nobody has.
    if not country or country == "ZZ":
        return NOWHERE
    return Place(
        country=country,
        region=_text(record, "subdivisions", 0, "names", "en"),
        city=_text(record, "city", "names", "en"),
        latitude=_degrees(record, "latitude", 90),
        longitude=_degrees(record, "longitude", 180),
        timezone=_text(record, "location", "time_zone"),
    )


def _inside(record: Any, *way: str | int) -> Any:
    for step in way:
        try:
            record = record[step]
        except (KeyError, IndexError, TypeError):
            return None
    return record


def _text(record: Any, *way: str | int) -> str:
    found = _inside(record, *way)
    return found if isinstance(found, str) else ""


def _degrees(record: Any, name: str, most: float) -> float | None:
    found = _inside(record, "location", name)
    if not isinstance(found, int | float) or not math.isfinite(found) or abs(found) > most:
        return None
    return round(float(found), 4)
