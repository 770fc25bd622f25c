"""People on a site of a running system, who stay until the test is over."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Any, Literal
from uuid import uuid4

import httpx
from msgspec import structs

from hozir.contract.beacon import Beacon, ClaimedEvent, Context
from hozir.contract.codec import encode

ORIGIN = "http://localhost:3000"
BEAT = 15.0
"""Seconds; half of what the door expects at least."""
TASHKENT = "84.54.70.7"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"


LAPTOP = Context(language="uz-UZ", screen="1920x1080")


class Guest:
    """One browser with one tab, as the door hears it."""

    def __init__(
        self,
        door: httpx.Client,
        site: str,
        address: str = TASHKENT,
        agent: str = FIREFOX,
        context: Context = LAPTOP,
    ) -> None:
        self.visitor_id = f"v_{uuid4()}"
        self._session_id, self._tab_id = f"s_{uuid4()}", f"t_{uuid4()}"
        self._token = uuid4().hex
        self._door, self._site = door, site
        self._context = context
        self._headers = {
            "Origin": ORIGIN,
            "Content-Type": "text/plain",
            "X-Forwarded-For": address,
            "User-Agent": agent,
        }
        self._beacons = self._views = 0
        self._alone = threading.Lock()

    def open(self, url: str, title: str, referrer: str = "", age: float = 0) -> None:
        """Open a page, `age` seconds ago."""
        self._views += 1
        context = structs.replace(self._context, referrer=referrer)
        event = ClaimedEvent(
            "page_view", age=int(age * 1000), view=self._views, url=url, title=title
        )
        self.send(event, context)

    def identify(self, **who: Any) -> None:
        """Say who one is."""
        self.send(ClaimedEvent("identify", view=self._views, props=who))

    def beat(self) -> None:
        """Say that the page is still open."""
        self.send(ClaimedEvent("heartbeat", view=self._views, visible=20_000, scroll=40))

    def hide(self) -> None:
        """Look at another tab."""
        self.send(ClaimedEvent("visibility", view=self._views, hidden=True))

    def act(
        self,
        kind: Literal["interaction", "custom"],
        name: str,
        target: str = "",
        props: dict[str, Any] | None = None,
    ) -> None:
        """Do something on the page."""
        event = ClaimedEvent(kind, view=self._views, name=name, target=target, props=props or {})
        self.send(event)

    def leave(self) -> None:
        """Close the page."""
        self.send(ClaimedEvent("leave", view=self._views, visible=20_000))

    def send(self, event: ClaimedEvent, context: Context | None = None) -> None:
        """Send a beacon, which the door must take."""
        with self._alone:
            self._beacons += 1
            beacon = Beacon(
                self.visitor_id, self._session_id, self._tab_id, self._beacons, [event], context
            )
            self._post(f"/e/{self._site}", encode(beacon))

    def say(self, text: str, conversation_id: str = "") -> None:
        """Write to the team."""
        said = {
            "kind": "message",
            "visitor_id": self.visitor_id,
            "session_id": self._session_id,
            "token": self._token,
            "conversation_id": conversation_id,
            "id": f"m_{uuid4()}",
            "text": text,
        }
        self._post(f"/w/{self._site}", httpx.Request("POST", "http://x", json=said).content)

    def _post(self, path: str, body: bytes) -> None:
        self._door.post(path, content=body, headers=self._headers).raise_for_status()


class Crowd:
    """Guests of a site, kept there by heartbeats until the block ends."""

    def __init__(self, url: str, site: str = "demo") -> None:
        self.guests: list[Guest] = []
        self._site = site
        self._door = httpx.Client(base_url=url, timeout=20)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat)

    def __enter__(self) -> Crowd:
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
        self._door.close()

    def come(self, **more: Any) -> Guest:
        """Let one more come; nothing is known of them until they open a page."""
        guest = Guest(self._door, self._site, **more)
        self.guests.append(guest)
        return guest

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            for guest in list(self.guests):
                guest.beat()
