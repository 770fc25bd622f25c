"""Visitors of whom everything is known: when each came, what page they were on, how they went.

Each coroutine is one life on a site. It acts through the simulator's tab, as a browser would, and
writes down in the same moment what is so.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from hozir.simulator.door import PATIENCE, Answer, Door, DoorAway
from hozir.simulator.outbox import Tally
from hozir.simulator.people import make_person
from hozir.simulator.tab import HEARTBEAT, Tab
from pipeline.presence import LEAVE_GRACE
from proof.compared import Moment

HOST = "https://localhost"
GRACE = LEAVE_GRACE / 1000
REOPEN = 0.3
"""A socket that closed may come back for so long, by the documentation."""
PING = 20.0
"""The door asks each socket so often whether it is there, and waits as long for the answer."""
SLOW_PAGE = (2.5, 4.2)
TOO_SLOW_PAGE = 8.0


class Line(Door):
    """A way to the door that can be cut: requests hang then, until the browser gives up."""

    def __init__(self, url: str, patience: float) -> None:
        super().__init__(url, width=6)
        self.cut = False
        self._patience = patience

    async def post(self, path: str, body: bytes, headers: str) -> Answer:
        """Send one request. Raises DoorAway."""
        if self.cut:
            await asyncio.sleep(self._patience)
            raise DoorAway("the line is cut")
        return await super().post(path, body, headers)


class Life:
    """One visitor, and the truth about them. `beat` is the site's seconds between heartbeats."""

    def __init__(self, url: str, site: str, beat: float, most: float, rng: random.Random) -> None:
        self.rng, self.beat, self.most = rng, beat, most
        self.truth: list[Moment] = []
        self.person = make_person(rng)
        self.person.arrive()
        self.url, self.site = url, site
        pace = HEARTBEAT / beat
        self.line = Line(url, PATIENCE / pace)
        self.tally = Tally(self.line, f"/e/{site}", "force", pace)
        self._pages = 0

    def tab(self) -> Tab:
        """Open a tab that shows nothing yet."""
        return Tab(self.person, self.tally, self.rng)

    def open(self, tab: Tab) -> str:
        """Open the next page in a tab; return its path."""
        self._pages += 1
        path = f"/{self._pages}"
        self.on(path)
        tab.open_page(HOST + path, f"Page {self._pages}", "")
        return path

    def on(self, path: str) -> None:
        """Note that they are on a page."""
        self.truth.append(Moment(time.time(), path))

    def gone(self, within: float) -> None:
        """Note that they went, and when nobody may show them any more."""
        self.truth.append(Moment(time.time(), None, within))

    def leaves(self, tab: Tab) -> None:
        """Close the last page, with a word of farewell."""
        tab.leave()
        self.gone(GRACE)

    async def some(self, low: float, high: float) -> None:
        """Let some seconds pass."""
        await asyncio.sleep(self.rng.uniform(low, high))

    async def downlink(self, tab: Tab) -> ClientConnection:
        """Open the socket of a page on a site with chat, and say who it is."""
        socket = await connect(
            f"{self.url.replace('http', 'ws')}/w/{self.site}",
            origin=Origin(f"http://{urlsplit(self.url).netloc}"),
            compression=None,
            ping_interval=None,
        )
        hello = {
            "visitor_id": self.person.visitor_id,
            "session_id": self.person.session_id,
            "tab_id": tab.id,
            "view": 1,
            "token": self.rng.randbytes(16).hex(),
        }
        await socket.send(msgspec.json.encode(hello).decode())
        return socket


Kind = Callable[[Life], Awaitable[None]]


async def reads_and_leaves(life: Life) -> None:
    """Come, read some pages, close the tab."""
    tab = life.tab()
    life.open(tab)
    for _ in range(life.rng.randint(1, 4)):
        await life.some(2, life.beat * 0.8)
        tab.leave()
        await life.some(0.1, 0.6)
        life.open(tab)
    await life.some(2, life.beat * 1.5)
    life.leaves(tab)


async def waits_for_slow_pages(life: Life) -> None:
    """Go from page to page where each takes seconds to say that it is open."""
    tab = life.tab()
    life.open(tab)
    for _ in range(4):
        await life.some(2, 6)
        tab.leave()
        await life.some(*SLOW_PAGE)
        life.open(tab)
    await life.some(2, 6)
    life.leaves(tab)


async def waits_for_a_page_too_slow(life: Life) -> None:
    """Wait longer for a page than the grace of leaving lasts; by the rules, that is gone."""
    tab = life.tab()
    life.open(tab)
    await life.some(2, 6)
    tab.leave()
    await asyncio.sleep(TOO_SLOW_PAGE)
    life.open(tab)
    await life.some(2, 6)
    life.leaves(tab)


async def reloads(life: Life) -> None:
    """Press reload again and again."""
    tab = life.tab()
    path = life.open(tab)
    for _ in range(6):
        await life.some(0.5, 3)
        tab.leave()
        await life.some(0.05, 0.4)
        tab.open_page(HOST + path, "Page 1", "")
    await life.some(1, 4)
    life.leaves(tab)


async def is_killed(life: Life) -> None:
    """Stand on a page; then the browser is killed, and no socket tells of it."""
    tab = life.tab()
    life.open(tab)
    await life.some(1, life.beat * 2.5)
    tab.vanish()
    life.gone(2 * life.beat)


async def is_killed_with_a_socket(life: Life) -> None:
    """The same on a site with chat: the system closes the browser's socket."""
    tab = life.tab()
    life.open(tab)
    await life.some(0.5, 1)
    socket = await life.downlink(tab)
    await life.some(2, life.beat * 1.5)
    tab.vanish()
    life.gone(REOPEN + GRACE)
    socket.transport.abort()


async def is_cut_off(life: Life) -> None:
    """Lose the network for so long that it counts as gone; then it is back."""
    tab = life.tab()
    life.open(tab)
    await life.some(2, life.beat * 1.2)
    life.line.cut = True
    life.gone(2 * life.beat)
    await asyncio.sleep(3.3 * life.beat)
    life.line.cut = False
    life.on("/1")
    await life.some(1.8 * life.beat, 2 * life.beat)
    life.leaves(tab)


async def is_cut_off_with_a_socket(life: Life) -> None:
    """Lose the network for good, on a site with chat: the socket is there and answers nothing."""
    tab = life.tab()
    life.open(tab)
    await life.some(0.5, 1)
    socket = await life.downlink(tab)
    await life.some(2, life.beat)
    life.line.cut = True
    tab.vanish()
    socket.transport.pause_reading()
    life.gone(min(2 * life.beat, 2 * PING + REOPEN + GRACE))
    await asyncio.sleep(2 * life.beat + 2)
    socket.transport.abort()


async def loses_the_network_shortly(life: Life) -> None:
    """Be in a lift: the network is gone for less than a heartbeat, twice."""
    tab = life.tab()
    life.open(tab)
    for _ in range(2):
        await life.some(1, life.beat)
        life.line.cut = True
        await asyncio.sleep(0.6 * life.beat)
        life.line.cut = False
        await asyncio.sleep(life.beat)
    life.leaves(tab)


async def closes_the_laptop(life: Life) -> None:
    """Close the lid, so that all is silent, and open it later in the same session."""
    tab = life.tab()
    life.open(tab)
    await life.some(2, life.beat)
    tab.vanish()
    life.gone(2 * life.beat)
    await life.some(2.5 * life.beat, 3.5 * life.beat)
    life.on("/1")
    tab.wake()
    await life.some(2, life.beat)
    life.leaves(tab)


async def hides_the_tab(life: Life) -> None:
    """Look at something else for as long as the proof lasts, then come back to it."""
    tab = life.tab()
    life.open(tab)
    await life.some(2, 4)
    tab.hide()
    await asyncio.sleep(life.most)
    tab.show()
    await life.some(2, 4)
    life.leaves(tab)


async def opens_many_tabs(life: Life) -> None:
    """Open five tabs, close one after the other, and be on the page that is left in sight."""
    tabs = [life.tab()]
    paths = [life.open(tabs[0])]
    for _ in range(4):
        await life.some(1.5, 3)
        tabs[-1].hide()
        tabs.append(life.tab())
        paths.append(life.open(tabs[-1]))
    while len(tabs) > 1:
        await life.some(1.5, life.beat / 2)
        paths.pop()
        life.on(paths[-1])
        tabs.pop().leave()
        tabs[-1].show()
    await life.some(2, 4)
    life.leaves(tabs[0])


async def has_its_clock_put_right(life: Life) -> None:
    """Have a clock that is put right by hours: the browser holds its session for ended then, says
    farewell to it, and begins another."""
    tab = life.tab()
    life.open(tab)
    for _ in range(2):
        await life.some(2, life.beat)
        tab.leave()
        life.person.session_id = ""
        life.person.arrive()
        life.open(tab)
    await life.some(1.2 * life.beat, 2.2 * life.beat)
    life.leaves(tab)


KINDS: dict[str, Kind] = {
    "reads and leaves": reads_and_leaves,
    "waits for slow pages (2.5 to 4.2 s)": waits_for_slow_pages,
    "reloads": reloads,
    "browser killed, no socket": is_killed,
    "browser killed, socket": is_killed_with_a_socket,
    "network cut, then back": is_cut_off,
    "network cut for good, socket": is_cut_off_with_a_socket,
    "network cut shortly": loses_the_network_shortly,
    "laptop closed and opened": closes_the_laptop,
    "tab hidden": hides_the_tab,
    "five tabs": opens_many_tabs,
    "clock put right by hours": has_its_clock_put_right,
    "waits for a page too slow (8 s)": waits_for_a_page_too_slow,
}
"""Every kind of life, by a name for the table."""
