"""How often the API may be asked.

Programs share `api_rate` requests a minute for each site. A screen in a browser has an allowance
of its own for each sign-in, for a team of ten asks more than a program should. What the screens
ask from within this very process is not counted.
"""

from __future__ import annotations

from hmac import compare_digest
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.types import Scope

from api.sign_in import Person
from api.throttle import Throttle
from hozir.inside import HEADER, SECRET

SECONDS = 60.0
_SITES = "/api/v1/sites/"


class Pace:
    """Counts the requests of one process. A rate of 0 counts nothing."""

    def __init__(self, api_rate: int, screen_rate: int) -> None:
        self._of_programs = Throttle(api_rate, SECONDS) if api_rate else None
        self._of_screens = Throttle(screen_rate, SECONDS) if screen_rate else None

    def wait(self, headers: Headers, person: Person, site_key: str) -> float:
        """Count a request. Returns 0, or the seconds to wait if it is one too many."""
        if compare_digest(headers.get(HEADER, "").encode(), SECRET.encode()):
            return 0.0
        if from_screen(headers):
            return self._of_screens.take(person.token_hash) if self._of_screens else 0.0
        key = f"site {site_key}" if site_key else f"user {person.id}"
        return self._of_programs.take(key) if self._of_programs else 0.0


def from_screen(headers: Headers) -> bool:
    """Tell whether one of our own pages asks.

    Browsers say so where the connection is safe, and by the referrer elsewhere. A program can
    claim it, and gains the other allowance by it: this is no lock.
    """
    if said := headers.get("sec-fetch-site"):
        return said == "same-origin"
    try:
        return urlsplit(headers.get("referer", "")).netloc == headers.get("host")
    except ValueError:
        return False


def asked_site_key(scope: Scope, person: Person | None) -> str:
    """Return the site that a request is about, if it is theirs to see; else nothing."""
    if person is None:
        return ""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"), max_num_fields=None)
    asked = query.get("site", [""])[-1]
    path: str = scope["path"]
    if not asked and path.startswith(_SITES):
        asked = path.removeprefix(_SITES).partition("/")[0]
    if not asked and len(person.site_keys) == 1:
        return next(iter(person.site_keys))
    return asked if person.may_see(asked) else ""
