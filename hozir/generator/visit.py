"""One visit, from arrival to leaving, without waiting: read, follow links, look away, come back."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from hozir.contract.ids import visitor_number
from hozir.generator.guest import SECOND, Guest
from hozir.generator.tab import Send, Tab
from hozir.generator.temper import temper_of
from hozir.simulator.shop import HOST, NAMES, PAGES, Way

LOOKS_AWAY = 0.12
LEAVES_IT_OPEN = 0.04
"""Of the visits of people: the tab stays open behind others for long."""
STEPS_OUT = 0.10
"""Of the visits that did not end at once: they come back some minutes later."""
OPENS_A_TAB = 0.12
VANISHES = 0.06
SPREAD = 0.8
"""Sigma of the log-normal times: most reading is short, some is long."""
WRITES = {"/contact": 0.08, "/pricing": 0.025, "/cart": 0.02, "/product/17": 0.015}
"""Share of the readers of a page that write to the team from there."""
WRITES_ELSEWHERE = 0.002
MINUTE = 60 * SECOND
LONGEST_STEP_OUT = 150 * MINUTE
PLANS = ("oddiy", "plus", "oila")


class Stay(NamedTuple):
    """From opening the first page to leaving the last; a visit may have two."""

    began: int
    ended: int
    session_id: str
    """As the browser claims it."""
    opened_at: int
    """When the session's first beacon arrived."""


class Visit:
    """A guest on the site. `run` sends all of it and returns when it ended."""

    def __init__(
        self, guest: Guest, way: Way, heartbeat: int, rng: random.Random, send: Send
    ) -> None:
        self._guest = guest
        self._way = way
        self._heartbeat = heartbeat
        self._rng = rng
        self._send = send
        self._path = way.entry.partition("?")[0]
        self._next = ""
        """Where the page just read leads; empty: anywhere."""
        self._filled = False
        """Whether there is something in the cart."""
        self.wrote_at: int | None = None
        """When the guest wrote to the team."""
        self.stays: list[Stay] = []

    def run(self, at: int) -> int:
        """Live through the visit; return its end."""
        rng, guest = self._rng, self._guest
        self._arrive(at)
        if guest.person.agent.bot:
            return self._crawl(at)
        tab = self._tab()
        tab.open_page(at, HOST + self._way.entry, PAGES[self._path].title, self._way.referrer)
        if rng.random() < self._temper.quits:
            return self._end(tab, at + rng.randint(800, 8_000))
        at = self._read(tab, at)
        if rng.random() >= self._temper.bounces or self._next:
            at = self._browse(tab, at)
            if rng.random() < STEPS_OUT:
                tab.leave(at)
                self._left(at)
                return self._come_back(at)
        return self._end(tab, at)

    def _arrive(self, at: int) -> None:
        self._guest.arrive(at, self._rng)
        self._temper = temper_of(self._guest, self._way)
        self._began = at

    def _left(self, at: int) -> None:
        guest = self._guest
        self.stays.append(Stay(self._began, at, guest.person.session_id, guest.opened_at))

    def _crawl(self, at: int) -> int:
        """Fetch some pages as programs do: fast, to no depth, without a farewell."""
        rng = self._rng
        referrer = ""
        for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
            self._tab().open_page(at, HOST + self._path, PAGES[self._path].title, referrer)
            referrer = HOST + self._path
            self._path = rng.choice(PAGES[self._path].links)
            at += rng.randint(400, 4_000)
        self._left(at)
        return at

    def _tab(self) -> Tab:
        return Tab(self._guest, self._heartbeat, self._rng, self._send)

    def _browse(self, tab: Tab, at: int) -> int:
        rng = self._rng
        going_on = True
        while going_on:
            follow = self._choose()
            if not self._next and rng.random() < OPENS_A_TAB:
                at = self._look_beside(tab, follow, at)
            else:
                at = self._read(tab, self._follow(tab, follow, at))
            going_on = bool(self._next) or rng.random() < self._temper.goes_on
        return at

    def _choose(self) -> str:
        """Return where to go from here. What stands first is seen first."""
        links = PAGES[self._path].links
        return self._next or self._rng.choices(links, range(len(links) + 1, 1, -1))[0]

    def _follow(self, tab: Tab, follow: str, at: int) -> int:
        before = self._path
        tab.touch(at, "click", f"a {follow}")
        if PAGES[before].single and PAGES[follow].single:
            tab.route(at)
        else:
            tab.leave(at)
        at += self._rng.randint(150, 900)
        self._path = follow
        tab.open_page(at, HOST + follow, PAGES[follow].title, HOST + before)
        return at

    def _look_beside(self, tab: Tab, follow: str, at: int) -> int:
        before = self._path
        tab.touch(at, "click", f"a {follow}")
        tab.hide(at)
        beside = self._tab()
        beside.open_page(at + 300, HOST + follow, PAGES[follow].title, HOST + before)
        self._path = follow
        at = self._read(beside, at + 300)
        beside.leave(at)
        self._path = before
        self._next = ""
        tab.show(at)
        return at + self._pause(5.0)

    def _read(self, tab: Tab, at: int) -> int:
        rng = self._rng
        page = PAGES[self._path]
        parts = rng.randint(1, 3)
        depth = rng.randint(12, 46)
        for part in range(parts):
            at += self._pause(page.reading * self._temper.reading / parts)
            tab.read_on(at, depth * (part + 1))
            if rng.random() < LOOKS_AWAY / parts:
                tab.hide(at)
                at += self._pause(20.0)
                tab.show(at)
        self._next = ""
        at = self._act(tab, at)
        writes = WRITES.get(self._path, WRITES_ELSEWHERE) * (2 if self._guest.returns else 1)
        if self.wrote_at is None and rng.random() < writes:
            at += self._pause(25.0)
            self.wrote_at = at
            at += self._pause(100.0)
            tab.read_on(at, depth)
        return at

    def _act(self, tab: Tab, at: int) -> int:
        """Do what the page is there for, or not."""
        rng, temper = self._rng, self._temper
        if self._path == "/pricing" and rng.random() < temper.chooses_plan:
            tab.tell(at, "plan_chosen", plan=rng.choices(PLANS, (5, 3, 2))[0])
            self._next = "/signup"
        elif self._path.startswith("/product/") and rng.random() < temper.adds_to_cart:
            tab.tell(at, "add_to_cart", price=rng.randint(3, 90) * 10_000, currency="UZS")
            self._next = "/cart"
            self._filled = True
        elif self._path == "/cart" and self._filled and rng.random() < temper.orders:
            at += self._pause(20.0)
            self._filled = False
            tab.tell(at, "order_placed", amount=rng.randint(3, 140) * 10_000, currency="UZS")
        elif self._path in ("/signup", "/contact"):
            at = self._fill_in(tab, at)
        return at

    def _fill_in(self, tab: Tab, at: int) -> int:
        rng = self._rng
        form = f"form#{self._path[1:]}"
        tab.touch(at, "form_view", form)
        at += self._pause(30.0)
        if rng.random() >= (self._temper.signs_up if self._path == "/signup" else 0.3):
            return at
        tab.touch(at, "form_submit", form)
        if self._path == "/signup":
            tab.tell(at, "signed_up")
        self._guest.name = self._guest.name or rng.choice(NAMES)
        email = f"visitor{visitor_number(self._guest.person.visitor_id)}@simulated.example"
        tab.identify(at, name=self._guest.name, email=email)
        return at

    def _come_back(self, at: int) -> int:
        """Go away for some minutes and open the last page again."""
        rng = self._rng
        away = rng.lognormvariate(math.log(16 * MINUTE), 0.9)
        at += int(min(LONGEST_STEP_OUT, max(MINUTE, away)))
        self._arrive(at)
        tab = self._tab()
        tab.open_page(at, HOST + self._path, PAGES[self._path].title, "")
        at = self._read(tab, at)
        if rng.random() < self._temper.goes_on:
            at = self._browse(tab, at)
        return self._end(tab, at)

    def _end(self, tab: Tab, at: int) -> int:
        rng = self._rng
        if rng.random() < LEAVES_IT_OPEN:
            tab.hide(at)
            at += self._pause(14 * 60.0, 60 * 60.0)
        if rng.random() < VANISHES:
            tab.vanish(at)
        else:
            tab.leave(at)
        self._left(at)
        return at

    def _pause(self, median: float, longest: float = 600.0) -> int:
        """Return a human time of some `median` seconds, in milliseconds."""
        seconds = self._rng.lognormvariate(math.log(median), SPREAD)
        return int(min(longest, seconds) * SECOND) + 1
