"""People on a site from all over the world, some of whom read on while others watch."""

from __future__ import annotations

import http.client
import json
import random
import threading
import time
from types import TracebackType
from urllib.parse import urlsplit

import msgspec

from bench.traffic import AGENT, AT_ONCE, DIMENSIONS, an_id
from hozir.bus.embedded import EmbeddedLog
from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import TICK, encode
from hozir.contract.event import Event, EventBatch
from hozir.contract.ids import partition_of
from hozir.contract.topics import EVENTS
from hozir.countries import TABLE

SITE = "demo"
PATIENT = 3_600
"""Seconds between two heartbeats of those who only stand there: nobody must go meanwhile."""
HOME = 0.4
"""Share of the first country; the rest comes from everywhere."""
HERE_MS = 25 * 60_000
"""The longest that anybody has been here."""
READERS_EVERY = 20
"""Seconds that a reader stays on a page; below two heartbeats, by which the door counts them."""
PAGE_SECONDS = 100
"""Pages of the site are opened as if everybody stayed for so long on each."""


def gather(log: EmbeddedLog, people: int, seed: int = 1) -> None:
    """Write into the log that so many opened a page in the last minutes and are still there."""
    dice = random.Random(seed)
    now = time.time_ns() // 1_000_000
    countries = json.loads(TABLE.read_text())
    codes = [code for code, known in countries.items() if known["point"]]
    waiting: list[tuple[int, bytes]] = []
    for number in range(people):
        home = dice.random() < HOME
        code = "UZ" if home else dice.choice(codes)
        latitude, longitude = countries[code]["point"]
        path = f"/katalog/{dice.randrange(500)}"
        page = Event(
            kind="page_view",
            at=now - dice.randrange(HERE_MS),
            view=1,
            url=f"https://shop.example{path}",
            path=path,
            title=f"Tovar {path}",
        )
        dimensions = msgspec.structs.replace(
            DIMENSIONS,
            country=code,
            city="Tashkent" if home else countries[code]["en"],
            latitude=latitude,
            longitude=longitude,
            device=dice.choice(("desktop", "mobile", "mobile")),
        )
        batch = EventBatch(
            site_key=SITE,
            visitor_id=an_id("v", number),
            session_id=an_id("s", number),
            tab_id=an_id("t", number),
            n=1,
            events=[page],
            dimensions=dimensions,
            heartbeat_seconds=PATIENT,
        )
        waiting.append((partition_of(batch.session_id, EVENTS.partitions), encode(batch)))
    for at in range(0, len(waiting), AT_ONCE):
        log.append(EVENTS, waiting[at : at + AT_ONCE])
    log.append(EVENTS, [(partition, TICK) for partition in range(EVENTS.partitions)])


class Door:
    """One kept connection to the door, which is told of pages that people open."""

    def __init__(self, url: str) -> None:
        self._to = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)

    def open_page(self, number: int, n: int, title: str) -> None:
        """Send that a visitor opened one more page."""
        url = f"https://localhost/{n}"
        view = ClaimedEvent("page_view", view=n, url=url, title=title)
        ids = (an_id("v", number), an_id("s", number), an_id("t", number))
        body = encode(Beacon(*ids, n, [view], Context(timezone="Asia/Tashkent")))
        headers = {"Origin": "http://localhost:3000", "User-Agent": AGENT}
        self._to.request("POST", f"/e/{SITE}", body, headers)
        answer = self._to.getresponse()
        answer.read()
        if answer.status not in (200, 204):
            raise RuntimeError(f"the door answered {answer.status}")

    def close(self) -> None:
        """End the connection."""
        self._to.close()


class Readers:
    """While the block runs, some of a crowd open page after page, by the door."""

    def __init__(self, url: str, people: int) -> None:
        self.rate = people / PAGE_SECONDS
        """Pages a second."""
        self._count = round(self.rate * READERS_EVERY)
        self._url = url
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._read)

    def __enter__(self) -> Readers:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _read(self) -> None:
        door = Door(self._url)
        n, due = 1, time.monotonic()
        while True:
            n += 1
            for number in range(self._count):
                due += 1 / self.rate
                if self._over.wait(max(0.0, due - time.monotonic())):
                    return door.close()
                door.open_page(number, n, f"Tovar {n}")
