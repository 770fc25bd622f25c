"""One visit: arrive, read, follow links, look away, open a tab beside, leave."""

from __future__ import annotations

import asyncio
import math
import random

from hozir.simulator.outbox import Tally
from hozir.simulator.people import Person, choose
from hozir.simulator.shop import HOST, NAMES, PAGES, WAYS, Page
from hozir.simulator.tab import Tab

BOUNCES = 0.35
GOES_ON = 0.78
LOOKS_AWAY = 0.15
OPENS_A_TAB = 0.12
VANISHES = 0.06
SPREAD = 0.8
"""Sigma of the log-normal times: most reading is short, some is long."""


class Visit:
    """A person on the site. `leave` may be called at any moment."""

    def __init__(self, person: Person, tally: Tally, rng: random.Random) -> None:
        self._person = person
        self._tally = tally
        self._rng = rng
        self._pace = tally.pace
        self._tabs: list[Tab] = []

    async def run(self) -> None:
        """Live through the visit."""
        rng = self._rng
        self._person.arrive()
        way = choose(rng, WAYS)
        tab = self._tab()
        path = way.entry.partition("?")[0]
        tab.open_page(HOST + way.entry, PAGES[path].title, way.referrer)
        await self._read(tab, path)
        going_on = not self._person.agent.bot and rng.random() >= BOUNCES
        while going_on:
            follow = rng.choice(PAGES[path].links)
            if rng.random() < OPENS_A_TAB:
                await self._look_beside(tab, path, follow)
            else:
                self._follow(tab, path, follow)
                path = follow
                await self._read(tab, path)
            going_on = rng.random() < GOES_ON
        if rng.random() < VANISHES:
            tab.vanish()
        else:
            tab.leave()

    def leave(self) -> None:
        """Close all tabs that are open."""
        for tab in self._tabs:
            if tab.is_open:
                tab.leave()

    def _tab(self) -> Tab:
        tab = Tab(self._person, self._tally, self._rng)
        self._tabs.append(tab)
        return tab

    def _follow(self, tab: Tab, path: str, follow: str) -> None:
        tab.interact("click", f"a {follow}")
        single = PAGES[path].single and PAGES[follow].single
        if single:
            tab.route()
        else:
            tab.leave()
        tab.open_page(HOST + follow, PAGES[follow].title, HOST + path)

    async def _look_beside(self, tab: Tab, path: str, follow: str) -> None:
        tab.interact("click", f"a {follow}")
        tab.hide()
        beside = self._tab()
        beside.open_page(HOST + follow, PAGES[follow].title, HOST + path)
        await self._read(beside, follow)
        beside.leave()
        tab.show()
        await self._pause(5.0)

    async def _read(self, tab: Tab, path: str) -> None:
        rng = self._rng
        page: Page = PAGES[path]
        parts = rng.randint(1, 3)
        depth = rng.randint(10, 45)
        for part in range(parts):
            await self._pause(page.reading / parts)
            tab.read_on(depth * (part + 1))
            if rng.random() < LOOKS_AWAY:
                tab.hide()
                await self._pause(20.0)
                tab.show()
        if path == "/contact":
            await self._write(tab)
        elif path == "/cart":
            tab.tell("add_to_cart", price=rng.randint(3, 90) * 10_000, currency="UZS")

    async def _write(self, tab: Tab) -> None:
        rng = self._rng
        tab.interact("form_view", "form#contact")
        await self._pause(30.0)
        if rng.random() < 0.4:
            tab.interact("form_submit", "form#contact")
            name = rng.choice(NAMES)
            tab.identify(name=name, email=f"visitor{rng.randint(1, 9999)}@simulated.example")

    async def _pause(self, median: float) -> None:
        seconds = min(600.0, self._rng.lognormvariate(math.log(median), SPREAD))
        await asyncio.sleep(seconds / self._pace)
