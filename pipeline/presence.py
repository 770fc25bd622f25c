"""Who is here now: the rules of presence, as pure functions of what the log says.

Times are milliseconds of log time. A deadline has passed when the log speaks of a later moment,
so that a sign of life at the very deadline still counts.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hozir.contract.change import Presence

SECOND = 1_000
MINUTE = 60 * SECOND

SILENCE = 60 * SECOND
"""Without a sign of life for so long, a visitor (or one tab) is gone: two heartbeats of 30 s.
A site may have another heartbeat; its silence is two of those."""
LEAVING_SHOWN = 1 * SECOND
"""Going from page to page takes less; only what lasts longer is shown as leaving."""
LEAVE_GRACE = 5 * SECOND
"""From the last tab's leave to offline, unless somebody comes back."""
IDLE = 10 * MINUTE
"""Without input for so long, an open and visible tab counts as away."""

BEACONS_REMEMBERED = 64
"""How far back a tab's beacon numbers are known. The tracker keeps fewer than that to retry."""

_ALL_BEACONS = (1 << BEACONS_REMEMBERED) - 1


class Tab(msgspec.Struct, array_like=True, gc=False):
    """One tab of a session, open or gone; a gone one still knows which beacons it has had."""

    tab_id: str
    last_seen: int = 0
    open: bool = False
    hidden: bool = False
    input_at: int = 0
    page: int = 0
    """Number of the page view that it shows; 0 if unknown."""
    view: int = 0
    """The newest view that the browser counted in it."""
    newest: int = 0
    seen: int = 0
    """Bit k is set when beacon `newest - k` has been taken."""

    def take(self, n: int) -> bool:
        """Note beacon `n`; False if it was here before, or is too old to tell."""
        ahead = n - self.newest
        if ahead > 0:
            shifted = self.seen << ahead if ahead < BEACONS_REMEMBERED else 0
            self.seen = (shifted | 1) & _ALL_BEACONS
            self.newest = n
            return True
        if -ahead >= BEACONS_REMEMBERED or self.seen >> -ahead & 1:
            return False
        self.seen |= 1 << -ahead
        return True


def is_open(tab: Tab, at: int, silence: int) -> bool:
    """True while the tab has not left and has been heard of within `silence`."""
    return tab.open and at - tab.last_seen <= silence


def presence_of(tabs: Iterable[Tab], at: int, silence: int) -> Presence:
    """Return active or away for a visitor with an open tab, else leaving."""
    presence: Presence = "leaving"
    for tab in tabs:
        if is_open(tab, at, silence):
            if not tab.hidden and at - tab.input_at < IDLE:
                return "active"
            presence = "away"
    return presence
