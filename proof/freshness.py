"""How long from a beacon's acknowledgement until a screen is told, sampled many times a second."""

from __future__ import annotations

import http.client
import threading
import time
from types import TracebackType
from urllib.parse import urlsplit

from bench.traffic import AGENT, an_id
from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import encode
from proof.listener import Frame, Listener
from tests.stack import Stack

SITE = "simulated"
ORIGIN = "https://shop.example"
PEOPLE = 20
"""Visitors who go to the next page once a second each."""
FIRST = 900_000_000


class Probe:
    """Samples while the block runs. One screen shows the probes alone, by its filter.

    `key` is what the pages of the site speak by, and `origin` where they are; those of the
    simulated site are nowhere.
    """

    def __init__(
        self, system: Stack, site: str = SITE, key: str = SITE, origin: str | None = None
    ) -> None:
        self._url, self._path = system.ingest, f"/e/{key}"
        self._origin = {} if origin is None else {"Origin": origin}
        self._listener = Listener(system, site, self._take, page_url="/proof/*")
        self._sent: dict[str, float] = {}
        self._acknowledged: dict[str, float] = {}
        self._told: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send)
        self.refused = 0

    def __enter__(self) -> Probe:
        self._listener.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._listener.__exit__(kind, error, trace)

    def stop(self) -> int:
        """Send no more; return how many page views were acknowledged."""
        self._over.set()
        self._thread.join()
        return len(self._acknowledged)

    def delays(self, since: float, until: float) -> list[float]:
        """Return the seconds of what was acknowledged then; what is not told yet has its age."""
        return self._until_told(self._acknowledged, since, until)

    def whole_delays(self, since: float, until: float) -> list[float]:
        """Return the same of what was sent then, from its first byte."""
        return self._until_told(self._sent, since, until)

    def _until_told(self, begun: dict[str, float], since: float, until: float) -> list[float]:
        now = time.time()
        return [
            max(0.0, self._told.get(path, now) - at)
            for path, at in list(begun.items())
            if since <= at < until
        ]

    def _send(self) -> None:
        door = http.client.HTTPConnection(urlsplit(self._url).netloc, timeout=30)
        count, due = 0, time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            # After a stall it goes on from here: a burst of its own would be no sample.
            due = max(due + 1 / PEOPLE, time.monotonic() - 1)
            count += 1
            number, n = FIRST + count % PEOPLE, 1 + count // PEOPLE
            path = f"/proof/{count}"
            url = f"{ORIGIN}{path}"
            view = ClaimedEvent("page_view", view=n, url=url, title="Proof")
            context = Context(timezone="Asia/Tashkent")
            ids = an_id("v", number), an_id("s", number), an_id("t", number)
            headers = {"User-Agent": AGENT, "X-Forwarded-For": f"95.142.12.{count % PEOPLE + 1}"}
            beacon = Beacon(*ids, n, [view], context)
            self._sent[path] = time.time()
            door.request("POST", self._path, encode(beacon), headers | self._origin)
            answer = door.getresponse()
            answer.read()
            if answer.status < 300:
                self._acknowledged[path] = time.time()
            else:
                del self._sent[path]
                self.refused += 1
        door.close()

    def _take(self, at: float, frame: Frame) -> None:
        shown = frame.data.visitor
        if shown is not None and shown.current_page is not None:
            self._told.setdefault(shown.current_page.url, at)
