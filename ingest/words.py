"""What the door answers a beacon that it took: nothing, unless the page should know something."""

from __future__ import annotations

from functools import lru_cache

from hozir.contract.codec import encode
from hozir.contract.site import HEARTBEAT_SECONDS, Site


def words_for(site: Site, waits: bool) -> bytes:
    """Return the body of the answer; empty where there is nothing to say."""
    return _words(site.chat.enabled, site.heartbeat_seconds, waits)


@lru_cache
def _words(chat: bool, beat: int, waits: bool) -> bytes:
    words: dict[str, int] = {}
    if chat:
        words["chat"] = 1
        if waits:
            words["wait"] = 1
    if beat != HEARTBEAT_SECONDS:
        words["beat"] = beat
    return encode(words) if words else b""
